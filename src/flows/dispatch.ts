/** From an event to its runs: the handler of "event" jobs. Evaluates each listening flow, creates a run per match, closes the event. */

import type { Clock } from "../clock.ts";
import { createBatcher } from "../db/batcher.ts";
import { type Database, retryRolledBack } from "../db/db.ts";
import { matches } from "../engine/condition.ts";
import { parseBody, type RunRecord } from "../engine/journal.ts";
import { buildScope, deliveryFacts } from "../engine/scope.ts";
import { BURST_SECONDS } from "../limits/bucket.ts";
import { createMemoryBudget } from "../limits/limits.ts";
import { leaseLost } from "../queue/postgres.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { JobContext } from "../queue/worker.ts";
import { createFlowCache, type ListeningFlow, type LoadedFlow } from "./flow_cache.ts";

export interface DispatchOptions {
  db: Database;
  clock: Clock;
  /** Takes a run this worker is about to work on, so that it need not be read back. */
  prime(run: RunRecord): void;
  /** False where the setting enable_flows is off: then events are stored and nothing runs. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Of one installation, on average; ten seconds' worth may come at once. Events beyond wait. */
  maxRunsPerMinute: number;
  /** Says that jobs were left in the table for whoever is next. */
  wake(): void;
  onDispatched(fact: { installationId: number; eventId: number; matched: number; outcome: string }): void;
  /** An event was put off because its installation has made too many runs. */
  onThrottled(fact: { installationId: number; workspaceId: string; eventId: number; delayMs: number }): void;
}

/** Events that were put off come back spread over this time, whatever their number. */
const SPREAD_MS = 30_000;

/** An event as a dispatch job needs it, with the flows that listen for its type now. */
interface PendingEvent {
  id: number;
  addon: string;
  workspaceId: string;
  eventType: string;
  receivedAt: Date;
  entityKey: string;
  body: unknown;
  /** False once the add-on was uninstalled or switched off: then nothing runs. */
  active: boolean;
  flows: ListeningFlow[];
}

interface NewRun {
  run_id: string;
  flow_id: number;
  flow_version: number;
  plan_id: number;
  order_key: string | null;
}

interface Decision {
  job: Job;
  context: JobContext;
  event: PendingEvent;
  runs: NewRun[];
  reason: string | null;
}

/** A run that was created, with its job; `leased` says that the job is already under this worker's claim. */
interface CreatedRun {
  run_id: string;
  job_id: number;
  leased: boolean;
}

