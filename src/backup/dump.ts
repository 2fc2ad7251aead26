/**
 * Reads a whole database into records, in one snapshot: what is committed before its first statement is in it, and nothing
 * else, while the program goes on serving.
 *
 * Of its own, and not pg_dump: that must be installed, of the server's version or a later one; it refuses tables whose
 * row-level security binds their owner; and the embedded database is no server that it could ask. COPY is what it uses too.
 */

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Database, TransactionSql } from "../db/db.ts";
import { refused } from "./faults.ts";
import type { DatabaseEnd, WriteRecord } from "./records.ts";
import { quoted, readMigrations, readSequences, readTables, seeAll, type Table } from "./schema.ts";

/** Of a piece of rows: small ones are gathered, a long one is cut. */
const PIECE_BYTES = 262_144;
/**
 * The embedded database makes the whole answer to a statement before it gives any of it: it is asked for so many of a
 * table's blocks at a time, 128 kB and what belongs to them.
 */
const EMBEDDED_BLOCKS = 16;
const BLOCK_BYTES = 8_192;

export interface Dumped {
  tables: number;
  rows: number;
  /** Rows of each table, those without any too. */
  counts: ReadonlyMap<string, number>;
}

/**
 * Writes the records of `db`, from its head to its end. `uses` are the keys of the add-ons that it is configured for. Throws
 * CONFLICT for a database without a schema, or whose schema changed meanwhile.
 */
export async function dumpDatabase(db: Database, uses: string[], write: WriteRecord): Promise<Dumped> {
  const before = await readTables(db.sql);
  if ((await readMigrations(db.sql)).length === 0) {
    throw refused(`Cannot back up the database at ${db.place}: it has no schema yet`);
  }
  return await db.sql.begin("isolation level repeatable read read only", async (sql) => {
    // The lock first: it takes no snapshot, and from then on no migration changes what the snapshot is of.
    await sql.unsafe(`lock table ${before.map(({ name }) => quoted(name)).join(", ")} in access share mode`);
    await seeAll(sql);
    await sql`
      select set_config('datestyle', 'ISO', true), set_config('intervalstyle', 'postgres', true),
        set_config('timezone', 'UTC', true), set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true)`;
    const tables = await readTables(sql);
    if (JSON.stringify(tables) !== JSON.stringify(before)) {
      throw refused("Cannot back up: a migration changed the schema at this moment; run it again");
    }
    await write({
      record: "database",
      uses,
      server: await versionOf(sql),
      migrations: await readMigrations(sql),
      keyCheck: await readKeyCheck(sql),
    });
    const counts = new Map<string, number>();
    for (const table of tables) counts.set(table.name, await dumpTable(db, sql, { table, write }));
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const end: DatabaseEnd = {
      record: "databaseEnd",
      tables: tables.length,
      rows,
      // After the rows: a sequence knows no snapshot, and must stand behind all that is in it.
      sequences: await readSequences(sql),
    };
    await write(end);
    return { tables: tables.length, rows, counts };
  }) as Dumped;
}

async function dumpTable(
  db: Database,
  sql: TransactionSql,
  { table: { name, columns }, write }: { table: Table; write: WriteRecord },
): Promise<number> {
  await write({ record: "table", name, columns });
  const hash = createHash("sha256");
  let rows = 0;
  let bytes = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const flush = async () => {
    const all = Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    for (let at = 0; at < all.byteLength; at += PIECE_BYTES) {
      await write({ record: "rows", bytes: all.subarray(at, at + PIECE_BYTES) });
    }
  };
  const selected = `select ${columns.map((column) => quoted(column.name)).join(", ")} from ${quoted(name)}`;
  for (const query of await queriesOf(db, sql, { name, selected })) {
    // Each chunk of it is one row.
    for await (const row of copyOut(sql, query)) {
      hash.update(row);
      rows++;
      bytes += row.byteLength;
      held.push(row);
      heldBytes += row.byteLength;
      if (heldBytes >= PIECE_BYTES) await flush();
    }
  }
  await flush();
  await write({ record: "tableEnd", name, rows, bytes, sha256: hash.digest("hex") });
  return rows;
}

/** The statements that give all rows together. */
async function queriesOf(
  db: Database,
  sql: TransactionSql,
  { name, selected }: { name: string; selected: string },
): Promise<string[]> {
  if (db.kind === "postgres") return [selected];
  const [row] = await sql<{ bytes: number }[]>`select pg_relation_size(${quoted(name)}::regclass) as bytes`;
  const queries: string[] = [];
  for (let block = 0; block * BLOCK_BYTES < row!.bytes; block += EMBEDDED_BLOCKS) {
    queries.push(`${selected} where ctid >= '(${block},0)' and ctid < '(${block + EMBEDDED_BLOCKS},0)'`);
  }
  return queries;
}

/**
 * The driver pauses the connection while the rows before wait to be read, and goes on when more are asked for, which no one
 * does of a stream that has ended: without the last line it would wait for ever behind a table's last rows.
 */
async function* copyOut(sql: TransactionSql, query: string): AsyncGenerator<Uint8Array> {
  const stream = await sql.unsafe(`copy (${query}) to stdout`).readable();
  yield* stream as AsyncIterable<Uint8Array>;
  stream._read(0);
}

async function versionOf(sql: TransactionSql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  return row!.version;
}

async function readKeyCheck(sql: TransactionSql): Promise<string | null> {
  const [row] = await sql<{ value: string }[]>`select value from meta where key = 'encryption_check'`;
  return row?.value ?? null;
}
