/**
 * Replay of past events: retries their failed runs from the failed step; or, where a person says so, runs flows again
 * from their first step, each replay with runs of its own.
 */

import type { AtEnd } from "../db/at_end.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { FindEntities } from "../engine/entity_lookup.ts";
import { AppError } from "../base/errors.ts";
import type { ThreadTurns } from "../limits/thread_turns.ts";
import { loadEvents, ofFlow, type PendingEvent } from "../flows/triggers/pending_event.ts";
import { readStopped, type RetryVersion, type StoppedRun, type StoppedRunOptions } from "../runs/retry_plan.ts";
import { reopenRuns } from "../runs/retry.ts";
import { createFlowMatcher, type ReplaySkip } from "./matching_flows.ts";
import { type EarlierRun, newestRuns } from "./earlier.ts";
import { insertJobs } from "../queue/enqueue.ts";

/** Events of one request. */
export const MAX_REPLAYED = 500;
/** Flows that one request may name. */
export const MAX_FLOWS = 20;
/** Most failed runs that one request retries. */
const MAX_RETRIED = 2_000;
/** Bodies are held in memory while their flows are asked: so many at once. */
const LOOKED_AT_ONCE = 25;

export interface ReplayRequest {
  /** Without repeats. */
  eventIds: readonly number[];
  /**
   * failed: those whose newest run of the event failed, from the failed step; of an event that was given up before its flows
   * were asked, all that match. all, or ids without repeats: from the first step, whatever ran before.
   */
  flows: "failed" | "all" | readonly number[];
  /** Version of the flow that failed runs are retried with. */
  version?: RetryVersion;
}

/** With a run where that one is left out alone. */
export interface ReplaySkipped {
  id: number;
  reason: ReplaySkip;
  run?: { id: string; flowId: number; detail?: string };
}

/** What a replay means for one flow. */
export interface ReplayedFlow {
  id: number;
  name: string;
  /** Failed runs that are retried. */
  retried: number;
  /** How many of them are retried from which step, from 1; 0: no step is left. In order. */
  fromSteps: { step: number; runs: number }[];
  /** New runs, from the first step. */
  runs: number;
  /** Those of these runs whose event the flow did something for before: that is done twice. */
  repeated: number;
}

export interface ReplayPlan {
  /** Events with anything to do. */
  events: number;
  retried: number;
  runs: number;
  flows: ReplayedFlow[];
  skipped: ReplaySkipped[];
  /** Event jobs, oldest event first; without a flow all that match then. */
  jobs: { eventId: number; orderKey: string | null; flowId?: number }[];
  /** Ids of the failed runs that are retried. */
  failed: string[];
}

export interface ReplayDone {
  /** The plan, its failed runs those that went on: one that another request took meanwhile is not among them. */
  plan: ReplayPlan;
  /** Replay number of the new runs; undefined where there are none. */
  number: number | undefined;
}

export interface Replay {
  /** What a replay would do now; changes nothing. Throws REQUEST_INVALID for more failed runs than MAX_RETRIED. */
  plan(installationId: number, request: ReplayRequest): Promise<ReplayPlan>;
  /**
   * Retries the failed runs of the plan and stores one job per event (and flow, where some were named), in one
   * transaction. New runs carry the replay's number, which is the workspace's next: two at once get two, thus two sets
   * of runs. Their flows are asked again when the job's turn comes.
   */
  start(
    installationId: number,
    plan: ReplayPlan,
    request: Pick<ReplayRequest, "version"> & { atEnd?: AtEnd<ReplayDone> },
  ): Promise<ReplayDone>;
}

export interface ReplayOptions extends StoppedRunOptions {
  db: Pick<Database, "scoped">;
  /** False where the setting enable_flows is off. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Flows are asked about many events: others come in between. */
  thread: ThreadTurns;
  /** What conditions look up. */
  findEntities: FindEntities;
  /** Says that there are jobs. */
  wake(): void;
  onRetried(runs: number, installationId: number): void;
}

