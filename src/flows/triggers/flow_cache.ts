/** Flows as the dispatcher needs them, compiled once per version: a version never changes, so the cache needs no invalidation. */

import { createBatcher } from "../../db/batcher.ts";
import type { Database } from "../../db/db.ts";
import type { Condition } from "../../engine/condition.ts";
import { type Fault, isObject } from "../../engine/faults.ts";
import type { Plan } from "../../engine/plan.ts";
import { countSteps, inTurn } from "../../engine/turns.ts";
import { createBoundedCache } from "../../base/bounded_cache.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { toAppError } from "../../base/errors.ts";
import type { FlowGates } from "../shape/gates_shape.ts";
import { writes } from "../gates/loop_guard.ts";
import { compileCondition, COMPILING_STEPS, STEPS_PER_RULE } from "../parse/parse_flow.ts";
import { storedDoubts } from "../parse/doubts.ts";
import type { ListeningFlow, PendingEvent } from "./pending_event.ts";
import { rulesOf } from "../parse/validate.ts";

export interface LoadedFlow extends ListeningFlow {
  name: string;
  planId: number;
  plan: Plan;
  /** What holds its runs back. */
  gates: FlowGates;
  /** It has a step that may write to Clockify. */
  writes: boolean;
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
  clock?: Clock;
  /** A flow was compiled, some of whose rules may say something else than their author meant (flows/parse/doubts.ts). */
  onDoubtful?(fact: { installationId: number; flow: ListeningFlow; doubts: Fault[] }): void;
}

const MAX_CACHED = 5_000;
/** Flows that are read in one statement, but for an event that has more: all may be of the largest size. */
const MAX_TOGETHER = 300;

/** The flows that are wanted of one installation for one kind of event. */
interface Wanted {
  installationId: number;
  event: ListenedEvent;
  missing: ListeningFlow[];
}

export function createFlowCache(
  db: Pick<Database, "scoped">,
  { maxCached = MAX_CACHED, clock = systemClock, onDoubtful }: FlowCacheOptions = {},
): FlowCache {
  const cache = createBoundedCache<string, LoadedFlow>({ max: maxCached });
  const reads = createBatcher<Wanted, FlowRow[]>({
    purpose: "read the flows",
    clock,
    maxItems: MAX_TOGETHER,
    maxInFlight: 2,
    take: takeTogether,
    flush: (wanted) => readRows(db, wanted),
  });
  /** What is being read, by what was asked for. */
  const reading = new Map<string, Promise<LoadedFlow[]>>();

  async function read(wanted: Wanted): Promise<LoadedFlow[]> {
    const flows: LoadedFlow[] = [];
    for (const { plan_id: planId, definition, ...row } of await reads.submit(wanted)) {
      const flow = {
        ...row,
        planId,
        gates: gatesOf(definition),
        writes: writes(row.plan),
        condition: await inTurn(() => readCondition(definition)),
      };
      flows.push(flow);
      cache.set(keyOf(flow), flow);
      const doubts = onDoubtful && !("unreadable" in flow.condition) ? storedDoubts(flow.condition) : [];
      if (doubts.length > 0) onDoubtful?.({ installationId: wanted.installationId, flow, doubts });
    }
    return flows;
  }

  /** Events that saw the same versions share one read, as the first of a workspace after a start: it began after one of them saw those. */
  function readOnce(wanted: Wanted): Promise<LoadedFlow[]> {
    const { installationId, event: { eventType, delivery }, missing } = wanted;
    const key = JSON.stringify([installationId, eventType, delivery.custom_type, missing.map(keyOf)]);
    let flows = reading.get(key);
    if (flows === undefined) reading.set(key, flows = read(wanted).finally(() => reading.delete(key)));
    return flows;
  }

  return {
    load: async (installationId, event) => {
      const listening = event.flows;
      // Taken out before anything is awaited or added: room for new entries is made at the cost of old ones.
      const found = new Map(listening.map((flow) => [flow.id, cache.get(keyOf(flow))]));
      const missing = listening.filter(({ id }) => !found.get(id));
      if (missing.length > 0) {
        for (const flow of await readOnce({ installationId, event, missing })) found.set(flow.id, flow);
      }
      return [...found.values()].filter((flow) => flow !== undefined);
    },
  };
}

function keyOf({ id, version }: ListeningFlow): string {
  return `${id}:${version}`;
}

/** The first of those that wait, with those behind it for whose flows there is room. */
function takeTogether(waiting: Wanted[], maxFlows: number): Wanted[] {
  let flows = waiting[0]!.missing.length;
  let count = 1;
  while (count < waiting.length && (flows += waiting[count]!.missing.length) <= maxFlows) count++;
  return waiting.splice(0, count);
}

/** The flows as they are now, whatever their version, in the order of `wanted`: flow, plan and trigger are of one moment. */
async function readRows(db: Pick<Database, "scoped">, wanted: readonly Wanted[]): Promise<FlowRow[][]> {
  const input = JSON.stringify(
    wanted.flatMap(({ installationId, event: { eventType, delivery }, missing }, place) =>
      missing.map(({ id }) => ({ place, i: installationId, t: eventType, c: delivery.custom_type, id }))
    ),
  );
  const scope = { installationIds: wanted.map(({ installationId }) => installationId) };
  const rows = await db.scoped(scope, (sql) =>
    sql<(FlowRow & { place: number })[]>`
    select wanted.place, flow.id, flow.version, flow.name, flow_trigger.ordered, flow.plan_id, flow.definition,
      plan.body as plan
    from json_to_recordset(${input}::text::json) as wanted(place int, i bigint, t text, c text, id bigint)
    join flow on flow.id = wanted.id and flow.installation_id = wanted.i
    join flow_trigger on flow_trigger.flow_id = flow.id and flow_trigger.installation_id = flow.installation_id
      and flow_trigger.event_type = wanted.t
      and (flow_trigger.custom_types is null or wanted.c = any (flow_trigger.custom_types))
    join plan on plan.id = flow.plan_id and plan.installation_id = flow.installation_id`);
  const found: FlowRow[][] = wanted.map(() => []);
  for (const { place, ...row } of rows) found[place]!.push(row);
  return found;
}

interface FlowRow extends ListeningFlow {
  name: string;
  plan_id: number;
  definition: unknown;
  plan: Plan;
}

/** Of a stored definition: what was saved by this version or one before. */
export function gatesOf(definition: unknown): FlowGates {
  if (!isObject(definition)) return {};
  const { order_key, concurrency, debounce, throttle } = definition as FlowGates;
  return { order_key, concurrency, debounce, throttle };
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
