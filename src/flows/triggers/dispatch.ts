/** From an event to its runs: the handler of "event" jobs. Evaluates each listening flow, creates a run per match, closes the event. */

import { CHAIN_HEADER } from "../../actions/emit_event.ts";
import { createBoundedCache } from "../../base/bounded_cache.ts";
import type { Clock } from "../../base/clock.ts";
import { createBatcher } from "../../db/batcher.ts";
import { createFairLine, type TurnItem } from "../../db/turns.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../../db/db.ts";
import type { FindEntities } from "../../engine/entity_lookup.ts";
import type { RunRecord } from "../../engine/journal.ts";
import { workIsOver } from "../../installations/uninstall.ts";
import { deleteJobs, leaseLost, lockClaims } from "../../queue/claims.ts";
import { insertClaimedJobs } from "../../queue/enqueue.ts";
import { type DelayedRun, delayJobsOfRuns } from "../../queue/delay.ts";
import { pauseLane } from "../../queue/lanes.ts";
import type { Job, JobOutcome } from "../../queue/queue.ts";
import type { JobContext } from "../../queue/worker.ts";
import { createFlowCache, type FlowCacheOptions, type LoadedFlow } from "./flow_cache.ts";
import { type Gate, gateOf, keyOf } from "../gates/gates.ts";
import {
  type Arrival,
  gateKeys,
  type HeldBack,
  lockGates,
  type Passage,
  passGates,
  type PassOptions,
} from "../gates/pass_gates.ts";
import { createLoopGuard, type Rounds } from "../gates/loop_guard.ts";
import { insertLoops } from "../gates/loops.ts";
import { type LeftOutFlow, leftOutReason, matchFlows } from "./match.ts";
import { eventScope, loadEvents, ofFlow, type PendingEvent } from "./pending_event.ts";
import type { RunBudget } from "../gates/run_budget.ts";
import { insertRuns, startOfEvent } from "./start.ts";
import { isFlowEvent } from "../shape/triggers.ts";
import { insertWaitJobs } from "./event_waits.ts";

export interface DispatchOptions {
  db: Database;
  clock: Clock;
  /** Takes a run this worker is about to work on, so that it need not be read back. */
  prime(run: RunRecord): void;
  /** False where the setting enable_flows is off: then events are stored and nothing runs. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** What conditions look up. */
  findEntities: FindEntities;
  /** Of the runs that an installation starts. Events beyond wait. */
  budget: RunBudget;
  /** Says that jobs were left in the table for whoever is next. */
  wake(): void;
  /** `outcome`: dispatched, or the word that the event's reason begins with. */
  onDispatched(fact: { installationId: number; eventId: number; matched: number; outcome: string }): void;
  /** One of the event's flows could not be evaluated: it was left out, the others ran. */
  onLeftOut?(
    fact: { installationId: number; workspaceId: string; eventId: number; flow: LeftOutFlow },
  ): void;
  onDoubtful?: FlowCacheOptions["onDoubtful"];
  /** Ends the oldest run of a flow that lets no more be in progress at once (flows/gates/pass_gates.ts). */
  cancelRun: PassOptions["cancelRun"];
  /** After a commit in which runs were cancelled. */
  onCancelled?(): void;
  /** A run was not started, by what its flow says of concurrency, throttle or debounce. */
  onHeldBack?(fact: { installationId: number; flowId: number; why: HeldBack }): void;
  /** Most events of one installation in a batch; default as many as fit. */
  mostOfOne?(installationId: number): number;
  /** An event was put off because its installation has made too many runs. */
  onThrottled(fact: { installationId: number; workspaceId: string; eventId: number; delayMs: number }): void;
}

/** Shortest time for which the events of an installation are not claimed: half of what may come at once has gathered then. */
const PAUSE_MS = 5_000;
/** Installations whose pause is known here; of one that is forgotten it is set once more. */
const MAX_PAUSES = 10_000;

const MAX_BATCH = 100;