export function createReplay(
  { db, flowsEnabled, thread, findEntities, wake, onRetried, openInput }: ReplayOptions,
): Replay {
  const matcher = createFlowMatcher({ db, flowsEnabled, thread, findEntities });
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);

  return {
    plan: async (installationId, { eventIds, flows, version = "same" }) => {
      const ids = eventIds.toSorted((a, b) => a - b);
      const earlier = await within(installationId, (sql) => newestRuns(sql, installationId, ids));
      const made: NewRuns[] = [];
      const skipped: ReplaySkipped[] = [];
      const wanted: EarlierRun[] = [];
      for (let first = 0; first < ids.length; first += LOOKED_AT_ONCE) {
        const some = ids.slice(first, first + LOOKED_AT_ONCE);
        const loaded = await loadEvents(db, some.map((eventId) => ({ installationId, eventId })));
        for (const [index, event] of loaded.entries()) {
          const id = some[index]!;
          if (!event || event.outcome === null) {
            skipped.push({ id, reason: event ? "waiting" : "not_found" });
            continue;
          }
          const runs = earlier.get(id) ?? [];
          if (flows === "failed" && !(event.outcome === "dead" && runs.length === 0)) {
            const failed = runs.filter(({ state }) => state === "failed");
            const reason = failed.length === 0 ? "no_failed_run" : await matcher.whyNone(installationId, event);
            if (reason === undefined) wanted.push(...failed);
            else skipped.push({ id, reason });
            continue;
          }
          const named = typeof flows === "string" ? [undefined] : flows;
          const asked = await Promise.all(
            named.map((flowId) => matcher.matching(installationId, ofFlow(event, flowId))),
          );
          if (asked.every((one) => one.flows.length === 0)) skipped.push({ id, reason: asked[0]!.reason! });
          asked.forEach(({ flows }, place) => {
            if (flows.length > 0) made.push({ event, flows, flowId: named[place], runs });
          });
        }
      }
      if (wanted.length > MAX_RETRIED) throw tooMany(wanted.length);
      const stopped = await within(
        installationId,
        (sql) => readStopped(sql, { installationId, ids: wanted.map(({ runId }) => runId), lock: false, openInput }),
      );
      const { going, left } = choose(stopped, version);
      return planOf({ going, made, version, skipped: [...skipped, ...left] });
    },

    start: async (installationId, plan, { version = "same", atEnd }) => {
      const { done, going } = await retryRolledBack(() =>
        within(installationId, async (sql) => {
          const stopped = plan.failed.length === 0
            ? []
            : await readStopped(sql, { installationId, ids: plan.failed, lock: true, openInput });
          const { going } = choose(stopped.filter(({ state, hasEvent }) => state === "failed" && hasEvent), version);
          if (going.length > 0) {
            await reopenRuns(sql, installationId, going.map((run) => ({ run, retryPlan: run[version] })));
          }
          const number = plan.jobs.length === 0 ? undefined : await storeJobs(sql, installationId, plan.jobs);
          const done = { number, plan: withRetried(plan, { going, version }) };
          await atEnd?.(sql, done);
          return { done, going };
        })
      );
      wake();
      onRetried(going.length, installationId);
      return done;
    },
  };
}

/** New runs that one event gets; `flowId` where that flow was named. */
interface NewRuns {
  event: PendingEvent;
  flows: { id: number; name: string }[];
  flowId: number | undefined;
  /** The newest of each flow so far. */
  runs: EarlierRun[];
}

/** The failed runs that can be retried, and why the others are left out. */
function choose(stopped: readonly StoppedRun[], version: RetryVersion) {
  const going: StoppedRun[] = [];
  const left: ReplaySkipped[] = [];
  for (const run of stopped) {
    const reason = leftOutFor(run, version);
    if (reason === undefined) going.push(run);
    else {
      const detail = reason === "steps_changed" ? { detail: run[version].refusal!.text } : {};
      left.push({ id: run.eventId!, reason, run: { id: run.id, flowId: run.flowId, ...detail } });
    }
  }
  return { going, left };
}

/** Why a failed run is not retried beside others; undefined where it is. */
export function leftOutFor(run: StoppedRun, version: RetryVersion): ReplaySkip | undefined {
  return run.flowDeleted ? "flow_deleted" : !run.flowEnabled ? "flow_off" : run[version].refusal?.reason;
}

