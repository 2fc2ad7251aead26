/** Schedules of workflows: the list, one changed, paused and deleted, and what became of its slots. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type Schedule = Wire<"WorkflowSchedule">;
export type Firing = Wire<"ScheduleFiring">;
export type NewSchedule = RequestBody<"post_api_v1_schedules">;
export type SchedulePatch = RequestBody<"put_api_v1_schedules_schedule_id">;

export type ScheduleFilter = Partial<Record<"name" | "enabled" | "workflow_id", string> & Record<"page", number>>;

export function listSchedules(
  api: Api,
  filter: ScheduleFilter,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_schedules">> {
  return api.get("/schedules", { ...filter }, signal);
}

export async function getSchedule(api: Api, id: string): Promise<{ schedule: Schedule; tag: string }> {
  const { answer, tag } = await api.tagged<Schedule>("GET", `/schedules/${id}`);
  return { schedule: answer, tag };
}

export function createSchedule(api: Api, schedule: NewSchedule): Promise<Schedule> {
  return api.create("/schedules", schedule);
}

export function updateSchedule(api: Api, id: string, patch: SchedulePatch, tag: string): Promise<Schedule> {
  return api.send("PUT", `/schedules/${id}`, patch, { "if-match": `"${tag}"` });
}

export function pauseSchedule(api: Api, id: string): Promise<Schedule> {
  return api.send("POST", `/schedules/${id}/pause`);
}

export function resumeSchedule(api: Api, id: string): Promise<Schedule> {
  return api.send("POST", `/schedules/${id}/resume`);
}

export function deleteSchedule(api: Api, id: string): Promise<unknown> {
  return api.send("DELETE", `/schedules/${id}`);
}

export function listFirings(
  api: Api,
  id: string,
  page: number,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_schedules_schedule_id_firings">> {
  return api.get(`/schedules/${id}/firings`, { page }, signal);
}
