/** Names beside the ids of people and of what they change. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";
import { type Entity, getNames } from "../flows/names_api.ts";

export type Names = ReadonlyMap<string, Entity>;

const NONE: Names = new Map();
const OPERATOR = "operator:";
const MAX_NAMES = 100;
const STALE_MS = 60_000;

/** Of all ids of Clockify that occur in the value, as far as they are known. */
export function useNames(value: unknown): Names {
  const { api } = useSignedIn();
  const ids = useMemo(() => {
    const found = JSON.stringify(value ?? null).match(/\b[0-9a-f]{24}\b/g) ?? [];
    return [...new Set(found)].slice(0, MAX_NAMES).sort();
  }, [value]);
  const { data = NONE } = useQuery({
    queryKey: ["names", "ids", ids],
    queryFn: ({ signal }) => getNames(api, ids, { signal }),
    enabled: ids.length > 0,
    staleTime: STALE_MS,
  });
  return data;
}

/** "Ada", "operator ops", or the id where no name is known. */
export function personName(person: string, names: Names): string {
  if (person.startsWith(OPERATOR)) return say("operator {name}", { name: person.slice(OPERATOR.length) });
  return names.get(person)?.name ?? person;
}
