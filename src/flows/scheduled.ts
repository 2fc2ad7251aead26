/** The runs that schedules start: of a flow's plan as it is published when the slot fires. */

import type { TransactionSql } from "../db/db.ts";
import { slotName } from "../schedules/timing.ts";
import type { FlowSlot } from "../schedules/fire.ts";
import { UTC } from "../engine/zone.ts";
import { startRun } from "./start.ts";

/**
 * Starts a run for each slot of a flow that is switched on, and gives how many are new: a slot has one run, whoever asks
 * twice. The run finds {"scheduled_at": instant, "slot": its name, "zone": IANA name} at $.webhook.
 */
export async function startScheduledRuns(
  sql: TransactionSql,
  { installationId, slots }: { installationId: number; slots: readonly FlowSlot[] },
): Promise<number> {
  const ids = JSON.stringify([...new Set(slots.map(({ flowId }) => flowId))]);
  const rows = await sql<{ id: number; version: number; plan_id: number }[]>`
    select id, version, plan_id from flow
    where installation_id = ${installationId} and enabled and deleted_at is null
      and id in (select value::bigint from json_array_elements_text(${ids}::text::json))`;
  const flows = new Map(rows.map(({ id, version, plan_id }) => [id, { id, version, planId: plan_id }]));
  let started = 0;
  for (const { scheduleId, flowId, slot, zone } of slots) {
    const flow = flows.get(flowId);
    if (!flow) continue;
    const run = await startRun(sql, {
      installationId,
      flow,
      kind: "schedule",
      key: `schedule:${scheduleId}/${slotName(slot)}`,
      input: { scheduled_at: slot.toISOString(), slot: slotName(slot), zone: zone ?? UTC },
    });
    if (run?.isNew) started++;
  }
  return started;
}
