/**
 * What the list of events knows: which pages stand where, and the rows of the live tail above them. Rows of pages are not
 * kept here: they are read again by their cursor when they come into sight. Pure.
 */

import type { EventPage, EventRow, EventUpdate } from "./api.ts";

/** A page that was read once: what to ask for, and which places of the list it fills. */
export interface PagePlace {
  cursor: string;
  /** Place of its first row among the rows of pages. */
  start: number;
  count: number;
}

export interface ListState {
  /** Rows of the tail that are shown, newest first, above the pages. */
  live: readonly EventRow[];
  /** Rows of the tail that wait to be shown, newest first. */
  held: readonly EventRow[];
  /** Number of further events in neither list: too many arrived. */
  missed: number;
  pages: readonly PagePlace[];
  /** Cursor of what follows the last page; null: nothing does. */
  next: string | null;
  /** Pages without a row, one after another, at the end. */
  empties: number;
  /** Matches when the list was read, and those that came since; null before it was read. */
  total: number | null;
  totalIsExact: boolean;
  /** Latest known changes, by event; those of the last MAX_UPDATES. */
  updates: ReadonlyMap<string, EventUpdate>;
  /** Ids of the first page: the tail may send them again. */
  firstIds: ReadonlySet<string>;
  /** Events with a lower id belong to further pages: a tail that reconnects may send them again. Null: there are none. */
  pagedBelow: string | null;
}

export const MAX_LIVE = 500;
/** What stays of the tail when it is full: it is not cut for each row. */
const KEPT_LIVE = 250;
const MAX_UPDATES = 2_000;
/** Empty pages that are passed without asking. */
export const MAX_EMPTIES = 5;
/** A browser's elements end at about 16 million pixels. */
export const MAX_ROWS = 200_000;

export const NEW_LIST: ListState = {
  live: [],
  held: [],
  missed: 0,
  pages: [],
  next: null,
  empties: 0,
  total: null,
  totalIsExact: true,
  updates: new Map(),
  firstIds: new Set(),
  pagedBelow: null,
};

/** Sets the first page: the tail begins above it. Rows that arrived while it was loading are kept. */
export function withFirstPage(
  page: EventPage,
  { arrived = [] }: { arrived?: readonly EventRow[] } = {},
): ListState {
  const firstIds = new Set(page.rows.map(({ id }) => id));
  const live = arrived.filter(({ id }) => !firstIds.has(id)).slice(0, MAX_LIVE);
  return {
    ...NEW_LIST,
    live,
    pages: page.rows.length === 0 ? [] : [{ cursor: cursorAt(page), start: 0, count: page.rows.length }],
    next: page.nextCursor,
    empties: page.rows.length === 0 ? 1 : 0,
    total: (page.total ?? page.rows.length) + live.length,
    totalIsExact: page.totalIsExact,
    firstIds,
    pagedBelow: page.nextCursor === null ? null : page.rows.at(-1)?.id ?? page.nextCursor,
  };
}

/** The cursor that reads the first page again, without what came since. */
export function cursorAt(page: EventPage): string {
  return String(BigInt(page.rows[0]!.id) + 1n);
}

/** A page was read. One that is known may have lost rows to retention; the one that was next becomes the last. */
export function withPage(state: ListState, cursor: string, page: EventPage): ListState {
  const known = state.pages.findIndex((place) => place.cursor === cursor);
  const count = page.rows.length;
  if (known >= 0) {
    if (state.pages[known]!.count === count) return state;
    const pages = [...state.pages];
    pages[known] = { ...pages[known]!, count };
    return { ...state, pages: placed(pages) };
  }
  if (cursor !== state.next) return state;
  const empties = count === 0 ? state.empties + 1 : 0;
  const pages = count === 0 ? state.pages : [...state.pages, { cursor, start: rowsOfPages(state), count }];
  return { ...state, pages, empties, next: rowsOfPages({ pages }) >= MAX_ROWS ? null : page.nextCursor };
}

