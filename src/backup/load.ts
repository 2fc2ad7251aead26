/**
 * Writes a dumped database into an empty one, in one transaction: whole, or not at all.
 *
 * By INSERT and not COPY: COPY FROM is refused for tables whose row-level security binds their owner, and is not served by
 * the embedded database's socket.
 */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { checksum, listMigrations, migrateDown, migrateUp, type Migration } from "../db/migrate.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { verifyKeyCheck } from "../secrets/encryption.ts";
import { refused } from "./faults.ts";
import type { Row } from "./copy_text.ts";
import type { DatabaseEnd, DatabaseHead } from "./records.ts";
import { createSealedValues, unopened } from "./sealed_values.ts";
import { countAll, quoted, readMigrations, readTables, seeAll, type Table } from "./schema.ts";

export interface LoadOptions {
  keyring: Keyring;
  clock: Clock;
  /** Takes a sentence about what is left out. */
  say(sentence: string): void;
  /** Rows that are there go. */
  force?: boolean;
}

/** One database that is being written; end() or abandon() must be called. */
export interface Load {
  rows(table: Table, rows: readonly Row[]): Promise<void>;
  /** Commits when the counts are those of the dump; then applies the migrations that the dump did not have. */
  end(end: DatabaseEnd, counts: ReadonlyMap<string, number>): Promise<{ migrations: number[] }>;
  /** Nothing was written. Never rejects. */
  abandon(): Promise<void>;
}

/** As much text as a statement brings, and as many rows. */
const BATCH_CHARACTERS = 1_000_000;
const BATCH_ROWS = 1_000;

/**
 * Checks target, migrations and keys, and begins. Throws CONFLICT, with the target as it was: it has rows, the program
 * runs on it, the dump is of a newer version, or `keyring` does not open what is in it.
 */
export async function beginLoad(db: Database, head: DatabaseHead, options: LoadOptions): Promise<Load> {
  const known = await requireKnown(head);
  await requireKeys(head, options.keyring);
  await requireAlone(db);
  await requireEmpty(db, options.force ?? false);
  await bringToVersion(db, known, options);
  return openLoad(db, options);
}

/** What would be lost in the target: a sentence part such as "1,204 rows of event, 3 of installation"; empty when nothing. */
export async function rowsThere(db: Database): Promise<string> {
  const counts = await db.transaction(async (sql) => {
    await seeAll(sql);
    return await countAll(sql, await readTables(sql));
  });
  // A program that was started once, and used for nothing, leaves its check of the keys.
  counts.delete("meta");
  const largest = [...counts].sort(([, one], [, other]) => other - one);
  const named = largest.slice(0, 5).map(([name, count]) => `${count.toLocaleString("en")} of ${name}`);
  const more = largest.length - named.length;
  return named.join(", ") + (more > 0 ? `, and rows of ${more} other tables` : "");
}

/** The migrations of the dump, as this version has them. */
async function requireKnown({ migrations }: DatabaseHead): Promise<Migration[]> {
  const known = new Map((await listMigrations()).map((one) => [one.number, one]));
  const found: Migration[] = [];
  for (const { number, name, sha256 } of migrations) {
    const migration = known.get(number);
    if (!migration) {
      throw refused(
        `Cannot load the dump: it was made by a newer version: this one does not know its migration ${number} (${name})`,
      );
    }
    if (sha256 !== null && sha256 !== checksum(await Deno.readTextFile(migration.up))) {
      throw refused(`Cannot load the dump: its migration ${number} (${name}) is another one than that of this version`);
    }
    found.push(migration);
  }
  return found;
}

async function requireKeys({ keyCheck }: DatabaseHead, keyring: Keyring): Promise<void> {
  if (keyCheck === null) return;
  await verifyKeyCheck(keyring, keyCheck).catch((cause) => {
    throw refused(
      "Cannot load the dump: ENCRYPTION_KEYS do not open what is in it; set those of the program that it was made of",
      cause,
    );
  });
}