export function createDispatch(
  { db, clock, prime, flowsEnabled, maxRunsPerMinute, wake, onDispatched, onThrottled }: DispatchOptions,
) {
  // A flow whose change in Clockify is an event for itself (protocol.md 10.16) goes round for ever: this bounds its pace.
  const shape = { ratePerSecond: maxRunsPerMinute / 60, burst: maxRunsPerMinute / 60 * BURST_SECONDS };
  const budget = createMemoryBudget(shape, clock);
  const flows = createFlowCache(db);
  const loads = createBatcher<{ job: Job }, PendingEvent | undefined>({
    purpose: "read the event",
    clock,
    maxItems: 100,
    maxInFlight: 2,
    flush: (items) => loadEvents(db, items.map(({ job }) => job)),
  });
  const decisions = createBatcher<Decision, CreatedRun[] | undefined>({
    purpose: "create the runs",
    clock,
    maxItems: 100,
    maxInFlight: 1,
    flush: (items) => recordDecisions(db, items),
  });

  /** Handles one "event" job (payload {event_id}). */
  return async function dispatch(job: Job, context: JobContext): Promise<JobOutcome> {
    const event = await loads.submit({ job });
    if (!event) return { kind: "cancel", reason: "the event no longer exists" };
    const { installationId } = job;
    const enabled = event.active && await flowsEnabled({ id: installationId, addon: event.addon });
    const loaded = enabled ? await flows.load(installationId, event.flows) : [];
    const { workspaceId } = event;
    const delivery = deliveryFacts({ id: event.id, type: event.eventType, workspaceId, receivedAt: event.receivedAt });
    const scope = buildScope({ body: event.body, delivery, installation: { workspaceId }, results: [] });
    const matched = loaded.filter(({ condition }) => matches(condition, scope));
    const waitMs = matched.length === 0
      ? 0
      : budget.take(String(installationId), Math.min(matched.length, shape.burst));
    if (waitMs > 0) {
      const delayMs = waitMs + Math.round(Math.random() * SPREAD_MS);
      onThrottled({ installationId, workspaceId, eventId: event.id, delayMs });
      return { kind: "snooze", delayMs, reason: `the installation makes more than ${maxRunsPerMinute} runs a minute` };
    }
    const decision: Decision = {
      job,
      context,
      event,
      runs: matched.map((flow) => newRun(flow, event)),
      reason: skipReason(event, { enabled, matched: matched.length }),
    };
    const created = await decisions.submit(decision);
    if (!created) throw leaseLost(job);
    if (created.some(({ leased }) => !leased)) wake();
    onDispatched({
      installationId: job.installationId,
      eventId: event.id,
      matched: matched.length,
      outcome: decision.reason ?? "dispatched",
    });
    return {
      kind: "settled",
      next: created.filter(({ leased }) => leased).map((one) => handOver(one, decision, matched)),
    };
  };

  /** The job of a run created under this worker's claim, its run primed. */
  function handOver(created: CreatedRun, { job, event, runs }: Decision, matched: LoadedFlow[]): Job {
    const index = runs.findIndex(({ run_id }) => run_id === created.run_id);
    const flow = matched[index]!;
    prime({
      id: created.run_id,
      installationId: job.installationId,
      workspaceId: event.workspaceId,
      flowId: flow.id,
      eventId: event.id,
      eventType: event.eventType,
      receivedAt: event.receivedAt,
      state: "pending",
      createdAt: new Date(clock.now()),
      plan: flow.plan,
      event: event.body,
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
    };
  }
}

/** Why no run is made, or null when some are. */
function skipReason(
  { active, flows }: PendingEvent,
  { enabled, matched }: { enabled: boolean; matched: number },
): string | null {
  if (!active) return "installation_inactive";
  if (!enabled) return "flows_off";
  if (flows.length === 0) return "no_flow";
  return matched === 0 ? "no_match" : null;
}

function newRun(flow: LoadedFlow, event: PendingEvent): NewRun {
  return {
    run_id: crypto.randomUUID(),
    flow_id: flow.id,
    flow_version: flow.version,
    plan_id: flow.planId,
    order_key: flow.ordered ? `flow:${flow.id}:${event.entityKey}` : null,
  };
}

async function loadEvents(db: Database, jobs: Job[]): Promise<(PendingEvent | undefined)[]> {
  const wanted = jobs.map((job) => ({ installation_id: job.installationId, id: Number(job.payload.event_id) }));
  const scope = { installationIds: jobs.map(({ installationId }) => installationId) };
  const rows = await db.scoped(scope, (sql) =>
    sql<{
      id: number;
      addon: string;
      workspace_id: string;
      event_type: string;
      received_at: Date;
      entity_key: string;
      body: Uint8Array;
      active: boolean;
      flows: ListeningFlow[];
    }[]>`
    select event.id, installation.addon, event.workspace_id, event.event_type, event.received_at, event.entity_key, event.body, installation.status = 'active' as active,
      coalesce((
        select json_agg(json_build_object('id', flow.id, 'version', flow.version, 'ordered', flow_trigger.ordered)
                        order by flow.id)
        from flow_trigger join flow on flow.id = flow_trigger.flow_id and flow.installation_id = flow_trigger.installation_id
        where flow_trigger.installation_id = event.installation_id
          and flow_trigger.event_type = event.event_type), '[]') as flows
    from json_to_recordset(${JSON.stringify(wanted)}::text::json) as wanted(installation_id bigint, id bigint)
    join event on event.installation_id = wanted.installation_id and event.id = wanted.id
    join installation on installation.id = event.installation_id`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return wanted.map(({ id }) => {
    const row = byId.get(id);
    return row && {
      id,
      addon: row.addon,
      workspaceId: row.workspace_id,
      eventType: row.event_type,
      receivedAt: row.received_at,
      entityKey: row.entity_key,
      body: parseBody(row.body),
      active: row.active,
      flows: row.flows,
    };
  });
}

/**
 * Closes event jobs: the event's outcome, a run and a run job per match, and the end of the event's own job commit together.
 * A run job is born under this worker's claim, unless its flow keeps an order: then it waits for its turn like any other.
 */
async function recordDecisions(db: Database, decisions: Decision[]): Promise<(CreatedRun[] | undefined)[]> {
  const input = JSON.stringify(decisions.map(({ job, context, event, runs, reason }, ordinal) => ({
    o: ordinal,
    job_id: job.id,
    fence: job.fence,
    installation_id: job.installationId,
    workspace_id: event.workspaceId,
    event_id: event.id,
    reason,
    traceparent: job.traceparent,
    owner: context.owner,
    lease_ms: context.leaseMs,
    runs,
  })));
  const scope = { installationIds: decisions.map(({ job }) => job.installationId) };
  const rows = await retryRolledBack(() =>
    db.scoped(
      scope,
      (sql) =>
        sql<{ o: number; run_id: string | null; job_id: number | null; leased: boolean | null }[]>`
      with input as materialized (
        select * from json_to_recordset(${input}::text::json) as t(
          o int, job_id bigint, fence int, installation_id bigint, workspace_id text, event_id bigint, reason text,
          traceparent text, owner text, lease_ms int, runs json)
      ),
      locked as materialized (
        select job.id, job.fence from job where (job.id, job.fence) in (select job_id, fence from input)
          and job.state = 'executing' order by job.id for update
      ),
      owned as materialized (
        select input.* from input where (input.job_id, input.fence) in (select id, fence from locked)
      ),
      wanted as materialized (
        select owned.*, r.* from owned, json_to_recordset(owned.runs) as r(
          run_id uuid, flow_id bigint, flow_version int, plan_id bigint, order_key text)
      ),
      created as (
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, traceparent)
        select run_id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, 'pending', traceparent
        from wanted
        on conflict (event_id, flow_id, replay) do nothing
        returning id
      ),
      run_jobs as (
        insert into job (kind, installation_id, payload, order_key, traceparent, state, fence, leased_by, due_at)
        select 'run', installation_id, jsonb_build_object('run_id', run_id), order_key, traceparent,
          case when order_key is null then 'executing' else 'available' end,
          (order_key is null)::int,
          case when order_key is null then owner end,
          case when order_key is null then now() + lease_ms * interval '1 millisecond' else now() end
        from wanted join created on created.id = wanted.run_id
        order by wanted.job_id, wanted.flow_id
        returning id, payload, state
      ),
      closed as (
        update event set outcome = case when owned.reason is null then 'dispatched' else 'skipped' end,
          reason = owned.reason, finished_at = now()
        from owned where event.id = owned.event_id and event.installation_id = owned.installation_id
      ),
      removed as (delete from job using owned where job.id = owned.job_id)
      select owned.o, wanted.run_id, run_jobs.id as job_id, run_jobs.state = 'executing' as leased
      from owned
      left join wanted on wanted.job_id = owned.job_id
      left join run_jobs on (run_jobs.payload->>'run_id')::uuid = wanted.run_id`,
    )
  );
  const recorded = new Map<number, CreatedRun[]>();
  for (const row of rows) {
    const created = recorded.get(row.o) ?? [];
    recorded.set(row.o, created);
    if (row.job_id !== null) created.push({ run_id: row.run_id!, job_id: row.job_id, leased: row.leased === true });
  }
  return decisions.map((_, ordinal) => recorded.get(ordinal));
}
