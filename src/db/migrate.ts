/**
 * Schema migrations: numbered SQL files applied in order, each in one transaction that first inserts its own number.
 *
 * Three instances that start together converge: a transaction-level advisory lock lets one in at a time, and the
 * number's primary key refuses a second apply. A process killed half-way leaves nothing, since the file and its number
 * commit together. An own runner, because node-pg-migrate 9 holds a session-level lock, which leaks between PGlite's
 * multiplexed sessions.
 *
 * Whoever writes a migration keeps to this (docs/migrations.md has it with examples):
 * - A file that has landed stays as it is, byte for byte: migrations/checksums says what it was. A mistake is mended by the
 *   next number. Down files may be mended until the first release.
 * - Rows are changed below `select set_config('timewire.installations', 'all', true);`. The owner of the tables is bound by
 *   row-level security too, unless it is a superuser: without that line it changes no row and says nothing.
 * - Instances of the version before continue while it runs: what it adds has a default or may be null, and what they
 *   read or write stays until the version after.
 * - No statement of it waits for a lock for more than LOCK_TIMEOUT_MS; a table in use makes all of it begin again later. So
 *   it is short: it rewrites no large table, and holds no lock that readers need (ACCESS EXCLUSIVE) while it does other work.
 * - An index on a table that grows (event, job, run, step, attempt, entity_cache) is not built here, where it would keep
 *   writers waiting: it is made with `create index concurrently`, outside a transaction.
 * - Nor is such a table filled in one statement: that is done by a job in batches of some hundred rows, each in a
 *   transaction of its own, with code that reads old and new rows until it is done.
 */

import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { type Database, isRolledBackByPeer, type TransactionSql } from "./db.ts";

const FOLDER = new URL("../../migrations/", import.meta.url);
/** Any constant of ours: the lock's name in the database ("timewire" in a telephone's letters, cut to eight digits). */
const LOCK = 84639473;
/**
 * What asks for a table waits behind a migration that asks for all of it: no longer than this. Less than PostgreSQL's
 * deadlock_timeout of 1 s: else a reader of the table that it has and of the one that it waits for may be ended in its place.
 */
const LOCK_TIMEOUT_MS = 750;
/** Pause between two attempts, in which the statements that waited are served. */
const RETRY_MS = 2_000;
/** Then something holds the table that does not end by itself, such as a forgotten session. */
const PATIENCE_MS = 600_000;

export interface Migration {
  number: number;
  name: string;
  up: URL;
  down: URL;
}

export interface MigrationStatus {
  number: number;
  name: string;
  appliedAt: Date | null;
}

export interface MigrateOptions {
  /** Default: those of this version. */
  migrations?: Migration[];
  clock?: Clock;
  /** Called before each pause that a table in use makes necessary. */
  onBusy?(): void;
}

/** All migrations of this version, by number. */
export async function listMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const found: Migration[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(entry.name);
    if (!match) continue;
    found.push({
      number: Number(match[1]),
      name: match[2]!,
      up: new URL(entry.name, folder),
      down: new URL(entry.name.replace(/\.sql$/, ".down.sql"), folder),
    });
  }
  return found.sort((a, b) => a.number - b.number);
}

/** SHA-256 of a script, as migrations/checksums has it. */
export function checksum(script: string): string {
  return createHash("sha256").update(script).digest("hex");
}

/**
 * Applies what is missing and binds the database to the schema; returns the numbers this call applied. Safe to run from
 * several processes at once. Throws START_FAILED when tables that it needs stay in use for 10 minutes.
 */
export async function migrateUp(db: Database, options: MigrateOptions = {}): Promise<number[]> {
  const applied: number[] = [];
  const before = await appliedAt(db);
  const missing = (options.migrations ?? await listMigrations()).filter(({ number }) => !before.has(number));
  if (missing.length > 0) await makeTable(db);
  for (const { number, name, up } of missing) {
    const script = await Deno.readTextFile(up);
    const done = await inTries(`apply migration ${number}`, options, () =>
      locked(db, async (sql) => {
        const claimed = await sql`
          insert into timewire_migration (number, name, sha256) values (${number}, ${name}, ${checksum(script)})
          on conflict (number) do nothing returning number`;
        if (claimed.length === 0) return false;
        await sql.unsafe(script);
        return true;
      }));
    if (done) applied.push(number);
  }
  await db.bind();
  return applied;
}

