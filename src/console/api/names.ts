/** Names of the workspace's entities: for ids that are known, and ids for names that are searched. */

import type { Api } from "./client.ts";

export interface Entity {
  id: string;
  /** tag, project, user, task, client, ... */
  type: string;
  name: string;
}

/** By id; ids that nothing is known of are absent. At most 100 ids. */
export async function getNames(api: Api, ids: readonly string[], signal?: AbortSignal): Promise<Map<string, Entity>> {
  if (ids.length === 0) return new Map();
  const { names } = await api.get<{ names: Record<string, { type: string; name: unknown }> }>("/entities/names", {
    ids: ids.join(","),
  }, signal);
  return new Map(Object.entries(names).map(([id, { type, name }]) => [id, { id, type, name: String(name) }]));
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
