/** What became of each step of a run's plan, of every kind, and of the items of its loops: what a page of the run shows. */

import type { Database, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { StepRecord } from "../engine/journal.ts";
import { isObject } from "../engine/faults.ts";
import { listsOf, type Plan, type PlanStep } from "../engine/plan.ts";
import { parsePath, stepPath } from "../engine/step_path.ts";
import { stepAt } from "./plan_steps.ts";
import { runUnknown } from "./retry.ts";

/** Of a step or an item that has begun. */
export interface NodeRecord {
  path: string;
  kind: string;
  state: StepRecord["state"] | "cancelled";
  startedAt: Date;
  finishedAt: Date | null;
  /** Until when a step waits, or when it is attempted again. */
  until: Date | null;
  errorCode: string | null;
  errorMessage: string | null;
}

export interface RunNode {
  path: string;
  step: PlanStep;
  /** Undefined: not begun. */
  record?: NodeRecord;
  /** Of a branch: the case that was chosen; null for `otherwise`; undefined while it is not decided. */
  taken?: number | null;
  /** Of a loop that has begun. `total` null: of a while-loop, and while it is not known. */
  items?: { total: number | null; begun: number; failed: number; open: number };
  /** Of an approval that was asked: the newest. */
  approval?: NodeApproval;
  /** Lists of steps below it; those of a loop are read by item. */
  lists: { item: number; nodes: RunNode[] }[];
}

export interface NodeApproval {
  id: string;
  state: string;
  expiresAt: Date | null;
}

export interface RunNodes {
  /**
   * Steps of the run, or those in the item of a loop: `below` is its path, as in `root/each#17`. Throws NOT_FOUND for a run
   * of another workspace, and REQUEST_INVALID where the plan has no such item.
   */
  nodes(installationId: number, runId: string, below?: string): Promise<RunNode[]>;
  /** Items of the loop at `path` that have ended, those that failed first, then by their number. Throws as `nodes` does. */
  items(
    installationId: number,
    runId: string,
    page: { path: string; offset: number; limit: number },
  ): Promise<{ items: NodeRecord[]; hasMore: boolean }>;
}

interface StoredNode extends NodeRecord {
  taken: unknown;
  counted: unknown;
  progress: unknown;
}

export function createRunNodes(db: Pick<Database, "scoped">): RunNodes {
  return {
    nodes: (installationId, runId, below) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const plan = await readPlan(sql, installationId, runId);
        const place = { sql, installationId, runId };
        const nodes = planned(stepsBelow(plan, below), below ?? plan.root.id);
        const all = flat(nodes);
        const paths = all.map(({ path }) => path);
        const [records, approvals] = [await readNodes(place, paths), await readApprovals(place, paths)];
        for (const node of all) fill(node, records.get(node.path), approvals.get(node.path));
        return nodes;
      }),
    items: (installationId, runId, { path, offset, limit }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const plan = await readPlan(sql, installationId, runId);
        if (stepAt(plan.root, path)?.kind !== "loop") throw noSuch("path", "must be the path of a loop of this run");
        const before = `${path}#`;
        const rows = await sql<NodeRecord[]>`
          select ${columns(sql)} from step
          where installation_id = ${installationId} and run_id = ${runId} and kind = 'item'
            and starts_with(path, ${before}) and strpos(substr(path, ${before.length + 1}), '/') = 0
          order by (state = 'failed') desc, substr(path, ${before.length + 1})::int
          limit ${limit + 1} offset ${offset}`;
        return { items: rows.slice(0, limit), hasMore: rows.length > limit };
      }),
  };
}

async function readPlan(sql: TransactionSql, installationId: number, runId: string): Promise<Plan> {
  const [row] = await sql<{ body: Plan }[]>`
    select plan.body from run join plan on plan.id = run.plan_id and plan.installation_id = run.installation_id
    where run.installation_id = ${installationId} and run.id = ${runId}`;
  if (!row) throw runUnknown(runId);
  return row.body;
}

