/** A run begun again from one of its steps, as a new run that is linked to it: the steps before come over as they ended, and are not repeated. */

import type { AtEnd } from "../db/at_end.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import { applyPatch, type PatchOperation } from "../base/json_patch.ts";
import type { Clock } from "../base/clock.ts";
import type { Plan, PlanStep } from "../engine/plan.ts";
import { isDeepStrictEqual } from "node:util";
import { heldBackWords } from "../flows/triggers/gated_start.ts";
import { gateOf, keyOf } from "../flows/gates/gates.ts";
import type { FlowGates } from "../flows/shape/gates_shape.ts";
import { lockGates, passGates, type PassOptions } from "../flows/gates/pass_gates.ts";
import type { RunBudget } from "../flows/gates/run_budget.ts";
import { readRunScope } from "../flows/gates/run_scope.ts";
import { insertRuns } from "../flows/triggers/start.ts";
import { delayJobsOfRuns } from "../queue/delay.ts";
import { workIsOver } from "../installations/uninstall.ts";
import { insertJobs } from "../queue/enqueue.ts";
import { loadRuns } from "./journal.ts";
import { type Kept, keptSteps, readAgainSteps, refused } from "./again_steps.ts";
import { orderBefore, type PlanOrder } from "./plan_order.ts";
import { actionSteps } from "./plan_steps.ts";
import { createComparison, type RetryVersion, type StoppedRunOptions } from "./retry_plan.ts";
import { runUnknown } from "./retry.ts";

/** What the flow finds at $.webhook: as it was, changed, or another. */
export type AgainInput = { patch: readonly PatchOperation[] } | { whole: unknown } | undefined;

export interface AgainRequest {
  /** Path of the step that it begins at. */
  from: string;
  input: AgainInput;
  version: RetryVersion;
  person: string;
  /** One run for a key, however often and however late it is asked for; absent: a run of its own. */
  key?: string;
}

export interface AgainRun {
  runId: string;
  createdAt: Date;
  version: number;
  /** Steps that were taken over. */
  taken: number;
}

export interface RunAgain {
  /**
   * Throws NOT_FOUND; REQUEST_INVALID where the plan has no such step or nothing can begin there, or the patch does not fit; and CONFLICT with the reason
   * where the step cannot be begun at: one before it is not over or failed, the version says otherwise, what started the run
   * is gone, or its flow lets no more of them begin. RATE_LIMITED by the installation's budget, IDEMPOTENCY_KEY_REUSED where
   * the key has begun another run.
   */
  again(installationId: number, runId: string, request: AgainRequest & { atEnd?: AtEnd<AgainRun> }): Promise<AgainRun>;
}

/** Of the large outputs that come over together: they are copied in one statement, while a person waits. */
const MAX_TAKEN_BYTES = 16_000_000;

interface RunRow {
  workspace_id: string;
  flow_id: number;
  flow_version: number;
  plan_id: number;
  plan: Plan;
  event_id: number | null;
  has_event: boolean;
  present_version: number | null;
  present_plan_id: number | null;
  present_plan: Plan | null;
  flow_name: string | null;
  gates: FlowGates | null;
  ordered: boolean;
  entity_key: string | null;
}

