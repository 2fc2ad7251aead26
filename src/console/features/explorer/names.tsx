/** Names in the place of Clockify's ids. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type Entity, getNames } from "../flows/names_api.ts";
import { isFields } from "./call.ts";
import { say } from "../../words/say.ts";

export type Names = ReadonlyMap<string, Entity>;

const NONE: Names = new Map();
const MOST = 100;

/** Of the ids in the value, as far as they are known. */
export function useNamesIn(value: unknown): Names {
  const { api } = useSignedIn();
  const ids = useMemo(() => {
    const found = JSON.stringify(value ?? null).slice(0, 400_000).match(/\b[0-9a-f]{24}\b/g) ?? [];
    return [...new Set(found)].slice(0, MOST).sort();
  }, [value]);
  const { data } = useQuery({
    queryKey: ["names", "ids", ids],
    queryFn: ({ signal }) => getNames(api, ids, { signal }),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return data ?? NONE;
}

const MAX_ITEMS = 12;

/** A value as a person reads it: names for ids, a list by its items. */
export function Said({ value, names }: { value: unknown; names: Names }): ReactNode {
  if (value === undefined || value === null) return <span className="muted">{say("nothing")}</span>;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="muted">{say("none")}</span>;
    return (
      <ul className="ex-values">
        {value.slice(0, MAX_ITEMS).map((item, index) => (
          <li key={index}>
            <Said value={item} names={names} />
          </li>
        ))}
        {value.length > MAX_ITEMS && (
          <li className="muted">{say("and {count} more", { count: value.length - MAX_ITEMS })}</li>
        )}
      </ul>
    );
  }
  if (isFields(value)) return <bdi className="mono">{JSON.stringify(value).slice(0, 300)}</bdi>;
  if (typeof value !== "string") return <bdi className="mono">{String(value)}</bdi>;
  const name = names.get(value)?.name;
  return name === undefined ? <bdi>{value === "" ? '""' : value}</bdi> : <bdi title={value}>{name}</bdi>;
}
