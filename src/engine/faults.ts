/** A fault: what is wrong with a part of a definition and where; and how faults are worded. */

import { AppError } from "../base/errors.ts";
import { nearestName } from "../base/nearest_name.ts";
import { isSecretField } from "../telemetry/secret_names.ts";
import { excerptAt } from "./excerpt.ts";

/** One thing wrong with a definition. `path` is the way to it, as in `actions[1].path_params.projectId`; "" is the whole. */
export interface Fault {
  /** Names and indexes, as they are written. */
  path: string;
  /** What is wrong and, where it is known, what would be right. */
  message: string;
  /** Place in the text of an expression, from 0, where it is known. */
  position?: number;
  /** The text around that place, and on a second line a caret below it with its column from 1. */
  excerpt?: string;
}

/**
 * The fault that an EXPRESSION_INVALID is, pointing into `written`, the text that it is about; any other error is thrown on.
 * What stands under the name of a secret is not repeated.
 */
export function faultOf(path: string, error: unknown, written: string): Fault {
  if (!(error instanceof AppError) || error.code !== "EXPRESSION_INVALID") throw error;
  const { position } = error.details;
  if (typeof position !== "number") return { path, message: error.message };
  const excerpt = isUnderSecret(path) ? {} : { excerpt: excerptAt(written, position) };
  return { path, message: error.message, position, ...excerpt };
}

/** True for a path on which a name is that of a secret, as in `headers.Authorization`. */
export function isUnderSecret(path: string): boolean {
  return path.split(/[.[\]"]+/).some((name) => name !== "" && isSecretField(name));
}

/** The path of `key` below `path`: `at("rules", 0)` is `rules[0]`, `at("body", "a b")` is `body["a b"]`. */
export function at(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** `"feild" is not known here; did you mean "field"?`, or the known names when none is near and they are at most 30. */
export function unknownName(name: string, known: readonly string[]): string {
  const meant = meantName(name, known);
  const said = `"${cut(name)}" is not known here`;
  if (meant !== undefined) return `${said}; did you mean "${meant}"?`;
  return known.length <= 30 ? `${said}; known are ${known.join(", ")}` : said;
}

/** The value for an error sentence: short, and of one line. */
export function cut(text: string, maxChars = 60): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= maxChars ? line : `${line.slice(0, maxChars)}…`;
}

/** "a list", "text", "a number": the kind of a value for an error sentence. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return {
    string: "text",
    number: "a number",
    boolean: "true or false",
    object: "an object",
  }[typeof value as string] ??
    typeof value;
}

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The known name that was probably meant: at most two in five letters of it are other ones. */
export function meantName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 60) return undefined;
  const nearest = nearestName(name, known, (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  return nearest && nearest.edits <= Math.max(1, Math.floor(nearest.name.length * 0.4)) ? nearest.name : undefined;
}
