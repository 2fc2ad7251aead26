/** GET /ui/schedules: when the flows of the workspace begin by themselves. */

import type { Hono } from "hono";
import { z } from "zod";
import type { RunState } from "../../engine/journal.ts";
import { POLICIES } from "../../schedules/catch_up.ts";
import type { ListedSchedule, ScheduleList } from "../../schedules/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { runState } from "./run_schemas.ts";
import { timing, timingJson } from "./schedule_view.ts";
import { id, instant, workspaceId } from "./schemas.ts";

export interface ScheduleRoutesDeps extends AuthDeps {
  schedules: ScheduleList;
}

const schedule = z.object({
  id,
  flow_id: id,
  flow_name: z.string(),
  ...timing,
  every_seconds: z.int().nullable(),
  missed: z.enum(POLICIES).meta({
    description: "Slots that passed while no instance was running: none of them fires, one for all, or all",
  }),
  enabled: z.boolean().meta({ description: "false: the flow is off, or the program has switched it off" }),
  fault: z.string().nullable().meta({ description: "Why the program has switched it off" }),
  last_fired_at: instant.nullable().meta({ description: "The slot that fired last" }),
  missed_slots: z.int().meta({
    description:
      "Slots that passed without a run of their own: no instance was running, or the flows were switched off",
  }),
  last_missed_at: instant.nullable().meta({ description: "When that was noticed last" }),
  last_run: z.object({ id: z.string(), state: runState }).nullable()
    .meta({ description: "null: it has not fired, or its run is not kept" }),
}).meta({ id: "Schedule" });

const getSchedules = defineRoute({
  method: "get",
  path: "/ui/schedules",
  tag: "Flows",
  summary: "Schedules of all flows",
  about: "Those of flows that are on first, by their next firing.",
  who: "member",
  answer: {
    status: 200,
    about: "The schedules, at most 500",
    schema: z.object({ workspace_id: workspaceId, total: z.int(), schedules: z.array(schedule) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      total: 1,
      schedules: [{
        id: "7",
        flow_id: "3",
        flow_name: "Weekly report",
        cron: "0 9 * * MON",
        zone: "Europe/Berlin",
        words: "every Monday at 09:00 in Berlin",
        next: ["2026-11-30T08:00:00.000Z", "2026-12-07T08:00:00.000Z"],
        every_seconds: null,
        missed: "one",
        enabled: true,
        fault: null,
        last_fired_at: "2026-11-23T08:00:00.000Z",
        missed_slots: 0,
        last_missed_at: null,
        last_run: { id: "0d0f5ec0-9a3f-4b7a-9d53-0d6a6b0e3c11", state: "completed" },
      }],
    },
  },
});
export const scheduleRoutes = [getSchedules];

export function mountSchedules(app: Hono<AppEnv>, deps: ScheduleRoutesDeps) {
  mount(app, deps, getSchedules, async ({ login: { installation } }) => {
    const { now, schedules } = await deps.schedules(installation.id);
    return {
      workspace_id: installation.workspaceId,
      total: schedules.length,
      schedules: schedules.map((one) => scheduleJson(one, now)),
    };
  });
}

function scheduleJson(schedule: ListedSchedule, now: Date) {
  const { id, flowId, flowName, timing, policy, enabled, fault, lastSlot, lastRun, nextAt, ...counted } = schedule;
  return {
    id: String(id),
    flow_id: String(flowId),
    flow_name: flowName,
    ...timingJson(timing, { now, nextAt, enabled }),
    every_seconds: "everySeconds" in timing ? timing.everySeconds : null,
    missed: policy,
    enabled,
    fault,
    last_fired_at: lastSlot?.toISOString() ?? null,
    missed_slots: counted.missedSlots,
    last_missed_at: counted.missedAt?.toISOString() ?? null,
    last_run: lastRun as { id: string; state: RunState } | null,
  };
}
