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
  /** Without what an operator only read: of an open console these are most. */
  withoutReads?: boolean;
}

export interface AuditStore {
  /**
   * One page; `nextCursor` is the `beforeId` of the one that follows. Without reads a page may hold fewer than its limit, or
   * none, and have one that follows.
   */
  list(
    installationId: number,
    filter: AuditFilter,
    page: { limit: number; beforeId?: number },
  ): Promise<{ entries: AuditEntry[]; nextCursor: number | null }>;
  /** How many changes fit the filter, of all pages, and who made changes, whatever the filter; neither has reads. */
  changes(
    installationId: number,
    filter: Omit<AuditFilter, "withoutReads">,
  ): Promise<{ total: number; actors: { kind: ActorKind; actor: string }[] }>;
}

/** Who can be chosen from: more people than these are found by their ids. */
export const MAX_ACTORS = 100;

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

/** Rows that one page looks through where reads are left out: an open console of an operator leaves some 10,000 a day. */
const MAX_SEEN = 10_000;

export function createAuditStore(
  db: Pick<Database, "scoped">,
  { maxSeen = MAX_SEEN }: { maxSeen?: number } = {},
): AuditStore {
  return {
    list: (installationId, { actor, action, from, to, withoutReads = false }, { limit, beforeId }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const seen = sql`
          select id, at, actor_kind, actor, action, target, outcome, request_id, details from audit
          where installation_id = ${installationId}
            ${beforeId === undefined ? sql`` : sql`and id < ${beforeId}`}
            ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
            ${action === undefined ? sql`` : sql`and action = ${action}`}
            ${from === undefined ? sql`` : sql`and at >= ${from}`}
            ${to === undefined ? sql`` : sql`and at < ${to}`}
          order by id desc limit ${withoutReads ? maxSeen : limit + 1}`;
        const rows = withoutReads
          ? await sql<AuditRow[]>`
            select * from (${seen}) seen where action !~ '^(GET|HEAD) ' order by id desc limit ${limit + 1}`
          : await sql<AuditRow[]>`${seen}`;
        const entries = rows.slice(0, limit).map(toEntry);
        if (rows.length > limit) return { entries, nextCursor: entries.at(-1)!.id };
        if (!withoutReads) return { entries, nextCursor: null };
        const [end] = await sql<{ rows: number; last: number | null }[]>`
          select count(*)::int as rows, min(id) as last from (${seen}) seen`;
        return { entries, nextCursor: end!.rows === maxSeen ? end!.last : null };
      }),

    changes: (installationId, { actor, action, from, to }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // As the index audit_changes has it.
        const changes = sql`installation_id = ${installationId} and action !~ '^(GET|HEAD) '`;
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from audit where ${changes}
            ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
            ${action === undefined ? sql`` : sql`and action = ${action}`}
            ${from === undefined ? sql`` : sql`and at >= ${from}`}
            ${to === undefined ? sql`` : sql`and at < ${to}`}`;
        // From one to the next by the index, however many rows each has.
        const actors = await sql<{ kind: ActorKind; actor: string }[]>`
          with recursive person as (
            (select actor_kind as kind, actor from audit where ${changes} order by actor, id limit 1)
            union all
            select next.kind, next.actor from person, lateral (
              select actor_kind as kind, actor from audit where ${changes} and actor > person.actor
              order by actor, id limit 1) next
          )
          select kind, actor from person limit ${MAX_ACTORS}`;
        return { total: count!.total, actors: [...actors] };
      }),
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
