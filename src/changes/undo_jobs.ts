/** Undoes many changes in the background: what one run wrote, or one flow in a range of time; each once, the newest first. */

import { AppError, toAppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import type { JobHandler } from "../queue/worker.ts";
import type { UNDO_OUTCOMES } from "../telemetry/instruments.ts";
import { type BulkFilter, inBulk, isUndoable } from "./store.ts";
import type { Undo, UndoInstallation } from "./undo.ts";

/** undone; nothing to do; conflict: others changed it since; refused: it cannot be undone; failed: Clockify did not do it. */
export type UndoOutcome = (typeof UNDO_OUTCOMES)[number];

/** Of one job: each change is two or three calls, so that these are some hours of a workspace's budget. */
export const MAX_UNDO_CHANGES = 5_000;
/** A job works so long at a time, then others have its slot. */
const SLICE_MS = 20_000;
/** While the rate budget is used up, Clockify cannot be reached, or the add-on is switched off. */
const RETRY_MS = 10_000;
/** Changes that a plan names. */
const SHOWN = 20;

export interface BulkPlan {
  /** Changes that the filter chooses. */
  changes: number;
  /** Of these: those that will be tried. */
  undoable: number;
  /** Undone before. */
  undone: number;
  /** There is no undo of them, or Clockify refused them. */
  notUndoable: number;
  /** How many of each operation and entity type will be tried, most first. */
  byOperation: { operation: string; entityType: string; changes: number }[];
}

export interface UndoJob {
  id: number;
  at: Date;
  finishedAt: Date | null;
  state: "running" | "stopping" | "stopped" | "finished";
  person: string;
  asked: { runId?: string; flowId?: number; from?: string; to?: string; all?: boolean };
  total: number;
  /** Those that came to an end, by how. */
  outcomes: Partial<Record<UndoOutcome, number>>;
  left: number;
  /** Some that were not undone, newest first. */
  problems: { changeId: number; outcome: UndoOutcome; reason: string | null }[];
}

export interface UndoJobs {
  plan(installationId: number, filter: BulkFilter): Promise<BulkPlan>;
  /** Throws CONFLICT while another job of the installation runs, and REQUEST_INVALID where there are none, or too many. */
  start(
    installationId: number,
    asked: { filter: BulkFilter; person: string; all: boolean; atEnd?: AtEnd<unknown> },
  ): Promise<UndoJob>;
  find(installationId: number, id: number): Promise<UndoJob | undefined>;
  /** What is being undone is finished; the rest stays. Undefined: there is no such job. */
  stop(installationId: number, id: number): Promise<UndoJob | undefined>;
}

export interface UndoJobsOptions {
  db: Pick<Database, "scoped">;
  wake(): void;
}

interface JobRow {
  id: number;
  created_at: Date;
  finished_at: Date | null;
  state: UndoJob["state"];
  person: string;
  asked: { run_id?: string; flow_id?: number; from?: string; to?: string; all?: boolean };
  outcomes: Partial<Record<UndoOutcome | "left", number>>;
  problems: { change_id: number; outcome: UndoOutcome; reason: string | null }[];
}

export function createUndoJobs({ db, wake }: UndoJobsOptions): UndoJobs {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    plan: (installationId, filter) => within(installationId, (sql) => readPlan(sql, installationId, filter)),

    async start(installationId, { filter, person, all, atEnd }) {
      const asked = "runId" in filter
        ? { run_id: filter.runId, all }
        : { flow_id: filter.flowId, from: filter.from.toISOString(), to: filter.to.toISOString(), all };
      const job = await within(installationId, async (sql) => {
        // Two at once would undo the same changes against each other.
        await sql`select 1 from installation where id = ${installationId} for no key update`;
        const running = await sql<{ id: number }[]>`
          select id from undo_job where installation_id = ${installationId} and finished_at is null limit 1`;
        if (running[0]) {
          throw new AppError("CONFLICT", `Cannot undo them: undo job ${running[0].id} of the workspace is in progress`);
        }
        const { undoable } = await readPlan(sql, installationId, filter);
        if (undoable === 0) throw new AppError("REQUEST_INVALID", "Cannot undo them: none of them can be undone");
        if (undoable > MAX_UNDO_CHANGES) {
          const most = MAX_UNDO_CHANGES.toLocaleString("en");
          throw new AppError(
            "REQUEST_INVALID",
            `Cannot undo them: ${undoable.toLocaleString("en")} changes, at most ${most} are undone by one job`,
          );
        }
        const [{ id }] = await sql<[{ id: number }]>`
          insert into undo_job (installation_id, state, person, asked)
          values (${installationId}, 'running', ${person}, ${jsonText(asked)}::text::jsonb) returning id`;
        await sql`
          insert into undo_item (installation_id, job_id, change_id)
          select ${installationId}, ${id}, change.id from change
          where change.installation_id = ${installationId} and ${inBulk(sql, filter)} and ${isUndoable(sql)}`;
        await enqueueOnce(sql, { kind: "undo", installationId, payload: { undo_job_id: id } });
        const made = await readJob(sql, installationId, id);
        await atEnd?.(sql, made);
        return made!;
      });
      wake();
      return job;
    },

    find: (installationId, id) => within(installationId, (sql) => readJob(sql, installationId, id)),

    stop: (installationId, id) =>
      within(installationId, async (sql) => {
        await sql`
          update undo_job set state = 'stopping'
          where installation_id = ${installationId} and id = ${id} and state = 'running'`;
        return await readJob(sql, installationId, id);
      }),
  };
}

