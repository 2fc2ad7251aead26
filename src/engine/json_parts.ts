/**
 * The JSON text of a value that may be large, made in parts: JSON.stringify() of an output of 4 MB holds the thread for 10 ms
 * and makes a text that is copied four times on its way to the database, in one piece each time.
 */

import { storableJson } from "../base/json_text.ts";
import { countJson, inTurn } from "./turns.ts";

/** Of a part, roughly, in characters: some 2 ms of the thread until it is on its way to the database. */
export const PART_CHARS = 262_144;
/** A piece that is no shorter is a part by itself: to add it to another one copies it. */
const PIECE_CHARS = 32_768;
/** Containers in containers that are split; what is deeper is a part as a whole. */
const MAX_DEPTH = 4;

/**
 * Texts that together are what JSON.stringify() gives of `value`, as the database takes it (base/json_text.ts); several of a
 * large value, with turns for others between them. None splits a character. Empty where the value has no JSON.
 */
export async function jsonParts(value: unknown): Promise<string[]> {
  if (!isLarge(value)) return nonEmpty(JSON.stringify(value));
  const parts: string[] = [];
  let open = "";
  const end = () => {
    if (open !== "") parts.push(storableJson(open));
    open = "";
  };
  const pieces = piecesOf(value, MAX_DEPTH);
  for (;;) {
    const { value: piece, done } = await inTurn(() => pieces.next());
    if (done) break;
    countJson(piece.length);
    if (piece.length >= PIECE_CHARS) end();
    open += piece;
    if (open.length >= PIECE_CHARS) end();
  }
  end();
  return parts;
}

function nonEmpty(text: string | undefined): string[] {
  return text === undefined ? [] : [storableJson(text)];
}

/** Pieces of the JSON text; one is large only where it lies deep. Each ends where no escape is open. */
function* piecesOf(value: unknown, depth: number): Generator<string, void> {
  if (typeof value === "string" && value.length > PART_CHARS) return yield* piecesOfText(value);
  if (depth === 0 || !isContainer(value) || charsUpTo(value, PIECE_CHARS) <= PIECE_CHARS) {
    const text = JSON.stringify(value);
    if (text !== undefined) yield text;
    return;
  }
  let open = Array.isArray(value) ? "[" : "{";
  let isFirst = true;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    const entry = (value as Record<string | number, unknown>)[key];
    const isItem = typeof key === "number";
    if (!isItem && isLeftOut(entry)) continue;
    open += `${isFirst ? "" : ","}${isItem ? "" : `${JSON.stringify(key)}:`}`;
    isFirst = false;
    if (charsUpTo(entry, PIECE_CHARS) > PIECE_CHARS) {
      yield open;
      open = "";
      yield* piecesOf(entry, depth - 1);
    } else open += JSON.stringify(entry) ?? "null";
    if (open.length < PIECE_CHARS) continue;
    yield open;
    open = "";
  }
  yield open + (Array.isArray(value) ? "]" : "}");
}

function* piecesOfText(text: string): Generator<string, void> {
  yield '"';
  for (let from = 0; from < text.length;) {
    const to = endOfPart(text, from);
    yield JSON.stringify(text.slice(from, to)).slice(1, -1);
    from = to;
  }
  yield '"';
}

/** Where the part of `text` that begins at `from` ends: not between the two halves of a character. */
export function endOfPart(text: string, from: number): number {
  const end = Math.min(text.length, from + PART_CHARS);
  const code = text.charCodeAt(end - 1);
  return end < text.length && code >= 0xd800 && code < 0xdc00 ? end + 1 : end;
}

/** Lists and plain objects; anything else, and what says itself how it is written, is written as a whole. */
function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}

/** True where the text is longer than a part, roughly; looks at no more than such a text has. */
function isLarge(value: unknown): boolean {
  return charsUpTo(value, PART_CHARS) > PART_CHARS;
}

/** Characters of JSON, roughly, counted until they are more than `limit`. */
function charsUpTo(value: unknown, limit: number, depth = 0): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null || depth === 100) return 8;
  let chars = 2;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && chars <= limit; index++) {
      chars += charsUpTo(value[index], limit - chars, depth + 1) + 1;
    }
    return chars;
  }
  for (const key in value) {
    if (chars > limit) break;
    chars += key.length + 4 + charsUpTo((value as Record<string, unknown>)[key], limit - chars, depth + 1);
  }
  return chars;
}