export function createRunAgain(
  { db, clock, cancels, budget, wake, onKept, openInput }: {
    db: Database;
    clock: Clock;
    /** Ends runs of flows that let no more be in progress. */
    cancels: PassOptions;
    budget: RunBudget;
    /** Wakes the queue: called after the commit. */
    wake(): void;
    /** What the taken outputs count in the installation's quota. */
    onKept(installationId: number, bytes: number): void;
  } & StoppedRunOptions,
): RunAgain {
  return {
    async again(installationId, runId, { from, input, version, person, key, atEnd }) {
      let isCounted = false;
      const edited = input &&
        ("whole" in input ? input.whole : applyPatch(await inputOf(installationId, runId), input.patch));
      const { made, bytes } = await retryRolledBack(() =>
        db.scoped({ installationIds: [installationId] }, async (sql) => {
          const earlier = key === undefined
            ? undefined
            : await begunFor(sql, { installationId, runId, key, from, input: edited });
          if (earlier) {
            await atEnd?.(sql, earlier);
            return { made: earlier, bytes: 0 };
          }
          const row = await readRun(sql, installationId, runId);
          const of = version === "same"
            ? { version: row.flow_version, planId: row.plan_id, plan: row.plan }
            : { version: row.present_version, planId: row.present_plan_id, plan: row.present_plan };
          if (of.plan === null) throw refused(runId, "the flow was deleted, so it has no present version");
          const order = orderIn(of.plan.root, from);
          if (!row.has_event && edited === undefined) {
            throw refused(runId, "the event of the run was deleted by retention");
          }
          if (of.planId !== row.plan_id) await requireSame(row, { from, order, runId, installationId });
          const roots = [...new Set([row.plan.root, of.plan.root])];
          const steps = await readAgainSteps(sql, { installationId, runId, roots, around: order.around });
          const kept = keptSteps(steps, { order, runId });
          const taken = kept.filter(({ ended }) => ended).length;
          // Counted once, also where the transaction runs again.
          if (!isCounted) requireBudget(budget, installationId);
          isCounted = true;
          const place = await placeOf(sql, row, { installationId, runId, input: edited, cancels });
          const { id, createdAt } = await insertRun(sql, {
            installationId,
            row,
            runId,
            version: of.version!,
            planId: of.planId!,
            input: edited,
            key,
            orderKey: place.orderKey,
          });
          if (place.delayMs > 0) await delayJobsOfRuns(sql, [{ installationId, runId: id, delayMs: place.delayMs }]);
          const bytes = await takeOver(sql, { installationId, from: runId, to: id, kept });
          if (bytes > MAX_TAKEN_BYTES) {
            throw refused(
              runId,
              `the outputs of the steps before are ${bytes} bytes, at most ${MAX_TAKEN_BYTES} come over`,
            );
          }
          await sql`
            insert into run_again (run_id, installation_id, of_run_id, from_path, person)
            values (${id}, ${installationId}, ${runId}, ${from}, ${person})`;
          const made = { runId: id, createdAt, version: of.version!, taken };
          await atEnd?.(sql, made);
          return { made, bytes };
        })
      );
      wake();
      if (bytes > 0) onKept(installationId, bytes);
      return made;
    },
  };

  async function inputOf(installationId: number, runId: string): Promise<unknown> {
    const [run] = await loadRuns({ db, clock }, [{ installationId, runId }]);
    if (!run) throw runUnknown(runId);
    return run.event;
  }

  /** Throws where a step before is another one in the present version. */
  async function requireSame(
    { flow_id, plan_id, plan, present_plan_id, present_plan, present_version }: RunRow,
    { from, order, runId, installationId }: { from: string; order: PlanOrder; runId: string; installationId: number },
  ): Promise<void> {
    if (!orderBefore(plan.root, from)) throw refused(runId, "the version that it ran had no such step");
    const before = ({ path }: { path: string }) => order.placeInPlan(path) === "taken";
    const [own, now] = [plan, present_plan!].map(({ root }) => actionSteps(root).filter(before));
    const compare = createComparison({ installationId, openInput });
    const key = `${plan_id} ${present_plan_id} ${from}`;
    const kept = Math.max(own!.length, now!.length);
    const { misfit } = await compare({ flowId: flow_id, own: own!, now: now!, kept }, key);
    if (misfit !== undefined || own!.length !== now!.length) {
      throw refused(runId, `a step before it is another one in version ${present_version}`);
    }
  }
}

/** Throws REQUEST_INVALID where no run can begin at the step. */
function orderIn(root: PlanStep, from: string): PlanOrder {
  const order = orderBefore(root, from);
  if (order && "before" in order) return order;
  const why = order ? order.cannot : "the flow has no such step";
  throw new AppError("REQUEST_INVALID", `Cannot begin at step "${from.slice(0, 200)}": ${why}`);
}

async function readRun(sql: TransactionSql, installationId: number, runId: string): Promise<RunRow> {
  const [row] = await sql<RunRow[]>`
    select run.workspace_id, run.flow_id, run.flow_version, run.plan_id, plan.body as plan, run.event_id,
      run.event_id is null or run.input is not null or event.id is not null as has_event,
      case when flow.deleted_at is null then flow.version end as present_version,
      case when flow.deleted_at is null then flow.plan_id end as present_plan_id,
      case when flow.deleted_at is null then now_plan.body end as present_plan,
      flow.name as flow_name, jsonb_build_object('order_key', flow.definition->'order_key',
        'concurrency', flow.definition->'concurrency', 'throttle', flow.definition->'throttle') as gates,
      exists (select 1 from flow_trigger where flow_trigger.installation_id = ${installationId}
        and flow_trigger.flow_id = run.flow_id and ordered) as ordered, event.entity_key
    from run
    join plan on plan.id = run.plan_id and plan.installation_id = run.installation_id
    left join event on event.installation_id = run.installation_id and event.id = run.event_id
    left join flow on flow.installation_id = run.installation_id and flow.id = run.flow_id
    left join plan now_plan on now_plan.installation_id = run.installation_id and now_plan.id = flow.plan_id
    where run.installation_id = ${installationId} and run.id = ${runId} for share of run`;
  if (!row) throw runUnknown(runId);
  return row;
}

