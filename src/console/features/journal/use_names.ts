/** Names of the users and objects that changes speak of; ids stay ids while they are read, or where nothing is known. */

import { useQueries } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { getNames } from "../flows/names_api.ts";
import type { Change } from "./api.ts";
import type { Names } from "./change_words.ts";

/** Of one request. */
const MAX_IDS = 100;
const KEPT_MS = 60_000;

/** Each list is a request of its own, so that a page more does not ask again for those before it. */
export function useNames(lists: readonly (readonly string[])[]): Names {
  const { api } = useSignedIn();
  return useQueries({
    queries: lists.map((ids) => ({
      queryKey: ["names", ...ids],
      queryFn: ({ signal }: { signal: AbortSignal }) => getNames(api, ids, { signal }),
      staleTime: KEPT_MS,
      enabled: ids.length > 0,
    })),
    combine: (results) => new Map(results.flatMap(({ data }) => [...data ?? []])),
  });
}

/** Ids of the page's objects and people, sorted; at most 100. */
export function idsOf(changes: readonly Change[]): string[] {
  const ids = new Set<string>();
  for (const { person, entityId, name } of changes) {
    if (person !== null && !person.startsWith("operator:")) ids.add(person);
    if (entityId !== null && name === null) ids.add(entityId);
  }
  return firstIds(ids);
}

export function firstIds(ids: Iterable<string>): string[] {
  return [...ids].filter((id) => /^[\x21-\x2b\x2d-\x7e]{1,64}$/.test(id)).slice(0, MAX_IDS).sort();
}
