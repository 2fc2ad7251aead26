/** Names of the workspace's entities: for ids that are known, and ids for names that are searched. */

import type { Api } from "../../shell/client.ts";

export interface Entity {
  id: string;
  /** tag, project, user, task, client, ... */
  type: string;
  name: string;
  archived?: boolean;
  deleted?: boolean;
}

/** By id; ids that nothing is known of are absent. At most 100 ids. */
export async function getNames(api: Api, ids: readonly string[], signal?: AbortSignal): Promise<Map<string, Entity>> {
  if (ids.length === 0) return new Map();
  const { names } = await api.get<{ names: Record<string, Omit<Entity, "id">> }>("/entities/names", {
    ids: ids.join(","),
  }, signal);
  return new Map(Object.entries(names).map(([id, entity]) => [id, { ...entity, id, name: String(entity.name) }]));
}

/** By a part of the name. */
export async function searchEntities(
  api: Api,
  { type, text, signal }: { type: string; text: string; signal?: AbortSignal },
): Promise<Entity[]> {
  const q = text.trim().slice(0, 100);
  if (q === "") return [];
  const { entities } = await api.get<{ entities: Entity[] }>("/entities/search", { type, q, limit: 20 }, signal);
  return entities;
}

/** "archived" or "deleted", where it is one of them. */
export function markOf({ archived, deleted }: Pick<Entity, "archived" | "deleted">): string | undefined {
  return deleted ? "deleted" : archived ? "archived" : undefined;
}