async function insertRun(
  sql: TransactionSql,
  { installationId, row, runId, version, planId, input, key = crypto.randomUUID(), orderKey }: {
    installationId: number;
    row: RunRow;
    runId: string;
    version: number;
    planId: number;
    input: unknown;
    key?: string;
    orderKey: string | null;
  },
): Promise<{ id: string; createdAt: Date }> {
  // Runs of one event differ by the number of their replay.
  const replay = row.event_id === null ? 0 : await nextReplay(sql, installationId);
  const text = input === undefined ? null : jsonText({ input });
  const [made] = await sql<{ id: string | null; at: Date }[]>`
    with wanted as materialized (
      select gen_random_uuid() as run_id, installation.id as installation_id, ${row.workspace_id}::text as workspace_id,
        installation.generation, ${row.flow_id}::bigint as flow_id, ${version}::int as flow_version,
        ${planId}::bigint as plan_id, run.event_id, ${replay}::int as replay,
        case when run.event_id is null then 'manual' else 'replay' end as trigger_kind,
        ${startKey(key)}::text as start_key,
        coalesce(${text}::text::jsonb->'input', run.input) as input, null::uuid as parent_run_id, null::text as parent_path,
        0 as depth, run.chain, null::timestamptz as deadline_at, run.traceparent, ${orderKey}::text as order_key
      from run join installation on installation.id = run.installation_id and installation.status = 'active'
        and not ${workIsOver(sql, "installation.generation")}
      where run.installation_id = ${installationId} and run.id = ${runId}
    ),
    created as (${insertRuns(sql, sql`wanted`)}),
    queued as (
      ${insertJobs(sql)}
      select 'run', installation_id, generation, jsonb_build_object('run_id', run_id), traceparent, order_key
      from wanted join created on created.id = wanted.run_id
    )
    select (select id from created) as id, now() as at`;
  const { id, at } = made!;
  if (id === null) throw refused(runId, "the add-on is not active");
  return { id, createdAt: at };
}

function startKey(key: string): string {
  return `again:${key}`;
}

interface BegunRow {
  id: string;
  of_run_id: string;
  from_path: string;
  version: number;
  created_at: Date;
  input: unknown;
  has_older: boolean;
  older_input: unknown;
  taken: number;
}

