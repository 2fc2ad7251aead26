/** Reads the records of a backup and holds each table against the counts and the hash that the backup states of it. */

import { createHash, type Hash } from "node:crypto";
import { openChunks } from "./chunks.ts";
import { countRows, createRowSplitter, type Row } from "./copy_text.ts";
import { damaged } from "./faults.ts";
import { type BackupHead, type BackupRecord, type DatabaseEnd, type DatabaseHead, decodeRecords } from "./records.ts";
import type { Table } from "./schema.ts";

/** What is done with a backup as it is read: each is awaited before the next comes. */
export interface Visitor {
  backup?(head: BackupHead): Promise<void> | void;
  database(head: DatabaseHead): Promise<void>;
  /** Rows of a table, some at a time; a table without rows has one call with none. */
  rows(table: Table, rows: readonly Row[]): Promise<void>;
  /** Every table was as the backup states it. */
  databaseEnd(end: DatabaseEnd, counts: ReadonlyMap<string, number>): Promise<void>;
}

export interface ReadTotals {
  databases: number;
  tables: number;
  rows: number;
}

/** The records of the bytes of a backup. Throws CONFLICT for a wrong key, ENCRYPTED_VALUE_INVALID. */
export async function* openBackup(bytes: AsyncIterable<Uint8Array>, keys: string): AsyncGenerator<BackupRecord> {
  const content = ReadableStream.from(openChunks(bytes, keys)).pipeThrough(new DecompressionStream("gzip"));
  yield* decodeRecords(content);
}

/** Goes through all records. Throws ENCRYPTED_VALUE_INVALID where one is missing, in another order, or not as stated. */
export async function readRecords(records: AsyncIterable<BackupRecord>, visitor: Visitor): Promise<ReadTotals> {
  const reading = createReading(visitor);
  for await (const record of records) await reading.take(record);
  return reading.totals();
}

function createReading(visitor: Visitor) {
  const totals: ReadTotals = { databases: 0, tables: 0, rows: 0 };
  let hasHead = false;
  let isOver = false;
  let database: { counts: Map<string, number>; rows: number } | undefined;
  let table: OpenTable | undefined;
  const must = (isSo: boolean, problem: string) => {
    if (!isSo) throw damaged(problem);
  };

  async function take(record: BackupRecord): Promise<void> {
    must(!isOver, "something stands behind its end");
    must(hasHead === (record.record !== "backup"), "its head is not the first record");
    switch (record.record) {
      case "backup":
        must(record.format === 1, `it has the format ${record.format}, which this version does not know`);
        hasHead = true;
        return await visitor.backup?.(record);
      case "database":
        must(database === undefined, "a database begins within another");
        database = { counts: new Map(), rows: 0 };
        return await visitor.database(record);
      case "table":
        must(database !== undefined && table === undefined, `the table ${record.name} begins within another`);
        table = openTable({ name: record.name, columns: record.columns });
        return await visitor.rows(table.table, []);
      case "rows": {
        must(table !== undefined, "rows stand outside of a table");
        const rows = table!.take(record.bytes);
        return rows.length > 0 ? await visitor.rows(table!.table, rows) : undefined;
      }
      case "tableEnd": {
        must(table?.table.name === record.name, `the table ${record.name} ends where it did not begin`);
        const { rows, bytes, sha256 } = table!.end();
        must(
          rows === record.rows && bytes === record.bytes && sha256 === record.sha256,
          `the table ${record.name} has ${rows} rows with another hash than it states; it states ${record.rows} rows`,
        );
        database!.counts.set(record.name, rows);
        database!.rows += rows;
        table = undefined;
        return;
      }
      case "databaseEnd": {
        const { counts, rows } = database ?? { counts: new Map(), rows: 0 };
        must(table === undefined && database !== undefined, "a database ends where none began");
        must(
          counts.size === record.tables && rows === record.rows,
          "a database has other tables or rows than it states",
        );
        database = undefined;
        totals.databases++;
        totals.tables += counts.size;
        totals.rows += rows;
        return await visitor.databaseEnd(record, counts);
      }
      case "end":
        must(database === undefined, "it ends within a database");
        must(
          totals.databases === record.databases && totals.tables === record.tables && totals.rows === record.rows,
          "it has other databases, tables or rows than it states",
        );
        isOver = true;
        return;
      default:
        throw damaged("it has a record that this version does not know");
    }
  }

  return {
    take,
    totals: () => {
      must(isOver, "its last record is missing");
      return totals;
    },
  };
}

type OpenTable = ReturnType<typeof openTable>;

function openTable(table: Table) {
  const hash: Hash = createHash("sha256");
  const splitter = createRowSplitter();
  let rows = 0;
  let bytes = 0;
  return {
    table,
    take: (piece: Uint8Array): Row[] => {
      hash.update(piece);
      rows += countRows(piece);
      bytes += piece.byteLength;
      return splitter.give(piece);
    },
    end: () => {
      if (!splitter.isEmpty()) throw damaged(`the table ${table.name} ends within a row`);
      return { rows, bytes, sha256: hash.digest("hex") };
    },
  };
}