/** Events came. `following`: they are shown at once; else they wait. */
export function withArrivals(
  state: ListState,
  { rows, skipped, following }: { rows: readonly EventRow[]; skipped: number; following: boolean },
): ListState {
  const known = new Set([...state.live, ...state.held].map(({ id }) => id));
  const fresh = rows.filter(({ id }) => !known.has(id) && !state.firstIds.has(id) && !isBelow(id, state.pagedBelow));
  if (fresh.length === 0 && skipped === 0) return state;
  const next = { ...state, missed: state.missed + skipped, total: (state.total ?? 0) + fresh.length + skipped };
  const held = newestFirst([...fresh, ...state.held]);
  if (following) return released({ ...next, held });
  return { ...next, held: held.slice(0, MAX_LIVE), missed: next.missed + Math.max(0, held.length - MAX_LIVE) };
}

/** Shows the rows that waited. What does not fit any more is read by its cursor again. */
export function released(state: ListState): ListState {
  if (state.held.length === 0) return state;
  const live = newestFirst([...state.held, ...state.live]);
  if (live.length <= MAX_LIVE) return { ...state, live, held: [] };
  const kept = live.slice(0, KEPT_LIVE);
  const next = kept.at(-1)!.id;
  return { ...state, live: kept, held: [], pages: [], next, empties: 0, firstIds: new Set(), pagedBelow: next };
}

export function withUpdates(state: ListState, updates: readonly EventUpdate[]): ListState {
  if (updates.length === 0) return state;
  const all = new Map(state.updates);
  for (const update of updates) {
    all.delete(update.id);
    all.set(update.id, update);
  }
  for (const id of all.keys()) {
    if (all.size <= MAX_UPDATES) break;
    all.delete(id);
  }
  return { ...state, updates: all };
}

/** Continues past empty pages. */
export function searchedOlder(state: ListState): ListState {
  return { ...state, empties: 0 };
}

/** How many events the button "n new" is for. */
export function waitingCount({ held, missed }: ListState): number {
  return held.length + missed;
}

export function rowCount(state: ListState): number {
  return state.live.length + rowsOfPages(state);
}

/** Where the row at `index` stands. */
export function placeOf(state: ListState, index: number): { row: EventRow } | { page: PagePlace; offset: number } {
  if (index < state.live.length) return { row: state.live[index]! };
  const page = state.pages[pageAt(state, index - state.live.length)]!;
  return { page, offset: index - state.live.length - page.start };
}

/** Pages that have rows between `first` and `last`. */
export function pagesBetween(state: ListState, first: number, last: number): readonly PagePlace[] {
  const from = first - state.live.length;
  const to = last - state.live.length;
  if (to < 0 || state.pages.length === 0) return [];
  return state.pages.slice(pageAt(state, Math.max(0, from)), pageAt(state, to) + 1);
}

/** Index of the last page that begins at or before `offset`. */
function pageAt({ pages }: ListState, offset: number): number {
  let low = 0;
  let high = pages.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pages[middle]!.start <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function rowsOfPages({ pages }: Pick<ListState, "pages">): number {
  const last = pages.at(-1);
  return last ? last.start + last.count : 0;
}

function placed(pages: PagePlace[]): PagePlace[] {
  let start = 0;
  return pages.map((page) => {
    const here = { ...page, start };
    start += page.count;
    return here;
  });
}

function isBelow(id: string, end: string | null): boolean {
  return end !== null && compareIds(id, end) < 0;
}

function newestFirst(rows: EventRow[]): EventRow[] {
  return rows.sort((a, b) => compareIds(b.id, a.id));
}

/** Ids are numbers that grow; as texts they may be longer than a double holds. */
function compareIds(a: string, b: string): number {
  return a.length - b.length || (a > b ? 1 : a < b ? -1 : 0);
}
