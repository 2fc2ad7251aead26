/**
 * Which steps of a run the one that is begun again takes over: those before the step that it begins at, as they ended, and
 * of the steps around it what they decided. Of other branches of a parallel step around it stays what had ended.
 */

import { AppError } from "../base/errors.ts";
import type { TransactionSql } from "../db/db.ts";
import type { Progress, StepRecord } from "../engine/journal.ts";
import { ITEMS_AHEAD } from "../engine/loop_state.ts";
import { listsOf, type ParallelStep, type PlanStep } from "../engine/plan.ts";
import { ownerOf, parsePath } from "../engine/step_path.ts";
import { OpenPlaces, type Place, stepsAt } from "./open_places.ts";
import type { Holder, PlanOrder } from "./plan_order.ts";

/** What of a step says whether it is begun again. */
export interface Above {
  path: string;
  kind: string;
  state: StepRecord["state"];
  error_code: string | null;
  /** Of a loop. */
  on_error: string | null;
  /** Of a try: its steps have failed, and others follow. */
  handled: boolean;
}

export interface StepRow extends Above {
  parent_path: string | null;
  output_ref: string | null;
  output_bytes: number | null;
  /** It decided something. */
  decided: boolean;
  /** Of a branch: the list that it chose. */
  item: number | null;
  /** Of a loop: how many items; null also of a while-loop. */
  count: number | null;
  /** Of a try: its steps have failed. */
  has_error: boolean;
  /** Of a loop and its items. */
  progress: Progress | null;
  /** Of a step that waited for a run: the run, where that was cancelled. */
  cancelled_run: string | null;
}

/** A row of the new run. */
export interface Kept {
  path: string;
  /** As it ended; else it is open, with what it decided. */
  ended: boolean;
  progress?: Progress;
  /** It is completed, with this in place of what it gave. */
  output?: unknown;
}

/**
 * Of a run, walked by one of these plans. Of loops that are over the items alone where the step is in them, and none where it is
 * not: what items of a loop gave is part of its output.
 */
export async function readAgainSteps(
  sql: TransactionSql,
  { installationId, runId, roots, around }: {
    installationId: number;
    runId: string;
    roots: readonly PlanStep[];
    around: readonly Holder[];
  },
): Promise<StepRow[]> {
  const onWay = new Map(around.flatMap(({ kind, path, item }) => kind === "loop" ? [[path, item] as const] : []));
  const open = new OpenPlaces();
  for (const root of roots) open.enter(runId, [root], "");
  const rows: StepRow[] = [];
  for (let places = open.take(); places.length > 0; places = open.take()) {
    const found = await readPlaces(sql, { installationId, runId, places });
    rows.push(...found);
    for (const { kind, path, state, progress } of found) {
      const item = onWay.get(path);
      if (kind !== "loop" || (item === undefined && state === "completed")) continue;
      // Some may have begun since its progress was recorded.
      open.wantItems(runId, path, (progress?.begun ?? 0) + ITEMS_AHEAD);
      open.enterItems(runId, path, item === undefined ? progress?.open ?? [] : [item]);
    }
  }
  return rows;
}

async function readPlaces(
  sql: TransactionSql,
  { installationId, runId, places }: { installationId: number; runId: string; places: readonly Place[] },
): Promise<StepRow[]> {
  return await sql<StepRow[]>`
    select step.path, kind, parent_path, state, error_code, output_ref, output_bytes, decision is not null as decided,
      case when kind = 'branch' then (decision->>'item')::int end as item,
      case when kind = 'loop' then (decision->>'count')::int end as count,
      case when kind = 'loop' then decision->>'on_error' end as on_error,
      coalesce(kind = 'try' and jsonb_typeof(decision->'error') = 'object', false) as has_error,
      coalesce(kind = 'try' and decision @> '{"handled": true}', false) as handled,
      case when kind in ('loop', 'item') then progress end as progress,
      case when action = 'run_flow' and state in ('failed', 'cancelled') then (
        select case when child.state = 'cancelled' then child.id end from run child
        where child.installation_id = ${installationId} and child.parent_run_id = ${runId} and child.parent_path = step.path
        order by child.created_at desc limit 1) end as cancelled_run
    from ${stepsAt(sql, { installationId, places })}`;
}

