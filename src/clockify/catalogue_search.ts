/** Finds operations by plain words: "remove a customer", "stop the running timer". */

import { type Operation, operationKey, shapeOf } from "./operations.ts";
import { searchWords, spelledOut } from "./search_words.ts";

/** Words that people look for an operation by, from elsewhere: a flow's ready actions have some. */
export interface OperationPhrases {
  /** operationId or `METHOD /path`. */
  operation: string;
  phrases: readonly string[];
}

export interface CatalogueSearch {
  /** Operations that fit, the best first; all of them, in their order, for a text without a word that says something. */
  find(text: string): readonly Operation[];
}

/** How much a word counts by where it was found. A whole phrase that agrees counts for more than its words do. */
const WEIGHTS = { phrase: 3, summary: 3, id: 2, path: 2, tag: 1.5, field: 0.7 } as const;
/** A word that is only begun, as while typing. */
const BEGUN = 0.6;
/** What all of a phrase, or of a summary, adds when it says what was asked and nothing else. */
const WHOLE = 2;
/** The very text of a summary or phrase: "Read a tag" and "List tags" are the same words otherwise. */
const EXACT = 2;
/** Old operations come after those that took their place. */
const OLD = 0.4;

interface Entry {
  operation: Operation;
  /** The weight of the best place of each word. */
  words: ReadonlyMap<string, number>;
  /** Word sets that are compared as a whole. */
  wholes: readonly ReadonlySet<string>[];
  /** The same as they are written, in lower case. */
  texts: ReadonlySet<string>;
}

export function createCatalogueSearch(
  operations: readonly Operation[],
  others: readonly OperationPhrases[] = [],
): CatalogueSearch {
  const phrases = new Map<string, string[]>();
  for (const { operation, phrases: more } of others) {
    const name = shapeOf(operation);
    phrases.set(name, [...phrases.get(name) ?? [], ...more]);
  }
  const entries = operations.map((operation) =>
    entryOf(operation, [
      ...phrases.get(operation.operationId) ?? [],
      ...phrases.get(shapeOf(operationKey(operation))) ?? [],
    ])
  );
  const rarity = rarityOf(entries);
  return {
    find(text) {
      const asked = searchWords(spelledOut(text));
      if (asked.length === 0) return operations;
      return entries
        .map((entry, place) => ({
          entry,
          place,
          score: scoreOf(entry, { asked, text: text.trim().toLowerCase() }, rarity),
        }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score || a.place - b.place)
        .map(({ entry }) => entry.operation);
    },
  };
}

function entryOf(operation: Operation, more: readonly string[]): Entry {
  const words = new Map<string, number>();
  const add = (text: string, weight: number) => {
    for (const word of searchWords(text)) words.set(word, Math.max(weight, words.get(word) ?? 0));
  };
  const phrases = [...operation.intents, ...more];
  for (const phrase of phrases) add(phrase, WEIGHTS.phrase);
  add(operation.summary, WEIGHTS.summary);
  add(spelledOut(operation.operationId), WEIGHTS.id);
  add(spelledOut(operation.path.replaceAll(/\{[^}]*\}|^\/v1\/workspaces/g, " ")), WEIGHTS.path);
  add(operation.tag, WEIGHTS.tag);
  add(operation.method, WEIGHTS.tag);
  for (const { name } of [...operation.queryParams, ...operation.bodyFields]) add(spelledOut(name), WEIGHTS.field);
  const texts = [operation.summary, ...phrases];
  return {
    operation,
    words,
    wholes: texts.map((text) => new Set(searchWords(text))),
    texts: new Set(texts.map((text) => text.toLowerCase())),
  };
}

/** By word: how much it says, which is more the fewer operations have it. */
function rarityOf(entries: readonly Entry[]): (word: string) => number {
  const counts = new Map<string, number>();
  for (const { words } of entries) for (const word of words.keys()) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (word) => Math.log(1 + entries.length / (counts.get(word) ?? 1));
}

function scoreOf(
  { operation, words, wholes, texts }: Entry,
  { asked, text }: { asked: readonly string[]; text: string },
  rarity: (word: string) => number,
): number {
  let sum = 0;
  let found = 0;
  let most = 0;
  for (const word of asked) {
    const value = rarity(word);
    most += value;
    const weight = words.get(word) ?? begun(words, word);
    if (weight === 0) continue;
    sum += weight * value;
    found += value;
  }
  if (found === 0) return 0;
  const whole = Math.max(...wholes.map((set) => overlap(set, asked, rarity)));
  // What was asked and is not there counts against the operation more than it counts for one of the others.
  const score = (sum + WHOLE * most * whole) * (found / most) ** 2;
  return score * (texts.has(text) ? EXACT : 1) * (operation.deprecated ? OLD : 1);
}

function begun(words: ReadonlyMap<string, number>, asked: string): number {
  if (asked.length < 3) return 0;
  let best = 0;
  for (const [word, weight] of words) if (word.startsWith(asked) && weight > best) best = weight;
  return best * BEGUN;
}

/** From 0 to 1: what both share, of what either has, by what the words say. */
function overlap(set: ReadonlySet<string>, asked: readonly string[], rarity: (word: string) => number): number {
  let both = 0;
  let either = 0;
  for (const word of new Set([...set, ...asked])) {
    const value = rarity(word);
    either += value;
    if (set.has(word) && asked.includes(word)) both += value;
  }
  return either === 0 ? 0 : both / either;
}
