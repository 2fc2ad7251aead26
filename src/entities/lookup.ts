/** Names as pages ask for them: out of the cache, and from Clockify what the cache does not have. */

import type { FetchMissing, Requester } from "./fetch_missing.ts";
import type { EntityName, EntityNames, EntityType } from "./names.ts";

export interface NameLookup {
  /** As EntityNames.find(); `type` is a hint for ids that are not known. With `cachedOnly` Clockify is not asked for them. */
  find(
    requester: Requester,
    query: { ids: readonly string[]; type?: EntityType; cachedOnly?: boolean },
  ): Promise<Map<string, EntityName>>;
  /** As EntityNames.search(). Within one type Clockify is asked unless an entity has just this name. */
  search(requester: Requester, query: Parameters<EntityNames["search"]>[1]): Promise<EntityName[]>;
}

export function createNameLookup(
  { names, missing }: { names: Pick<EntityNames, "find" | "search">; missing: FetchMissing },
): NameLookup {
  return {
    find: async (requester, { ids, type, cachedOnly }) => {
      const found = await names.find(requester.id, ids);
      if (cachedOnly) return found;
      const unknown = ids.filter((id) => !found.has(id));
      if (unknown.length === 0 || !(await missing.byId(requester, { ids: unknown, type }))) return found;
      return new Map([...found, ...await names.find(requester.id, unknown)]);
    },

    search: async (requester, query) => {
      const found = await names.search(requester.id, query);
      const { type, q } = query;
      const named = found.some(({ name }) => name.toLowerCase() === q.toLowerCase());
      if (type === undefined || named || !(await missing.byName(requester, { type, q }))) return found;
      return await names.search(requester.id, query);
    },
  };
}
