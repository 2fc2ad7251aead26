/**
 * The steps of a run with loops, as far as they are open: what stands outside of loops, and in each loop that is not over the
 * items which may be open. 10,000 items that are over cost nothing: no row of theirs is looked at.
 */

import type { Database, Fragment, Query } from "../db/db.ts";
import type { ItemRecord, Progress, RunPlace } from "../engine/journal.ts";
import { ITEMS_AHEAD } from "../engine/loop_state.ts";
import { listsOf, type LoopStep, type Plan, type PlanStep } from "../engine/plan.ts";
import { type StepRow, stepRow, toItem } from "./step_rows.ts";

interface Wanted {
  path: string;
  /** Of the item that it is in: once that is over, it is not read. */
  item: string | null;
}

interface OpenStep extends StepRow {
  kind: string;
  progress: Progress | null;
}

/** Rows of the steps that a walk of the run may need. */
export async function loadOpenSteps(
  db: Pick<Database, "scoped">,
  { installationId, runId }: RunPlace,
  { root }: Plan,
): Promise<OpenStep[]> {
  const rows: OpenStep[] = [];
  const loops = new Map<string, LoopStep>();
  let wanted = pathsOf(root, root.id, { item: null, loops });
  while (wanted.length > 0) {
    const found = await readSteps(db, { installationId, runId }, wanted);
    rows.push(...found);
    wanted = found.flatMap(({ kind, path, state, progress }) => {
      const loop = kind === "loop" && state === "running" ? loops.get(path) : undefined;
      return loop ? openItems(loop, path, { progress, loops }) : [];
    });
  }
  return rows;
}

/** How these items ended, in the order of their paths. */
export async function readItems(
  db: Pick<Database, "scoped">,
  { installationId, runId }: RunPlace,
  paths: readonly string[],
): Promise<(ItemRecord | undefined)[]> {
  const wanted = JSON.stringify(paths.map((path) => ({ path })));
  const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<StepRow[]>`
      select step.path, step.state, step.output, step.output_ref, step.output_bytes, step.error_code, step.error_message
      from json_to_recordset(${wanted}::text::json) as wanted(path text)
      cross join lateral (${rowAt(sql, { installationId, runId, path: sql`wanted.path` })}) step
      where step.state <> 'running'`);
  const byPath = new Map(rows.map((row) => [row.path, toItem(row)]));
  return paths.map((path) => byPath.get(path));
}

/** Paths of the steps below one, and of it, without those in loops, which are added to `loops`. */
function pathsOf(
  step: PlanStep,
  path: string,
  found: { item: string | null; loops: Map<string, LoopStep> },
): Wanted[] {
  const { item, loops } = found;
  if (step.kind === "loop") loops.set(path, step);
  const below = step.kind === "loop" ? [] : listsOf(step).flatMap(({ item: list, steps }) => {
    const at = list === undefined ? path : `${path}#${list}`;
    const own = step.kind === "parallel" ? [{ path: at, item }] : [];
    return [...own, ...steps.flatMap((child) => pathsOf(child, `${at}/${child.id}`, found))];
  });
  return [{ path, item }, ...below];
}

/** Paths in the items that may be open: those that were when the loop's progress was recorded, and those that may have begun since. */
function openItems(
  loop: LoopStep,
  path: string,
  { progress, loops }: { progress: Progress | null; loops: Map<string, LoopStep> },
): Wanted[] {
  const begun = progress?.begun ?? 0;
  const since = loop.over === undefined ? [] : Array.from({ length: ITEMS_AHEAD }, (_, place) => begun + place);
  return [...progress?.open ?? [], ...since].flatMap((index) => {
    const at = `${path}#${index}`;
    // Of a round that is over the next condition may name what it gave.
    const item = loop.over === undefined ? null : at;
    const below = loop.steps.flatMap((child) => pathsOf(child, `${at}/${child.id}`, { item, loops }));
    return [{ path: at, item: null }, ...below];
  });
}

async function readSteps(
  db: Pick<Database, "scoped">,
  { installationId, runId }: RunPlace,
  wanted: readonly Wanted[],
): Promise<OpenStep[]> {
  const rows = await db.scoped({ installationIds: [installationId] }, (sql: Query) =>
    sql<{ step: OpenStep }[]>`
      select ${stepRow(sql, sql`, 'kind', step.kind, 'progress', step.progress`)} as step
      from json_to_recordset(${JSON.stringify(wanted)}::text::json) as wanted(path text, item text)
      cross join lateral (${rowAt(sql, { installationId, runId, path: sql`wanted.path` })}) step
      left join lateral (${rowAt(sql, { installationId, runId, path: sql`wanted.item` })}) item on true
      where item.state is null or item.state = 'running'`);
  return rows.map(({ step }) => step);
}

/**
 * SQL select: the row of step at the path. By "offset" each is looked up by itself: where it believes that a run has few steps, the
 * planner reads all of the run for each path (1.3 s where 20,000 are over, in place of 5 ms).
 */
function rowAt(sql: Query, { installationId, runId, path }: RunPlace & { path: Fragment }): Fragment {
  return sql`
    select * from step where run_id = ${runId} and path = ${path} and installation_id = ${installationId} offset 0`;
}
