/** The list of events that match a filter: its pages, loaded as they are scrolled to, and the live tail above them. */

import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Api } from "../../shell/client.ts";
import { type EventPage, type EventQuery, type EventRow, type EventUpdate, listEvents } from "./api.ts";
import type { StreamState } from "../../shell/stream.ts";
import { type EventFilter, fits, hasOutcome, toQuery } from "./filter.ts";
import {
  cursorAt,
  type ListState,
  MAX_EMPTIES,
  MAX_LIVE,
  NEW_LIST,
  pagesBetween,
  placeOf,
  released,
  rowCount,
  searchedOlder,
  waitingCount,
  withArrivals,
  withFirstPage,
  withPage,
  withUpdates,
} from "./list_state.ts";
import { type Inbox, useTail } from "./use_tail.ts";

export interface ListedRow {
  row: EventRow;
  /** What changed of it since. */
  update?: EventUpdate;
}

export interface EventList {
  /** False until the first page of this filter was read. */
  isRead: boolean;
  /** Why the first page could not be read. */
  error: Error | null;
  /** Why a further page could not be read. */
  pageError: Error | null;
  state: ListState;
  /** What the server was asked. */
  query: EventQuery;
  stream: StreamState;
  /** Events that wait to be shown. */
  newCount: number;
  /** Other events arrived, and only the server knows whether they match. */
  maybeNew: boolean;
  /** Events that arrived since the page was opened. */
  arrivedCount: number;
  /** Undefined while its page is read. */
  rowAt(index: number): ListedRow | undefined;
  setRange(first: number, last: number): void;
  showNew(): void;
  reread(): void;
  searchOlder(): void;
}

/** Rows from the end at which the next page is read. */
const AHEAD = 40;
/** A page that is not in view is dropped after this time, and loaded again when it is scrolled to. */
const KEEP_PAGE_MS = 20_000;
/** After the tail skipped events, the list is loaded again once no events arrive for this long. */
const CALM_MS = 1_500;
/** Least pause between two loads for rows that only the server can match. */
const REREAD_MS = 3_000;

interface Shown {
  key: string;
  query: EventQuery;
  list: ListState;
}

