/** Faults on demand: which API requests go wrong next, and how. */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";

export type FaultKind =
  /** Answers `status` instead of acting. */
  | "status"
  /** Acts after `delayMs`. */
  | "slow"
  /** Drops the connection without acting and without a byte of answer. */
  | "cut"
  /** Acts, then drops the connection in the middle of the JSON. */
  | "truncate"
  /** Acts, then drops the connection without a byte of answer: the client cannot know. */
  | "drop_answer"
  /** Holds the request until the fault is released, then acts. */
  | "hang";

export interface FaultInput {
  kind: FaultKind;
  /** HTTP method; every method when absent. */
  method?: string;
  /** Path without query, `*` for any run of characters, e.g. `/api/v1/*time-entries`; every path when absent. */
  path?: string;
  /** How many matching requests it hits; 1 when absent, null for all until cleared. */
  count?: number | null;
  /** Ends by itself after so many milliseconds, an hour at most; stays until hit or cleared when absent. */
  forMs?: number;
  /** Matching requests let through first; 0 when absent. */
  skip?: number;
  /** For "status": 500 when absent. */
  status?: number;
  /** For "status": value of Retry-After. Clockify documents none, so absent by default. */
  retryAfter?: string;
  /** For "status": the sentence of the body instead of one by the status, e.g. of a missing scope or plan. */
  message?: string;
  /** For "status": the code of the body; the status when absent, null for a body without one. */
  code?: number | null;
  /** For "slow": milliseconds. */
  delayMs?: number;
}

export interface Fault extends FaultInput {
  id: number;
  /** Resolves when a "hang" is released. */
  released: Promise<void>;
}

/** How a fault stands: what it is, whom it met, when it ends. */
export interface FaultState extends FaultInput {
  id: number;
  state: "active" | "ended";
  /** Requests that it hit. */
  hits: number;
  /** When it ends by itself or did end, in ms; null for one that waits for its last request or a person. */
  endsAt: number | null;
}

export interface Faults {
  add(input: FaultInput): { id: number };
  /** The active ones and the last 20 that ended, oldest first. */
  list(): FaultState[];
  /** The fault that hits this request, already counted. */
  take(method: string, path: string): Fault | undefined;
  /** Releases hanging requests: those of one fault, or all. The fault itself ends. */
  release(id?: number): void;
  /** Ends every fault and releases what hangs. */
  clear(): void;
}

const KINDS: readonly FaultKind[] = ["status", "slow", "cut", "truncate", "drop_answer", "hang"];
/** An hour: a fake that fails for longer is forgotten. */
const MAX_FOR_MS = 3_600_000;
const ENDED_KEPT = 20;

/** Throws REQUEST_INVALID for an unknown kind and for a time, a count or a status that is none. */
function check({ kind, forMs = 1, count, skip = 0, status = 500 }: FaultInput): void {
  const faults: [ok: boolean, what: string][] = [
    [KINDS.includes(kind), `kind "${kind}" is not one of ${KINDS.join(", ")}`],
    [isWhole(forMs, 1, MAX_FOR_MS), `forMs is ${forMs}: expected a whole number from 1 to ${MAX_FOR_MS}`],
    [kind !== "hang" || forMs === 1, "a hang has no forMs: it ends when it is released"],
    [count === null || isWhole(count ?? 1, 1), `count is ${count}: expected a whole number from 1, or null`],
    [isWhole(skip, 0), `skip is ${skip}: expected a whole number from 0`],
    [isWhole(status, 200, 599), `status is ${status}: expected an HTTP status from 200 to 599`],
  ];
  const wrong = faults.find(([isOk]) => !isOk);
  if (wrong) throw new AppError("REQUEST_INVALID", `Cannot add a fault: ${wrong[1]}`);
}

const isWhole = (value: unknown, min: number, max = Infinity) =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

/** Throws REQUEST_INVALID from `add` for bad input. */
export function createFaults(clock: Clock): Faults {
  interface Entry {
    fault: Fault;
    pattern: RegExp;
    skip: number;
    left: number;
    hits: number;
    /** Of the monotonic clock: Infinity without an end of its own. */
    endsAtMs: number;
    release: () => void;
  }
  const active = new Map<number, Entry>();
  const ended: FaultState[] = [];
  // Spent "hang" faults leave `active`, yet their requests still wait: kept here until released.
  const hanging = new Map<number, () => void>();
  let lastId = 0;

  function stateOf({ fault, hits, endsAtMs }: Entry, state: FaultState["state"]): FaultState {
    const { released: _released, ...input } = fault;
    const left = endsAtMs - clock.monotonicMs();
    const endsAt = state === "ended" ? clock.now() + Math.min(0, left) : left === Infinity ? null : clock.now() + left;
    return { ...input, state, hits, endsAt };
  }
  function end(id: number): void {
    const entry = active.get(id);
    if (!entry) return;
    active.delete(id);
    ended.push(stateOf(entry, "ended"));
    if (ended.length > ENDED_KEPT) ended.shift();
  }
  function endOverdue(): void {
    for (const [id, { endsAtMs }] of active) if (endsAtMs <= clock.monotonicMs()) end(id);
  }

  return {
    list() {
      endOverdue();
      return [...ended, ...[...active.values()].map((entry) => stateOf(entry, "active"))].sort((a, b) => a.id - b.id);
    },
    add(input) {
      check(input);
      const id = ++lastId;
      const { promise, resolve } = Promise.withResolvers<void>();
      const source = (input.path ?? "*").replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
      active.set(id, {
        fault: { ...input, id, released: promise },
        pattern: new RegExp(`^${source}$`),
        skip: input.skip ?? 0,
        left: input.count === null ? Infinity : input.count ?? 1,
        hits: 0,
        endsAtMs: clock.monotonicMs() + (input.forMs ?? Infinity),
        release: resolve,
      });
      if (input.kind === "hang") hanging.set(id, resolve);
      return { id };
    },
    take(method, path) {
      endOverdue();
      for (const [id, entry] of active) {
        if (entry.fault.method && entry.fault.method !== method) continue;
        if (!entry.pattern.test(path)) continue;
        if (entry.skip > 0) {
          entry.skip--;
          continue;
        }
        entry.hits++;
        if (--entry.left <= 0) end(id);
        return entry.fault;
      }
      return undefined;
    },
    release(id) {
      for (const key of id === undefined ? [...hanging.keys()] : [id]) {
        hanging.get(key)?.();
        hanging.delete(key);
        end(key);
      }
    },
    clear() {
      for (const id of [...active.keys()]) end(id);
      this.release();
    },
  };
}
