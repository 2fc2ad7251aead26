/** What executing a call needs of others, as few functions as it uses; app/ gives them. */

/** Names of entities, as entities/lookup.ts has them. */
export interface NameSearch {
  /** Entity types that have names. */
  types: ReadonlySet<string>;
  search(
    installation: { id: number; addon: string },
    query: { q: string; type: string; limit: number; withAddresses: boolean },
  ): Promise<{ id: string; type: string; name: string; archived: boolean }[]>;
}