/** `zone`: the viewer's, whose days count. `following`: new rows are shown at once. */
export function useEventList(
  api: Api,
  { filter, zone, following }: { filter: EventFilter; zone: string; following: boolean },
): EventList {
  const queries = useQueryClient();
  const key = JSON.stringify([filter, filter.time === "yesterday" && zone]);
  const [reads, setReads] = useState(0);
  // What "last hour" means is fixed when the list is read.
  const query = useMemo(() => toQuery(filter, { now: new Date(), zone }), [key, reads]);
  const [stored, setShown] = useState<Shown>({ key, query, list: NEW_LIST });
  const shown = stored.key === key ? stored : { key, query, list: NEW_LIST };
  const { list } = shown;
  const [range, setRangeState] = useState({ first: 0, last: 0 });
  const [maybe, setMaybe] = useState(false);
  const [arrivedCount, setArrivedCount] = useState(0);
  // Messages since the first page was requested: its response may be older than they are.
  const arrived = useRef<EventRow[]>([]);
  const updated = useRef(new Map<string, EventUpdate>());
  const reread = useCallback(() => setReads((count) => count + 1), []);

  const change = (make: (list: ListState) => ListState) =>
    setShown((before) => before.key === key ? { ...before, list: make(before.list) } : before);

  const onInbox = (inbox: Inbox) => {
    const verdicts = inbox.rows.map((row) => ({ row, fit: fits(query, row) }));
    const rows = verdicts.filter(({ fit }) => fit === true).map(({ row }) => row);
    const updates = [...inbox.updates.values()];
    const isUnsure = inbox.gap || verdicts.some(({ fit }) => fit === "unknown") ||
      updates.some((update) => query.outcome !== undefined && hasOutcome(update, query.outcome));
    // Skipped events cannot be matched here: they count only where no filter is set.
    const all = Object.keys(query).length === 0;
    arrived.current = [...rows, ...arrived.current].slice(0, MAX_LIVE);
    for (const update of updates) updated.current.set(update.id, update);
    for (const id of updated.current.keys()) {
      if (updated.current.size <= MAX_LIVE) break;
      updated.current.delete(id);
    }
    if (isUnsure || inbox.skipped > 0 && !all) setMaybe(true);
    setArrivedCount((count) => count + rows.length + (all ? inbox.skipped : 0));
    change((before) =>
      withUpdates(withArrivals(before, { rows, skipped: all ? inbox.skipped : 0, following }), updates)
    );
  };
  const { stream, ready } = useTail(api, onInbox);

  const first = useQuery({
    queryKey: ["events", "first", key, reads],
    enabled: ready,
    gcTime: 0,
    staleTime: Infinity,
    queryFn: ({ signal }) => {
      arrived.current = [];
      updated.current.clear();
      setMaybe(false);
      return listEvents(api, { query, cursor: null, signal });
    },
  });
  const firstPage = first.data;
  useEffect(() => {
    if (!firstPage) return;
    if (firstPage.rows.length > 0) queries.setQueryData(["events", "page", query, cursorAt(firstPage)], firstPage);
    const list = withFirstPage(firstPage, { arrived: arrived.current });
    setShown({ key, query, list: withUpdates(list, [...updated.current.values()]) });
  }, [firstPage]);

  const isRead = stored.key === key && list.total !== null;
  const wantsNext = isRead && list.next !== null && list.empties < MAX_EMPTIES && range.last >= rowCount(list) - AHEAD;
  const cursors = [
    ...pagesBetween(list, range.first, range.last).map(({ cursor }) => cursor),
    ...(wantsNext ? [list.next!] : []),
  ];
  const pages = useQueries({
    queries: cursors.map((cursor) => ({
      queryKey: ["events", "page", shown.query, cursor],
      queryFn: ({ signal }: { signal: AbortSignal }) => listEvents(api, { query: shown.query, cursor, signal }),
      staleTime: Infinity,
      gcTime: KEEP_PAGE_MS,
    })),
  });
  const read = new Map<string, EventPage>();
  pages.forEach(({ data }, index) => {
    if (data) read.set(cursors[index]!, data);
  });
  useEffect(() => {
    if (read.size === 0) return;
    change((before) => [...read].reduce((state, [cursor, page]) => withPage(state, cursor, page), before));
  }, [[...read.keys()].join(" "), shown.query]);

  useEffect(() => {
    if (following) change(released);
  }, [following, key]);
  useEffect(() => {
    if (!following || list.missed === 0) return;
    const timer = setTimeout(reread, CALM_MS);
    return () => clearTimeout(timer);
  }, [following, list.missed, reread]);
  useEffect(() => {
    if (!following || !maybe || first.isFetching) return;
    const timer = setTimeout(reread, REREAD_MS);
    return () => clearTimeout(timer);
  }, [following, maybe, first.isFetching, reread]);

  return {
    isRead,
    error: isRead ? null : first.error,
    pageError: pages.find(({ error }) => error)?.error ?? null,
    state: list,
    query: shown.query,
    stream,
    newCount: waitingCount(list),
    maybeNew: maybe,
    arrivedCount,
    rowAt: (index) => {
      if (index < 0 || index >= rowCount(list)) return undefined;
      const place = placeOf(list, index);
      const row = "row" in place ? place.row : read.get(place.page.cursor)?.rows[place.offset];
      return row && { row, update: list.updates.get(row.id) };
    },
    setRange: useCallback((first: number, last: number) => {
      setRangeState((before) => before.first === first && before.last === last ? before : { first, last });
    }, []),
    showNew: () => list.missed > 0 || maybe ? reread() : change(released),
    reread,
    searchOlder: () => {
      change(searchedOlder);
      for (const page of pages) if (page.isError) void page.refetch();
    },
  };
}
