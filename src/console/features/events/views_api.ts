/** Saved views: filters of the Events page that a workspace keeps under a name. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type EventView = Wire<"EventView">;
export type ViewFilter = Wire<"EventViewFilter">;

const PATH = "/event-views";

/** By name. */
export async function listViews(api: Api, signal?: AbortSignal): Promise<EventView[]> {
  return (await api.get<Answer<"get_ui_event_views">>(PATH, undefined, signal)).views;
}

/** Makes one, or changes that of the id. */
export async function saveView(api: Api, view: { name: string; filter: ViewFilter }, id?: string): Promise<EventView> {
  return id === undefined
    ? await api.create<EventView>(PATH, view)
    : await api.send<EventView>("PUT", `${PATH}/${encodeURIComponent(id)}`, view);
}

export async function removeView(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `${PATH}/${encodeURIComponent(id)}`);
}
