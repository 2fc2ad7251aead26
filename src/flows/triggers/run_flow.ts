/**
 * Steps that run another flow of the workspace. The run is started once for the step, under the key of its path; with `wait` the
 * step is parked until that run is over, and a cancel of its own run cancels the awaited one (runs/run_tree.ts).
 */

import { AppError, ERROR_CODES, type ErrorCode } from "../../base/errors.ts";
import type { Database, Fragment, TransactionSql } from "../../db/db.ts";
import type { Action } from "../../engine/action.ts";
import { type Attempt, prepare } from "../../engine/attempt.ts";
import { classify } from "../../engine/classify.ts";
import { endedBefore } from "../../engine/decision.ts";
import type { ActionStep } from "../../engine/plan.ts";
import { refuse, settle } from "../../engine/settle.ts";
import { idempotencyKey } from "../../engine/step_path.ts";
import { endWaits, type StepEnd, type Walk, type Walker } from "../../engine/walk.ts";
import type { SignalRecord } from "../../engine/journal.ts";
import { firstOfLine, standsInLine } from "../../queue/delay.ts";
import { lockJobOfRun } from "../../queue/withdraw.ts";
import { childKey } from "../../signals/signal.ts";
import { type ChildPlaces, createChildPlaces, type Family, MAX_CHILDREN, MAX_DEPTH } from "./child_places.ts";
import type { RunBudget } from "../gates/run_budget.ts";
import { heldBackWords, startGated, type StoredFlow } from "./gated_start.ts";
import type { PassOptions } from "../gates/pass_gates.ts";
import type { RunStart, StartedRun } from "./start.ts";
import { flowUnknown } from "../store/store.ts";

export interface RunFlowOptions {
  db: Pick<Database, "scoped">;
  /** Ends runs of flows that let no more be in progress. */
  cancels: PassOptions;
  budget: RunBudget;
  /** Of the queue: called after the commit. */
  wake(): void;
  /** What became of a step, once it is recorded. */
  onChild?(fact: { installationId: number; outcome: ChildOutcome }): void;
}

/** pending: its end is not awaited. not_started: no run was started for the step. */
export const CHILD_OUTCOMES = ["completed", "failed", "cancelled", "pending", "not_started"] as const;
export type ChildOutcome = (typeof CHILD_OUTCOMES)[number];

interface Input {
  flow_id: number;
  input?: unknown;
  wait: boolean;
}

/** How a run that a step waited for ended, as its signal says it (signals/signal.ts). */
interface ChildEnd {
  run_id: string;
  state: "completed" | "failed" | "cancelled";
  error_code: string | null;
  error_message: string | null;
}

/** For lists of actions: its steps are walked by createRunFlow(), and never called. */
export const runFlowAction: Action = {
  type: "run_flow",
  effect: "none",
  describe: ({ input }) => input,
  run: () => Promise.reject(new AppError("INTERNAL", "Cannot call a step that runs a flow: it is walked")),
};