/** The run that was begun for the key; whoever asks with it at the same time waits. Throws IDEMPOTENCY_KEY_REUSED. */
async function begunFor(
  sql: TransactionSql,
  { installationId, runId, key, from, input }: {
    installationId: number;
    runId: string;
    key: string;
    from: string;
    input: unknown;
  },
): Promise<AgainRun | undefined> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`again ${installationId} ${key}`}, 0))`;
  const [run] = await sql<BegunRow[]>`
    select run.id, of_run_id, from_path, run.flow_version as version, run.created_at, run.input, older.id is not null as has_older,
      older.input as older_input,
      (select count(*)::int from step where step.installation_id = ${installationId} and step.run_id = run.id
        and step.finished_at < run.created_at) as taken
    from run_again
    join run on run.installation_id = ${installationId} and run.id = run_again.run_id
    left join run older on older.installation_id = ${installationId} and older.id = of_run_id
    where run_again.installation_id = ${installationId} and run.start_key = ${startKey(key)}`;
  if (!run) return undefined;
  const asked = input === undefined ? run.older_input : JSON.parse(jsonText({ input })).input;
  const hasInput = isDeepStrictEqual(run.input, asked) || (input === undefined && !run.has_older);
  const isSame = run.of_run_id === runId && run.from_path === from && hasInput;
  if (isSame) return { runId: run.id, createdAt: run.created_at, version: run.version, taken: run.taken };
  throw new AppError(
    "IDEMPOTENCY_KEY_REUSED",
    `Cannot run "${runId}" again: the Idempotency-Key has begun another run, or this one with another input`,
  );
}

function requireBudget(budget: RunBudget, installationId: number): void {
  const retryInMs = budget.take(installationId);
  if (retryInMs === 0) return;
  const reason = `the installation makes more than ${budget.perMinute} runs a minute`;
  throw new AppError("RATE_LIMITED", `Cannot run it again: ${reason}`, { retryable: true, details: { retryInMs } });
}

/** Where the run stands among those of its flow, as that says now. A flow that holds nothing back costs no statement. */
async function placeOf(
  sql: TransactionSql,
  { flow_id: id, flow_name: name, gates, ordered, entity_key: entityKey }: RunRow,
  { installationId, runId, input, cancels }: {
    installationId: number;
    runId: string;
    input: unknown;
    cancels: PassOptions;
  },
): Promise<{ orderKey: string | null; delayMs: number }> {
  const own = Object.fromEntries(Object.entries(gates ?? {}).filter(([, gate]) => gate !== null)) as FlowGates;
  const byEntity = ordered && entityKey !== null ? `flow:${id}:${entityKey}` : null;
  if (Object.keys(own).length === 0) return { orderKey: byEntity, delayMs: 0 };
  const scope = await readRunScope(sql, {
    installationId,
    runId,
    ...(input !== undefined && { input: { value: input } }),
  });
  if (!scope) throw runUnknown(runId);
  const orderKey = own.order_key === undefined ? byEntity : `flow:${id}:${keyOf(own.order_key, scope)}`;
  const gate = gateOf({ id, name: name ?? "" }, own, { scope: () => scope, of: "other" });
  if (!gate) return { orderKey, delayMs: 0 };
  await lockGates(sql, [{ installationId, gate }]);
  const [passage] = await passGates(sql, [{ installationId, gate, runId: "" }], cancels);
  if (!passage!.starts) throw refused(runId, heldBackWords(passage!.why));
  return { orderKey: passage!.orderKey ?? orderKey, delayMs: passage!.delayMs };
}

/** The row's lock makes those who come at once wait for each other. */
async function nextReplay(sql: TransactionSql, installationId: number): Promise<number> {
  const [row] = await sql<{ last_replay: number }[]>`
    update installation set last_replay = last_replay + 1 where id = ${installationId} returning last_replay`;
  return row!.last_replay;
}

/**
 * Copies the steps, without attempts; gives the bytes of the large outputs that come over with them, which are not copied where
 * they are too many.
 */
async function takeOver(
  sql: TransactionSql,
  { installationId, from, to, kept }: { installationId: number; from: string; to: string; kept: readonly Kept[] },
): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    with wanted as materialized (
      select * from json_to_recordset(${
    JSON.stringify(kept)
  }::text::json) as t(path text, ended boolean, progress jsonb, output jsonb)
    ),
    -- What steps gave, and the lists of loops that go on.
    large as materialized (
      select distinct output.id, output.bytes from wanted
      join step on step.run_id = ${from} and step.installation_id = ${installationId} and step.path = wanted.path
      join output on output.run_id = ${from} and output.installation_id = ${installationId}
        and case when wanted.ended then output.id = step.output_ref
          else step.kind = 'loop' and starts_with(output.id, step.path || '@list') end
    ),
    outputs as (
      insert into output (installation_id, run_id, id, bytes, body)
      select ${installationId}, ${to}::uuid, output.id, output.bytes, output.body
      from large join output on output.run_id = ${from} and output.installation_id = ${installationId} and output.id = large.id
      where (select sum(bytes) from large) <= ${MAX_TAKEN_BYTES}
    ),
    steps as (
      insert into step (installation_id, run_id, path, kind, parent_path, decision, action, state, attempts, output, output_ref,
        output_bytes, progress, error_code, error_message, started_at, finished_at)
      select ${installationId}, ${to}::uuid, step.path, step.kind, step.parent_path, step.decision, step.action,
        case when not wanted.ended then 'running' when wanted.output is not null then 'completed' else step.state end, 0,
        case when wanted.ended then coalesce(wanted.output, step.output) end, case when wanted.ended then step.output_ref end,
        case when wanted.ended then step.output_bytes end, case when wanted.ended then step.progress else wanted.progress end,
        case when wanted.ended and wanted.output is null then step.error_code end,
        case when wanted.ended and wanted.output is null then step.error_message end, step.started_at, case when wanted.ended then step.finished_at end
      from wanted
      join step on step.run_id = ${from} and step.installation_id = ${installationId} and step.path = wanted.path
    )
    select coalesce(sum(bytes), 0)::float8 as bytes from large`;
  return row!.bytes;
}
