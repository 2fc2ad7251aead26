/**
 * The database for requests of people: each transaction has a timeout, here and in the server, and together they use
 * only a part of the connections; the others are kept for ingest, worker, health and lifecycle calls.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createPlaces } from "../limits/places.ts";
import type { Database, Scope } from "./db.ts";
import { endWithin } from "./within.ts";

export interface PeopleOptions {
  db: Database;
  clock: Clock;
  /** Connections of the pool; the embedded database has one, and runs one transaction of people at a time. */
  poolSize: number;
  /** How long one waits for a place; shorter than what a request waits for. Default 1.5 s. */
  waitMs?: number;
  /** Called for each transaction that found no place. */
  onRefused?(): void;
}

export interface PeopleAccess {
  /**
   * As Database.within(). Rejects with OVERLOADED also when no place became free in time.
   */
  within(ms: number): Database;
  /** Transactions that wait for a place. */
  waiting(): number;
}

/** Shorter than the 2 s that a request waits for by default, so that it says why. */
const DEFAULT_WAIT_MS = 1_500;
/** Each that waits is a request with nothing read yet. */
const MAX_WAITING = 500;
const MAX_WAITING_OF_WORKSPACE = 100;
const RETRY_MS = 1_000;

export function createPeopleAccess(options: PeopleOptions): PeopleAccess {
  const { db, clock, poolSize, waitMs = DEFAULT_WAIT_MS, onRefused = () => {} } = options;
  const most = db.kind === "embedded" ? 1 : Math.max(1, Math.floor(poolSize / 2));
  // Connections of one workspace: where there are two and more, one is always left for another.
  const mostOfWorkspace = Math.max(1, Math.ceil(most / 2));
  const places = createPlaces<{ key: string }>({
    clock,
    keyOf: ({ key }) => key,
    fits: (who, inside) => hasRoom(who, inside, most, mostOfWorkspace),
    mayWait: (who, waiting) => hasRoom(who, waiting, MAX_WAITING, MAX_WAITING_OF_WORKSPACE),
    waitMs,
    refusal: (_, { waited }) => {
      onRefused();
      return new AppError(
        "OVERLOADED",
        waited
          ? `Cannot read from the database: all connections for people were in use for ${waitMs} ms; try again`
          : "Cannot read from the database: too many requests wait for a connection; try again",
        { retryable: true, details: { retryInMs: RETRY_MS } },
      );
    },
  });

  const within: PeopleAccess["within"] = (ms) => ({
    ...db,
    // That of `db` would give a handle without places.
    within,
    scoped: (scope, work) =>
      endWithin(async (deadline) => {
        // Left when the connection is free again, also where the caller was answered before.
        const leave = await places.enter({ key: keyOf(scope) });
        try {
          return await db.scoped(scope, work, { deadline });
        } finally {
          leave();
        }
      }, { ms, clock }),
  });
  return {
    within,
    waiting: places.waiting,
  };
}

function hasRoom({ key }: { key: string }, others: Iterable<{ key: string }>, most: number, mostOfKey: number) {
  let all = 0;
  let ofKey = 0;
  for (const other of others) {
    all++;
    if (other.key === key) ofKey++;
  }
  return all < most && ofKey < mostOfKey;
}

function keyOf(scope: Scope): string {
  return scope === "all" ? "all" : scope.installationIds?.join() ?? scope.workspaceId ?? "";
}