interface NewRun {
  run_id: string;
  flow_id: number;
  flow_version: number;
  plan_id: number;
  order_key: string | null;
  /** Rounds that led to it: of events that flows made. */
  chain: number;
  /** Its job is born under this worker's claim. */
  claimed: boolean;
  /** What may hold it back. */
  gate?: Gate;
}

interface Decision extends TurnItem {
  job: Job;
  context: JobContext;
  event: PendingEvent;
  /** 0: the event's own dispatch. Higher: the replay it belongs to (replay/replay.ts). */
  replay: number;
  runs: NewRun[];
  /** Why no run is made, or which flows were left out. */
  reason: string | null;
  /** A run that waited before stands for one of its runs. */
  stoodFor?: boolean;
  /** Flows that the loop guard keeps from going on. */
  looping: number[];
  /** Steps of runs wait for such an event: a job of its own ends their waits (event_waits.ts). */
  awaited: boolean;
}

/** A run that was created, with its job; `leased` says that the job is already under this worker's claim. */
interface CreatedRun {
  run_id: string;
  job_id: number;
  leased: boolean;
}

/** What became of a decision. */
interface Recorded {
  created: CreatedRun[];
  /** Runs that were not started. */
  heldBack: { flow: Gate["flow"]; why: HeldBack }[];
}

