/**
 * The audit of the Workflow Management API: a row for each change, in its transaction, with the hash of the row before it. A row
 * that is altered or taken out breaks the chain (audit_store.ts finds where).
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { jsonText } from "../base/json_text.ts";
import { sortedJson } from "../base/sorted_json.ts";
import type { TransactionSql } from "../db/db.ts";

/** JSON. */
export interface AuditEntry {
  /** Name of the caller. */
  actor: string;
  /** create, update, delete, execute, cancel, retry ... */
  action: string;
  /** agent, workflow, run, schedule, user, key, webhook. */
  entityType: string;
  entityId: string;
  /** What changed; no secret. */
  changes: unknown;
  requestId?: string;
}

/** What the hash of a row is made of, in this order. */
export interface ChainedRow {
  number: number;
  /** ISO 8601 in UTC, to the millisecond. */
  at: string;
  actor: string;
  action: string;
  entityType: string;
  entityId: string;
  changes: string;
  requestId: string | null;
}

/** Of the row before the first. */
export const NONE: Uint8Array = new Uint8Array(32);

/** What changes are recorded by: appendAudit(), or notAudited() where ENABLE_AUDIT_LOGGING is false. */
export type Audit = typeof appendAudit;

export const notAudited: Audit = () => Promise.resolve();

/** Adds the row as the last thing of the caller's transaction: until its commit no other change of the API is recorded. */
export async function appendAudit(
  sql: TransactionSql,
  { installationId, at }: { installationId: number; at: number },
  { actor, action, entityType, entityId, changes, requestId }: AuditEntry,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('api_audit', ${installationId}))`;
  const [last] = await sql<{ number: number; sha256: Uint8Array }[]>`
    select number, sha256 from api_audit where installation_id = ${installationId} order by number desc limit 1`;
  const row: ChainedRow = {
    number: (last?.number ?? 0) + 1,
    at: new Date(at).toISOString(),
    actor,
    action,
    entityType,
    entityId,
    changes: jsonText(changes),
    requestId: requestId ?? null,
  };
  const previous = last?.sha256 ?? NONE;
  await sql`
    insert into api_audit (installation_id, number, at, actor, action, entity_type, entity_id, changes, request_id,
      previous_sha256, sha256)
    values (${installationId}, ${row.number}, ${row.at}::timestamptz, ${actor}, ${action}, ${entityType}, ${entityId},
      ${row.changes}::text::jsonb, ${row.requestId}, ${Buffer.from(previous)}, ${Buffer.from(hashOf(row, previous))})`;
}

/** SHA-256 over the row and the hash before it. */
export function hashOf(row: ChainedRow, previous: Uint8Array): Uint8Array {
  const { number, at, actor, action, entityType, entityId, changes, requestId } = row;
  const fields = [number, at, actor, action, entityType, entityId, sortedJson(JSON.parse(changes)), requestId];
  return createHash("sha256").update(previous).update(JSON.stringify(fields)).digest();
}
