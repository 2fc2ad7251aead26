/** Reads the text of an upstream OpenAPI document, JSON or YAML, with what it says of itself. */

import { hash } from "node:crypto";
import { parse, YAMLParseError } from "yaml";
import { AppError } from "../base/errors.ts";

export interface OpenApiText {
  document: unknown;
  /** `info.title` and `info.version`, cut to 100 characters; null where there are none. */
  title: string | null;
  version: string | null;
  /** SHA-256 of the text, in hex. */
  sha256: string;
}

/** Longest text that is read; Clockify's own has 0.9 MB. */
export const MAX_OPENAPI_BYTES = 20 * 1024 * 1024;
/** How often a YAML document may refer back to parts of itself: each reference may stand for a whole tree of others. */
const MAX_ALIASES = 1_000;

/** Throws CONFIG_INVALID for a text that is too long or neither JSON nor YAML 1.2. */
export function readOpenApiText(text: string): OpenApiText {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_OPENAPI_BYTES) throw unreadable(`it has ${bytes} bytes, at most ${MAX_OPENAPI_BYTES} are read`);
  const document = parseText(text);
  const info = (document as { info?: { title?: unknown; version?: unknown } } | null)?.info;
  return {
    document,
    title: shortText(info?.title),
    version: shortText(info?.version),
    sha256: hash("sha256", text),
  };
}

function parseText(text: string): unknown {
  // A byte order mark is neither.
  const plain = text.replace(/^\uFEFF/, "");
  try {
    if (/^\s*[{[]/.test(plain)) return JSON.parse(plain);
  } catch {
    // YAML has braces too, and says where it stops.
  }
  try {
    // Dates stay texts, and "no" is no boolean: the schema of YAML 1.2.
    return parse(plain, { schema: "core", maxAliasCount: MAX_ALIASES, logLevel: "error" });
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const at = error.linePos?.[0];
      throw unreadable(
        `${error.code} at line ${at?.line ?? "?"}, column ${at?.col ?? "?"}: it is neither JSON nor YAML 1.2`,
      );
    }
    // Of aliases there is no class of its own.
    throw unreadable((error as Error).message.split("\n")[0]!.slice(0, 200));
  }
}

function shortText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, 100) : null;
}

function unreadable(why: string): AppError {
  return new AppError("CONFIG_INVALID", `Cannot read the OpenAPI document: ${why}`);
}
