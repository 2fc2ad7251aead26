/** The audit of the Workflow Management API as it is read: in pages for people, and from the first row to the last for a proof. */

import type { Database, TransactionSql } from "../db/db.ts";
import { type ChainedRow, hashedText, hashOf, NONE } from "./audit.ts";
import { sealAudit } from "./audit_seal.ts";

export interface AuditFilter {
  actor?: string;
  action?: string;
  entityType?: string;
  entityId?: string;
  /** From this moment on. */
  from?: Date;
  /** Before this moment. */
  to?: Date;
}

/** JSON text in `changes`. */
export interface StoredRow extends ChainedRow {
  previousSha256: Uint8Array;
  sha256: Uint8Array;
}

export interface ApiAuditStore {
  /** One page of what was committed before, the newest first, with the true total. */
  list(
    installationId: number,
    filter: AuditFilter,
    page: { limit: number; offset: number },
  ): Promise<{ rows: StoredRow[]; total: number }>;
}

interface Row extends Omit<StoredRow, "at"> {
  at: Date;
}

export function createApiAuditStore(db: Pick<Database, "scoped">): ApiAuditStore {
  return {
    list: async (installationId, { actor, action, entityType, entityId, from, to }, { limit, offset }) => {
      await sealAudit(db, installationId);
      return await db.scoped({ installationIds: [installationId] }, async (sql) => {
        const fits = sql`
          installation_id = ${installationId}
            ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
            ${action === undefined ? sql`` : sql`and action = ${action}`}
            ${entityType === undefined ? sql`` : sql`and entity_type = ${entityType}`}
            ${entityId === undefined ? sql`` : sql`and entity_id = ${entityId}`}
            ${from === undefined ? sql`` : sql`and at >= ${from}`}
            ${to === undefined ? sql`` : sql`and at < ${to}`}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from api_audit where ${fits}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from api_audit where ${fits} order by number desc limit ${limit} offset ${offset}`;
        return { rows: rows.map(toStored), total: count!.total };
      });
    },
  };
}

/** What the walk along the chain found. */
export type AuditProof =
  | {
    ok: true;
    rows: number;
    first?: number;
    last?: number;
    /** Rows that are not in the chain yet, and when the oldest of them was written. */
    unsealed: number;
    unsealedSince?: Date;
  }
  /** `at`: the first row that does not fit. */
  | { ok: false; at: string; problem: string };

const PAGE_ROWS = 1_000;

/**
 * Walks from the oldest row that is kept to the newest, a page in a transaction, and then over those that are not sealed yet.
 * Retention takes rows away from the old end alone, so the first row has the hash of one that is gone; of row 1 it is the hash of
 * none. At the other end stands what was noted of the newest row.
 */
export async function verifyAudit(
  db: Pick<Database, "scoped">,
  installationId: number,
  { pageRows = PAGE_ROWS }: { pageRows?: number } = {},
): Promise<AuditProof> {
  const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  // Before the rows: what is sealed meanwhile comes behind it.
  const head = await within((sql) => readHead(sql, installationId));
  let before: StoredRow | undefined;
  let first: number | undefined;
  let rows = 0;
  for (let isLast = false; !isLast;) {
    const after = before?.number ?? 0;
    const page = await within((sql) =>
      sql<Row[]>`
        select ${columns(sql)} from api_audit
        where installation_id = ${installationId} and number > ${after} order by number limit ${pageRows}`
    );
    for (const row of page.map(toStored)) {
      const problem = problemOf(row, before, head);
      if (problem !== undefined) return { ok: false, at: `row ${row.number}`, problem };
      first ??= row.number;
      before = row;
      rows++;
    }
    isLast = page.length < pageRows;
  }
  const end = before?.number ?? 0;
  if (head && end < head.number) return { ok: false, at: `row ${end + 1}`, problem: missingBehind(end, head.number) };
  const unsealed = await within((sql) => readUnsealed(sql, installationId));
  const altered = unsealed.find((row) => hashedText(row) !== row.hashed);
  if (altered) {
    return { ok: false, at: `the row of ${altered.at} that is not sealed yet`, problem: "it is not as it was written" };
  }
  const [oldest] = unsealed;
  return {
    ok: true,
    rows,
    first,
    last: before?.number,
    unsealed: unsealed.length,
    ...(oldest && { unsealedSince: new Date(oldest.at) }),
  };
}

function missingBehind(end: number, head: number): string {
  return `${head - end === 1 ? "it is" : `it and those up to ${head} are`} missing at the end`;
}

interface Head {
  number: number;
  sha256: Uint8Array;
}

async function readHead(sql: TransactionSql, installationId: number): Promise<Head | undefined> {
  const [head] = await sql<Head[]>`select number, sha256 from api_audit_head where installation_id = ${installationId}`;
  return head;
}

/** Most rows that are looked at: sealers leave those of a second. */
const MAX_UNSEALED = 100_000;

async function readUnsealed(
  sql: TransactionSql,
  installationId: number,
): Promise<(Omit<ChainedRow, "number"> & { hashed: string })[]> {
  const rows = await sql<(Omit<ChainedRow, "number" | "at"> & { at: Date; hashed: string })[]>`
    select at, actor, action, entity_type as "entityType", entity_id as "entityId", changes::text as changes,
      request_id as "requestId", hashed
    from api_audit_unsealed where installation_id = ${installationId} order by id limit ${MAX_UNSEALED}`;
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}

function problemOf(row: StoredRow, before: StoredRow | undefined, head: Head | undefined): string | undefined {
  if (before && row.number !== before.number + 1) return `rows are missing between ${before.number} and it`;
  const previous = before?.sha256 ?? (row.number === 1 ? NONE : row.previousSha256);
  if (!isSame(row.previousSha256, previous)) return "it does not have the hash of the row before it";
  if (!isSame(row.sha256, hashOf(row, row.previousSha256))) return "it is not what its hash was made of";
  return head?.number === row.number && !isSame(row.sha256, head.sha256)
    ? "it has another hash than was noted"
    : undefined;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function columns(sql: TransactionSql) {
  return sql`number, at, actor, action, entity_type as "entityType", entity_id as "entityId", changes::text as changes,
    request_id as "requestId", previous_sha256 as "previousSha256", sha256`;
}

function toStored({ at, ...row }: Row): StoredRow {
  return { ...row, at: at.toISOString() };
}
