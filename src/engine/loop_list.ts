/**
 * The list that a loop goes over, as it was when the loop began: kept beside its decision, so that no other event or plan
 * changes it, in pieces, so that a walk which goes on reads those of its items alone.
 */

import { Buffer } from "node:buffer";
import { storableJson } from "../base/json_text.ts";
import { INLINE_OUTPUT_BYTES, KeptOutput, type NewOutput } from "./outputs.ts";
import { countJson } from "./turns.ts";
import type { Walk } from "./walk.ts";

/** JSON: where the items are. */
export interface ListPlace {
  /** All of a small list. */
  items?: readonly unknown[];
  /** Of each piece the number of its first item, and its bytes. */
  pieces?: readonly (readonly [from: number, bytes: number])[];
}

/** Of JSON; an item that is larger is a piece of its own. */
const PIECE_BYTES = 131_072;

/** Where the items go, and the outputs that keep them. `path` is that of the loop. */
export function placeList(
  items: readonly unknown[],
  path: string,
): { place: ListPlace; kept: NewOutput[]; bytes: number } {
  const texts = items.map((item) => JSON.stringify(item ?? null));
  const sizes = texts.map((text) => Buffer.byteLength(text) + 1);
  const bytes = sizes.reduce((sum, size) => sum + size, 1);
  countJson(bytes);
  if (bytes <= INLINE_OUTPUT_BYTES) return { place: { items }, kept: [], bytes };
  const kept: NewOutput[] = [];
  const pieces: [number, number][] = [];
  for (let from = 0; from < items.length;) {
    let to = from + 1;
    for (let sum = sizes[from]!; to < items.length && sum + sizes[to]! <= PIECE_BYTES; to++) sum += sizes[to]!;
    const text = `[${texts.slice(from, to).join()}]`;
    const size = Buffer.byteLength(text);
    kept.push({
      id: pieceId(path, pieces.length),
      bytes: size,
      value: items.slice(from, to),
      parts: [storableJson(text)],
    });
    pieces.push([from, size]);
    from = to;
  }
  return { place: { pieces }, kept, bytes };
}

/** Gives the items by their numbers; a piece that is read is at hand for the items that follow. */
export function openList({ items, pieces = [] }: ListPlace, path: string, walk: Pick<Walk, "run" | "outputs">) {
  let open: { piece: number; values: readonly unknown[] } | undefined;
  return async (index: number): Promise<unknown> => {
    if (items) return items[index];
    const piece = pieces.findLastIndex(([from]) => from <= index);
    const [from, bytes] = pieces[piece]!;
    if (open?.piece === piece) return open.values[index - from];
    const [values] = await walk.outputs.read(walk.run, [new KeptOutput(pieceId(path, piece), bytes)]);
    open = { piece, values: values as unknown[] };
    return open.values[index - from];
  };
}

function pieceId(path: string, piece: number): string {
  return `${path}@list${piece}`;
}
