/**
 * How failed runs can be retried: with which version of their flow, which finished steps are kept, from which step, or
 * why not.
 */

import type { TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { listsOf, type Plan, type PlanStep, type SequenceStep } from "../engine/plan.ts";
import { actionSteps, type PlannedAction, stepAt } from "./plan_steps.ts";
import { bare, nextAction, type RanSteps, readRanSteps } from "./retry_steps.ts";

/** same: the version that the run began with. present: the one that its flow has now. */
export type RetryVersion = "same" | "present";
export const RETRY_VERSIONS = ["same", "present"] as const satisfies readonly RetryVersion[];

/** What a retry of a run would do: `kept` finished steps are not repeated. */
export interface RetryPlan {
  version: number;
  planId: number;
  kept: number;
  /**
   * Number, from 1 in the order of the plan, of the first action that is attempted; where that is decided yet, of the first that
   * may be. Null: none is left, and the run comes to its end.
   */
  fromStep: number | null;
  /** What each path of the plan does, where the plan is another one than before. */
  actions: Record<string, string> | null;
  /** Paths that are not kept and say something else than in the plan before. */
  changed: string[];
  refusal: Refusal | null;
}

export interface Refusal {
  reason: "flow_deleted" | "steps_changed";
  /** Second half of a sentence. */
  text: string;
}

export interface StoppedRun {
  id: string;
  /** Null: no event started it. */
  eventId: number | null;
  flowId: number;
  flowName: string;
  flowDeleted: boolean;
  flowEnabled: boolean;
  state: RunState;
  /** Null where it is not over. */
  finishedAt: Date | null;
  /** What started it is still there: its event, or an input of its own. */
  hasEvent: boolean;
  same: RetryPlan;
  present: RetryPlan;
}

export interface StoppedRunOptions {
  /** The input of a step of the flow with its secrets opened: what is sealed twice differs, though it says the same. */
  openInput(flow: { installationId: number; flowId: number }, input: unknown): Promise<unknown>;
}

interface RunFacts {
  id: string;
  event_id: number | null;
  flow_id: number;
  flow_name: string;
  flow_deleted: boolean;
  flow_enabled: boolean;
  state: RunState;
  finished_at: Date | null;
  has_event: boolean;
  flow_version: number;
  plan_id: number;
  /** Null: deleted. */
  present_version: number | null;
  present_plan_id: number | null;
  /** Outside of lists and items: retry_steps.ts says what of a plan with such is finished. */
  finished: string[];
}

/**
 * The runs of these ids, by creation; those of other installations and unknown ones are left out. `lock` keeps each of
 * them, its event and the version of its flow as they are until the transaction ends.
 */
export async function readStopped(
  sql: TransactionSql,
  { installationId, ids, lock, openInput }:
    & { installationId: number; ids: readonly string[]; lock: boolean }
    & StoppedRunOptions,
): Promise<StoppedRun[]> {
  const wanted = JSON.stringify(ids.map((id) => ({ id })));
  if (lock) await lockRuns(sql, installationId, wanted);
  const rows = await sql<RunFacts[]>`
    select run.id, run.event_id, run.flow_id, coalesce(flow.name, 'Deleted flow') as flow_name,
      flow.id is null or flow.deleted_at is not null as flow_deleted, coalesce(flow.enabled, false) as flow_enabled,
      run.state, run.finished_at, run.flow_version, run.plan_id,
      case when flow.deleted_at is null then flow.version end as present_version,
      case when flow.deleted_at is null then flow.plan_id end as present_plan_id,
      run.event_id is null or exists (
        select 1 from event where event.installation_id = run.installation_id and event.id = run.event_id) as has_event,
      coalesce((
        select json_agg(step.path) from step
        where step.installation_id = run.installation_id and step.run_id = run.id and step.state = 'completed'
          and strpos(step.path, '#') = 0), '[]') as finished
    from json_to_recordset(${wanted}::text::json) as wanted(id uuid)
    join run on run.id = wanted.id and run.installation_id = ${installationId}
    left join flow on flow.id = run.flow_id and flow.installation_id = run.installation_id
    order by run.created_at, run.id`;
  const planIds = new Set(rows.flatMap((row) => [row.plan_id, row.present_plan_id ?? row.plan_id]));
  const plans = await readPlans(sql, installationId, [...planIds]);
  const isNested = (id: number | null) =>
    id !== null && plans.get(id)?.root.steps.some(({ kind }) => kind !== "action");
  const nested = rows.filter((row) => isNested(row.plan_id) || isNested(row.present_plan_id)).map((row) => ({
    id: row.id,
    roots: [...new Set([row.plan_id, row.present_plan_id ?? row.plan_id])].flatMap((id) => plans.get(id)?.root ?? []),
  }));
  const ran = await readRanSteps(sql, { installationId, runs: nested });
  const compare = createComparison({ installationId, openInput });
  return await Promise.all(rows.map(async (row): Promise<StoppedRun> => {
    const own = plans.get(row.plan_id);
    const steps = ran.get(row.id);
    const finished = new Set(row.finished);
    const begun = own?.actions.findIndex(({ path }) => !finished.has(path)) ?? 0;
    const kept = begun === -1 ? own!.actions.length : begun;
    const same: RetryPlan = {
      version: row.flow_version,
      planId: row.plan_id,
      ...steps && own
        ? { kept: steps.kept, fromStep: numberOf(own, nextAction(own.root, steps.rows)) }
        : { kept, fromStep: own && kept < own.actions.length ? kept + 1 : null },
      actions: null,
      changed: [],
      refusal: null,
    };
    return {
      id: row.id,
      eventId: row.event_id,
      flowId: row.flow_id,
      flowName: row.flow_name,
      flowDeleted: row.flow_deleted,
      flowEnabled: row.flow_enabled,
      state: row.state,
      finishedAt: row.finished_at,
      hasEvent: row.has_event,
      same,
      present: await presentOf(row, same),
    };
  }));

  async function presentOf(row: RunFacts, same: RetryPlan): Promise<RetryPlan> {
    if (row.present_version === null || row.present_plan_id === null) {
      const text = "the flow was deleted, so it has no present version";
      return { ...same, refusal: { reason: "flow_deleted", text } };
    }
    const version = row.present_version;
    if (row.present_plan_id === row.plan_id) return { ...same, version };
    const now = plans.get(row.present_plan_id)!;
    const own = plans.get(row.plan_id)!;
    const steps = ran.get(row.id);
    const aligned = steps ? alignedPlans({ own, now }, new Set(steps.finished)) : {
      own: own.actions,
      now: now.actions,
      kept: same.kept,
    };
    const two = { ...aligned, flowId: row.flow_id };
    const key = steps ? steps.finished.toSorted().join() : same.kept;
    const { misfit, changed } = await compare(two, `${row.plan_id} ${key} ${row.present_plan_id}`);
    const fromStep = steps
      ? numberOf(now, nextAction(now.root, steps.rows))
      : same.kept < now.actions.length
      ? same.kept + 1
      : null;
    return {
      version,
      planId: row.present_plan_id,
      kept: same.kept,
      fromStep,
      actions: Object.fromEntries(now.actions.map(({ path, plan }) => [path, plan.action])),
      changed,
      refusal: misfit === undefined ? kindRefusal(steps, { own, now, version }) : {
        reason: "steps_changed",
        text: `step ${own.actions.indexOf(two.own[misfit]!) + 1}, which finished, is another one in version ${version}`,
      },
    };
  }
}

/**
 * Each kind of row in one order, so that two requests at once wait for each other instead of in a circle (deadlock).
 */
async function lockRuns(sql: TransactionSql, installationId: number, wanted: string): Promise<void> {
  const rows = await sql<{ event_id: number | null; flow_id: number }[]>`
    select run.event_id, run.flow_id from json_to_recordset(${wanted}::text::json) as wanted(id uuid)
    join run on run.id = wanted.id and run.installation_id = ${installationId}
    order by run.id for update of run`;
  const ids = (of: (row: { event_id: number | null; flow_id: number }) => number | null) =>
    JSON.stringify([...new Set(rows.map(of))].filter((id) => id !== null).map((id) => ({ id })));
  await sql`
    select 1 from json_to_recordset(${ids(({ event_id }) => event_id)}::text::json) as wanted(id bigint)
    join event on event.installation_id = ${installationId} and event.id = wanted.id
    order by event.id for key share of event`;
  await sql`
    select 1 from json_to_recordset(${ids(({ flow_id }) => flow_id)}::text::json) as wanted(id bigint)
    join flow on flow.id = wanted.id and flow.installation_id = ${installationId}
    order by flow.id for share of flow`;
}

async function readPlans(
  sql: TransactionSql,
  installationId: number,
  ids: readonly number[],
): Promise<Map<number, ReadPlan>> {
  const rows = await sql<{ id: number; body: Plan }[]>`
    select plan.id, plan.body
    from json_to_recordset(${JSON.stringify(ids.map((id) => ({ id })))}::text::json) as wanted(id bigint)
    join plan on plan.id = wanted.id and plan.installation_id = ${installationId}`;
  return new Map(rows.map(({ id, body: { root } }) => [id, { root, actions: actionSteps(root) }]));
}

/** Of the action, from 1, in the order of the plan; null where there is none. */
function numberOf({ actions }: ReadPlan, path: string | undefined): number | null {
  const place = actions.findIndex((one) => bare(one.path) === path);
  return place === -1 ? null : place + 1;
}

/**
 * The finished actions of both plans, one beside the other, and the others behind them. One that does not stand behind the same
 * steps of its lists has no other beside it.
 */
function alignedPlans(
  { own, now }: { own: ReadPlan; now: ReadPlan },
  finished: ReadonlySet<string>,
): Omit<TwoPlans, "flowId"> {
  const isFinished = ({ path }: PlannedAction) => finished.has(bare(path));
  const stood = own.actions.filter(isFinished);
  const before = [own, now].map(({ root }) => listsBefore(root));
  const beside = stood.map(({ path }) => {
    const isSame = before[0]!.get(path) === before[1]!.get(path);
    return isSame ? now.actions.find((one) => one.path === path) : undefined;
  });
  const others = ({ actions }: ReadPlan) => actions.filter((one) => !isFinished(one));
  return { own: [...stood, ...others(own)], now: [...beside, ...others(now)], kept: stood.length };
}

/** Of each action: what stands before it in its list, and in those around it, as one text. */
function listsBefore(step: PlanStep, path: string = step.id, around = ""): Map<string, string> {
  if (step.kind === "action") return new Map([[path, around]]);
  return new Map(
    listsOf(step).flatMap(({ item, steps }) => {
      const list = item === undefined ? path : `${path}#${item}`;
      return steps.flatMap((child, place) => {
        const ids = steps.slice(0, place).map(({ id }) => id).join();
        return [...listsBefore(child, `${list}/${child.id}`, `${around} ${list}: ${ids}`)];
      });
    }),
  );
}

/** A step that holds others and has begun goes on with what it decided: a step of another kind cannot. */
function kindRefusal(
  steps: RanSteps | undefined,
  { own, now, version }: { own: ReadPlan; now: ReadPlan; version: number },
): Refusal | null {
  for (const { path } of steps?.rows ?? []) {
    const [was, is] = [own, now].map(({ root }) => stepAt(root, path));
    if (!was || !is || was.kind === "action" || was.kind === is.kind) continue;
    const text = `step "${was.id}", which has begun as ${was.kind}, is ${is.kind} in version ${version}`;
    return { reason: "steps_changed", text };
  }
  return null;
}

interface Comparison {
  /** Index of the first finished step that does not stand at the beginning of the other plan as it ran. */
  misfit: number | undefined;
  changed: string[];
}

interface ReadPlan {
  root: SequenceStep;
  /** In the order of the walk. */
  actions: PlannedAction[];
}

interface TwoPlans {
  /** Whose plans they are. */
  flowId: number;
  own: PlannedAction[];
  /** Undefined: there is none in the place of that of `own`. */
  now: (PlannedAction | undefined)[];
  /** How many steps of `own` are finished. */
  kept: number;
}

/**
 * Compares what the steps of two plans do; how often a step is attempted is no part of that. Runs of one flow ask the
 * same, which `key` names.
 */
export function createComparison({ installationId, openInput }: { installationId: number } & StoppedRunOptions) {
  const known = new Map<string, Promise<Comparison>>();
  const said = async ({ path, within, plan: { action, input } }: PlannedAction, flowId: number) =>
    JSON.stringify([path, within, action, await openInput({ installationId, flowId }, input)]);
  const differ = async (flowId: number, [one, other]: [PlannedAction, PlannedAction | undefined]) =>
    !other || await said(one, flowId) !== await said(other, flowId);

  async function firstMisfit({ flowId, own, now, kept }: TwoPlans): Promise<number | undefined> {
    for (const [index, step] of own.slice(0, kept).entries()) {
      if (await differ(flowId, [step, now[index]])) return index;
    }
    return undefined;
  }

  async function changedPaths({ flowId, own, now, kept }: TwoPlans): Promise<string[]> {
    const before = new Map(own.map((step) => [step.path, step]));
    const changed: string[] = [];
    for (const step of now.slice(kept)) {
      if (!step) continue;
      // A secret that cannot be opened any more may be what was mended.
      if (await differ(flowId, [step, before.get(step.path)]).catch(() => true)) changed.push(step.path);
    }
    return changed;
  }

  async function both(plans: TwoPlans): Promise<Comparison> {
    const misfit = await firstMisfit(plans);
    return { misfit, changed: misfit === undefined ? await changedPaths(plans) : [] };
  }

  return (plans: TwoPlans, key: string): Promise<Comparison> => {
    const answer = known.get(key) ?? both(plans);
    known.set(key, answer);
    return answer;
  };
}
