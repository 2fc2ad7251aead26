/** Values as their fields show them: text to type in, and the JSON value that the text means for a parameter of its type. */

import { isUnparsed, parseJson, unparsedText } from "../../../ui/unparsed_json.ts";

/** How a field reads its text. */
export type ValueKind = "text" | "number" | "flag" | "json";

/** True for a text that is resolved when the step runs. */
export function isExpression(text: unknown): boolean {
  return typeof text === "string" && (text.startsWith("$.") || text.includes("{{"));
}

/** The kind of a parameter of this type of the vocabulary, whose value is now `value`. */
export function kindOfParam(type: string, value: unknown): ValueKind {
  if (typeof value === "object" && value !== null) return "json";
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean") return "flag";
  return type === "array" || type === "object" ? "json" : "text";
}

/** The kind of a value that has no declared type. */
export function kindOfValue(value: unknown): ValueKind {
  if (typeof value === "string" || value === undefined) return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "flag" : "json";
}

/** The kind to show when `before` was shown: "1." and "-" are unfinished numbers, and JSON may be any value. */
export function kindAfter(before: ValueKind | undefined, value: unknown): ValueKind {
  const kind = kindOfValue(value);
  const isUnfinished = before === "number" && kind === "text" && !isExpression(value);
  return before === "json" || isUnfinished ? before : kind;
}

export function textOf(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return isUnparsed(value) ? unparsedText(value) : JSON.stringify(value);
}

/** The value of the text; undefined for an empty one. An expression stays as it is in each kind. */
export function valueOf(text: string, kind: ValueKind): unknown {
  if (text === "") return undefined;
  if (isExpression(text) || kind === "text") return text;
  const trimmed = text.trim();
  if (kind === "number") return /^-?\d{1,15}(\.\d{1,15})?$/.test(trimmed) ? Number(trimmed) : text;
  if (kind === "flag") return trimmed === "true" ? true : trimmed === "false" ? false : text;
  return parseJson(text);
}

/** The value in another kind, as far as that can be; what was typed is kept. */
export function asKind(value: unknown, kind: ValueKind): unknown {
  if (kind === "flag") return textOf(value) === "true";
  if (kind === "json" && typeof value === "string") return value;
  return valueOf(textOf(value), kind) ?? "";
}
