/**
 * Recognises flows that go round: a write in Clockify, of the flow itself or of another one, comes back as an event and has the
 * flow write again. The journal of changes knows what was written, and the run that wrote it how many rounds came before. Asked
 * only for flows that write, or have others write.
 */

import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../base/clock.ts";
import { createBatcher } from "../../db/batcher.ts";
import type { Database } from "../../db/db.ts";
import { isObject } from "../../engine/faults.ts";
import type { Plan } from "../../engine/plan.ts";

/** Rounds that a flow may go on its own writes; further ones are not started. */
export const LOOP_GUARD_ROUNDS = 5;
/** Of flows that have one another write: more may be meant, as one that prepares what the next one completes. */
export const LOOP_GUARD_HOPS = 10;
/** An event of a write comes within seconds; a delivery that failed is sent again within minutes. */
const ECHO_SECONDS = 300;
/** What is larger is taken for an echo without being compared. */
const MAX_COMPARED_BYTES = 100_000;

export interface LoopGuard {
  /** Of each of the flows which rounds of writes led to the event; those without are left out. */
  rounds(event: GuardedEvent, flowIds: readonly number[]): Promise<ReadonlyMap<number, Rounds>>;
}

export interface Rounds {
  /** Those that led to the run which the event starts. */
  chain: number;
  /** They are too many: it is not started. */
  isOver: boolean;
}

export interface GuardedEvent {
  installationId: number;
  /** `resource:id`, where it is about an entity. */
  entityKey: string;
  receivedAt: Date;
  body: unknown;
}

interface Asked extends GuardedEvent {
  flowIds: readonly number[];
}

interface Written {
  o: number;
  flow_id: number;
  /** By the flow itself. */
  own: boolean;
  chain: number;
  /** JSON of the object as the write left it; null: not known. */
  after: string | null;
}

export function createLoopGuard(db: Pick<Database, "scoped">, { clock }: { clock: Clock }): LoopGuard {
  const reads = createBatcher<Asked, ReadonlyMap<number, Rounds>>({
    purpose: "look for own writes",
    clock,
    maxItems: 100,
    maxInFlight: 2,
    flush: (asked) => readRounds(db, asked),
  });
  return {
    rounds: async (event, flowIds) => {
      if (flowIds.length === 0 || entityOf(event.entityKey) === undefined) return new Map();
      return await reads.submit({ ...event, flowIds });
    },
  };
}

/** True for a plan with a step that may write to Clockify, or has another flow do so. */
export function writes(plan: Plan): boolean {
  // In a text of the plan its quotes are escaped.
  return /"operation_id":"(?!get|GET )|"action":"(?:emit_event|run_flow)"/.test(JSON.stringify(plan));
}

/** As changes name it: `time_entry` of the events' `timeEntry`. */
function entityOf(entityKey: string): { type: string; id: string } | undefined {
  const found = /^([a-zA-Z]{1,40}):([0-9a-zA-Z_-]{1,64})$/.exec(entityKey);
  if (!found || found[1] === "body") return undefined;
  return { type: found[1]!.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), id: found[2]! };
}

async function readRounds(
  db: Pick<Database, "scoped">,
  asked: readonly Asked[],
): Promise<ReadonlyMap<number, Rounds>[]> {
  const input = JSON.stringify(asked.flatMap(({ installationId, entityKey, receivedAt, flowIds }, o) => {
    const { type, id } = entityOf(entityKey)!;
    return flowIds.map((flow) => ({ o, i: installationId, f: flow, t: type, e: id, at: receivedAt.toISOString() }));
  }));
  const scope = { installationIds: asked.map(({ installationId }) => installationId) };
  const rows = await db.scoped(scope, (sql) =>
    sql<Written[]>`
    select wanted.o, wanted.f as flow_id, sides.own, run.chain, written.after
    from json_to_recordset(${input}::text::json) as wanted(o int, i bigint, f bigint, t text, e text, at timestamptz)
    cross join (values (true), (false)) as sides(own)
    cross join lateral (
      select run_id, case when octet_length(after) <= ${MAX_COMPARED_BYTES}::int then after end as after from change
      where change.installation_id = wanted.i and change.entity_type = wanted.t and change.entity_id = wanted.e
        and change.created_at < wanted.at and change.created_at > wanted.at - ${ECHO_SECONDS}::int * interval '1 second'
        and (change.flow_id = wanted.f) = sides.own
        and change.run_id is not null and change.state in ('sending', 'done', 'uncertain')
      order by change.created_at desc, change.id desc limit 1
    ) written
    join run on run.installation_id = wanted.i and run.id = written.run_id`);
  return asked.map(({ body }, ordinal) => {
    const found = new Map<number, Rounds>();
    for (const { o, flow_id: flowId, own, chain, after } of rows) {
      if (o !== ordinal || !isEcho(body, after)) continue;
      const before = found.get(flowId) ?? { chain: 0, isOver: false };
      found.set(flowId, {
        chain: Math.max(before.chain, chain + 1),
        isOver: before.isOver || chain + 1 > (own ? LOOP_GUARD_ROUNDS : LOOP_GUARD_HOPS),
      });
    }
    return found;
  });
}

/** False where a person has changed something else of the object meanwhile: what both say in one word differs. */
function isEcho(body: unknown, after: string | null): boolean {
  if (after === null || !isObject(body)) return true;
  let written: unknown;
  try {
    written = JSON.parse(after);
  } catch {
    return true;
  }
  if (!isObject(written)) return true;
  const object = written;
  return Object.entries(body).every(([name, value]) =>
    !Object.hasOwn(object, name) || (typeof value === "object" && value !== null) ||
    typeof object[name] !== typeof value || isDeepStrictEqual(object[name], value)
  );
}
