/** Names beside the ids in what a view shows: of what was read of the workspace, in one request for the view, with the way to each object's page. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import type { Named } from "../../ui/json_tree.tsx";
import { type Entity, getNames, markOf } from "../flows/names_api.ts";
import { dataHref } from "./words.ts";

/** Of one request; a view with more ids shows the first with names. */
const MAX_IDS = 100;
/** Ids further behind are not looked for: a payload may have megabytes. */
const MAX_TEXT = 400_000;
const KEPT_MS = 60_000;

/** The ids in a value in the order they stand there, each once, at most 100. */
export function idsOf(value: unknown): string[] {
  const text = JSON.stringify(value ?? null).slice(0, MAX_TEXT);
  const ids = new Set<string>();
  for (const [id] of text.matchAll(/\b[0-9a-f]{24}\b/g)) if (ids.add(id).size === MAX_IDS) break;
  return [...ids];
}

/** Name and page of an id in the value; undefined for one that nothing is known of. Clockify is not asked. */
export function useNamed(value: unknown): (id: string) => Named | undefined {
  const { api } = useSignedIn();
  const ids = useMemo(() => idsOf(value).sort(), [value]);
  const { data } = useQuery({
    queryKey: ["names", "cached", ids],
    queryFn: ({ signal }) => getNames(api, ids, { signal, cached: true }),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: KEPT_MS,
  });
  return useCallback((id: string) => namedOf(data?.get(id)), [data]);
}

export function namedOf(entity: Entity | undefined): Named | undefined {
  if (entity === undefined) return undefined;
  const mark = markOf(entity);
  return { name: entity.name, href: dataHref(entity.type, entity.id), ...(mark && { mark }) };
}
