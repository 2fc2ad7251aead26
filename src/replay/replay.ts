/** Replay: past events go through the flows of now once more, each replay with runs of its own. */

import type { Database, TransactionSql } from "../db/db.ts";
import { skipReason } from "../flows/dispatch.ts";
import { createFlowCache } from "../flows/flow_cache.ts";
import { matchFlows } from "../flows/match.ts";
import { eventScope, loadEvents, ofFlow, type PendingEvent } from "../flows/pending_event.ts";

/** Events of one request. */
export const MAX_REPLAYED = 500;
/** Bodies are held in memory while their flows are asked: so many at once. */
const LOOKED_AT_ONCE = 25;

export interface ReplayRequest {
  /** Without repeats. */
  eventIds: readonly number[];
  /** Only this flow's runs; all flows when absent. */
  flowId?: number;
}

/**
 * Why an event is left out: it is not there (any more, or for this workspace), its own flows were not asked yet, or
 * (flows/dispatch.ts) nothing would run.
 */
export type ReplaySkip =
  | "not_found"
  | "waiting"
  | "uninstalled"
  | "installation_inactive"
  | "flows_off"
  | "no_flow"
  | "flow_unreadable"
  | "no_match";

export interface ReplayPlan {
  /** Those that get runs, oldest first. */
  events: { id: number; orderKey: string | null }[];
  /** Runs they get with the flows as they are now. */
  runs: number;
  skipped: { id: number; reason: ReplaySkip }[];
}

export interface Replay {
  /** What a replay would do now; changes nothing. */
  plan(installationId: number, request: ReplayRequest): Promise<ReplayPlan>;
  /**
   * Stores one job per event of the plan and gives the replay's number, which is the workspace's next. Two at once get two
   * numbers, thus two sets of runs. The flows are asked again when the job's turn comes.
   */
  start(installationId: number, plan: ReplayPlan, request: Pick<ReplayRequest, "flowId">): Promise<number>;
}

export interface ReplayOptions {
  db: Pick<Database, "scoped">;
  /** False where the setting enable_flows is off. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Says that there are jobs. */
  wake(): void;
}

export function createReplay({ db, flowsEnabled, wake }: ReplayOptions): Replay {
  const cache = createFlowCache(db);

  async function runsOf(installationId: number, event: PendingEvent): Promise<{ runs: number; reason: ReplaySkip }> {
    const enabled = event.active && await flowsEnabled({ id: installationId, addon: event.addon });
    const loaded = enabled ? await cache.load(installationId, event) : [];
    const { matched, unreadable } = matchFlows(loaded, eventScope(event));
    const facts = { enabled, listening: loaded.length, matched: matched.length };
    const reason = unreadable.length > 0 ? "flow_unreadable" : skipReason(event, facts) as ReplaySkip;
    return { runs: matched.length, reason };
  }

  return {
    plan: async (installationId, { eventIds, flowId }) => {
      const plan: ReplayPlan = { events: [], runs: 0, skipped: [] };
      const ids = eventIds.toSorted((a, b) => a - b);
      for (let first = 0; first < ids.length; first += LOOKED_AT_ONCE) {
        const some = ids.slice(first, first + LOOKED_AT_ONCE);
        const loaded = await loadEvents(db, some.map((eventId) => ({ installationId, eventId })));
        for (const [index, found] of loaded.entries()) {
          const id = some[index]!;
          if (!found || found.outcome === null) {
            plan.skipped.push({ id, reason: found ? "waiting" : "not_found" });
            continue;
          }
          const event = ofFlow(found, flowId);
          const { runs, reason } = await runsOf(installationId, event);
          plan.runs += runs;
          if (runs === 0) plan.skipped.push({ id, reason });
          else plan.events.push({ id, orderKey: orderKeyOf(event) });
        }
      }
      return plan;
    },
    start: async (installationId, plan, { flowId }) => {
      const number = await db.scoped({ installationIds: [installationId] }, async (sql) => {
        const number = await nextNumber(sql, installationId);
        const payloads = plan.events.map(({ id, orderKey }) => ({
          payload: { event_id: id, replay: number, ...(flowId === undefined ? {} : { flow_id: flowId }) },
          order_key: orderKey,
        }));
        await sql`
          insert into job (kind, installation_id, generation, payload, order_key)
          select 'event', ${installationId}::bigint, (select generation from installation where id = ${installationId}),
            payload, order_key
          from json_to_recordset(${JSON.stringify(payloads)}::text::json) as t(payload jsonb, order_key text)`;
        return number;
      });
      wake();
      return number;
    },
  };
}

/** As ingest does: where a flow keeps an order, the jobs of one entity go one after another. */
function orderKeyOf({ flows, entityKey }: PendingEvent): string | null {
  return flows.some(({ ordered }) => ordered) ? `entity:${entityKey}` : null;
}

/** The row's lock makes those who come at once wait for each other. */
async function nextNumber(sql: TransactionSql, installationId: number): Promise<number> {
  const [row] = await sql<{ last_replay: number }[]>`
    update installation set last_replay = last_replay + 1 where id = ${installationId} returning last_replay`;
  return row!.last_replay;
}
