/** Flows as the dispatcher needs them, compiled once per version: a version never changes, so the cache needs no invalidation. */

import type { Database } from "../db/db.ts";
import type { Condition } from "../engine/condition.ts";
import type { Fault } from "../engine/faults.ts";
import type { Plan } from "../engine/plan.ts";
import { countSteps, inTurn } from "../engine/turns.ts";
import { createBoundedCache } from "../base/bounded_cache.ts";
import { toAppError } from "../base/errors.ts";
import { compileCondition, COMPILING_STEPS, STEPS_PER_RULE } from "./parse_flow.ts";
import { storedDoubts } from "./doubts.ts";
import type { ListeningFlow, PendingEvent } from "./pending_event.ts";
import { rulesOf } from "./validate.ts";

export interface LoadedFlow extends ListeningFlow {
  name: string;
  planId: number;
  plan: Plan;
  /** Or why there is none: this version cannot read it. */
  condition: Condition | { unreadable: string };
}

export interface FlowCache {
  /**
   * The flows that listen for the event, compiled. One that was saved since the event was read comes in its newer version;
   * only one that no longer listens (deleted, switched off, another trigger) is left out.
   */
  load(installationId: number, event: ListenedEvent): Promise<LoadedFlow[]>;
}

export type ListenedEvent = Pick<PendingEvent, "eventType" | "delivery" | "flows">;

export interface FlowCacheOptions {
  maxCached?: number;
  /** A flow was compiled, some of whose rules may say something else than their author meant (doubts.ts). */
  onDoubtful?(fact: { installationId: number; flow: ListeningFlow; doubts: Fault[] }): void;
}

const MAX_CACHED = 5_000;

export function createFlowCache(
  db: Pick<Database, "scoped">,
  { maxCached = MAX_CACHED, onDoubtful }: FlowCacheOptions = {},
): FlowCache {
  const cache = createBoundedCache<string, LoadedFlow>({ max: maxCached });

  return {
    load: async (installationId, event) => {
      const listening = event.flows;
      // Taken out before anything is awaited or added: room for new entries is made at the cost of old ones.
      const found = new Map(listening.map((flow) => [flow.id, cache.get(keyOf(flow))]));
      const missing = listening.filter(({ id }) => !found.get(id));
      if (missing.length > 0) {
        for (const flow of await read(db, { installationId, event, missing })) {
          cache.set(keyOf(flow), flow);
          found.set(flow.id, flow);
          const doubts = onDoubtful && !("unreadable" in flow.condition) ? storedDoubts(flow.condition) : [];
          if (doubts.length > 0) onDoubtful?.({ installationId, flow, doubts });
        }
      }
      return [...found.values()].filter((flow) => flow !== undefined);
    },
  };
}

function keyOf({ id, version }: ListeningFlow): string {
  return `${id}:${version}`;
}

/** The flows as they are now, whatever their version: flow, plan and trigger are of one moment. */
async function read(
  db: Pick<Database, "scoped">,
  { installationId, event, missing }: { installationId: number; event: ListenedEvent; missing: ListeningFlow[] },
): Promise<LoadedFlow[]> {
  const { eventType, delivery } = event;
  const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<FlowRow[]>`
    select flow.id, flow.version, flow.name, flow_trigger.ordered, flow.plan_id, flow.definition, plan.body as plan
    from json_to_recordset(${JSON.stringify(missing)}::text::json) as wanted(id bigint)
    join flow on flow.id = wanted.id and flow.installation_id = ${installationId}
    join flow_trigger on flow_trigger.flow_id = flow.id and flow_trigger.installation_id = flow.installation_id
      and flow_trigger.event_type = ${eventType}
      and (flow_trigger.custom_types is null or ${delivery.custom_type}::text = any (flow_trigger.custom_types))
    join plan on plan.id = flow.plan_id and plan.installation_id = flow.installation_id`);
  const flows: LoadedFlow[] = [];
  for (const { plan_id: planId, definition, ...row } of rows) {
    flows.push({ ...row, planId, condition: await inTurn(() => readCondition(definition)) });
  }
  return flows;
}

interface FlowRow extends ListeningFlow {
  name: string;
  plan_id: number;
  definition: unknown;
  plan: Plan;
}

/** One flow that cannot be read, as in a rolling upgrade, is no reason to fail for all of them. */
function readCondition(definition: unknown): LoadedFlow["condition"] {
  countSteps(COMPILING_STEPS);
  try {
    const condition = compileCondition(definition);
    countSteps(rulesOf(condition).length * STEPS_PER_RULE);
    return condition;
  } catch (error) {
    return { unreadable: toAppError(error).message };
  }
}
