/** What is wrong with a schedule that is to be saved, all of it at once. */

import { AppError } from "../base/errors.ts";
import type { TransactionSql } from "../db/db.ts";
import type { Fault } from "../engine/faults.ts";
import { isTimeZone } from "../engine/zone.ts";
import { requireTiming, slotsAfter } from "../schedules/timing.ts";
import { inputFaults, type InputSchema } from "./input.ts";
import { EXECUTABLE, type WorkflowStatus } from "./store.ts";

export const CANNOT_SAVE = "Cannot save the schedule";

export function invalid(faults: readonly Fault[]): AppError {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return new AppError("REQUEST_INVALID", `${CANNOT_SAVE}: it has ${count}`, { details: { faults } });
}

export function nameInUse(name: string): AppError {
  return new AppError("CONFLICT", `${CANNOT_SAVE}: the name "${name}" is in use by another schedule`);
}

export interface OfWorkflow extends Omit<InputSchema, "workflowId"> {
  name: string;
  status: WorkflowStatus;
  flow_id: number;
  workflowId: string;
}

/** Undefined for one that is unknown or deleted. */
export async function readWorkflow(
  sql: TransactionSql,
  installationId: number,
  id: string,
): Promise<OfWorkflow | undefined> {
  const [row] = await sql<OfWorkflow[]>`
    select workflow.id as "workflowId", workflow.name, workflow.status, workflow.flow_id, workflow.version,
      workflow_version.definition->'input_schema' as input_schema
    from workflow join workflow_version on workflow_version.workflow_id = workflow.id
      and workflow_version.version = workflow.version
    where workflow.installation_id = ${installationId} and workflow.id = ${id} and workflow.status <> 'deleted'
    for share of workflow`;
  return row;
}

export function workflowFaults(workflow: OfWorkflow | undefined): Fault[] {
  if (!workflow) return [{ path: "workflow_id", message: "names no workflow" }];
  if (EXECUTABLE.includes(workflow.status)) return [];
  const message = `names workflow "${workflow.name}", which is ${workflow.status}: set its status to active`;
  return [{ path: "workflow_id", message }];
}

export function fitFaults(workflow: OfWorkflow | undefined, input: Record<string, unknown>): Fault[] {
  return workflow ? inputFaults(workflow, input) : [];
}

export interface GivenTiming {
  cron: string;
  timezone: string;
}

export function timingFaults({ cron, timezone }: GivenTiming, at: Date): Fault[] {
  const knowsZone = isTimeZone(timezone);
  const faults = knowsZone ? [] : [{ path: "timezone", message: "must be a time zone such as Europe/Berlin or UTC" }];
  try {
    requireTiming({ cron, zone: knowsZone ? timezone : "UTC" }, at);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    faults.push({ path: "cron", message: error.message.replace(/^Cannot schedule ".*": /s, "cannot be read: ") });
  }
  return faults;
}

/** In one spelling; of a timing without faults. */
export function timingOf({ cron, timezone }: GivenTiming, at: Date): { cron: string; zone: string } {
  return requireTiming({ cron, zone: timezone }, at) as { cron: string; zone: string };
}

/** Throws REQUEST_INVALID where no date matches any more. */
export function nextSlot({ cron, zone }: { cron: string; zone: string }, at: Date): Date {
  const [next] = slotsAfter({ cron, zone }, at, 1);
  if (!next) throw invalid([{ path: "cron", message: "no date matches it any more" }]);
  return next;
}
