/** "Did you mean", for names of operations: other clients and documents have their own for the same operation. */

import { nearestName } from "../base/nearest_name.ts";
import type { Operation } from "./operations.ts";
import { searchWords, spelledOut } from "./search_words.ts";

/** Longer names are not ours, and are not compared. */
const MAX_COMPARED = 60;

/**
 * The operationId that was probably meant: the one that says the same (`createTag`: createNewTag), else one that differs in at
 * most two in five letters, else the shortest one that says all of it (`getUser`: getLoggedUser).
 */
export function meantOperation(name: string, operations: readonly Operation[]): string | undefined {
  if (name.length > MAX_COMPARED) return undefined;
  const asked = searchWords(spelledOut(name));
  const fitting = asked.length < 2 ? [] : operations.flatMap(({ operationId, deprecated }) => {
    const words = new Set(searchWords(spelledOut(operationId)));
    return !deprecated && asked.every((word) => words.has(word)) ? [{ operationId, size: words.size }] : [];
  });
  const [shortest] = fitting.sort((a, b) => a.size - b.size);
  if (shortest?.size === asked.length) return shortest.operationId;
  const ids = operations.map(({ operationId }) => operationId);
  const nearest = nearestName(name, ids, (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  if (nearest && nearest.edits <= Math.max(1, Math.floor(nearest.name.length * 0.4))) return nearest.name;
  return shortest?.operationId;
}