/**
 * Takes the newest applied migration back; returns its number, or undefined when none is applied. Throws CONFLICT for one
 * that this version does not know, START_FAILED as migrateUp().
 */
export async function migrateDown(db: Database, options: MigrateOptions = {}): Promise<number | undefined> {
  const known = options.migrations ?? await listMigrations();
  await makeTable(db);
  return await inTries("take the newest migration back", options, () =>
    locked(db, async (sql) => {
      const [newest] = await sql<{ number: number }[]>`select max(number) as number from timewire_migration`;
      if (!newest?.number) return undefined;
      const migration = known.find((one) => one.number === newest.number);
      if (!migration) {
        throw new AppError(
          "CONFLICT",
          `Cannot roll back migration ${newest.number}: this version does not know it; run the version that applied it`,
        );
      }
      await sql.unsafe(await Deno.readTextFile(migration.down));
      await sql`delete from timewire_migration where number = ${migration.number}`;
      return migration.number;
    }));
}

/** Every migration this version knows, with the time it was applied or null. */
export async function migrationStatus(db: Database): Promise<MigrationStatus[]> {
  const applied = await appliedAt(db);
  return (await listMigrations()).map(({ number, name }) => ({
    number,
    name,
    appliedAt: applied.get(number) ?? null,
  }));
}

/** Numbers of applied migrations whose file says something else now than when it was applied, where that was recorded. */
export async function changedMigrations(db: Database, migrations?: Migration[]): Promise<number[]> {
  if (!await hasTable(db)) return [];
  // Read as a whole: a database of an earlier version has no such column yet.
  const rows = await db.sql<{ number: number; sha256: string | null }[]>`
    select number, to_jsonb(timewire_migration)->>'sha256' as sha256 from timewire_migration`;
  const recorded = new Map(rows.map(({ number, sha256 }) => [number, sha256]));
  const changed: number[] = [];
  for (const { number, up } of migrations ?? await listMigrations()) {
    const sha256 = recorded.get(number);
    if (sha256 && sha256 !== checksum(await Deno.readTextFile(up))) changed.push(number);
  }
  return changed;
}

async function hasTable({ sql }: Database): Promise<boolean> {
  const [table] = await sql<{ there: boolean }[]>`select to_regclass('timewire_migration') is not null as there`;
  return table!.there;
}

async function appliedAt(db: Database): Promise<Map<number, Date>> {
  if (!await hasTable(db)) return new Map();
  const rows = await db.sql<{ number: number; applied_at: Date }[]>`select number, applied_at from timewire_migration`;
  return new Map(rows.map((row) => [row.number, row.applied_at]));
}

/** In a transaction of its own: health checks read the table while a migration continues. */
async function makeTable(db: Database): Promise<void> {
  await locked(db, async (sql) => {
    await sql`
      create table if not exists timewire_migration (
        number int primary key,
        name text not null,
        applied_at timestamptz not null default now(),
        sha256 text
      )`;
    const [column] = await sql`
      select 1 from pg_attribute where attrelid = 'timewire_migration'::regclass and attname = 'sha256'`;
    if (!column) await sql`alter table timewire_migration add column sha256 text`;
  });
}

/** One migration at a time, over all instances. */
function locked<T>(db: Database, work: (sql: TransactionSql) => Promise<T>): Promise<T> {
  return db.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`;
    // Not before: another instance's migration may take long. The embedded database has one session.
    if (db.kind === "postgres") await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
    return await work(sql);
  });
}

/** Does `work` again while it fails for a table in use: it was rolled back whole, and gave back what locks it had. */
async function inTries<T>(
  purpose: string,
  { clock = systemClock, onBusy }: MigrateOptions,
  work: () => Promise<T>,
): Promise<T> {
  const endsAt = clock.monotonicMs() + PATIENCE_MS;
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (clock.monotonicMs() >= endsAt) {
        throw new AppError(
          "START_FAILED",
          `Cannot ${purpose}: a table has been in use for ${PATIENCE_MS / 60_000} min`,
          {
            cause: error,
          },
        );
      }
      onBusy?.();
      await clock.sleep(RETRY_MS);
    }
  }
}

/** 55P03: the lock timeout. */
function isBusy(error: unknown): boolean {
  return (error as { code?: unknown })?.code === "55P03" || isRolledBackByPeer(error);
}
