/**
 * The audit of the Workflow Management API: a row for each change, in its transaction. After the commit it gets its number and a
 * hash over itself and the row before it (audit_seal.ts): one that is altered or taken out then breaks the chain (audit_store.ts
 * finds where).
 */

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
  /** agent, workflow, run, schedule, user, key, session, webhook. */
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

/**
 * Adds the row to the caller's transaction, at any place of it; a sealer (audit_seal.ts) puts it into the chain after the
 * commit. Nothing waits for it: any number of changes is recorded at once.
 */
export async function appendAudit(
  sql: TransactionSql,
  { installationId, at }: { installationId: number; at: number },
  { actor, action, entityType, entityId, changes, requestId }: AuditEntry,
): Promise<void> {
  const row: Omit<ChainedRow, "number"> = {
    at: new Date(at).toISOString(),
    actor,
    action,
    entityType,
    entityId,
    changes: jsonText(changes),
    requestId: requestId ?? null,
  };
  await sql`
    insert into api_audit_unsealed (installation_id, at, actor, action, entity_type, entity_id, changes, request_id, hashed)
    values (${installationId}, ${row.at}::timestamptz, ${actor}, ${action}, ${entityType}, ${entityId},
      ${row.changes}::text::jsonb, ${row.requestId}, ${hashedText(row)})`;
}

/** SHA-256 over the hash before it and the row. */
export function hashOf(row: ChainedRow, previous: Uint8Array): Uint8Array {
  return chainHash(previous, row.number, hashedText(row));
}

/** The same for a row of which hashedText() is known. */
export function chainHash(previous: Uint8Array, number: number, hashed: string): Uint8Array {
  return createHash("sha256").update(previous).update(`[${number},${hashed}`).digest();
}

/** All that is hashed of a row but its number, which stands before it: the rest of a JSON array. */
export function hashedText(row: Omit<ChainedRow, "number">): string {
  const { at, actor, action, entityType, entityId, changes, requestId } = row;
  return JSON.stringify([at, actor, action, entityType, entityId, sortedJson(JSON.parse(changes)), requestId]).slice(1);
}
