/** Recent numbers of each flow of a workspace, for the list of flows. */

import type { Database, TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { openRunIds } from "../queue/open_jobs.ts";
import { idsJson, MAX_OPEN_JOBS } from "./list.ts";

export interface FlowStats {
  /** Created in the last 24 hours; at most COUNTED. */
  runs24h: number;
  /** How many of them failed; at most COUNTED. */
  failed24h: number;
  /** The newest runs, newest first. */
  recent: { id: string; state: RunState; createdAt: string }[];
}

export interface VersionRuns {
  runs: number;
  failed: number;
  /** Pending, running or waiting, also among runs that are too old to be counted (but where the workspace has too many of those). */
  inProgress: number;
  /** Null: none that is counted. */
  lastRunAt: Date | null;
}

export interface FlowStatsSource {
  /** By flow id; of every flow that people see. */
  of(installationId: number): Promise<Map<number, FlowStats>>;
  /** Of one flow, by version: of its newest COUNTED runs; `isCut`: there are more. */
  byVersion(installationId: number, flowId: number): Promise<{ versions: Map<number, VersionRuns>; isCut: boolean }>;
}

/** Runs of each flow that are counted: more are the same to a reader, and would make the list wait. */
export const COUNTED = 10_000;
const RECENT = 20;

export function createFlowStats(db: Pick<Database, "scoped">): FlowStatsSource {
  return {
    byVersion: (installationId, flowId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const flow = { installationId, flowId };
        const rows = await newestByVersion(sql, flow);
        const versions = new Map(
          rows.filter(({ runs }) => runs > 0).map(({ version, isCut: _, ...counts }) => [version, counts]),
        );
        const isCut = rows.some(({ isCut }) => isCut);
        // A wait may last for a year: its run is not among the newest of a busy flow.
        for (const { version, inProgress } of isCut ? await olderInProgress(sql, flow) : []) {
          const counts = versions.get(version) ?? { runs: 0, failed: 0, inProgress: 0, lastRunAt: null };
          versions.set(version, { ...counts, inProgress: counts.inProgress + inProgress });
        }
        return { versions, isCut };
      }),
    of: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const rows = await sql<{ id: number; runs: number; failed: number; recent: FlowStats["recent"] }[]>`
          select flow.id, counted.runs, failures.failed, newest.recent
          from flow
          cross join lateral (
            select count(*)::int as runs from (
              select 1 from run where run.installation_id = ${installationId} and run.flow_id = flow.id
                and run.created_at > now() - interval '24 hours' limit ${COUNTED}) run
          ) counted
          cross join lateral (
            select count(*)::int as failed from (
              select 1 from run where run.installation_id = ${installationId} and run.flow_id = flow.id
                and run.created_at > now() - interval '24 hours' and run.error_code is not null
                and run.state = 'failed' limit ${COUNTED}) run
          ) failures
          cross join lateral (
            select coalesce(json_agg(json_build_object('id', run.id, 'state', run.state, 'createdAt', run.created_at)
              order by run.created_at desc, run.id desc), '[]') as recent
            from (
              select id, state, created_at from run
              where run.installation_id = ${installationId} and run.flow_id = flow.id
              order by created_at desc, id desc limit ${RECENT}) run
          ) newest
          where flow.installation_id = ${installationId} and flow.deleted_at is null and flow.builtin is null`;
        return new Map(rows.map(({ id, runs, failed, recent }) => [id, { runs24h: runs, failed24h: failed, recent }]));
      }),
  };
}

interface FlowRuns {
  installationId: number;
  flowId: number;
}

/** `isCut`: the flow has more runs than are counted. By the index of its runs, whatever else the workspace runs. */
async function newestByVersion(sql: TransactionSql, flow: FlowRuns) {
  return await sql<(VersionRuns & { version: number; isCut: boolean })[]>`
    select flow_version as version, (count(*) filter (where counted))::int as runs,
      (count(*) filter (where counted and state = 'failed'))::int as failed,
      (count(*) filter (where counted and state in ('pending', 'running', 'waiting')))::int as "inProgress",
      max(created_at) filter (where counted) as "lastRunAt", bool_or(not counted) as "isCut"
    from (${newestRuns(sql, flow)}) newest group by flow_version`;
}

/** Runs in progress that are too old to be counted; none where the workspace has too many open runs to look through. */
async function olderInProgress(
  sql: TransactionSql,
  flow: FlowRuns,
): Promise<{ version: number; inProgress: number }[]> {
  const { installationId, flowId } = flow;
  const ids = await openRunIds(sql, { installationId, limit: MAX_OPEN_JOBS + 1 });
  if (ids.length > MAX_OPEN_JOBS) return [];
  return await sql<{ version: number; inProgress: number }[]>`
    select flow_version as version, count(*)::int as "inProgress"
    from json_to_recordset(${idsJson(ids)}::text::json) as open(id uuid) join run on run.id = open.id
    where run.installation_id = ${installationId} and run.flow_id = ${flowId}
      and run.state in ('pending', 'running', 'waiting')
      and not exists (select from (${newestRuns(sql, flow)}) newest where newest.counted and newest.id = run.id)
    group by flow_version`;
}

function newestRuns(sql: TransactionSql, { installationId, flowId }: FlowRuns) {
  return sql`
    select id, flow_version, state, created_at, row_number() over (order by created_at desc, id desc) <= ${COUNTED} as counted
    from (
      select id, flow_version, state, created_at from run
      where installation_id = ${installationId} and flow_id = ${flowId}
      order by created_at desc, id desc limit ${COUNTED + 1}) run`;
}