/** Throws CONFLICT where the walk would not come to the step with what is there. */
export function keptSteps(
  rows: readonly StepRow[],
  { order, runId }: { order: PlanOrder; runId: string },
): Kept[] {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  for (const path of order.before) {
    const { state, cancelled_run } = byPath.get(path) ?? {};
    if (state !== "completed" && !cancelled_run) {
      throw refused(runId, `step "${path}" before it ${state ? `is ${state}` : "was not walked"}`);
    }
  }
  const at = (place: string) => rows.filter(({ path }) => order.placeOf(path) === place);
  const kept: Kept[] = at("taken").map((row) => {
    const { path, state, cancelled_run } = row;
    if (state === "running") throw refused(runId, `step "${path}" before it is in progress`);
    // Whoever cancelled the run that it waited for, and begins behind it, goes on without what that would have given.
    const output = { run_id: cancelled_run, state: "cancelled", output: null };
    return { path, ended: true, ...(cancelled_run !== null && order.before.includes(path) && { output }) };
  });
  for (const holder of order.around) {
    const found = { row: byPath.get(holder.path), rows, byPath, runId };
    if (found.row && found.row.kind !== holder.kind) {
      throw refused(
        runId,
        `step "${holder.path}" has begun as ${found.row.kind}, and is ${holder.kind} in this version`,
      );
    }
    switch (holder.kind) {
      case "branch":
        if (found.row?.item !== holder.item) {
          throw refused(runId, `step "${holder.path}" did not choose the case that it is in`);
        }
        kept.push({ path: holder.path, ended: false });
        break;
      case "try":
        kept.push(...ofTry(holder, found));
        break;
      case "loop":
        kept.push({ path: holder.path, ended: false, progress: progressOf(holder, found) });
        break;
      case "parallel":
        kept.push(...besideOf(holder, found));
    }
  }
  return kept;
}

interface Found {
  row: StepRow | undefined;
  rows: readonly StepRow[];
  byPath: ReadonlyMap<string, StepRow>;
  runId: string;
}

function ofTry({ path, item }: Extract<Holder, { kind: "try" }>, { row, rows, runId }: Found): Kept[] {
  // Its steps are tried once more, from this one on.
  if (item === 0) return [];
  if (!row?.decided) throw refused(runId, `the steps of "${path}" did not come to an end; begin at one of those`);
  if (item === 1 && !row.has_error) throw refused(runId, `the steps of "${path}" did not fail; begin at one of those`);
  const lists = Array.from({ length: item }, (_, list) => `${path}#${list}/`);
  if (rows.some((one) => one.kind === "end" && lists.some((list) => one.path.startsWith(list)))) {
    throw refused(runId, `the flow ended the run within step "${path}"; begin at that step`);
  }
  return [{ path, ended: false }];
}

/** Of a loop that goes on with the item. */
function progressOf({ path, item, step }: Extract<Holder, { kind: "loop" }>, { row, byPath, runId }: Found): Progress {
  const isWhile = step.over === undefined;
  if (!row?.decided || (isWhile ? item >= (row.progress?.begun ?? 0) : item >= (row.count ?? 0))) {
    throw refused(runId, `step "${path}" has no ${isWhile ? "round" : "item"} ${item}`);
  }
  const progress: Progress = { begun: item + 1, open: [item], failed: 0, steps: 0, tries: 0, outputBytes: 0 };
  for (let index = 0; index < item; index++) {
    const one = byPath.get(`${path}#${index}`);
    const isOver = one?.state === "completed" || (one?.state === "failed" && row.on_error !== "stop");
    if (!isOver) {
      throw refused(
        runId,
        `item ${index} of step "${path}" before it ${one ? `is ${one.state}` : "is not over"}; begin in that one`,
      );
    }
    if (one.state === "failed") progress.failed = progress.failed! + 1;
    for (const name of ["steps", "tries", "outputBytes"] as const) progress[name] += one.progress?.[name] ?? 0;
  }
  if (!isWhile || !setsVariables(step)) return progress;
  // What the rounds before have set is known of the round that began last alone.
  if (row.progress?.vars === undefined || row.progress.begun !== item + 1) {
    throw refused(
      runId,
      `rounds of step "${path}" share variables, which are not known of round ${item}; begin at that step`,
    );
  }
  return { ...progress, vars: row.progress.vars };
}

