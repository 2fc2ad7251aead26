/** Port of the database: tagged-template SQL, transactions and wake-up hints, the same over PostgreSQL and the embedded one. */

import { AppError } from "../base/errors.ts";

/** Types the driver converts for us: bigint columns arrive as numbers (ids stay far below 2^53). */
export interface SqlTypes extends Record<string, unknown> {
  /** Read as a number. */
  bigint: number;
}
/** Tagged-template SQL over a pool of connections. */
export type Sql = import("postgres").Sql<SqlTypes>;
/** The same within one transaction. */
export type TransactionSql = import("postgres").TransactionSql<SqlTypes>;
/** What a function takes that works inside a transaction and outside of one. */
export type Query = Sql | TransactionSql;
/** A piece of SQL that stands inside a statement, made by the same tag: it is sent only as a part of it. */
export type Fragment = import("postgres").PendingQuery<import("postgres").Row[]>;

/**
 * The rows that a transaction sees (scope.ts). "all" is for work that belongs to no tenant: claiming jobs, gauges,
 * retention, key rotation. A workspace alone is enough to find its installations; everything else needs the installation.
 */
export type Scope = "all" | { installationIds?: readonly number[]; workspaceId?: string };

/** How long a transaction may still take. */
export interface Deadline {
  /** What was given in all, for sentences. */
  ms: number;
  /** What is left, in whole milliseconds; 0 or less once it is over. */
  leftMs(): number;
}

/** What transactions have of a pool; a statement by itself is none. */
export interface PoolUsage {
  /** Connections that a transaction holds. */
  inUse: number;
  /** The others. */
  free: number;
  /** Transactions in line for a connection. */
  waiting: number;
}

/** A database: every statement on tenant data goes through scoped() or scopedStatement(). */
export interface Database {
  /** Which adapter it is. */
  readonly kind: "postgres" | "embedded";
  /** Where it is, for people: host and database, or the data folder. Never a password. */
  readonly place: string;
  /** A pooler is between: what belongs to a session, as listening, may not work. */
  readonly pooled?: boolean;
  /** What transactions have of the connections; absent where there is no pool (the embedded database). */
  pool?(): PoolUsage;
  /** Without a scope: for migrations, health and tests. Everything else uses scoped(). */
  readonly sql: Sql;
  /**
   * A transaction that sees the rows of `scope` only (scope.ts). `work` does nothing but statements: where a change of the
   * schema made a plan of it stale, it was rolled back and runs a second time. Past the deadline it rejects with OVERLOADED:
   * PostgreSQL cancels the statement in progress, and no other is begun. within() gives such deadlines.
   */
  scoped<T>(
    scope: Scope,
    work: (sql: TransactionSql) => Promise<T>,
    options?: { deadline?: Deadline },
  ): Promise<T>;
  /**
   * For the hot path: one statement, where the server allows it in one trip instead of four. The statement narrows itself
   * before it reads anything: it begins with `set_config('timewire.installations', installations, true)` in a part that
   * all its other parts depend on. One that does not sees no row. A server has connections for these alone and ends a
   * statement after a second (postgres.ts), with 57014 and nothing done.
   */
  scopedStatement<T>(scope: Scope, statement: (sql: Query, installations: string) => Promise<T>): Promise<T>;
  /**
   * The same database for what somebody waits for: each scoped transaction ends after `ms`. It rejects with OVERLOADED when
   * the server stopped it there (the embedded one finishes its statement first), and with DATABASE_UNAVAILABLE, a moment
   * later, when there was no answer.
   */
  within(ms: number): Database;
  /** Prepares the role of scoped transactions for the schema as it is now: migrateUp() calls it at its end. */
  bind(): Promise<void>;
  /** A transaction without a scope, which `work` narrows itself; it may run twice, like that of scoped(). */
  transaction<T>(work: (sql: TransactionSql) => Promise<T>): Promise<T>;
  /**
   * Sends a hint to every listener of `channel`, here and in other processes, with a short text that says what it is about.
   * It may be lost; equal ones that come together may be sent once.
   */
  notify(channel: string, text?: string): void;
  /** Calls `onHint` for each hint of `channel` until stopped, with its text or "". Hints may come without work, and may be lost. */
  listen(channel: string, onHint: (text: string) => void): Promise<{ stop(): Promise<void> }>;
  /**
   * Copies the embedded database as it is at this moment into the folder `to`, which a process may open like any data folder;
   * statements wait meanwhile. Absent where others read a server by themselves, and in memory.
   */
  snapshot?(to: string): Promise<void>;
  /** Closes every connection. */
  stop(): Promise<void>;
}

/**
 * SQLSTATE classes and driver codes after which the same statement may succeed later: connection trouble (08), out of
 * resources such as a full disk (53), operator intervention (57P), and what the driver says of a lost socket. Anything
 * that may have committed is retried safely, because ingest deduplicates and the journal is keyed.
 */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown })?.code;
  if (typeof code !== "string") return false;
  return /^(08|53|57P)/.test(code) || code === "25006" || code === "57014" ||
    ["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT", "ECONNREFUSED", "ECONNRESET"]
      .includes(code) ||
    ["EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "DATABASE_UNAVAILABLE"]
      .includes(code);
}

/** True for a deadlock or a serialization failure: the transaction was rolled back whole and may be run again. */
export function isRolledBackByPeer(error: unknown): boolean {
  const code = (error as { code?: unknown })?.code;
  return code === "40P01" || code === "40001";
}

/** SQLSTATEs of text that no PostgreSQL column can hold (NUL, lone surrogates): the sender's fault wherever it comes from. */
const UNSTORABLE = ["22021", "22P05"];

/** DATABASE_UNAVAILABLE for what isUnavailable() names, REQUEST_INVALID for text that cannot be stored, else the error itself. */
export function databaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (isUnavailable(error)) {
    return new AppError("DATABASE_UNAVAILABLE", "Cannot reach the database", { retryable: true, cause: error });
  }
  return UNSTORABLE.includes(String((error as { code?: unknown })?.code))
    ? new AppError("REQUEST_INVALID", "Cannot serve the request: it holds a character that cannot be stored", {
      cause: error,
    })
    : error;
}

/** Runs `work` again, a few times, after a deadlock: its transaction left nothing behind. */
export async function retryRolledBack<T>(work: () => Promise<T>, tries = 5): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= tries || !isRolledBackByPeer(error)) throw error;
    }
  }
}