export function createDispatch(
  {
    db,
    clock,
    prime,
    flowsEnabled,
    findEntities,
    budget,
    wake,
    cancelRun,
    onCancelled,
    onHeldBack,
    onDispatched,
    onLeftOut,
    onDoubtful,
    onThrottled,
    mostOfOne,
  }: DispatchOptions,
) {
  const pauses = createBoundedCache<number, { untilMs: number; begun: Promise<void> }>({ max: MAX_PAUSES });
  const flows = createFlowCache(db, { clock, onDoubtful });
  const guard = createLoopGuard(db, { clock });
  const loads = createBatcher<{ job: Job } & TurnItem, PendingEvent | undefined>({
    purpose: "read the event",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: 2,
    line: createFairLine({ maxItems: MAX_BATCH, atOnce: 2, mostOfOne }),
    flush: (items) =>
      loadEvents(
        db,
        items.map(({ job: { installationId, payload, generation } }) => ({
          installationId,
          eventId: Number(payload.event_id),
          generation,
        })),
      ),
  });
  const decisions = createBatcher<Decision, Recorded | undefined>({
    purpose: "create the runs",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: 1,
    line: createFairLine({ maxItems: MAX_BATCH, atOnce: 1, mostOfOne }),
    flush: (items) => recordDecisions(db, items, { cancelRun }),
  });

  /** Handles one "event" job (payload {event_id}; of a replay also {replay} and, for one flow alone, {flow_id}). */
  return async function dispatch(job: Job, context: JobContext): Promise<JobOutcome> {
    const place = { installationId: job.installationId, bytes: 0, batchKey: String(job.id) };
    const found = await loads.submit({ job, ...place });
    const event = found && ofFlow(found, job.payload.flow_id);
    if (!event) return { kind: "cancel", reason: "the event no longer exists" };
    const { installationId } = job;
    const enabled = event.active && !event.over && await flowsEnabled({ id: installationId, addon: event.addon });
    const { workspaceId } = event;
    const loaded = enabled ? await flows.load(installationId, event) : [];
    const { matched: fitting, leftOut } = await matchFlows(loaded, eventScope(event), {
      find: (queries) => findEntities(installationId, queries),
    });
    // A replay is a person's wish.
    const writing = job.payload.replay === undefined ? fitting.filter((flow) => flow.writes).map(({ id }) => id) : [];
    const rounds = await guard.rounds({ ...event, installationId }, writing);
    const matched = fitting.filter(({ id }) => !rounds.get(id)?.isOver);
    const looping = fitting.filter((flow) => !matched.includes(flow));
    const waitMs = matched.length === 0 ? 0 : budget.take(installationId, matched.length);
    if (waitMs > 0) {
      const delayMs = await pause(installationId, waitMs);
      onThrottled({ installationId, workspaceId, eventId: event.id, delayMs });
      const reason = `the installation makes more than ${budget.perMinute} runs a minute`;
      return { kind: "snooze", delayMs, reason, keepsPlace: true };
    }
    const decision: Decision = {
      ...place,
      job,
      context,
      event,
      replay: Number(job.payload.replay ?? 0),
      runs: newRuns(matched, event, { ...context, rounds }),
      reason: leftOut.length + looping.length > 0
        ? [...(leftOut.length > 0 ? [leftOutReason(leftOut)] : []), ...looping.map(loopReason)].join("; ")
        : skipReason(event, { enabled, listening: loaded.length, matched: matched.length }),
      looping: looping.map(({ id }) => id),
      // What an event ended it ended when it came: its replay counts for no wait.
      awaited: enabled && event.awaited && job.payload.replay === undefined,
    };
    const recorded = await decisions.submit(decision);
    if (!recorded) throw leaseLost(job);
    const { created, heldBack } = recorded;
    if (heldBack.length > 0 || decision.runs.some(({ gate }) => gate?.concurrency)) onCancelled?.();
    for (const { id } of looping) onHeldBack?.({ installationId, flowId: id, why: "loop_detected" });
    for (const { flow, why } of heldBack) onHeldBack?.({ installationId, flowId: flow.id, why });
    if (decision.awaited || created.some(({ leased }) => !leased)) wake();
    for (const flow of leftOut) onLeftOut?.({ installationId, workspaceId, eventId: event.id, flow });
    onDispatched({
      installationId,
      eventId: event.id,
      matched: matched.length,
      outcome: outcomeOf(decision, recorded),
    });
    return {
      kind: "settled",
      next: created.filter(({ leased }) => leased).map((one) => handOver(one, decision, matched)),
    };
  };

  /** Has no event of the installation claimed until the budget has something for it again; gives the time until then. */
  async function pause(installationId: number, waitMs: number): Promise<number> {
    const nowMs = clock.monotonicMs();
    let current = pauses.get(installationId);
    if (current === undefined || current.untilMs <= nowMs) {
      const delayMs = Math.max(waitMs, PAUSE_MS);
      const limit = Math.max(1, Math.floor(budget.ratePerSecond * delayMs / 1000));
      const begun = pauseLane(db, { installationId, kind: "event", delayMs, limit });
      current = { untilMs: nowMs + delayMs, begun };
      pauses.set(installationId, current);
    }
    await current.begun;
    return current.untilMs - nowMs;
  }

  /** The job of a run created under this worker's claim, its run primed. */
  function handOver(created: CreatedRun, { job, event, runs }: Decision, matched: LoadedFlow[]): Job {
    const index = runs.findIndex(({ run_id }) => run_id === created.run_id);
    const flow = matched[index]!;
    prime({
      id: created.run_id,
      installationId: job.installationId,
      workspaceId: event.workspaceId,
      timeZone: event.timeZone,
      flowId: flow.id,
      flowVersion: flow.version,
      eventId: event.id,
      state: "pending",
      createdAt: new Date(clock.now()),
      plan: flow.plan,
      event: event.body,
      delivery: event.delivery,
      steps: [],
    });
    return {
      id: created.job_id,
      kind: "run",
      installationId: job.installationId,
      payload: { run_id: created.run_id },
      attempt: 0,
      fence: 1,
      traceparent: job.traceparent,
      ordered: false,
      generation: job.generation,
    };
  }
}

/** "dispatched" where runs were made, or wait for what comes behind the event; else the word that its reason begins with. */
function outcomeOf({ runs, reason }: Decision, { created, heldBack }: Recorded): string {
  const [first] = heldBack;
  if (runs.length === 0) return reason!.split(":", 1)[0]!;
  return created.length > 0 || !first || heldBack.some(({ why }) => why === "debounced") ? "dispatched" : first.why;
}