function setsVariables(step: PlanStep): boolean {
  if (step.kind === "action") return step.action === "variables";
  return listsOf(step).some(({ steps }) => steps.some(setsVariables));
}

/** Of the other branches: those that have ended stay, of the others what has completed. */
function besideOf(
  { path, item, step }: Extract<Holder, { kind: "parallel" }>,
  { row, rows, byPath, runId }: Found,
): Kept[] {
  const others = [...step.branches.keys()].filter((index) => index !== item);
  const completed = others.filter((index) => byPath.get(`${path}#${index}`)?.state === "completed");
  if (completed.length >= wantedOf(step)) {
    throw refused(
      runId,
      `the other branches of step "${path}" are enough for it; begin at that step, which walks all again, or behind it`,
    );
  }
  return others.flatMap((index) => {
    const branch = `${path}#${index}`;
    const within = rows.filter((one) => one.path === branch || one.path.startsWith(`${branch}/`));
    const running = within.find(({ kind, state }) => state === "running" && kind !== "item");
    if (running) {
      throw refused(
        runId,
        `step "${running.path}" of another branch is in progress; cancel the run, or wait for its end`,
      );
    }
    const isOver = row?.state === "completed" || completed.includes(index);
    return within.flatMap((one): Kept[] => {
      if (isOver || one.state === "completed" || !isReopened(one, byPath)) return [{ path: one.path, ended: true }];
      return one.decided && !isDecidedAgain(one)
        ? [{ path: one.path, ended: false, ...(one.progress && { progress: one.progress }) }]
        : [];
    });
  });
}

function wantedOf({ branches: { length: count }, join }: ParallelStep): number {
  if (join === "all") return count;
  if (join === "any") return 1;
  return join === "majority" ? Math.floor(count / 2) + 1 : Math.min(count, join.atLeast);
}

/** As a person's retry reopens steps (reopen_steps.ts). */
export function isReopened({ path, state }: Above, byPath: ReadonlyMap<string, Above>): boolean {
  if (state !== "failed" && state !== "cancelled") return false;
  return !placesAbove(path).some((place) => {
    const above = byPath.get(place);
    if (!above) return false;
    if (above.state === "completed") return true;
    if (above.kind === "try" && above.handled && path.startsWith(`${place}#0/`)) return true;
    if (above.kind !== "item" || above.state !== "failed") return false;
    const loop = byPath.get(ownerOf(place));
    return loop?.on_error === "continue" || loop?.on_error === "collect";
  });
}

export function isDecidedAgain({ kind, handled, error_code }: Above): boolean {
  return kind === "parallel" || (kind === "try" && !handled) || error_code === "APPROVAL_EXPIRED";
}

/** Paths of the lists that hold the step, and of the steps that have these; its own. */
function placesAbove(path: string): string[] {
  const texts = path.split("/");
  return (parsePath(path) ?? []).flatMap(({ id }, depth) => {
    const before = texts.slice(0, depth);
    return [[...before, texts[depth]!].join("/"), [...before, id].join("/")];
  });
}

export function refused(runId: string, why: string): AppError {
  return new AppError("CONFLICT", `Cannot run "${runId}" again: ${why}`);
}