/** A program that serves meanwhile would write into what is loaded. */
async function requireAlone(db: Database): Promise<void> {
  if (db.kind === "embedded") return;
  const [row] = await db.sql<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'timewire'`;
  if (row!.count > 0) {
    throw refused(`Cannot load the dump: a program runs on ${db.place} with ${row!.count} connections; stop it first`);
  }
}

/** Throws CONFLICT, with what would be lost, for a database with rows. */
export async function requireEmpty(db: Database, force: boolean): Promise<void> {
  const there = await rowsThere(db);
  if (there === "" || force) return;
  throw refused(
    `Cannot load the dump: the database at ${db.place} is not empty: its rows (${there}) would be deleted; name an empty database, or add --force`,
  );
}

/** The schema of the dump's moment, whatever the target has. */
async function bringToVersion(db: Database, wanted: Migration[], { clock, force }: LoadOptions): Promise<void> {
  const numbers = new Set(wanted.map(({ number }) => number));
  const surplus = async () => (await readMigrations(db.sql)).filter(({ number }) => !numbers.has(number)).length > 0;
  // Their downs are for a database in use; here their rows go in any case.
  if (force && await surplus()) await db.transaction(emptyAll);
  while (await surplus()) await migrateDown(db, { clock });
  await migrateUp(db, { migrations: wanted, clock });
}

async function emptyAll(sql: TransactionSql): Promise<void> {
  const tables = await readTables(sql);
  if (tables.length > 0) await sql.unsafe(`truncate ${tables.map(({ name }) => quoted(name)).join(", ")} cascade`);
}

interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

/** Runs the transaction beside the caller, who gives it one thing to do after another. */
function openLoad(db: Database, { keyring, clock, say }: LoadOptions): Load {
  const sealed = createSealedValues(keyring);
  type Work = (sql: TransactionSql) => Promise<void>;
  let waiting: { work: Work; done: PromiseWithResolvers<void> } | "end" | undefined;
  let arrived = Promise.withResolvers<void>();
  let present = new Map<string, Table>();
  let foreignKeys: ForeignKey[] = [];

  const transaction = db.sql.begin(async (sql) => {
    await seeAll(sql);
    const tables = await readTables(sql);
    present = new Map(tables.map((table) => [table.name, table]));
    // What triggers make of rows is in the dump; references are checked at once when all rows are there.
    for (const { name } of tables) await sql.unsafe(`alter table ${quoted(name)} disable trigger user`);
    foreignKeys = await readForeignKeys(sql);
    for (const { table, name } of foreignKeys) {
      await sql.unsafe(`alter table ${quoted(table)} drop constraint ${quoted(name)}`);
    }
    await emptyAll(sql);
    for (;;) {
      await arrived.promise;
      arrived = Promise.withResolvers();
      if (waiting === "end" || waiting === undefined) return;
      const { work, done } = waiting;
      try {
        await work(sql);
        done.resolve();
      } catch (error) {
        done.reject(error);
        throw error;
      }
    }
  });
  transaction.catch(() => {});

  async function inTransaction(work: Work): Promise<void> {
    const done = Promise.withResolvers<void>();
    done.promise.catch(() => {});
    waiting = { work, done };
    arrived.resolve();
    // The transaction may end by itself, as when its connection is lost.
    await Promise.race([done.promise, transaction.then(() => done.promise)]);
  }
  async function finish(): Promise<void> {
    waiting = "end";
    arrived.resolve();
    await transaction;
  }

  const leftOut = new Set<string>();
  return {
    rows: async (table, rows) => {
      // The first call may come before the transaction has read what is there.
      await inTransaction(async (sql) => {
        const there = present.get(table.name);
        if (!there) {
          if (!leftOut.has(table.name)) say(`The table ${table.name} is none of Timewire's: it is left out`);
          leftOut.add(table.name);
          return;
        }
        requireColumns(table, there);
        await sealed.tryRows(table, rows);
        await insertRows(sql, table, rows);
      });
    },
    end: async (end, counts) => {
      await inTransaction(async (sql) => {
        const failed = unopened(sealed.found());
        if (failed !== "") {
          throw refused(
            `Cannot load the dump: ENCRYPTION_KEYS do not open all that is in it (${failed}); add the keys that are missing`,
          );
        }
        await setSequences(sql, end);
        for (const { table, name, definition } of foreignKeys) {
          await sql.unsafe(`alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`);
        }
        for (const name of present.keys()) await sql.unsafe(`alter table ${quoted(name)} enable trigger user`);
        await compareCounts(sql, counts, { present, leftOut });
      });
      await finish();
      return { migrations: await migrateUp(db, { clock }) };
    },
    abandon: async () => {
      await inTransaction(() => Promise.reject(new Error("Abandoned"))).catch(() => {});
      await transaction.catch(() => {});
    },
  };
}

async function readForeignKeys(sql: TransactionSql): Promise<ForeignKey[]> {
  return [
    ...await sql<ForeignKey[]>`
      select relname as table, conname as name, pg_get_constraintdef(pg_constraint.oid) as definition
      from pg_constraint join pg_class on pg_class.oid = conrelid
      where contype = 'f' and relnamespace = 'public'::regnamespace order by relname, conname`,
  ];
}

function requireColumns(table: Table, there: Table): void {
  const types = new Map(there.columns.map(({ name, type }) => [name, type]));
  const other = table.columns.find(({ name, type }) => types.get(name) !== type);
  if (other) {
    throw refused(
      `Cannot load the dump: its column ${table.name}.${other.name} (${other.type}) is another one in this version`,
    );
  }
}

async function insertRows(sql: TransactionSql, { name, columns }: Table, rows: readonly Row[]): Promise<void> {
  const fields = columns.map(({ type }, index) => `(r->>${index})::${type}`).join(", ");
  const statement = `insert into ${quoted(name)} (${columns.map((column) => quoted(column.name)).join(", ")})
    overriding system value select ${fields} from json_array_elements($1::text::json) r`;
  let batch: string[] = [];
  let characters = 0;
  const flush = async () => {
    if (batch.length > 0) await sql.unsafe(statement, [`[${batch.join()}]`], { prepare: true });
    batch = [];
    characters = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(row);
    batch.push(text);
    characters += text.length;
    if (characters >= BATCH_CHARACTERS || batch.length === BATCH_ROWS) await flush();
  }
  await flush();
}

async function setSequences(sql: TransactionSql, { sequences }: DatabaseEnd): Promise<void> {
  for (const { name, value, isCalled } of sequences) {
    const [there] = await sql<{ there: boolean }[]>`select to_regclass(${quoted(name)}) is not null as there`;
    if (there!.there) await sql`select setval(${quoted(name)}::regclass, ${value}::bigint, ${isCalled})`;
  }
}

async function compareCounts(
  sql: TransactionSql,
  counts: ReadonlyMap<string, number>,
  { present, leftOut }: { present: ReadonlyMap<string, Table>; leftOut: ReadonlySet<string> },
): Promise<void> {
  const found = await countAll(sql, [...present.values()]);
  for (const [name, count] of counts) {
    if (leftOut.has(name)) continue;
    const there = found.get(name) ?? 0;
    if (there !== count) throw refused(`Cannot load the dump: ${there} of its ${count} rows of ${name} arrived`);
  }
}
