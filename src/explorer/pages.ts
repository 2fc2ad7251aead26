/** Reads the pages of a list one after the other, and gives what it finds as lines of a stream. */

import type { Clock } from "../base/clock.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";
import { itemsOf } from "../clockify/answer_items.ts";
import type { Operation } from "../clockify/operations.ts";
import { isObject } from "../engine/faults.ts";
import type { Opened } from "./execute.ts";
import { MAX_PAGES } from "./request.ts";

/** What ended a stream before the list did; null where the list ended. */
export type StoppedBy = "pages" | "items" | "time" | "bytes" | "error" | null;

/** One line. */
export type PageLine =
  | { type: "start"; operation_id: string; page: number; page_size: number }
  | { type: "item"; item: unknown }
  | { type: "progress"; page: number; pages: number; items: number; bytes: number; elapsed_ms: number }
  | PagesEnd;

export interface PagesEnd {
  type: "end";
  pages: number;
  items: number;
  bytes: number;
  elapsed_ms: number;
  stopped_by: StoppedBy;
  /** Where to read on; null where the list ended. */
  next_page: number | null;
}

/** Rows that a person can still do something with; a report has as many. */
export const MAX_ITEMS = 100_000;
/** As many calls as fit it at a page in 300 ms. */
export const MAX_MS = 300_000;
export const MAX_BYTES = 104_857_600;
/** Rows of a page where the caller names no number, and the operation is known to give as many. */
const PAGE_SIZE = 200;
/** Rows that Clockify gives by default: a page with fewer is the last, whatever was asked for. */
const LEAST_PAGE = 50;

export interface PagesOptions {
  /** How many pages; "all": as many as the limits allow. */
  pages: number | "all";
  clock: Clock;
  /** Called with the answer that ended it, where that was none with data. */
  onRefused(answer: ClockifyAnswer): unknown;
}

/** The lines; ends early when its reader returns it. */
export async function* readPages(
  { prepared: { operation, pathParams, queryParams, body }, send }: Pick<Opened, "prepared" | "send">,
  { pages: wanted, clock, onRefused }: PagesOptions,
): AsyncGenerator<PageLine | { type: "error"; error: unknown }, void> {
  const begunAtMs = clock.monotonicMs();
  const names = pagingOf(operation);
  const whole = isObject(body) ? body : {};
  const given = names.inBody ? within(whole, names.field) : queryParams;
  const size = wholeOf(given[names.size]) ?? sizeOf(operation, names);
  const first = wholeOf(given[names.page]) ?? 1;
  const most = wanted === "all" ? MAX_PAGES : wanted;
  const found = { pages: 0, items: 0, bytes: 0 };
  const elapsed = () => Math.round(clock.monotonicMs() - begunAtMs);
  let stoppedBy: StoppedBy = null;
  let next: number | null = first;
  let before: string | undefined;
  yield { type: "start", operation_id: operation.operationId, page: first, page_size: size };
  while (next !== null) {
    const page: number = next;
    stoppedBy = found.pages >= most
      ? "pages"
      : found.items >= MAX_ITEMS
      ? "items"
      : elapsed() >= MAX_MS
      ? "time"
      : found.bytes >= MAX_BYTES
      ? "bytes"
      : null;
    if (stoppedBy !== null) break;
    const place = { [names.page]: page, [names.size]: size };
    const answer: ClockifyAnswer = await send(
      names.inBody
        ? { operation, pathParams, queryParams, body: placed(whole, names.field, { ...given, ...place }) }
        : { operation, pathParams, queryParams: { ...queryParams, ...place }, body },
    );
    if (answer.kind !== "ok") {
      stoppedBy = "error";
      yield { type: "error", error: onRefused(answer) };
      break;
    }
    const items = itemsOf(answer.data, operation);
    // An operation that takes no notice of the page would give the same one for ever.
    const text = JSON.stringify(items);
    if (items.length > 0 && text === before) {
      next = null;
      break;
    }
    before = text;
    found.pages++;
    found.bytes += text.length;
    for (const item of items) {
      if (found.items >= MAX_ITEMS) break;
      found.items++;
      yield { type: "item", item };
    }
    yield { type: "progress", page, ...found, elapsed_ms: elapsed() };
    const isLast = answer.headers["last-page"] === "true" || items.length < Math.max(1, Math.min(size, LEAST_PAGE));
    next = isLast ? null : page + 1;
  }
  yield { type: "end", ...found, elapsed_ms: elapsed(), stopped_by: stoppedBy, next_page: next };
}

/** Where page and size stand. */
interface PagePlace {
  page: string;
  size: string;
  inBody: boolean;
  /** The field of the body that holds them, as reports have it; undefined: the body itself. */
  field?: string;
}

function pagingOf({ paging }: Operation): PagePlace {
  const names = paging.map((name) => name.replace(/^body:/, "").split("."));
  const [page = ["page"], size = ["page-size"]] = names;
  return {
    page: page.at(-1)!,
    size: size.at(-1)!,
    inBody: paging.some((name) => name.startsWith("body:")),
    ...(page.length > 1 && { field: page[0] }),
  };
}

function within(body: Record<string, unknown>, field: string | undefined): Record<string, unknown> {
  const value = field === undefined ? body : body[field];
  return isObject(value) ? value : {};
}

function placed(body: Record<string, unknown>, field: string | undefined, page: Record<string, unknown>) {
  return field === undefined ? page : { ...body, [field]: page };
}

function sizeOf({ queryParams, bodyFields }: Operation, { size, inBody, field }: PagePlace): number {
  const fields = field === undefined ? bodyFields : bodyFields.find(({ name }) => name === field)?.fields ?? [];
  const { maximum } = (inBody ? fields : queryParams).find(({ name }) => name === size) ?? {};
  return Math.min(PAGE_SIZE, maximum ?? LEAST_PAGE);
}

function wholeOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
