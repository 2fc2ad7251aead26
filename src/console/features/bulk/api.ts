/** Bulk jobs: failed runs and events that were given up are sent again, counted first, at a rate, until stopped. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";
import { say, sayCount } from "../../words/say.ts";

export type BulkFilter = NonNullable<RequestBody<"post_ui_bulk_jobs">["filter"]>;
export type BulkPlan = Wire<"ResendPlan">;
export type BulkJob = Wire<"BulkJob">;
export type BulkVersion = BulkJob["version"];

/** Runs a minute that a person chooses among. */
export const SPEEDS = [
  { value: 60, label: say("60 a minute") },
  { value: 600, label: say("600 a minute") },
  { value: 6_000, label: say("6,000 a minute") },
] as const;
export type Speed = (typeof SPEEDS)[number]["value"];

export interface BulkWish {
  filter: BulkFilter;
  version: BulkVersion;
  speed: Speed;
}

/** How many there are; nothing is changed. */
export async function planBulk(api: Api, filter: BulkFilter): Promise<BulkPlan> {
  const body: RequestBody<"post_ui_bulk_jobs"> = { filter, dry_run: true };
  return (await api.send<Answer<"post_ui_bulk_jobs">>("POST", "/bulk-jobs", body)).plan;
}

/** Throws ApiError 409 while another job of the workspace is in progress. */
export async function startBulk(api: Api, { filter, version, speed }: BulkWish): Promise<BulkJob> {
  const body: RequestBody<"post_ui_bulk_jobs"> = { filter, version, rate_per_minute: speed };
  return (await api.create<Answer<"post_ui_bulk_jobs">>("/bulk-jobs", body)).job!;
}

export function getBulk(api: Api, id: string, signal?: AbortSignal): Promise<BulkJob> {
  return api.get<Answer<"get_ui_bulk_jobs_id">>(`/bulk-jobs/${encodeURIComponent(id)}`, undefined, signal);
}

export function stopBulk(api: Api, id: string): Promise<BulkJob> {
  return api.send<Answer<"post_ui_bulk_jobs_id_stop">>("POST", `/bulk-jobs/${encodeURIComponent(id)}/stop`);
}

/** "23 runs", "1 event", "3 runs and 1 event" */
export function planText(
  { runs, events }: Pick<BulkPlan, "runs" | "events">,
  number: (value: number) => string,
): string {
  const ofRuns = sayCount(runs, "{count} run", "{count} runs", { count: number(runs) });
  const ofEvents = sayCount(events, "{count} event", "{count} events", { count: number(events) });
  if (runs === 0) return events === 0 ? say("none") : ofEvents;
  return events === 0 ? ofRuns : say("{runs} and {events}", { runs: ofRuns, events: ofEvents });
}
