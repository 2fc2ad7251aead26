/** The sample event of the editor, its fields, and the dry run of the draft on it, repeated shortly after each change. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Api } from "../../shell/client.ts";
import { useSettled } from "../../ui/use_settled.ts";
import { type EventRow, getEvent, listEvents } from "../events/api.ts";
import { type DryRun, dryRunFlow } from "./api.ts";
import { type Entity, getNames } from "./names_api.ts";
import type { Vocabulary } from "./vocabulary_api.ts";
import { pathsIn, type Suggestion } from "./draft/completion.ts";
import { type Draft, idsIn, toFlow } from "./draft/draft.ts";
import { say } from "../../words/say.ts";

const PAUSE_MS = 300;
/** How often to look for a first event of the flow's types. */
const AGAIN_MS = 5_000;
/** Types whose events are offered as samples, and events offered. */
const MAX_TYPES = 6;
const MAX_SAMPLES = 30;

export interface Sample {
  events: readonly EventRow[];
  isReading: boolean;
  eventId: string | undefined;
  paths: readonly Suggestion[];
}

/** Recent events of the trigger's types; the newest unless `wanted` names another. */
export function useSample(
  api: Api,
  { triggers, wanted, vocabulary }: { triggers: readonly string[]; wanted: string | null; vocabulary: Vocabulary },
): Sample {
  const types = triggers.slice(0, MAX_TYPES);
  const recent = useQuery({
    queryKey: ["events", "samples", types],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        types.map((event_type) => listEvents(api, { query: { event_type }, cursor: null, signal })),
      );
      const rows = pages.flatMap(({ rows }) => rows.slice(0, MAX_SAMPLES));
      return rows.sort((one, other) => other.receivedAt.getTime() - one.receivedAt.getTime()).slice(0, MAX_SAMPLES);
    },
    enabled: types.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => data?.length === 0 && AGAIN_MS,
  });
  const listed = types.length > 0 ? recent.data ?? [] : [];
  const eventId = wanted ?? listed[0]?.id;
  const one = useQuery({
    queryKey: ["events", "sample", eventId],
    queryFn: ({ signal }) => getEvent(api, eventId!, signal),
    enabled: eventId !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const detail = eventId === undefined ? undefined : one.data;
  const events = detail && !listed.some(({ id }) => id === detail.id) ? [detail, ...listed] : listed;
  const fields = vocabulary.events.filter(({ type }) => triggers.includes(type)).flatMap((event) => event.fields);
  const paths = useMemo(() => {
    const found = detail ? pathsIn(detail.payload) : [];
    const known = new Set(found.map(({ text }) => text));
    for (const { path, type, values } of fields) {
      if (known.has(path)) continue;
      known.add(path);
      found.push({ text: path, kind: "path", detail: values.length > 0 ? values.join(", ") : type });
    }
    for (const [name, words] of DELIVERY) {
      found.push({ text: `$.delivery.${name}`, kind: "path", detail: words });
    }
    return found;
  }, [detail, triggers.join(" "), vocabulary]);
  return { events, isReading: recent.isLoading || one.isLoading, eventId, paths };
}

const DELIVERY: readonly (readonly [string, string])[] = [
  ["id", say("Id of the event")],
  ["type", say("Type of the event")],
  ["workspaceId", say("Workspace of the event")],
  ["receivedAt", say("Time of arrival of the event")],
];

export interface DryRunState {
  dryRun: DryRun | undefined;
  error: Error | null;
  /** True when the draft was changed since this dry run. */
  isStale: boolean;
}

export function useDryRun(
  api: Api,
  { draft, flowId, eventId, enabled }: {
    draft: Draft;
    flowId: string | undefined;
    eventId: string | undefined;
    enabled: boolean;
  },
): DryRunState {
  const now = JSON.stringify(toFlow(draft));
  const asked = useSettled(now, PAUSE_MS);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ["flows", "dry run", flowId, eventId, asked],
    queryFn: () => dryRunFlow(api, { definition: JSON.parse(asked), flowId, eventId: eventId! }),
    enabled: enabled && eventId !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 10_000,
    retry: false,
  });
  return { dryRun: eventId === undefined ? undefined : data, error, isStale: isPlaceholderData || now !== asked };
}

const NO_NAMES: ReadonlyMap<string, Entity> = new Map();

/** Names of the ids in the draft and in its dry run. */
export function useNames(api: Api, { draft, dryRun }: { draft: Draft; dryRun: DryRun | undefined }) {
  const ids = useMemo(() => {
    const given = JSON.stringify([
      dryRun?.actions.map(({ request, change, step }) => [request, change, step?.says]),
      dryRun?.rules,
    ]);
    return [...new Set([...idsIn(draft), ...(given?.match(/\b[0-9a-f]{24}\b/g) ?? [])])].sort().slice(0, 100);
  }, [draft, dryRun]);
  const { data } = useQuery({
    queryKey: ["names", "ids", ids],
    queryFn: ({ signal }) => getNames(api, ids, { signal }),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return data ?? NO_NAMES;
}