function stepsBelow({ root }: Plan, below: string | undefined): readonly PlanStep[] {
  if (below === undefined) return root.steps;
  const loop = parsePath(below)?.at(-1)?.item === undefined ? undefined : stepAt(root, below);
  if (loop?.kind !== "loop") throw noSuch("below", 'must be an item of a loop of this run, as in "root/each#17"');
  return loop.steps;
}

function noSuch(field: string, why: string): AppError {
  return new AppError("REQUEST_INVALID", `Cannot read the steps: ${field} ${why}`);
}

function planned(steps: readonly PlanStep[], parent: string): RunNode[] {
  return steps.map((step) => {
    const path = stepPath({ id: step.id }, parent);
    const lists = step.kind === "loop" ? [] : listsOf(step);
    return {
      path,
      step,
      lists: lists.map(({ item = 0, steps }) => ({ item, nodes: planned(steps, `${path}#${item}`) })),
    };
  });
}

function flat(nodes: readonly RunNode[]): RunNode[] {
  return nodes.flatMap((node) => [node, ...node.lists.flatMap(({ nodes }) => flat(nodes))]);
}

interface Place {
  sql: TransactionSql;
  installationId: number;
  runId: string;
}

function columns(sql: TransactionSql) {
  return sql`path, kind, state, started_at as "startedAt", finished_at as "finishedAt", due_at as until,
    error_code as "errorCode", error_message as "errorMessage"`;
}

function listed(sql: TransactionSql, paths: readonly string[]) {
  return sql`select value from json_array_elements_text(${JSON.stringify(paths)}::text::json)`;
}

/** Of an output only what was counted: what the items gave may be large. */
async function readNodes({ sql, installationId, runId }: Place, paths: readonly string[]) {
  const rows = await sql<(StoredNode & { waitsUntil: Date | null })[]>`
    select ${columns(sql)}, decision->'taken' as taken, progress,
      coalesce((
        select min(expires_at) from wait
        where wait.installation_id = ${installationId} and wait.run_id = step.run_id and wait.path = step.path
      ), case when jsonb_typeof(decision->'until') = 'number'
        then to_timestamp((decision->>'until')::float8 / 1000) end) as "waitsUntil",
      case when jsonb_typeof(output) = 'object' then output - 'outputs' - 'errors' - 'event' end as counted
    from step
    where installation_id = ${installationId} and run_id = ${runId} and path in (${listed(sql, paths)})`;
  return new Map(rows.map(({ waitsUntil, ...row }) => [row.path, { ...row, until: row.until ?? waitsUntil }]));
}

async function readApprovals({ sql, installationId, runId }: Place, paths: readonly string[]) {
  const rows = await sql<(NodeApproval & { path: string })[]>`
    select distinct on (path) path, id, state, expires_at as "expiresAt" from approval
    where installation_id = ${installationId} and run_id = ${runId} and path in (${listed(sql, paths)})
    order by path, asked_at desc`;
  return new Map(rows.map(({ path, ...approval }) => [path, approval]));
}

function fill(node: RunNode, row: StoredNode | undefined, approval: NodeApproval | undefined) {
  if (approval) node.approval = approval;
  if (!row) return;
  const { taken, counted, progress, ...record } = row;
  node.record = record;
  if (node.step.kind === "branch" && (taken === null || typeof taken === "number")) node.taken = taken;
  if (node.step.kind === "loop") node.items = itemsOf(counted, progress);
}

function itemsOf(counted: unknown, progress: unknown): RunNode["items"] {
  const end = isObject(counted) ? counted : {};
  const now = isObject(progress) ? progress : {};
  const open = Array.isArray(now.open) ? now.open.length : 0;
  const isOver = typeof end.completed === "number" && typeof end.failed === "number";
  return {
    total: typeof end.total === "number" ? end.total : null,
    begun: isOver ? Number(end.completed) + Number(end.failed) : Number(now.begun ?? 0),
    failed: Number(isOver ? end.failed : now.failed ?? 0),
    open: isOver ? 0 : open,
  };
}
