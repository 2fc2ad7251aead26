/** Why runs of workflows failed: those that still stand, grouped by workflow, step and code, for who looks for what to mend. */

import type { Database, TransactionSql } from "../db/db.ts";
import { deadLetters } from "../queue/ended_jobs.ts";
import { stepOfPath } from "./run_read.ts";

/** Dead letters that are looked through, the newest: some 20 ms of PostgreSQL. */
export const MAX_LOOKED_THROUGH = 2_000;
/** Runs that are named of a cause, the newest. */
export const MAX_NAMED = 100;

/** Runs that failed for one reason. */
export interface RunFailure {
  workflowId: string;
  workflowName: string;
  /** The workflow's step that failed; null where it was none that acts, as a wait that ended or a limit of the run. */
  stepId: string | null;
  code: string;
  /** Of the newest. */
  message: string | null;
  count: number;
  firstAt: Date;
  lastAt: Date;
  /** The newest, at most MAX_NAMED. */
  runs: { letterId: number; runId: string; failedAt: Date }[];
}

export interface RunFailures {
  /** The cause that came last first. `hasOlder`: there are dead letters that were not looked through. */
  failures(
    installationId: number,
    filter: { workflowId?: string },
    page: { limit: number; offset: number },
  ): Promise<{ failures: RunFailure[]; total: number; hasOlder: boolean }>;
}

interface Row {
  letter_id: number;
  failed_at: Date;
  run_id: string;
  code: string;
  workflow_id: string;
  workflow_name: string;
  path: string | null;
}

export function createRunFailures(db: Pick<Database, "scoped">): RunFailures {
  return {
    failures: (installationId, { workflowId }, { limit, offset }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const rows = await readFailed(sql, installationId, workflowId);
        const causes = groupRows(rows);
        const shown = causes.slice(offset, offset + limit);
        const messages = await readMessages(sql, installationId, shown.map(({ runs }) => runs[0]!.runId));
        return {
          failures: shown.map((cause) => ({ ...cause, message: messages.get(cause.runs[0]!.runId) ?? null })),
          total: causes.length,
          hasOlder: await hasOlder(sql, installationId),
        };
      }),
  };
}

/** The index step_failed has the step; without it all steps of a run would be read. */
async function readFailed(
  sql: TransactionSql,
  installationId: number,
  workflowId: string | undefined,
): Promise<Row[]> {
  return [
    ...await sql<Row[]>`
      select letter.id as letter_id, letter.finished_at as failed_at, run.id as run_id,
        coalesce(run.error_code, 'INTERNAL') as code, workflow.id as workflow_id, workflow.name as workflow_name, failed.path
      from (${deadLetters(sql, installationId)} order by finished_at desc, id desc limit ${MAX_LOOKED_THROUGH}) letter
      -- One that was retried stands for nothing more.
      join run on run.installation_id = ${installationId} and run.id = letter.run_id and run.state = 'failed'
      join workflow_run on workflow_run.installation_id = ${installationId} and workflow_run.run_id = run.id
        ${workflowId === undefined ? sql`` : sql`and workflow_run.workflow_id = ${workflowId}`}
      join workflow on workflow.id = workflow_run.workflow_id
      left join lateral (
        select path from step where step.installation_id = ${installationId} and step.run_id = run.id
          and step.state = 'failed' and step.kind = 'action'
        order by step.finished_at desc limit 1
      ) failed on true
      where letter.kind = 'run'
      order by letter.finished_at desc, letter.id desc`,
  ];
}

function groupRows(rows: readonly Row[]): Omit<RunFailure, "message">[] {
  const causes = new Map<string, Omit<RunFailure, "message">>();
  for (const { letter_id, failed_at, run_id, code, workflow_id, workflow_name, path } of rows) {
    const stepId = path === null ? null : stepOfPath(path);
    const key = JSON.stringify([workflow_id, stepId, code]);
    let cause = causes.get(key);
    if (!cause) {
      const of = { workflowId: workflow_id, workflowName: workflow_name, stepId, code };
      causes.set(key, cause = { ...of, count: 0, firstAt: failed_at, lastAt: failed_at, runs: [] });
    }
    cause.count++;
    cause.firstAt = failed_at;
    if (cause.runs.length < MAX_NAMED) cause.runs.push({ letterId: letter_id, runId: run_id, failedAt: failed_at });
  }
  return [...causes.values()];
}

async function readMessages(
  sql: TransactionSql,
  installationId: number,
  runIds: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await sql<{ id: string; message: string | null }[]>`
    select id, error_message as message from run where installation_id = ${installationId}
      and id in (select value::uuid from json_array_elements_text(${JSON.stringify(runIds)}::text::json))`;
  return new Map(rows.map(({ id, message }) => [id, message]));
}

async function hasOlder(sql: TransactionSql, installationId: number): Promise<boolean> {
  const rows = await sql`
    ${deadLetters(sql, installationId)} order by finished_at desc, id desc limit 1 offset ${MAX_LOOKED_THROUGH}`;
  return rows.length > 0;
}
