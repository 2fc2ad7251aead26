/** Names of the workspace's entities: for ids that are known, and ids for names that are searched. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";

export type Entity = Wire<"NamedEntity">;

/** By id; unknown ids are absent. At most 100 ids. With `cached` Clockify is not asked for what was never read. */
export async function getNames(
  api: Api,
  ids: readonly string[],
  { signal, cached }: { signal?: AbortSignal; cached?: true } = {},
): Promise<Map<string, Entity>> {
  if (ids.length === 0) return new Map();
  const { names } = await api.get<Answer<"get_ui_entities_names">>("/entities/names", {
    ids: ids.join(","),
    cached,
  }, signal);
  return new Map(Object.entries(names).map(([id, entity]) => [id, { ...entity, id }]));
}

/** By a part of the name; without a `type` of all types. */
export async function searchEntities(
  api: Api,
  { type, text, signal }: { type?: string; text: string; signal?: AbortSignal },
): Promise<Entity[]> {
  const q = text.trim().slice(0, 100);
  if (q === "") return [];
  const { entities } = await api.get<Answer<"get_ui_entities_search">>(
    "/entities/search",
    { type, q, limit: 20 },
    signal,
  );
  return entities;
}

/** "archived" or "deleted", where it is one of them. */
export function markOf({ archived, deleted }: Pick<Entity, "archived" | "deleted">): string | undefined {
  return deleted ? say("deleted") : archived ? say("archived") : undefined;
}
