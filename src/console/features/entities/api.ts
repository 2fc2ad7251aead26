/** The cache of the workspace: how its reading stands, the entities by type, and the timeline of one. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type ReadList = Wire<"ReadList">;
export type WorkspaceRead = Answer<"get_ui_bootstrap">;
export type EntityTypes = Answer<"get_ui_entities_types">["types"];
export type EntityPage = Answer<"get_ui_entities">;
export type Timeline = Answer<"get_ui_entities_kind_id_timeline">;
export type TimelineItem = Wire<"TimelineItem">;

export function getRead(api: Api, signal?: AbortSignal): Promise<WorkspaceRead> {
  return api.get<WorkspaceRead>("/bootstrap", undefined, signal);
}

/** Reads the whole workspace again; gives what became of the wish, in words. */
export async function readAgain(api: Api): Promise<string> {
  return (await api.create<Answer<"post_ui_bootstrap_trigger">>("/bootstrap/trigger")).message;
}

/** The same of one list. */
export async function readListAgain(api: Api, type: string): Promise<string> {
  const path = `/bootstrap/lists/${encodeURIComponent(type)}/read`;
  return (await api.create<Answer<"post_ui_bootstrap_lists_entity_type_read">>(path)).message;
}

export async function getTypes(api: Api, signal?: AbortSignal): Promise<EntityTypes> {
  return (await api.get<Answer<"get_ui_entities_types">>("/entities/types", undefined, signal)).types;
}

export function getEntities(api: Api, type: string, cursor?: string, signal?: AbortSignal): Promise<EntityPage> {
  return api.get<EntityPage>("/entities", { type, cursor, limit: 50 }, signal);
}

export function getTimeline(
  api: Api,
  { type, id }: { type: string; id: string },
  cursor?: string,
  signal?: AbortSignal,
): Promise<Timeline> {
  const path = `/entities/${encodeURIComponent(type)}/${encodeURIComponent(id)}/timeline`;
  return api.get<Timeline>(path, { cursor, limit: 50 }, signal);
}
