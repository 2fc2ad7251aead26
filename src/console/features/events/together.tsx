/** The events of all add-ons together, newest first: each opens in its add-on, where it can be replayed. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { useAddons } from "../../shell/addons.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { eventTypes, getVocabulary } from "../flows/vocabulary_api.ts";
import { filterFromUrl, filterToUrl, isFiltered, NO_FILTER, toQuery } from "./filter.ts";
import { FilterBar } from "./filter_bar.tsx";
import { OutcomeTag } from "./outcome.tsx";
import { addonOfEvent, listTogether, type TogetherRow } from "./together_api.ts";

/** While only the newest are shown. */
const AGAIN_MS = 5_000;
/** 1,000 rows, all of them drawn: who looks further back chooses an add-on, whose list draws what is in sight. */
const MAX_PAGES = 20;

export function EventsTogether() {
  const { api } = useSignedIn();
  const [params, setParams] = useSearchParams();
  const { zone } = useFormat();
  const filter = useMemo(() => filterFromUrl(params), [params]);
  const search = useRef<HTMLInputElement>(null);
  const addons = useAddons();
  const nameOf = (key: string) => addons.find((one) => one.key === key)?.name ?? key;
  useEffect(() => void (document.title = say("Events · Timewire")), []);
  const types = useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => getVocabulary(api, signal),
    select: eventTypes,
    staleTime: 300_000,
  });
  const list = useInfiniteQuery({
    queryKey: ["events", "together", filter, zone],
    queryFn: ({ pageParam, signal }) =>
      listTogether(api, { query: toQuery(filter, { now: new Date(), zone }), cursor: pageParam, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) => (state.data?.pages.length ?? 0) > 1 ? false : AGAIN_MS,
  });
  const pages = list.data?.pages ?? [];
  const rows = pages.flatMap(({ rows }) => rows);
  const missing = pages.at(-1)?.missing ?? [];
  const set = (next: typeof filter) => setParams((before) => filterToUrl(next, before), { replace: true });
  return (
    <div className="stack">
      <div className="row head-row">
        <h1>{say("Events")}</h1>
        <span className="muted">{say("All add-ons")}</span>
      </div>
      <div className="stack event-choice">
        <FilterBar filter={filter} onChange={set} types={types.data ?? []} hasSources zone={zone} search={search} />
      </div>
      {missing.map(({ name, why }) => (
        <p key={name} className="fault" role="alert">
          {say("The events of {name} are missing: {why}.", { name, why })}
        </p>
      ))}
      {list.isPending
        ? <Skeleton lines={12} label={say("Loading events")} />
        : list.error && rows.length === 0
        ? <Failure error={list.error} what={say("the events")} onRetry={() => void list.refetch()} />
        : rows.length === 0 && !list.hasNextPage
        ? <Nothing isFiltered={isFiltered(filter)} onClear={() => set(NO_FILTER)} />
        : (
          <RowsTable
            caption={say("Events, newest first")}
            columns={[
              say("Time"),
              say("Add-on"),
              say("Event"),
              say("Subject"),
              say("Outcome"),
              { head: say("Duration"), align: "num" },
            ]}
          >
            {rows.map((row) => <Row key={`${row.addon} ${row.id}`} row={row} addon={nameOf(row.addon)} />)}
          </RowsTable>
        )}
      {list.hasNextPage && (pages.length < MAX_PAGES
        ? (
          <div>
            <button
              type="button"
              className="btn"
              disabled={list.isFetching}
              onClick={() => void list.fetchNextPage()}
            >
              {say("Show older")}
            </button>
          </div>
        )
        : <p className="muted">{say("Choose an add-on in the bar on top to look further back.")}</p>)}
    </div>
  );
}

function Row({ row, addon }: { row: TogetherRow; addon: string }) {
  const format = useFormat();
  const [params] = useSearchParams();
  const there = new URLSearchParams(params);
  there.set("addon", row.addon);
  return (
    <tr>
      <td data-label={say("Time")} className="mono">
        <When at={row.receivedAt} />
      </td>
      <td data-label={say("Add-on")}>
        <Tag tone="idle">{addon}</Tag>
      </td>
      <td data-label={say("Event")}>
        <Link href={`/events/${row.id}?${there}`}>
          <bdi>{row.eventType}</bdi>
        </Link>
        {row.customType && (
          <>
            {" "}
            <bdi className="muted">{row.customType}</bdi>
          </>
        )}
      </td>
      <td data-label={say("Subject")}>
        <bdi>{row.subject ?? row.entity ?? ""}</bdi>
      </td>
      <td data-label={say("Outcome")}>
        <OutcomeTag outcome={row.outcome} reason={row.reason} runs={row.runs} />
      </td>
      <td data-label={say("Duration")} className="num">
        {row.tookMs === null ? "–" : format.duration(row.tookMs)}
      </td>
    </tr>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear(): void }) {
  if (!isFiltered) {
    return (
      <Empty title={say("Nothing has arrived yet")}>
        {say(
          "Change something in Clockify, for example start and stop a timer. The event appears here within seconds.",
        )}
      </Empty>
    );
  }
  return (
    <Empty title={say("No event matches")}>
      <button type="button" className="btn" onClick={onClear}>{say("Clear the filters")}</button>
    </Empty>
  );
}

/** An event by its id alone: its add-on is looked for, and opened. */
export function EventOfAny({ id }: { id: string }) {
  const { api } = useSignedIn();
  const [params] = useSearchParams();
  const found = useQuery({
    queryKey: ["events", "addon", id],
    queryFn: async ({ signal }) => await addonOfEvent(api, id, signal) ?? null,
  });
  if (found.error) {
    return <Failure error={found.error} what={say("the event")} onRetry={() => void found.refetch()} />;
  }
  if (found.data === undefined) return <Skeleton label={say("Loading events")} />;
  if (found.data === null) return <Empty title={say("No add-on of the workspace has event {id}", { id })} />;
  const there = new URLSearchParams(params);
  there.set("addon", found.data);
  return <Redirect to={`/events/${id}?${there}`} replace />;
}