export function createRunFlow({ db, cancels, budget, wake, onChild }: RunFlowOptions): Walker<ActionStep> {
  const places = createChildPlaces(db);
  return async (step, path, walk, deps) => {
    const over = endedBefore(walk, path);
    if (over) return over;
    const { run } = walk;
    const history = walk.history.get(path);
    const waiting = walk.waits.get(path);
    // What a person had tried again starts a run of its own.
    const number = waiting ? history?.attempts ?? 1 : (history?.attempts ?? 0) + 1;
    const key = keyOf({ runId: run.id, path, number });
    const signal = walk.signals.find((one) => one.path === path && one.type === "child" && one.key === key);
    if (signal) return await endBySignal({ step, path, walk, number }, signal);

    if (!waiting && history?.dueAt !== undefined && history.dueAt > deps.clock.now()) {
      // The walk came for something else.
      const reason = history.errorMessage ?? "waits for its next attempt";
      return { kind: "parked", until: history.dueAt, on: [], reason, retry: false };
    }
    const attempt: Attempt = {
      step,
      path,
      walk,
      deps,
      number,
      idempotencyKey: idempotencyKey(run.id, path, history?.keyPlanId),
      history,
      action: runFlowAction,
    };
    const prepared = await prepare(attempt);
    if ("refused" in prepared) return refuse(attempt, prepared.refused);
    const { flow_id: flowId, input, wait } = prepared.call.input as Input;
    const reason = `waits for a run of flow ${flowId}`;
    if (!waiting) {
      const waitMs = budget.take(run.installationId);
      if (waitMs > 0) {
        const why = `the installation makes more than ${budget.perMinute} runs a minute`;
        return { kind: "parked", until: deps.clock.now() + waitMs, on: [], reason: why, retry: false };
      }
    }
    const on = [{ type: "child", key }];
    if (wait && !waiting) {
      // The wait is there before the run, so that its end finds it.
      walk.waits.set(path, { on });
      const begun = [{ path, on }];
      walk.draft.add({ step: { path, action: step.action, state: "running", attempts: number }, waits: { begun } });
    }
    await walk.draft.commit();
    const startedMs = deps.clock.monotonicMs();
    let started: StartedRun | { putOff: AppError };
    try {
      started = await startIn(places, { run, flowId, key }, (family) =>
        db.scoped(
          { installationIds: [run.installationId] },
          (sql) => startChild(sql, walk, { flowId, input, path, key, wait, cancels, family }),
        ));
    } catch (error) {
      if (!(error instanceof AppError) || error.retryable) throw error;
      return end({ step, path, walk, number, outcome: "not_started" }, { kind: "failed", error });
    }
    if ("putOff" in started) {
      const result = { outcome: "failed", error: started.putOff } as const;
      const called = { ...prepared, result, durationMs: deps.clock.monotonicMs() - startedMs };
      const verdict = classify(called);
      const waits = endWaits(walk, path);
      if (waits) walk.draft.add({ waits });
      if (verdict.end.kind === "failed") counted(walk, "not_started");
      return settle(called, verdict);
    }
    if (started.isNew) wake();
    if (wait) {
      await endCircle({ installationId: run.installationId, runId: started.id });
      return { kind: "parked", on, reason, retry: false };
    }
    const output = { run_id: started.id, state: "pending", output: null };
    return end({ step, path, walk, number, outcome: "pending" }, { kind: "completed", output });
  };

  /**
   * Of two runs that start theirs at the same time neither sees the other's before its commit: looked for once more behind it. The
   * run that was started ends, and says why to the step that waits for it. One at a time, so that of a circle one run alone ends.
   */
  async function endCircle(place: { installationId: number; runId: string }): Promise<void> {
    const { installationId } = place;
    const scope = { installationIds: [installationId] };
    if (!await db.scoped(scope, (sql) => isInCircle(sql, place))) return;
    await db.scoped(scope, async (sql) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('run_circle ' || ${installationId}::bigint, 0))`;
      // From here on none can claim it: what is found stays true until the commit.
      const job = await lockJobOfRun(sql, place);
      if (!job || job.claimed || !await isInCircle(sql, place)) return;
      await cancels.cancelRun(sql, { ...place, message: `Cancelled: ${CIRCLE}` });
    }).catch((error) => {
      // It has ended meanwhile.
      if (!(error instanceof AppError && ["CONFLICT", "NOT_FOUND"].includes(error.code))) throw error;
    });
  }

  function counted(walk: Walk, outcome: ChildOutcome): void {
    const { installationId } = walk.run;
    walk.draft.add({}, () => onChild?.({ installationId, outcome }));
  }

  function end(
    { step, path, walk, number, outcome }: Ended & { outcome: ChildOutcome },
    result: Extract<StepEnd, { kind: "completed" | "failed" }>,
    signal?: SignalRecord,
  ): StepEnd {
    const waits = { ...endWaits(walk, path), ...(signal && { taken: [signal.id] }) };
    const fields = result.kind === "completed"
      ? { state: result.kind, output: result.output }
      : { state: result.kind, errorCode: result.error.code, errorMessage: result.error.message };
    const { installationId } = walk.run;
    walk.draft.add(
      { step: { path, action: step.action, attempts: number, ...fields }, waits },
      () => onChild?.({ installationId, outcome }),
    );
    return result;
  }

  async function endBySignal(of: Ended, signal: SignalRecord): Promise<StepEnd> {
    const { walk, step } = of;
    const child = signal.value as ChildEnd;
    walk.signals.splice(walk.signals.indexOf(signal), 1);
    if (child.state === "completed") {
      const output = await db.scoped(
        { installationIds: [walk.run.installationId] },
        (sql) => outputOf(sql, { installationId: walk.run.installationId, runId: child.run_id }),
      );
      const ended = { ...of, outcome: child.state };
      return end(ended, { kind: "completed", output: { run_id: child.run_id, state: child.state, output } }, signal);
    }
    const { flow_id: flowId } = step.input as Input;
    const said = child.error_message === null ? "" : `: ${child.error_message}`;
    const error = new AppError(codeOf(child), `Run "${child.run_id}" of flow ${flowId} ${child.state}${said}`);
    return end({ ...of, outcome: child.state }, { kind: "failed", error }, signal);
  }
}

const CIRCLE =
  "its run would wait for the end of this one, which waits for it: concurrency or order lets one begin at a time";

interface Ended {
  step: ActionStep;
  path: string;
  walk: Walk;
  number: number;
}

function keyOf({ runId, path, number }: { runId: string; path: string; number: number }): string {
  return number === 1 ? childKey({ runId, path }) : `${childKey({ runId, path })}~${number}`;
}

/** The code may be one of another version. */
function codeOf({ state, error_code }: ChildEnd): ErrorCode {
  if (state === "cancelled") return "CONFLICT";
  return ERROR_CODES.find((code) => code === error_code) ?? "INTERNAL";
}

/** Throws RUN_LIMIT_REACHED, and what `start` throws. */
async function startIn(
  places: ChildPlaces,
  { run, flowId, key }: { run: Walk["run"]; flowId: number; key: string },
  start: (family: Family) => Promise<StartedRun | { putOff: AppError }>,
): Promise<StartedRun | { putOff: AppError }> {
  const { installationId, id: runId } = run;
  const family = await places.familyOf({ installationId, runId });
  const limit = (why: string) => new AppError("RUN_LIMIT_REACHED", `Cannot run flow "${flowId}": ${why}`);
  if (family.depth >= MAX_DEPTH) throw limit(`${MAX_DEPTH} flows have run one another already`);
  const started = await places.take({ installationId, root: family.root, key }, () => start(family));
  if (!started) throw limit(`the run and those that it started have started ${MAX_CHILDREN} runs`);
  return started;
}

/**
 * `putOff`: as many runs as the flow lets be in progress, or begin, are; which passes. Throws NOT_FOUND, and CONFLICT for a flow that
 * is off or a run that is over.
 */
async function startChild(
  sql: TransactionSql,
  { run, traceparent }: Walk,
  { flowId, input, path, key, wait, cancels, family }: {
    flowId: number;
    input: unknown;
    path: string;
    key: string;
    wait: boolean;
    cancels: PassOptions;
    family: Family;
  },
): Promise<StartedRun | { putOff: AppError }> {
  const { installationId, id: runId } = run;
  const [flow] = await sql<(StoredFlow & { version: number; plan_id: number; enabled: boolean })[]>`
    select id, version, plan_id, enabled, name, workspace_id, definition from flow
    where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null for share`;
  if (!flow) throw flowUnknown(flowId);
  if (!flow.enabled) throw new AppError("CONFLICT", `Cannot run flow "${flowId}": it is switched off`);
  const start: RunStart = {
    installationId,
    flow: { id: flowId, version: flow.version, planId: flow.plan_id },
    kind: "flow",
    key,
    input: input ?? {},
    parent: { runId, path, depth: family.depth },
    chain: family.chain,
    deadlineAt: run.deadlineAt,
    traceparent,
  };
  const child = await startGated(sql, start, { flow, options: cancels });
  if (child && "heldBack" in child) {
    const why = `Cannot run flow "${flowId}": ${heldBackWords(child.heldBack)}`;
    return { putOff: new AppError("CONFLICT", why, { retryable: true }) };
  }
  if (child && wait && child.isNew && await isInCircle(sql, { installationId, runId: child.id })) {
    throw new AppError("CONFLICT", `Cannot run flow "${flowId}": ${CIRCLE}`);
  }
  if (child) return child;
  throw new AppError("CONFLICT", `Cannot run flow "${flowId}": its run is over, or the add-on is not active`);
}

/**
 * True of the row `wait` where its run cannot end before the run that it waits for: it stands in no branch beside others that may be
 * enough, nor in one whose time ends.
 */
function isNeeded(sql: TransactionSql, installationId: number): Fragment {
  return sql`not exists (
    select from step around
    join run holder on holder.installation_id = ${installationId} and holder.id = around.run_id
    join plan on plan.installation_id = ${installationId} and plan.id = holder.plan_id
    where around.installation_id = ${installationId} and around.run_id = wait.run_id and around.kind = 'parallel'
      and starts_with(wait.path, around.path || '#')
      and (around.decision->>'until' is not null or around.decision ? 'untils' or jsonb_path_exists(plan.body,
        '$.** ? (@.kind == "parallel" && @.id == $id && (@.join != "all" || exists(@.join.atLeast)))',
        jsonb_build_object('id', substring(around.path from '[^/]+$')))))`;
}

/** The runs above it that cannot end before it. */
async function readWaiting(
  sql: TransactionSql,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with recursive up as (
      select id, parent_run_id, start_key, 0 as steps, true as waits from run
      where installation_id = ${installationId} and id = ${runId}
      union all
      select run.id, run.parent_run_id, run.start_key, steps + 1, up.waits and exists (
          select from wait where wait.installation_id = ${installationId} and wait.run_id = run.id
            and wait.match_type = 'child' and wait.match_key = up.start_key and ${isNeeded(sql, installationId)})
      from up join run on run.installation_id = ${installationId} and run.id = up.parent_run_id
      where steps < ${MAX_DEPTH + 2}::int
    )
    select id from up where waits and steps > 0`;
  return rows.map(({ id }) => id);
}

/** Runs that are followed: who stands in longer circles waits until the runs' own deadlines. */
const MAX_FOLLOWED = 2_000;

/**
 * True where the run, which another one waits for, has its turn only once that one, or a run that waits for it, is over: it stands
 * behind it in the line of an order key, or behind a run that waits for one that does, and so on. Of a line the first one is
 * followed, since none of the others has begun.
 */
async function isInCircle(
  sql: TransactionSql,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<boolean> {
  if (!await standsInLine(sql, { installationId, runId })) return false;
  const waiting = await readWaiting(sql, { installationId, runId });
  if (waiting.length === 0) return false;
  const [row] = await sql<{ found: boolean }[]>`
    with recursive waits (id) as (
      select ${runId}::text::uuid
      union
      select next.id from waits cross join lateral (
        (${firstOfLine(sql, installationId, sql`waits.id`)})
        union all
        select run.id from wait join run on run.installation_id = wait.installation_id and run.start_key = wait.match_key
        where wait.installation_id = ${installationId} and wait.run_id = waits.id and wait.match_type = 'child'
          and ${isNeeded(sql, installationId)}
      ) next
    )
    select exists (
      select from (select id from waits limit ${MAX_FOLLOWED}) followed
      where id in (select value::uuid from json_array_elements_text(${JSON.stringify(waiting)}::text::json))) as found`;
  return row!.found;
}

/** What the run came to: the output of its root. */
async function outputOf(
  sql: TransactionSql,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<unknown> {
  const [row] = await sql<{ output: unknown; body: string | null }[]>`
    select step.output, output.body from step
    left join output on output.installation_id = step.installation_id and output.run_id = step.run_id
      and output.id = step.output_ref
    where step.installation_id = ${installationId} and step.run_id = ${runId} and step.path = 'root'`;
  return row?.body ? JSON.parse(row.body) : row?.output ?? null;
}
