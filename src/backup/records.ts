/** The inner form of a backup: records, each a JSON object or a piece of a table's rows, one behind the other. */

import { Buffer } from "node:buffer";
import type { Bytes } from "./chunks.ts";
import { damaged } from "./faults.ts";

/** The first record. */
export interface BackupHead {
  record: "backup";
  format: 1;
  /** Version of the program. */
  program: string;
  /** ISO 8601. */
  madeAt: string;
  /** What each database is configured for, in their order: as `uses` of their heads. */
  databases: string[][];
  /** Of the embedded database, where the key was made in its folder; a key that an operator set is not in backups. */
  encryptionKey?: string;
}

/** Before the tables of a database. */
export interface DatabaseHead {
  record: "database";
  /** Keys of the add-ons that it is configured for; "workflow_api" is that of the Workflow Management API. */
  uses: string[];
  /** Version of the server. */
  server: string;
  migrations: { number: number; name: string; sha256: string | null }[];
  /** What the right ENCRYPTION_KEYS open; null where nothing was sealed yet. */
  keyCheck: string | null;
}

/** Before the rows of a table. */
export interface TableHead {
  record: "table";
  name: string;
  columns: { name: string; type: string }[];
}

/** Behind them. */
export interface TableEnd {
  record: "tableEnd";
  name: string;
  rows: number;
  bytes: number;
  /** Of the rows, in hexadecimal. */
  sha256: string;
}

/** Behind the tables of a database. */
export interface DatabaseEnd {
  record: "databaseEnd";
  tables: number;
  rows: number;
  sequences: { name: string; value: number; isCalled: boolean }[];
}

/** The last record. */
export interface BackupEnd {
  record: "end";
  databases: number;
  tables: number;
  rows: number;
}

/** Rows of the table that began last, as COPY writes them: a line each, in pieces that end anywhere. */
export interface Rows {
  record: "rows";
  bytes: Uint8Array;
}

export type BackupRecord = BackupHead | DatabaseHead | TableHead | Rows | TableEnd | DatabaseEnd | BackupEnd;

/** Takes a record; settles when the next one may come. */
export type WriteRecord = (record: BackupRecord) => Promise<void>;

const KIND_JSON = 1;
const KIND_ROWS = 2;
const FRAME_BYTES = 5;
const MAX_RECORD_BYTES = 16_777_216;

/** The record as bytes: its kind, its length, its content. */
export function encodeRecord(record: BackupRecord): Bytes {
  const isRows = record.record === "rows";
  const content = isRows ? record.bytes : new TextEncoder().encode(JSON.stringify(record));
  const framed = new Uint8Array(FRAME_BYTES + content.byteLength);
  const view = new DataView(framed.buffer);
  view.setUint8(0, isRows ? KIND_ROWS : KIND_JSON);
  view.setUint32(1, content.byteLength);
  framed.set(content, FRAME_BYTES);
  return framed;
}

/** The records of bytes that encodeRecord() made. Throws ENCRYPTED_VALUE_INVALID. */
export async function* decodeRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<BackupRecord> {
  let held: Uint8Array[] = [];
  let length = 0;
  /** What must be there before there is a record to give. */
  let wanted = FRAME_BYTES;
  for await (const chunk of bytes) {
    held.push(chunk);
    length += chunk.byteLength;
    if (length < wanted) continue;
    let all: Uint8Array = held.length === 1 ? held[0]! : Buffer.concat(held, length);
    for (;;) {
      wanted = FRAME_BYTES;
      if (all.byteLength < wanted) break;
      const view = new DataView(all.buffer, all.byteOffset);
      const content = view.getUint32(1);
      if (content > MAX_RECORD_BYTES) throw damaged("a record of it is too long");
      wanted = FRAME_BYTES + content;
      if (all.byteLength < wanted) break;
      yield decode(view.getUint8(0), all.subarray(FRAME_BYTES, wanted));
      all = all.subarray(wanted);
    }
    held = all.byteLength === 0 ? [] : [all];
    length = all.byteLength;
  }
  if (length > 0) throw damaged("it ends within a record");
}

function decode(kind: number, content: Uint8Array): BackupRecord {
  if (kind === KIND_ROWS) return { record: "rows", bytes: content };
  if (kind !== KIND_JSON) throw damaged("it has a record of a kind that this version does not know");
  return JSON.parse(new TextDecoder().decode(content)) as BackupRecord;
}