async function readPlan(sql: Query, installationId: number, filter: BulkFilter): Promise<BulkPlan> {
  const rows = await sql<
    { operation: string; entity_type: string; way: "undoable" | "undone" | "not"; changes: number }[]
  >`
    select operation, entity_type, case when ${isUndoable(sql)} then 'undoable' when undone_by is not null then 'undone'
      else 'not' end as way, count(*)::int as changes
    from change where change.installation_id = ${installationId} and ${inBulk(sql, filter)} group by 1, 2, 3`;
  const sum = (way?: string) =>
    rows.filter((row) => way === undefined || row.way === way).reduce((total, { changes }) => total + changes, 0);
  return {
    changes: sum(),
    undoable: sum("undoable"),
    undone: sum("undone"),
    notUndoable: sum("not"),
    byOperation: rows.filter(({ way }) => way === "undoable")
      .map(({ operation, entity_type: entityType, changes }) => ({ operation, entityType, changes }))
      .toSorted((a, b) => b.changes - a.changes).slice(0, SHOWN),
  };
}

async function readJob(sql: Query, installationId: number, id: number): Promise<UndoJob | undefined> {
  const [row] = await sql<JobRow[]>`
    select id, created_at, finished_at, state, person, asked, (
        select coalesce(jsonb_object_agg(outcome, items), '{}') from (
          select coalesce(outcome, 'left') as outcome, count(*)::int as items from undo_item
          where undo_item.job_id = undo_job.id and undo_item.installation_id = ${installationId} group by 1) counted
      ) as outcomes, (
        select coalesce(jsonb_agg(jsonb_build_object('change_id', change_id, 'outcome', outcome, 'reason', reason)
          order by change_id desc), '[]') from (
          select change_id, outcome, reason from undo_item
          where undo_item.job_id = undo_job.id and undo_item.installation_id = ${installationId}
            and outcome in ('conflict', 'refused', 'failed') order by change_id desc limit ${SHOWN}) shown
      ) as problems
    from undo_job where installation_id = ${installationId} and id = ${id}`;
  if (!row) return undefined;
  const { left = 0, ...outcomes } = row.outcomes;
  const { run_id: runId, flow_id: flowId, from, to, all } = row.asked;
  return {
    id: row.id,
    at: row.created_at,
    finishedAt: row.finished_at,
    state: row.state,
    person: row.person,
    asked: { runId, flowId, from, to, all },
    total: Object.values(row.outcomes).reduce((sum, items) => sum + items, 0),
    outcomes,
    left,
    problems: row.problems.map(({ change_id: changeId, outcome, reason }) => ({ changeId, outcome, reason })),
  };
}

