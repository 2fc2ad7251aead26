/** The last calls that steps made of an agent, for people. */

import type { Database } from "../db/db.ts";
import { allAttempts } from "../flows/store/attempts.ts";
import { stepOfPath } from "./run_read.ts";
import type { AgentUse } from "./store.ts";

export interface AgentStepCall {
  runId: string;
  workflowId: string;
  workflowName: string;
  stepId: string;
  /** Of the step, from 1. */
  attempt: number;
  /** uncertain: its answer was never recorded. */
  state: "started" | "succeeded" | "failed" | "snoozed" | "uncertain";
  httpStatus: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

/** Of the workflows that use it, in their last MAX_RUNS runs each; the newest first, MAX_SHOWN at most. */
export type AgentStepCalls = (
  installationId: number,
  agent: { name: string; uses: readonly AgentUse[] },
) => Promise<AgentStepCall[]>;

export const MAX_RUNS = 20;
export const MAX_WORKFLOWS = 20;
const MAX_SHOWN = 50;

type Row = Pick<AgentStepCall, "state"> & {
  run_id: string;
  workflow_id: string;
  path: string;
  number: number;
  http_status: number | null;
  error_code: string | null;
  error_message: string | null;
  started_at: Date;
  finished_at: Date | null;
};

export function createAgentStepCalls(db: Pick<Database, "scoped">): AgentStepCalls {
  return (installationId, { name, uses }) =>
    db.scoped({ installationIds: [installationId] }, async (sql) => {
      const names = new Map(uses.map((use) => [use.id, use.name]));
      const ids = JSON.stringify(uses.map(({ id }) => ({ id })));
      const rows = await sql<Row[]>`
        select one.run_id, recent.workflow_id, one.path, one.number, one.state, one.http_status, one.error_code,
          left(one.error_message, 2000) as error_message, one.started_at, one.finished_at
        from json_to_recordset(${ids}::text::json) as used(id uuid)
        cross join lateral (
          select run_id, workflow_id from workflow_run
          where installation_id = ${installationId} and workflow_id = used.id order by created_at desc limit ${MAX_RUNS}
        ) recent
        join ${allAttempts(sql)} one on one.installation_id = ${installationId} and one.run_id = recent.run_id
        where one.request->>'agent' = ${name} and one.request->>'method' = 'message/send'
        order by one.started_at desc, one.run_id, one.path, one.number desc limit ${MAX_SHOWN}`;
      return rows.map((row) => ({
        runId: row.run_id,
        workflowId: row.workflow_id,
        workflowName: names.get(row.workflow_id)!,
        stepId: stepOfPath(row.path),
        attempt: row.number,
        state: row.state,
        httpStatus: row.http_status,
        errorCode: row.error_code,
        errorMessage: row.error_message,
        startedAt: row.started_at,
        finishedAt: row.finished_at,
      }));
    });
}