/** Why no run is made, or null when some are; `listening` and `matched` count the flows that were asked and that matched. */
export function skipReason(
  { active, over }: Pick<PendingEvent, "active" | "over">,
  { enabled, listening, matched }: { enabled: boolean; listening: number; matched: number },
): string | null {
  if (over) return "uninstalled";
  if (!active) return "installation_inactive";
  if (!enabled) return "flows_off";
  if (listening === 0) return "no_flow";
  return matched === 0 ? "no_match" : null;
}

/** Of a flow that goes round on writes of flows. */
function loopReason({ name }: LoadedFlow): string {
  return `loop_detected: ${JSON.stringify(name)}`;
}

/** Of an event that a flow made: it says how many came before it, one after another. */
function chainOf({ eventType, delivery }: PendingEvent): number {
  return isFlowEvent(eventType) ? Number(delivery.headers[CHAIN_HEADER] ?? 0) : 0;
}

/** A run of each flow. Those for which the worker has a slot are claimed; where a flow keeps an order, none of its runs is. */
function newRuns(
  flows: readonly LoadedFlow[],
  event: PendingEvent,
  { takeSlots, rounds }: Pick<JobContext, "takeSlots"> & { rounds: ReadonlyMap<number, Rounds> },
): NewRun[] {
  const gates = flows.map((flow) => gateOf(flow, flow.gates, { scope: () => eventScope(event), of: "event" }));
  const free = flows.filter(({ ordered }, index) => !ordered && !gates[index]).length;
  let slots = takeSlots && free > 0 ? takeSlots(free) : free;
  const chain = chainOf(event);
  return flows.map(({ id, version, planId, ordered, gates: { order_key: orderKey } }, index) => {
    const gate = gates[index];
    const order = orderKey === undefined ? event.entityKey : keyOf(orderKey, eventScope(event));
    return {
      run_id: crypto.randomUUID(),
      flow_id: id,
      flow_version: version,
      plan_id: planId,
      order_key: ordered ? `flow:${id}:${order}` : null,
      chain: Math.max(chain, rounds.get(id)?.chain ?? 0),
      claimed: !ordered && !gate && slots-- > 0,
      ...(gate && { gate }),
    };
  });
}

/**
 * Closes event jobs: the event's outcome, a run and a run job per match, and the end of the event's own job commit together.
 * A run job is born under this worker's claim where there is a slot for it, unless its flow keeps an order: then it waits for
 * its turn like any other.
 * A replay changes the event only where it made the first runs of one that had none, or where no flow fits one that was given up:
 * then nothing is left to be done for it. After an uninstall no run is made: its
 * decision is not recorded, and the event is left to the clean-up.
 */
export async function recordDecisions(
  db: Database,
  decisions: Decision[],
  options: PassOptions,
): Promise<(Recorded | undefined)[]> {
  const isGated = decisions.some(({ runs }) => runs.some(({ gate }) => gate));
  const scope = { installationIds: decisions.map(({ job }) => job.installationId) };
  if (!isGated) {
    const rows = await retryRolledBack(() => db.scoped(scope, (sql) => insertDecided(sql, decisions)));
    return recordedOf(decisions, rows, []);
  }
  return await retryRolledBack(() => db.scoped(scope, (sql) => recordGated(sql, decisions, options)));
}

/** In their order, as many at once as share no key of a gate: what comes then finds the runs of those before it. */
async function recordGated(
  sql: TransactionSql,
  decisions: readonly Decision[],
  options: PassOptions,
): Promise<(Recorded | undefined)[]> {
  const owned = await readOwned(sql, decisions);
  await lockGates(sql, owned.flatMap(arrivalsOf));
  const recorded: (Recorded | undefined)[] = [];
  for (const some of withoutSharedKeys(decisions)) {
    const { passed, delays, heldBack } = await passDecisions(sql, some, { owned, options });
    const rows = await insertDecided(sql, passed);
    await delayJobsOfRuns(sql, delays);
    recorded.push(...recordedOf(some, rows, heldBack));
  }
  return recorded;
}