function planOf({ going, made, version, skipped }: {
  going: StoppedRun[];
  made: NewRuns[];
  version: RetryVersion;
  skipped: ReplaySkipped[];
}): ReplayPlan {
  const flows = new Map<number, ReplayedFlow>();
  for (const one of made) {
    for (const { id, name } of one.flows) {
      const flow = flows.get(id) ?? emptyFlow(id, name);
      flow.runs++;
      if (one.runs.some(({ flowId, begun }) => flowId === id && begun)) flow.repeated++;
      flows.set(id, flow);
    }
  }
  const events = new Set(made.map(({ event }) => event.id)).size;
  const plan: ReplayPlan = {
    events,
    retried: 0,
    runs: made.reduce((sum, one) => sum + one.flows.length, 0),
    flows: [...flows.values()].toSorted((a, b) => a.id - b.id),
    skipped: skipped.toSorted((a, b) => a.id - b.id),
    jobs: made.map(({ event, flowId }) => ({
      eventId: event.id,
      orderKey: orderKeyOf(event),
      ...(flowId === undefined ? {} : { flowId }),
    })),
    failed: [],
  };
  return withRetried(plan, { going, version });
}

/** The plan with these failed runs in the place of its own. */
function withRetried(
  plan: ReplayPlan,
  { going, version }: { going: readonly StoppedRun[]; version: RetryVersion },
): ReplayPlan {
  const flows = new Map(
    plan.flows.filter(({ runs }) => runs > 0).map((flow) => [flow.id, { ...flow, retried: 0, fromSteps: [] }]),
  ) as Map<number, ReplayedFlow>;
  const ofFlow = Map.groupBy(going, ({ flowId }) => flowId);
  for (const [id, runs] of ofFlow) {
    const steps = Map.groupBy(runs, (run) => run[version].fromStep ?? 0);
    flows.set(id, {
      ...(flows.get(id) ?? emptyFlow(id, runs[0]!.flowName)),
      retried: runs.length,
      fromSteps: [...steps].map(([step, { length }]) => ({ step, runs: length })).toSorted((a, b) => a.step - b.step),
    });
  }
  const events = new Set([...plan.jobs.map(({ eventId }) => eventId), ...going.map(({ eventId }) => eventId!)]).size;
  return {
    ...plan,
    events,
    retried: going.length,
    flows: [...flows.values()].toSorted((a, b) => a.id - b.id),
    failed: going.map(({ id }) => id),
  };
}

function emptyFlow(id: number, name: string): ReplayedFlow {
  return { id, name, retried: 0, fromSteps: [], runs: 0, repeated: 0 };
}

function tooMany(runs: number): AppError {
  return new AppError(
    "REQUEST_INVALID",
    `Cannot replay: ${runs} runs of these events failed, at most ${MAX_RETRIED} are retried in one request; choose fewer events`,
  );
}

/** As ingest does: where a flow keeps an order, the jobs of one entity go one after another. */
function orderKeyOf({ flows, entityKey }: PendingEvent): string | null {
  return flows.some(({ ordered }) => ordered) ? `entity:${entityKey}` : null;
}

/** One job each, in this order; gives the replay's number. */
export async function storeJobs(
  sql: TransactionSql,
  installationId: number,
  jobs: ReplayPlan["jobs"],
): Promise<number> {
  const number = await nextNumber(sql, installationId);
  const payloads = jobs.map(({ eventId, orderKey, flowId }) => ({
    payload: { event_id: eventId, replay: number, ...(flowId === undefined ? {} : { flow_id: flowId }) },
    order_key: orderKey,
  }));
  await sql`
    ${insertJobs(sql)}
    select 'event', ${installationId}::bigint, (select generation from installation where id = ${installationId}),
      payload, null, order_key
    from json_to_recordset(${JSON.stringify(payloads)}::text::json) as t(payload jsonb, order_key text)`;
  return number;
}

/** The row's lock makes those who come at once wait for each other. */
async function nextNumber(sql: TransactionSql, installationId: number): Promise<number> {
  const [row] = await sql<{ last_replay: number }[]>`
    update installation set last_replay = last_replay + 1 where id = ${installationId} returning last_replay`;
  return row!.last_replay;
}
