/**
 * Schema migrations: numbered SQL files applied in order, each in one transaction that first inserts its own number.
 *
 * Three instances that start together converge: a transaction-level advisory lock lets one in at a time, and the number's
 * primary key refuses a second apply. A process killed half-way leaves nothing, since the file and its number commit together.
 * An own runner, because node-pg-migrate 9 holds a session-level lock, which leaks between PGlite's multiplexed sessions.
 */

import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "./db.ts";

const FOLDER = new URL("../../migrations/", import.meta.url);
/** Any constant of ours: the lock's name in the database ("timewire" in a telephone's letters, cut to eight digits). */
const LOCK = 84639473;

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

/** Applies what is missing and binds the database to the schema; returns the numbers this call applied. Safe to run from several processes at once. */
export async function migrateUp(db: Database, migrations?: Migration[]): Promise<number[]> {
  const applied: number[] = [];
  const before = await appliedAt(db);
  for (const migration of migrations ?? await listMigrations()) {
    if (before.has(migration.number)) continue;
    const script = await Deno.readTextFile(migration.up);
    const done = await locked(db, async (sql) => {
      const claimed = await sql`
        insert into timewire_migration (number, name) values (${migration.number}, ${migration.name})
        on conflict (number) do nothing returning number`;
      if (claimed.length === 0) return false;
      await sql.unsafe(script);
      return true;
    });
    if (done) applied.push(migration.number);
  }
  await db.bind();
  return applied;
}

/** Takes the newest applied migration back; returns its number, or undefined when none is applied. */
export async function migrateDown(db: Database, migrations?: Migration[]): Promise<number | undefined> {
  const known = migrations ?? await listMigrations();
  return await locked(db, async (sql) => {
    const [newest] = await sql<{ number: number }[]>`select max(number) as number from timewire_migration`;
    if (!newest?.number) return undefined;
    const migration = known.find((one) => one.number === newest.number);
    if (!migration) {
      throw new AppError(
        "CONFLICT",
        `Cannot take back migration ${newest.number}: this version does not know it; run the version that applied it`,
      );
    }
    await sql.unsafe(await Deno.readTextFile(migration.down));
    await sql`delete from timewire_migration where number = ${migration.number}`;
    return migration.number;
  });
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

async function appliedAt({ sql }: Database): Promise<Map<number, Date>> {
  const [table] = await sql<{ there: boolean }[]>`select to_regclass('timewire_migration') is not null as there`;
  if (!table!.there) return new Map();
  const rows = await sql<{ number: number; applied_at: Date }[]>`select number, applied_at from timewire_migration`;
  return new Map(rows.map((row) => [row.number, row.applied_at]));
}

function locked<T>(db: Database, work: (sql: TransactionSql) => Promise<T>): Promise<T> {
  return db.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`;
    await sql`
      create table if not exists timewire_migration (
        number int primary key,
        name text not null,
        applied_at timestamptz not null default now()
      )`;
    return await work(sql);
  });
}
