/** Reads the audit of one installation, newest first. */

import type { Database } from "../db/db.ts";
import type { ActorKind, AuditOutcome } from "./record.ts";

export interface AuditEntry {
  id: number;
  at: Date;
  actorKind: ActorKind;
  actor: string;
  action: string;
  target: string | null;
  outcome: AuditOutcome;
  requestId: string | null;
  details: Record<string, unknown>;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  from?: Date;
  to?: Date;
}

export interface AuditStore {
  /** One page; `nextCursor` is the `beforeId` of the one that follows. */
  list(
    installationId: number,
    filter: AuditFilter,
    page: { limit: number; beforeId?: number },
  ): Promise<{ entries: AuditEntry[]; nextCursor: number | null }>;
}

interface AuditRow {
  id: number;
  at: Date;
  actor_kind: ActorKind;
  actor: string;
  action: string;
  target: string | null;
  outcome: AuditOutcome;
  request_id: string | null;
  details: Record<string, unknown>;
}

export function createAuditStore(db: Database): AuditStore {
  return {
    list: async (installationId, { actor, action, from, to }, { limit, beforeId }) => {
      const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<AuditRow[]>`
          select id, at, actor_kind, actor, action, target, outcome, request_id, details from audit
          where installation_id = ${installationId}
            ${beforeId === undefined ? sql`` : sql`and id < ${beforeId}`}
            ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
            ${action === undefined ? sql`` : sql`and action = ${action}`}
            ${from === undefined ? sql`` : sql`and at >= ${from}`}
            ${to === undefined ? sql`` : sql`and at < ${to}`}
          order by id desc limit ${limit + 1}`);
      const entries = rows.slice(0, limit).map(toEntry);
      return { entries, nextCursor: rows.length > limit ? entries.at(-1)!.id : null };
    },
  };
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actorKind: row.actor_kind,
    actor: row.actor,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    requestId: row.request_id,
    details: row.details,
  };
}
