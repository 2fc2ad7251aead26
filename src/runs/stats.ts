/** Recent numbers of each flow of a workspace, for the list of flows. */

import type { Database } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";

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
        // By the index of a flow's runs, so that it costs the same whatever else the workspace runs.
        const rows = await sql<(VersionRuns & { version: number })[]>`
          select flow_version as version, count(*)::int as runs,
            (count(*) filter (where state = 'failed'))::int as failed
          from (
            select flow_version, state from run
            where installation_id = ${installationId} and flow_id = ${flowId}
            order by created_at desc limit ${COUNTED + 1}) newest
          group by flow_version`;
        const all = rows.reduce((sum, { runs }) => sum + runs, 0);
        const versions = rows.map(({ version, runs, failed }) => [version, { runs, failed }] as const);
        return { versions: new Map(versions), isCut: all > COUNTED };
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
