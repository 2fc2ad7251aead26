/** What differs between two payloads, field by field. Pure. */

import { step } from "../../ui/json_lines.ts";
import { say, sayCount } from "../../words/say.ts";

/** A value that is not there is undefined. */
export interface FieldDifference {
  /** As flows write it, below "$.webhook". */
  path: string;
  first: unknown;
  second: unknown;
}

export interface PayloadDifference {
  /** In the order of the first payload, then what only the second has; at most 200. */
  rows: FieldDifference[];
  /** How many fields differ, and how many are the same, of both payloads. */
  differing: number;
  equal: number;
}

/** More rows than a person reads, and few enough for a browser to lay out at once. */
const MAX_ROWS = 200;
/** Deeper objects are compared whole. */
const MAX_DEPTH = 50;

type Branch = Record<string, unknown> | unknown[];

/** Lists are compared place by place. */
export function payloadDifference(first: unknown, second: unknown, root = "$.webhook"): PayloadDifference {
  const found: PayloadDifference = { rows: [], differing: 0, equal: 0 };
  const compare = (one: unknown, other: unknown, { path, depth }: { path: string; depth: number }) => {
    if (depth < MAX_DEPTH && isBranch(one) && isBranch(other) && Array.isArray(one) === Array.isArray(other)) {
      for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
        const place = path + step(Array.isArray(one) ? Number(key) : key);
        compare(valueAt(one, key), valueAt(other, key), { path: place, depth: depth + 1 });
      }
      return;
    }
    if (one === other || JSON.stringify(one) === JSON.stringify(other)) return void found.equal++;
    found.differing++;
    if (found.rows.length < MAX_ROWS) found.rows.push({ path, first: one, second: other });
  };
  compare(first, second, { path: root, depth: 0 });
  return found;
}

function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null;
}

function valueAt(branch: Branch, key: string): unknown {
  return Object.hasOwn(branch, key) ? (branch as Record<string, unknown>)[key] : undefined;
}

/** "3 fields differ, 12 are the same." */
export function differenceText({ differing, equal }: PayloadDifference): string {
  if (differing === 0) return say("The payloads are the same.");
  const same = equal === 0
    ? say("none is the same")
    : sayCount(equal, "1 is the same", "{count} are the same", { count: equal });
  return `${sayCount(differing, "1 field differs", "{count} fields differ", { count: differing })}, ${same}.`;
}
