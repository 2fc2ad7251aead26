/**
 * What a retry of a failed run would keep and begin with, where its plan holds steps in others: found as the engine walks, from
 * what the steps of the run have come to and decided.
 */

import type { Query } from "../db/db.ts";
import { listsOf, type LoopStep, type PlanStep, type StepList } from "../engine/plan.ts";
import { OpenPlaces, type Place, stepsAt } from "./open_places.ts";
import { type Above, isDecidedAgain, isReopened } from "./again_steps.ts";

/** A step, item or branch of the run. */
export interface OpenRow extends Above {
  decided: boolean;
  /** Of a branch: the list that it chose. */
  item: number | null;
  /** Of a try: its steps have failed. */
  has_error: boolean;
  /** Of an approval or a wait: approved, rejected, or expired. */
  answer: string | null;
  /** Of a loop: items that are not over. */
  open: number[] | null;
}

export interface RanSteps {
  /** Actions that completed, of each item of a loop by itself. */
  kept: number;
  /** Their paths without numbers of lists and items; each once. Ids are unique in a plan. */
  finished: string[];
  /** Those of loops in the items that are not over alone. */
  rows: OpenRow[];
}

/** A run, and the plans that it may go on with. */
export interface PlannedRun {
  id: string;
  roots: readonly PlanStep[];
}

/** By the ids of the runs. What is over in loops is counted, and no row of it is looked at by itself: there may be 100,000. */
export async function readRanSteps(
  sql: Query,
  { installationId, runs }: { installationId: number; runs: readonly PlannedRun[] },
): Promise<Map<string, RanSteps>> {
  if (runs.length === 0) return new Map();
  const ended = await readEnded(sql, { installationId, ids: runs.map(({ id }) => id) });
  const ran = new Map(ended.map(({ id, kept, finished }): [string, RanSteps] => [id, { kept, finished, rows: [] }]));
  const open = new OpenPlaces();
  for (const { id, roots } of runs) roots.forEach((root) => open.enter(id, [root], ""));
  for (let places = open.take(); places.length > 0; places = open.take()) {
    for (const { id, ...row } of await readOpen(sql, { installationId, places })) {
      ran.get(id)!.rows.push(row);
      if (row.kind === "loop" && row.state !== "completed") open.enterItems(id, row.path, row.open ?? []);
    }
  }
  return ran;
}

async function readEnded(
  sql: Query,
  { installationId, ids }: { installationId: number; ids: readonly string[] },
): Promise<(Omit<RanSteps, "rows"> & { id: string })[]> {
  const wanted = JSON.stringify(ids.map((id) => ({ id })));
  return await sql<(Omit<RanSteps, "rows"> & { id: string })[]>`
    select wanted.id, coalesce(ended.kept, 0)::int as kept, coalesce(ended.finished, '[]') as finished
    from json_to_recordset(${wanted}::text::json) as wanted(id uuid)
    left join lateral (
      select sum(count)::int as kept, json_agg(bare) as finished from (
        select regexp_replace(path, '#[0-9]+', '', 'g') as bare, count(*) as count from step
        where step.installation_id = ${installationId} and step.run_id = wanted.id and kind = 'action' and state = 'completed'
        group by 1) bare
    ) ended on true`;
}

async function readOpen(
  sql: Query,
  { installationId, places }: { installationId: number; places: readonly Place[] },
): Promise<(OpenRow & { id: string })[]> {
  return await sql<(OpenRow & { id: string })[]>`
    select step.run_id as id, step.path, kind, state, error_code, decision is not null as decided,
      case when kind = 'branch' then (decision->>'item')::int end as item,
      case when kind = 'loop' then decision->>'on_error' end as on_error,
      coalesce(kind = 'try' and jsonb_typeof(decision->'error') = 'object', false) as has_error,
      coalesce(kind = 'try' and decision @> '{"handled": true}', false) as handled,
      case when kind in ('approval', 'wait') then
        coalesce(decision->'came'->'value'->>'decision', case when decision ? 'expired' then 'expired' end) end as answer,
      case when kind = 'loop' then progress->'open' end as open
    from ${stepsAt(sql, { installationId, places })}`;
}

/** A path without the numbers of lists and items. */
export function bare(path: string): string {
  return path.replaceAll(/#\d+/g, "");
}

/** The path of the first action that is attempted again or for the first time, without numbers; undefined where none is. */
export function nextAction(root: PlanStep, rows: readonly OpenRow[]): string | undefined {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  const found = nextIn([root], "", byPath);
  return found === ENDS ? undefined : found;
}

/** The flow ends the run there. */
const ENDS = Symbol();
type Next = string | typeof ENDS | undefined;
type Rows = ReadonlyMap<string, OpenRow>;

function nextIn(steps: readonly PlanStep[], list: string, rows: Rows): Next {
  for (const step of steps) {
    const next = nextOf(step, list === "" ? step.id : `${list}/${step.id}`, rows);
    if (next !== undefined) return next;
  }
  return undefined;
}

function nextOf(step: PlanStep, path: string, rows: Rows): Next {
  const row = rows.get(path);
  if (isOver(row, rows)) return undefined;
  if (step.kind === "action") return bare(path);
  if (step.kind === "end") return ENDS;
  const decided = row?.decided === true && !(isReopened(row, rows) && isDecidedAgain(row));
  const lists = listsOf(step);
  const within = (list: StepList) => nextIn(list.steps, list.item === undefined ? path : `${path}#${list.item}`, rows);
  const first = (numbers: readonly number[]) => firstOf(lists.filter(({ item }) => numbers.includes(item!)), within);
  switch (step.kind) {
    case "loop":
      return nextInLoop(step, path, { row, rows });
    case "branch":
      return decided ? first([row!.item!]) : firstOf(lists, within);
    case "parallel":
      return firstOf(lists.filter(({ item }) => !isOver(rows.get(`${path}#${item}`), rows)), within);
    case "try":
      return first(!decided ? [0, 2] : row!.has_error ? [1, 2] : [2]);
    case "wait":
      return decided && row!.answer === "expired" ? first([0]) : undefined;
    case "approval":
      return first(decided ? [["approved", "rejected", "expired"].indexOf(row!.answer ?? "")] : [3]);
    default:
      return firstOf(lists, within);
  }
}

function nextInLoop(step: LoopStep, path: string, { row, rows }: { row: OpenRow | undefined; rows: Rows }): Next {
  for (const item of row?.open ?? []) {
    const at = `${path}#${item}`;
    const next = isOver(rows.get(at), rows) ? undefined : nextIn(step.steps, at, rows);
    if (next !== undefined) return next;
  }
  // The next item, where there is one.
  return nextIn(step.steps, `${path}#next`, new Map());
}

function firstOf(lists: readonly StepList[], within: (list: StepList) => Next): Next {
  for (const list of lists) {
    const next = within(list);
    if (next !== undefined) return next;
  }
  return undefined;
}

function isOver(row: OpenRow | undefined, rows: Rows): boolean {
  return row !== undefined && row.state !== "running" && !isReopened(row, rows);
}
