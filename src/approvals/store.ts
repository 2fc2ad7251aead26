/** Reads approvals: the list of a workspace and one of them, with its flow and its run. */

import type { Database, Fragment, Query } from "../db/db.ts";
import type { Plan } from "../engine/plan.ts";
import { AppError } from "../base/errors.ts";
import type { Viewer } from "./who.ts";

/** cancelled: its run went on or ended without an answer. expired: no answer came in time. */
export const APPROVAL_STATES = ["open", "approved", "rejected", "expired", "cancelled"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export interface Approval {
  /** UUID. */
  id: string;
  state: ApprovalState;
  runId: string;
  /** The run is paused: it goes on with the decision once it is resumed. */
  runPaused: boolean;
  flow: { id: number; name: string; version: number };
  /** Path of the step in its run. */
  path: string;
  /** Who may decide; null where the name is not known. */
  people: { id: string; name: string | null }[];
  roles: string[];
  note: string;
  askedAt: Date;
  expiresAt: Date | null;
  /** Its time is over, and the run has not gone on yet, as one that is paused: no one decides it any more. */
  isLate: boolean;
  remindedAt: Date | null;
  /** Of its end, whatever it was. */
  decidedAt: Date | null;
  /** As Viewer.person; null where it was no person. */
  decidedBy: string | null;
  decidedByName: string | null;
  decisionNote: string | null;
  handedBy: string | null;
  /** Microseconds since 1970 of `askedAt`, for cursors. */
  askedMicros: number;
}

export interface ApprovalPage {
  limit: number;
  before?: { micros: number; id: string };
  state?: ApprovalState;
  /** Of one run. */
  runId?: string;
  /** Those that this viewer may decide. */
  mine?: Pick<Viewer, "person" | "roles">;
}

export interface ApprovalStore {
  /** Newest first. */
  list(installationId: number, page: ApprovalPage): Promise<{ approvals: Approval[]; hasMore: boolean }>;
  /** With the plan of its run. Throws NOT_FOUND. */
  find(installationId: number, id: string): Promise<{ approval: Approval; plan: Plan }>;
  /** Open ones, of all installations. */
  countOpen(): Promise<number>;
}

interface ApprovalRow {
  id: string;
  state: ApprovalState;
  run_id: string;
  run_paused: boolean;
  flow_id: number;
  flow_name: string | null;
  flow_version: number;
  path: string;
  people: { id: string; name: string | null }[];
  roles: string[];
  note: string | null;
  asked_at: Date;
  expires_at: Date | null;
  is_late: boolean;
  reminded_at: Date | null;
  decided_at: Date | null;
  decided_by: string | null;
  decided_by_name: string | null;
  decision_note: string | null;
  handed_by: string | null;
  asked_micros: number;
}

export function createApprovalStore(db: Pick<Database, "scoped">): ApprovalStore {
  return {
    list: async (installationId, { limit, before, state, runId, mine }) => {
      const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<ApprovalRow[]>`
        with page as materialized (
          select * from approval
          where installation_id = ${installationId}
            ${state === undefined ? sql`` : sql`and state = ${state}`}
            ${runId === undefined ? sql`` : sql`and run_id = ${runId}`}
            ${mine ? sql`and (people @> array[${mine.person}::text] or roles && ${textArray(sql, mine.roles)})` : sql``}
            ${
          before
            ? sql`and (asked_at, id) < (to_timestamp(0) + ${before.micros}::float8 * interval '1 microsecond', ${before.id}::text::uuid)`
            : sql``
        }
          order by asked_at desc, id desc limit ${limit + 1}
        )
        select ${columns(sql)} from page as approval ${joins(sql)}
        order by approval.asked_at desc, approval.id desc`);
      return { approvals: rows.slice(0, limit).map(toApproval), hasMore: rows.length > limit };
    },

    find: async (installationId, id) => {
      const [row] = await db.scoped(
        { installationIds: [installationId] },
        (sql) =>
          sql<(ApprovalRow & { plan: Plan })[]>`
        select ${columns(sql)}, plan.body as plan from approval ${joins(sql)}
        join plan on plan.installation_id = run.installation_id and plan.id = run.plan_id
        where approval.installation_id = ${installationId} and approval.id = ${id}`,
      );
      if (!row) throw approvalUnknown(id);
      return { approval: toApproval(row), plan: row.plan };
    },

    countOpen: async () => {
      const [row] = await db.scoped(
        "all",
        (sql) => sql<{ count: number }[]>`select count(*)::int as count from approval where state = 'open'`,
      );
      return row!.count;
    },
  };
}

export function approvalUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find approval "${id}" in this workspace`);
}

/** Of a row of `approval`, with joins(). */
function columns(sql: Query): Fragment {
  return sql`approval.id, approval.state, approval.run_id, run.paused_at is not null as run_paused, run.flow_id,
    flow.name as flow_name, run.flow_version, approval.path, (
      select coalesce(json_agg(json_build_object('id', one.id, 'name', (
          select body->>'name' from entity_cache
          where entity_cache.installation_id = approval.installation_id and entity_type = 'user' and entity_id = one.id
        )) order by one.place), '[]')
      from unnest(approval.people) with ordinality as one(id, place)) as people,
    to_json(approval.roles) as roles, approval.note, approval.asked_at, approval.expires_at,
    approval.state = 'open' and coalesce(approval.expires_at <= now(), false) as is_late, approval.reminded_at, approval.decided_at,
    approval.decided_by, approval.decided_by_name, approval.decision_note, approval.handed_by,
    (extract(epoch from approval.asked_at) * 1000000)::float8 as asked_micros`;
}

function joins(sql: Query): Fragment {
  return sql`
    join run on run.installation_id = approval.installation_id and run.id = approval.run_id
    left join flow on flow.installation_id = run.installation_id and flow.id = run.flow_id`;
}

/** As JSON: the drivers write lists differently. */
function textArray(sql: Query, texts: readonly string[]): Fragment {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::text::jsonb))`;
}

function toApproval(row: ApprovalRow): Approval {
  return {
    id: row.id,
    state: row.state,
    runId: row.run_id,
    runPaused: row.run_paused,
    flow: { id: row.flow_id, name: row.flow_name ?? "", version: row.flow_version },
    path: row.path,
    people: row.people,
    roles: row.roles,
    note: row.note ?? "",
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    isLate: row.is_late,
    remindedAt: row.reminded_at,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
    decidedByName: row.decided_by_name,
    decisionNote: row.decision_note,
    handedBy: row.handed_by,
    askedMicros: row.asked_micros,
  };
}
