/** How many flows a workspace may have, and how many may run on one event: what each delivery, list and check goes through. */

import { AppError } from "../../base/errors.ts";
import type { TransactionSql } from "../../db/db.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { triggerRows } from "../shape/triggers.ts";

export const MAX_FLOWS = 1_000;
/** Each is decided for every event of the type, and may start a run of it. */
const MAX_FLOWS_OF_EVENT = 500;

/**
 * Throws FLOW_INVALID where the flow would be one too many in its workspace, or one too many that listens for an event.
 * `flowId`: it is there already, and is changed.
 */
export async function requireRoomForFlow(
  sql: TransactionSql,
  { installationId, flowId = 0, definition }: { installationId: number; flowId?: number; definition: FlowDefinition },
): Promise<void> {
  if (flowId === 0) {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from flow
      where installation_id = ${installationId} and deleted_at is null and builtin is null`;
    if (row!.count >= MAX_FLOWS) {
      throw full(`the workspace has ${count(row!.count)} flows, and ${count(MAX_FLOWS)} are allowed; delete one first`);
    }
  }
  if (!definition.enabled) return;
  const types = JSON.stringify(triggerRows(definition.trigger_event_types));
  const [crowded] = await sql<{ event_type: string; count: number }[]>`
    select event_type, count(*)::int as count from flow_trigger
    where installation_id = ${installationId} and flow_id <> ${flowId}
      and event_type in (select event_type from json_to_recordset(${types}::text::json) as t(event_type text))
      and not exists (select from flow_trigger own where own.installation_id = ${installationId}
        and own.flow_id = ${flowId} and own.event_type = flow_trigger.event_type)
    group by event_type having count(*) >= ${MAX_FLOWS_OF_EVENT} order by event_type limit 1`;
  if (crowded) {
    throw full(
      `${count(crowded.count)} flows are switched on for ${crowded.event_type}, and ${
        count(MAX_FLOWS_OF_EVENT)
      } are allowed; switch one off first`,
    );
  }
}

function full(why: string): AppError {
  return new AppError("FLOW_INVALID", `Cannot save the flow: ${why}`);
}

function count(flows: number): string {
  return flows.toLocaleString("en-US");
}
