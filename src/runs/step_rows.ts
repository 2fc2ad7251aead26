/** Rows of the journal as a walk reads them back. */

import type { Fragment, Query } from "../db/db.ts";
import type { ItemRecord, Progress, StepHistory } from "../engine/journal.ts";
import { KeptOutput } from "../engine/outputs.ts";
import { isFirstUncertain } from "./first_attempts.ts";

export interface StepRow {
  path: string;
  state: StepHistory["state"];
  output: unknown;
  output_ref: string | null;
  output_bytes: number | null;
  error_code: string | null;
  error_message: string | null;
  attempts: number;
  waited_ms: number;
  /** Null where it waits for no time. */
  due_in_ms: number | null;
  /** Of a step that is running. */
  began_ms_ago: number | null;
  failures: number;
  uncertain: boolean;
  key_plan_id: number | null;
  decided: boolean;
  decision: unknown;
  progress?: Progress | null;
}

/** SQL: a StepRow as JSON, over a row of step; `more` are further keys and values. */
export function stepRow(sql: Query, more: Fragment = sql``): Fragment {
  return sql`json_build_object('path', step.path, 'state', step.state, 'output', step.output,
          'output_ref', step.output_ref, 'output_bytes', step.output_bytes,
          'error_code', step.error_code, 'error_message', step.error_message, 'attempts', step.attempts,
          'waited_ms', step.waited_ms, 'due_in_ms', extract(epoch from step.due_at - now()) * 1000,
          'began_ms_ago', case when step.state = 'running' then extract(epoch from now() - ${
    firstBegan(sql)
  }) * 1000 end, 'key_plan_id', step.key_plan_id, 'decided', step.decision is not null,
          'decision', step.decision,
          'failures', (select count(*) from attempt where attempt.run_id = step.run_id and attempt.path = step.path
                       and attempt.state = 'failed' and attempt.number > step.retried_after),
          'uncertain', ${
    isFirstUncertain(sql)
  } or exists (select 1 from attempt where attempt.run_id = step.run_id and attempt.path = step.path
                       and attempt.number = step.attempts and attempt.number > step.retried_after
                       and attempt.state = 'started')${more})`;
}

/** When the first attempt of a row of step began that counts: where a person had it attempted again, the first since then. */
function firstBegan(sql: Query) {
  return sql`case when step.retried_after = 0 then step.started_at else (
            select min(attempt.started_at) from attempt
            where attempt.run_id = step.run_id and attempt.path = step.path and attempt.number > step.retried_after) end`;
}

export function toStepHistory(step: StepRow, nowMs: number): StepHistory {
  return {
    path: step.path,
    state: step.state,
    output: outputOf(step),
    errorCode: step.error_code,
    errorMessage: step.error_message,
    attempts: step.attempts,
    waitedMs: step.waited_ms,
    ...(step.due_in_ms !== null && step.due_in_ms > 0 && { dueAt: nowMs + step.due_in_ms }),
    ...(step.began_ms_ago !== null && { beganAt: nowMs - step.began_ms_ago }),
    failures: step.failures,
    uncertain: step.uncertain,
    keyPlanId: step.key_plan_id,
    ...(step.decided && { decided: { decision: step.decision } }),
    ...(step.progress && { progress: step.progress }),
  };
}

export function toItem(step: StepRow): ItemRecord {
  const { path, state, error_code, error_message } = step;
  return { path, state, output: outputOf(step), errorCode: error_code, errorMessage: error_message };
}

function outputOf({ output, output_ref, output_bytes }: StepRow): unknown {
  return output_ref === null ? output : new KeptOutput(output_ref, output_bytes!);
}
