/** What becomes of the slots of workflows' schedules: each starts one run, or says why none began. */

import { AppError } from "../base/errors.ts";
import type { Query, TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { startRun } from "../flows/triggers/start.ts";
import type { FlowSlot } from "../schedules/fire.ts";
import { slotName } from "../schedules/timing.ts";
import { inputFaults, type InputSchema } from "./input.ts";
import { EXECUTABLE, type WorkflowStatus } from "./store.ts";

/**
 * started: a run. held_back: as many of its runs are in progress as it may have. not_executable: its workflow is deleted or not
 * active. input_invalid: its input does not fit the input_schema that the workflow has by now. None of the last three is made up for.
 */
export const FIRING_OUTCOMES = ["started", "held_back", "not_executable", "input_invalid"] as const;
export type FiringOutcome = (typeof FIRING_OUTCOMES)[number];

export interface Firing {
  slot: Date;
  firedAt: Date;
  outcome: FiringOutcome;
  /** Why no run began. */
  reason: string | null;
  runId: string | null;
  /** Null where there is none, and where retention deleted it. */
  runState: RunState | null;
}

/** Kept of a schedule, beside those whose runs are in progress. */
export const KEPT_FIRINGS = 100;

interface Due extends Omit<InputSchema, "workflowId"> {
  id: string;
  schedule_id: number;
  name: string;
  input: unknown;
  max_runs: number;
  open: number;
  workflowId: string;
  workflow_name: string;
  status: WorkflowStatus;
  flow_id: number;
  plan_id: number;
  /** Once it was looked at. */
  fit?: { why: string | undefined };
}

/**
 * Fires those of the slots that are of workflows' schedules, in the transaction that moves them on and holds their rows; gives
 * how many runs are new, and the slots of others. A slot has one run, and one row, whoever asks twice.
 */
export async function fireWorkflowSlots(
  sql: TransactionSql,
  { installationId, slots }: { installationId: number; slots: readonly FlowSlot[] },
): Promise<{ started: number; others: readonly FlowSlot[] }> {
  const known = await readDue(sql, installationId, slots);
  if (known.size === 0) return { started: 0, others: slots };
  let started = 0;
  for (const { scheduleId, slot } of slots) {
    const due = known.get(scheduleId);
    if (!due) continue;
    const end = await fireOne(sql, { installationId, due, slot });
    if (end.outcome === "started") {
      due.open++;
      started++;
    }
    await record(sql, { installationId, id: due.id, slot, ...end });
  }
  for (const { id } of known.values()) await forgetOld(sql, installationId, id);
  return { started, others: slots.filter(({ scheduleId }) => !known.has(scheduleId)) };
}

interface FiringEnd {
  outcome: FiringOutcome;
  reason?: string;
  runId?: string;
}

async function fireOne(
  sql: TransactionSql,
  { installationId, due, slot }: { installationId: number; due: Due; slot: Date },
): Promise<FiringEnd> {
  const { workflow_name: workflow, status } = due;
  if (!EXECUTABLE.includes(status)) {
    return { outcome: "not_executable", reason: `workflow "${workflow}" is ${status}` };
  }
  // Once for all slots of the schedule: it may take half a second.
  const { why } = due.fit ??= { why: misfitOf(due) };
  if (why !== undefined) {
    return {
      outcome: "input_invalid",
      reason: `the input does not fit version ${due.version}: ${why}`.slice(0, 1_000),
    };
  }
  if (due.open >= due.max_runs) {
    return { outcome: "held_back", reason: `${due.open} of its runs are in progress, ${due.max_runs} may be` };
  }
  const run = await startRun(sql, {
    installationId,
    flow: { id: due.flow_id, version: due.version, planId: due.plan_id },
    kind: "schedule",
    key: `schedule:${due.schedule_id}/${slotName(slot)}`,
    input: due.input,
    asked: { by: `schedule:${due.name}`, scheduleId: due.id },
  });
  return run
    ? { outcome: "started", runId: run.id }
    : { outcome: "not_executable", reason: "the Workflow Management API is switched off" };
}

/** Undefined where the input fits. One that cannot be held against the schema must not keep other schedules from firing. */
function misfitOf(due: Due): string | undefined {
  try {
    const faults = inputFaults(due, due.input);
    if (faults.length === 0) return undefined;
    return faults.slice(0, 5).map(({ path, message }) => `${path} ${message}`).join("; ");
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

async function readDue(
  sql: TransactionSql,
  installationId: number,
  slots: readonly FlowSlot[],
): Promise<Map<number, Due>> {
  const ids = JSON.stringify([...new Set(slots.map(({ scheduleId }) => scheduleId))]);
  const rows = await sql<Due[]>`
    select own.id, own.schedule_id, own.name, own.input, own.max_runs, workflow.id as "workflowId",
      workflow.name as workflow_name, workflow.status, workflow.version, workflow.flow_id, flow.plan_id,
      workflow_version.definition->'input_schema' as input_schema,
      (select count(*)::int from schedule_firing firing
        join run on run.installation_id = ${installationId} and run.id = firing.run_id
        where firing.workflow_schedule_id = own.id and run.state in ('pending', 'running', 'waiting')) as open
    from workflow_schedule own join workflow on workflow.id = own.workflow_id
    join flow on flow.installation_id = ${installationId} and flow.id = workflow.flow_id
    join workflow_version on workflow_version.workflow_id = workflow.id and workflow_version.version = workflow.version
    where own.installation_id = ${installationId}
      and own.schedule_id in (select value::bigint from json_array_elements_text(${ids}::text::json))
    for share of workflow, flow`;
  return new Map(rows.map((row) => [row.schedule_id, row]));
}

async function record(
  sql: TransactionSql,
  { installationId, id, slot, outcome, reason, runId }: FiringEnd & { installationId: number; id: string; slot: Date },
): Promise<void> {
  await sql`
    insert into schedule_firing (workflow_schedule_id, installation_id, slot, outcome, reason, run_id)
    values (${id}, ${installationId}, ${slot}, ${outcome}, ${reason ?? null}, ${runId ?? null})
    on conflict do nothing`;
}

async function forgetOld(sql: TransactionSql, installationId: number, id: string): Promise<void> {
  await sql`
    delete from schedule_firing old where installation_id = ${installationId} and workflow_schedule_id = ${id}
      and slot < (select slot from schedule_firing where workflow_schedule_id = ${id}
        order by slot desc offset ${KEPT_FIRINGS - 1} limit 1)
      and not exists (select 1 from run where run.installation_id = ${installationId} and run.id = old.run_id
        and run.state in ('pending', 'running', 'waiting'))`;
}

interface FiringRow {
  slot: Date | string;
  fired_at: Date | string;
  outcome: FiringOutcome;
  reason: string | null;
  run_id: string | null;
  run_state: RunState | null;
}

/** Of a schedule, the newest first. */
export async function firingPage(
  sql: Query,
  { installationId, scheduleId, outcome, limit, offset }: {
    installationId: number;
    scheduleId: string;
    outcome?: FiringOutcome;
    limit: number;
    offset: number;
  },
): Promise<{ firings: Firing[]; total: number }> {
  const fits = sql`firing.installation_id = ${installationId} and workflow_schedule_id = ${scheduleId}
    ${outcome === undefined ? sql`` : sql`and outcome = ${outcome}`}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*)::int as total from schedule_firing firing where ${fits}`;
  const rows = await sql<FiringRow[]>`
    select slot, fired_at, outcome, reason, run_id, run.state as run_state from schedule_firing firing
    left join run on run.installation_id = firing.installation_id and run.id = firing.run_id
    where ${fits} order by slot desc limit ${limit} offset ${offset}`;
  return { firings: rows.map(toFiring), total: count!.total };
}

/** As JSON of the row. */
export function lastFiring(row: FiringRow | null): Firing | null {
  return row && toFiring(row);
}

function toFiring({ slot, fired_at, outcome, reason, run_id, run_state }: FiringRow): Firing {
  return {
    slot: new Date(slot),
    firedAt: new Date(fired_at),
    outcome,
    reason,
    runId: run_id,
    runState: run_state,
  };
}
