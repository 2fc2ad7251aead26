/** Names as pages ask for them: out of the cache, and from Clockify what the cache does not have. */

import type { Ask, Asker } from "./ask.ts";
import type { EntityName, EntityNames, EntityType } from "./names.ts";

export interface NameLookup {
  /** As EntityNames.find(); `type` is a hint for ids that are not known. */
  find(asker: Asker, query: { ids: readonly string[]; type?: EntityType }): Promise<Map<string, EntityName>>;
  /** As EntityNames.search(). Within one type Clockify is asked unless an entity has just this name. */
  search(asker: Asker, query: Parameters<EntityNames["search"]>[1]): Promise<EntityName[]>;
}

export function createNameLookup(
  { names, ask }: { names: Pick<EntityNames, "find" | "search">; ask: Ask },
): NameLookup {
  return {
    find: async (asker, { ids, type }) => {
      const found = await names.find(asker.id, ids);
      const unknown = ids.filter((id) => !found.has(id));
      if (unknown.length === 0 || !(await ask.byId(asker, { ids: unknown, type }))) return found;
      return new Map([...found, ...await names.find(asker.id, unknown)]);
    },

    search: async (asker, query) => {
      const found = await names.search(asker.id, query);
      const { type, q } = query;
      const named = found.some(({ name }) => name.toLowerCase() === q.toLowerCase());
      if (type === undefined || named || !(await ask.byName(asker, { type, q }))) return found;
      return await names.search(asker.id, query);
    },
  };
}