function withoutSharedKeys(decisions: readonly Decision[]): Decision[][] {
  const parts: Decision[][] = [];
  let taken: Set<string> | undefined;
  for (const decision of decisions) {
    const keys = arrivalsOf(decision).flatMap(gateKeys);
    if (!taken || keys.some((key) => taken!.has(key))) {
      parts.push([]);
      taken = new Set();
    }
    parts.at(-1)!.push(decision);
    for (const key of keys) taken.add(key);
  }
  return parts;
}

function recordedOf(
  decisions: readonly Decision[],
  rows: readonly DecidedRow[],
  heldBack: readonly (Recorded["heldBack"] | undefined)[],
): (Recorded | undefined)[] {
  const recorded = new Map<number, CreatedRun[]>();
  for (const row of rows) {
    const created = recorded.get(row.o) ?? [];
    recorded.set(row.o, created);
    if (row.job_id !== null) created.push({ run_id: row.run_id!, job_id: row.job_id, leased: row.leased === true });
  }
  return decisions.map((_, ordinal) => {
    const created = recorded.get(ordinal);
    return created && { created, heldBack: heldBack[ordinal] ?? [] };
  });
}

interface DecidedRow {
  o: number;
  run_id: string | null;
  job_id: number | null;
  leased: boolean | null;
}

/** Those whose jobs are still this worker's. */
async function readOwned(sql: TransactionSql, decisions: readonly Decision[]): Promise<Decision[]> {
  const claims = JSON.stringify(decisions.map(({ job }) => ({ id: job.id, fence: job.fence })));
  const locked = await sql<{ id: number; fence: number }[]>`${
    lockClaims(sql, sql`select id, fence from json_to_recordset(${claims}::text::json) as t(id bigint, fence int)`)
  }`;
  return decisions.filter(({ job }) => locked.some(({ id, fence }) => id === job.id && fence === job.fence));
}

/** Its runs that something may hold back. */
function arrivalsOf({ job, event, replay, runs }: Decision): (Arrival & { run: NewRun })[] {
  return runs.flatMap((run) =>
    run.gate
      ? [{
        installationId: job.installationId,
        gate: run.gate,
        runId: run.run_id,
        event: { id: event.id, replay, flowVersion: run.flow_version, planId: run.plan_id, chain: run.chain },
        run,
      }]
      : []
  );
}

/** The decisions with the runs that their flows let start now; those that are not owned are left as they are. */
async function passDecisions(
  sql: TransactionSql,
  decisions: readonly Decision[],
  { owned, options }: { owned: readonly Decision[]; options: PassOptions },
) {
  const arrivals = decisions.flatMap((decision, ordinal) =>
    owned.includes(decision) ? arrivalsOf(decision).map((arrival) => ({ ordinal, ...arrival })) : []
  );
  const passages = await passGates(sql, arrivals, options);
  const delays: DelayedRun[] = [];
  const heldBack: Recorded["heldBack"][] = decisions.map(() => []);
  const lines = new Map<NewRun, Passage>();
  arrivals.forEach(({ ordinal, installationId, run, gate }, index) => {
    const passage = passages[index]!;
    lines.set(run, passage);
    if (!passage.starts) heldBack[ordinal]!.push({ flow: gate.flow, why: passage.why });
    else if (passage.delayMs > 0) delays.push({ installationId, runId: run.run_id, delayMs: passage.delayMs });
  });
  const passed = decisions.map((decision, ordinal): Decision => {
    const held = heldBack[ordinal]!;
    const reasons = held.filter(({ why }) => why !== "debounced")
      .map(({ flow, why }) => `${why}: ${JSON.stringify(flow.name)}`);
    return {
      ...decision,
      runs: decision.runs.flatMap((run): NewRun[] => {
        const passage = lines.get(run);
        if (!passage) return [run];
        return passage.starts ? [{ ...run, order_key: passage.orderKey ?? run.order_key }] : [];
      }),
      stoodFor: held.some(({ why }) => why === "debounced"),
      reason: [...(decision.reason === null ? [] : [decision.reason]), ...reasons].join("; ") || null,
    };
  });
  return { passed, delays, heldBack };
}