/** The handler of jobs of kind "undo": one change after another, until the job's slice is over. */
export function createUndoWork(
  { db, undo, installationOf, monotonicMs, onUndone }: {
    db: Pick<Database, "scoped">;
    undo: Pick<Undo, "undo">;
    /** waiting: it is switched off. */
    installationOf(installationId: number): Promise<UndoInstallation | "waiting" | "gone">;
    monotonicMs(): number;
    onUndone?(fact: { installationId: number; outcome: UndoOutcome }): void;
  },
): JobHandler {
  return async ({ installationId, payload }, { signal }) => {
    const jobId = Number(payload.undo_job_id);
    const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
      db.scoped({ installationIds: [installationId] }, work);
    const endMs = monotonicMs() + SLICE_MS;
    for (;;) {
      if (signal.aborted) throw signal.reason;
      const next = await within((sql) => nextItem(sql, installationId, jobId));
      if (next.kind === "over") return { kind: "done" };
      const { changeId, person, all } = next;
      const installation = await installationOf(installationId);
      if (installation === "waiting") {
        return { kind: "snooze", delayMs: RETRY_MS, reason: "the add-on is switched off" };
      }
      if (installation === "gone") {
        await within((sql) => finish(sql, { installationId, jobId, state: "stopped" }));
        return { kind: "done" };
      }
      const ended = await undoOne(undo, {
        installation,
        changeId,
        person,
        all,
        priority: "bulk",
        isConfirmed: true,
        signal,
      });
      // Nothing left, and a later call may be made: the others would fare no better.
      if (ended === "later") return { kind: "snooze", delayMs: RETRY_MS, reason: "no call can be made just now" };
      const { outcome, reason } = ended;
      await within((sql) =>
        sql`
          update undo_item set outcome = ${outcome}, reason = ${reason}
          where installation_id = ${installationId} and job_id = ${jobId} and change_id = ${changeId}`
      );
      onUndone?.({ installationId, outcome });
      if (monotonicMs() > endMs) return { kind: "snooze", delayMs: 0, reason: "its slice is over" };
    }
  };
}

async function nextItem(sql: TransactionSql, installationId: number, jobId: number) {
  const [job] = await sql<{ state: string; person: string; all: boolean; change_id: number | null }[]>`
    select state, person, coalesce((asked->>'all')::boolean, false) as all, (
      select max(change_id) from undo_item
      where undo_item.job_id = undo_job.id and undo_item.installation_id = ${installationId} and outcome is null) as change_id
    from undo_job where installation_id = ${installationId} and id = ${jobId} and finished_at is null`;
  if (!job) return { kind: "over" as const };
  if (job.state === "stopping" || job.change_id === null) {
    await finish(sql, { installationId, jobId, state: job.state === "stopping" ? "stopped" : "finished" });
    return { kind: "over" as const };
  }
  return { kind: "item" as const, changeId: job.change_id, person: job.person, all: job.all };
}

async function finish(
  sql: TransactionSql,
  { installationId, jobId, state }: { installationId: number; jobId: number; state: UndoJob["state"] },
): Promise<void> {
  await sql`
    update undo_item set outcome = 'skipped' where installation_id = ${installationId} and job_id = ${jobId} and outcome is null`;
  await sql`
    update undo_job set state = ${state}, finished_at = now()
    where installation_id = ${installationId} and id = ${jobId} and finished_at is null`;
}

type Ended = { outcome: UndoOutcome; reason: string | null };

async function undoOne(undo: Pick<Undo, "undo">, request: Parameters<Undo["undo"]>[0]): Promise<Ended | "later"> {
  try {
    const undone = await undo.undo(request);
    switch (undone.outcome) {
      case "undone":
        return { outcome: "undone", reason: undone.incomplete.length > 0 ? undone.incomplete.join("; ") : null };
      case "nothing":
        return { outcome: "nothing", reason: undone.reason };
      default:
        return { outcome: "refused", reason: "this workspace has it confirmed by itself" };
    }
  } catch (error) {
    if (request.signal?.aborted) throw error;
    const { code, message, retryable, details } = toAppError(error);
    // Another undid it meanwhile, as it was to be.
    if (code === "UNDO_DONE") return { outcome: "nothing", reason: message };
    if (code === "UNDO_CONFLICT") return { outcome: "conflict", reason: message };
    if (code === "INTERNAL" || code === "DATABASE_UNAVAILABLE" || code === "OVERLOADED") throw error;
    if (code === "UPSTREAM_RATE_LIMITED" || (retryable && details.sent === false)) return "later";
    return { outcome: code.startsWith("UPSTREAM_") ? "failed" : "refused", reason: message };
  }
}
