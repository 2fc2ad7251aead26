/** The audit of the Workflow Management API as it is read: in pages for people, and from the first row to the last for a proof. */

import type { Database, TransactionSql } from "../db/db.ts";
import { type ChainedRow, hashOf, NONE } from "./audit.ts";

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
  /** One page, the newest first, with the true total. */
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
    list: (installationId, { actor, action, entityType, entityId, from, to }, { limit, offset }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
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
      }),
  };
}

/** What the walk along the chain found. */
export type AuditProof =
  | { ok: true; rows: number; first?: number; last?: number }
  /** `number`: of the first row that does not fit. */
  | { ok: false; number: number; problem: string };

const PAGE_ROWS = 1_000;

/**
 * Walks from the oldest row that is kept to the newest, a page in a transaction. Retention takes rows away from the old end alone,
 * so the first row has the hash of one that is gone; of row 1 it is the hash of none.
 */
export async function verifyAudit(
  db: Pick<Database, "scoped">,
  installationId: number,
  { pageRows = PAGE_ROWS }: { pageRows?: number } = {},
): Promise<AuditProof> {
  let before: StoredRow | undefined;
  let first: number | undefined;
  let rows = 0;
  while (true) {
    const page = await db.scoped({ installationIds: [installationId] }, (sql) =>
      sql<Row[]>`
        select ${columns(sql)} from api_audit
        where installation_id = ${installationId} and number > ${
        before?.number ?? 0
      } order by number limit ${pageRows}`);
    for (const row of page.map(toStored)) {
      const problem = problemOf(row, before);
      if (problem !== undefined) return { ok: false, number: row.number, problem };
      first ??= row.number;
      before = row;
      rows++;
    }
    if (page.length < pageRows) return { ok: true, rows, first, last: before?.number };
  }
}

function problemOf(row: StoredRow, before: StoredRow | undefined): string | undefined {
  if (before && row.number !== before.number + 1) return `rows are missing between ${before.number} and it`;
  const previous = before?.sha256 ?? (row.number === 1 ? NONE : row.previousSha256);
  if (!isSame(row.previousSha256, previous)) return "it does not have the hash of the row before it";
  return isSame(row.sha256, hashOf(row, row.previousSha256)) ? undefined : "it is not what its hash was made of";
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
