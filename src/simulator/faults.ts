/** Faults on demand: which API requests go wrong next, and how. */

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

export interface Faults {
  add(input: FaultInput): { id: number };
  /** The fault that hits this request, already counted. */
  take(method: string, path: string): Fault | undefined;
  /** Releases hanging requests: those of one fault, or all. The fault itself ends. */
  release(id?: number): void;
  /** Ends every fault and releases what hangs. */
  clear(): void;
}

const KINDS: readonly FaultKind[] = ["status", "slow", "cut", "truncate", "drop_answer", "hang"];

/** Throws REQUEST_INVALID from `add` for an unknown kind. */
export function createFaults(): Faults {
  interface Entry {
    fault: Fault;
    pattern: RegExp;
    skip: number;
    left: number;
    release: () => void;
  }
  const active = new Map<number, Entry>();
  // Spent "hang" faults leave `active`, yet their requests still wait: kept here until released.
  const hanging = new Map<number, () => void>();
  let lastId = 0;

  return {
    add(input) {
      if (!KINDS.includes(input.kind)) {
        throw new AppError(
          "REQUEST_INVALID",
          `Cannot add a fault: kind "${input.kind}" is not one of ${KINDS.join(", ")}`,
        );
      }
      const id = ++lastId;
      const { promise, resolve } = Promise.withResolvers<void>();
      const source = (input.path ?? "*").replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
      active.set(id, {
        fault: { ...input, id, released: promise },
        pattern: new RegExp(`^${source}$`),
        skip: input.skip ?? 0,
        left: input.count === null ? Infinity : input.count ?? 1,
        release: resolve,
      });
      if (input.kind === "hang") hanging.set(id, resolve);
      return { id };
    },
    take(method, path) {
      for (const [id, entry] of active) {
        if (entry.fault.method && entry.fault.method !== method) continue;
        if (!entry.pattern.test(path)) continue;
        if (entry.skip > 0) {
          entry.skip--;
          continue;
        }
        if (--entry.left <= 0) active.delete(id);
        return entry.fault;
      }
      return undefined;
    },
    release(id) {
      for (const key of id === undefined ? [...hanging.keys()] : [id]) {
        hanging.get(key)?.();
        hanging.delete(key);
        active.delete(key);
      }
    },
    clear() {
      active.clear();
      this.release();
    },
  };
}
