/** What a workspace's overview shows: its flows, and what came in and ran lately. */

import type { Database } from "../db/db.ts";

export interface Overview {
  flows: { total: number; enabled: number };
  /** Deliveries stored in the last 24 clock hours, the present one included. */
  webhooks24h: number;
  /** Runs created in the last 24 hours; at most COUNTED, which stands for more too. */
  executions24h: number;
  /** At most 2 s behind (ingest/tally.ts). */
  lastEventAt: Date | null;
  /** Events of this clock hour and, in proportion, of the one before. */
  eventsLastHour: number;
}

/** Runs that are counted at most. */
export const COUNTED = 10_000;

export interface DashboardStore {
  overview(installationId: number): Promise<Overview>;
}

interface OverviewRow {
  flows: number;
  enabled: number;
  webhooks_24h: number;
  executions_24h: number;
  last_event_at: Date | null;
  events_last_hour: number;
}

export function createDashboardStore(db: Database): DashboardStore {
  return {
    overview: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // Runs are counted flow by flow, deleted ones too: their index begins with the flow.
        const [row] = await sql<OverviewRow[]>`
          with tally as (
            select hour, stored, last_at from event_tally
            where installation_id = ${installationId} and hour > now() - interval '24 hours'
          )
          select
            (select count(*)::int from flow where installation_id = ${installationId} and deleted_at is null and builtin is null) as flows,
            (select count(*)::int from flow where installation_id = ${installationId} and deleted_at is null and builtin is null and enabled)
              as enabled,
            (select coalesce(sum(stored), 0)::int from tally) as webhooks_24h,
            (select count(*)::int from (
              select 1 from flow cross join lateral (
                select 1 from run
                where run.installation_id = ${installationId} and run.flow_id = flow.id
                  and run.created_at > now() - interval '24 hours' limit ${COUNTED}) recent
              where flow.installation_id = ${installationId} limit ${COUNTED}) counted) as executions_24h,
            (select max(last_at) from event_tally where installation_id = ${installationId}) as last_event_at,
            (select coalesce(round(sum(stored * case when hour = date_trunc('hour', now()) then 1
                else 1 - extract(epoch from now() - date_trunc('hour', now())) / 3600 end)), 0)::int
              from tally where hour >= date_trunc('hour', now()) - interval '1 hour') as events_last_hour`;
        const { flows, enabled, webhooks_24h, executions_24h, last_event_at, events_last_hour } = row!;
        return {
          flows: { total: flows, enabled },
          webhooks24h: webhooks_24h,
          executions24h: executions_24h,
          lastEventAt: last_event_at,
          eventsLastHour: events_last_hour,
        };
      }),
  };
}
