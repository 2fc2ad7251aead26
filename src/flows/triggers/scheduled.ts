/** The runs that schedules start: of a flow's plan as it is published when the slot fires. */

import type { TransactionSql } from "../../db/db.ts";
import { slotName } from "../../schedules/timing.ts";
import type { FlowSlot } from "../../schedules/fire.ts";
import { UTC } from "../../engine/zone.ts";
import { NO_CANCELS, startGated, type StoredFlow } from "./gated_start.ts";
import type { PassOptions } from "../gates/pass_gates.ts";
import type { RunStart } from "./start.ts";

/**
 * Starts a run for each slot of a flow that is switched on, and gives how many are new: a slot has one run, whoever asks
 * twice. The run finds {"scheduled_at": instant, "slot": its name, "zone": IANA name} at $.webhook.
 */
export async function startScheduledRuns(
  sql: TransactionSql,
  { installationId, slots }: { installationId: number; slots: readonly FlowSlot[] },
  options: PassOptions = NO_CANCELS,
): Promise<number> {
  const ids = JSON.stringify([...new Set(slots.map(({ flowId }) => flowId))]);
  const rows = await sql<(StoredFlow & { version: number; plan_id: number })[]>`
    select id, version, plan_id, name, workspace_id, definition from flow
    where installation_id = ${installationId} and enabled and deleted_at is null
      and id in (select value::bigint from json_array_elements_text(${ids}::text::json))`;
  const flows = new Map(rows.map((row) => [row.id, row]));
  let started = 0;
  for (const { scheduleId, flowId, slot, zone } of slots) {
    const flow = flows.get(flowId);
    if (!flow) continue;
    const start: RunStart = {
      installationId,
      flow: { id: flow.id, version: flow.version, planId: flow.plan_id },
      kind: "schedule",
      key: `schedule:${scheduleId}/${slotName(slot)}`,
      input: { scheduled_at: slot.toISOString(), slot: slotName(slot), zone: zone ?? UTC },
    };
    // What its flow holds back is over with its slot.
    const run = await startGated(sql, start, { flow, options });
    if (run && "isNew" in run && run.isNew) started++;
  }
  return started;
}