/** Not awaited here: the commit travels with it (db/transaction.ts). */
function insertDecided(sql: TransactionSql, decisions: readonly Decision[]) {
  const awaited = decisions.some((decision) => decision.awaited);
  const looping = decisions.some((decision) => decision.looping.length > 0);
  const input = JSON.stringify(
    decisions.map(({ job, context, event, replay, runs, reason, awaited, looping, stoodFor = false }, ordinal) => ({
      o: ordinal,
      job_id: job.id,
      fence: job.fence,
      installation_id: job.installationId,
      generation: job.generation,
      workspace_id: event.workspaceId,
      event_id: event.id,
      replay,
      reason,
      traceparent: job.traceparent,
      owner: context.owner,
      lease_ms: context.leaseMs,
      runs: runs.map(({ gate: _, ...run }) => run),
      awaited,
      looping,
      stood_for: stoodFor,
      // Of one flow alone nothing is known of the others.
      asked_all: job.payload.flow_id === undefined && (reason === "no_flow" || reason === "no_match"),
    })),
  );
  return sql<DecidedRow[]>`
      with input as materialized (
        select * from json_to_recordset(${input}::text::json) as t(
          o int, job_id bigint, fence int, installation_id bigint, generation int, workspace_id text, event_id bigint, replay int,
          reason text, traceparent text, owner text, lease_ms int, runs json, awaited boolean, looping json, stood_for boolean, asked_all boolean)
      ),
      locked as materialized (
        ${lockClaims(sql, sql`select job_id, fence from input`)}
      ),
      owned as materialized (
        select input.*, json_array_length(input.runs) > 0 or stood_for as runs_made
        from input where (input.job_id, input.fence) in (select id, fence from locked)
          and (json_array_length(input.runs) = 0 or not exists (
            select from installation
            where installation.id = input.installation_id and ${workIsOver(sql, "input.generation")}))
      ),
      wanted as materialized (
        select owned.*, r.* from owned, json_to_recordset(owned.runs) as r(
          run_id uuid, flow_id bigint, flow_version int, plan_id bigint, order_key text, chain int, claimed boolean)
      ),
      created as (
        ${insertRuns(sql, sql`(select wanted.*, ${startOfEvent(sql)} from wanted) starts`)}
      ),
      run_jobs as (
        ${
    insertClaimedJobs(sql, {
      kind: sql`'run'`,
      payload: sql`jsonb_build_object('run_id', run_id)`,
      from: sql`wanted join created on created.id = wanted.run_id order by wanted.job_id, wanted.flow_id`,
    })
  }
      ),
      ${awaited ? insertWaitJobs(sql) : sql``}
      ${looping ? insertLoops(sql) : sql``}
      closed as (
        update event set outcome = case when owned.runs_made then 'dispatched' else 'skipped' end,
          reason = owned.reason, finished_at = now()
        from owned where event.id = owned.event_id and event.installation_id = owned.installation_id
          and (owned.replay = 0 or (owned.runs_made and event.outcome in ('skipped', 'dead'))
            or (owned.asked_all and event.outcome = 'dead'))
      ),
      removed as (${deleteJobs(sql, { part: sql`owned`, jobId: sql`owned.job_id` })})
      select owned.o, wanted.run_id, run_jobs.id as job_id, run_jobs.state = 'executing' as leased
      from owned
      left join wanted on wanted.job_id = owned.job_id
      left join run_jobs on run_jobs.run_id = wanted.run_id`;
}
