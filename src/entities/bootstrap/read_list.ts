/** Reads one page of one list from Clockify: its entities, whether it is the last, or why there is none. */

import type { ClockifyAnswer, ClockifyClient, RefusalReason } from "../../clockify/client.ts";
import type { CallOrigin } from "../../clockify/call_origin.ts";
import type { CallInstallation } from "../../clockify/request.ts";
import { AppError } from "../../base/errors.ts";
import type { ReadList } from "./lists.ts";
import type { Pace } from "./pace.ts";

export interface Entity {
  id: string;
  /** As Clockify sends it. */
  body: Record<string, unknown>;
}

export interface PageRequest {
  list: ReadList;
  /** Of a list below one. */
  parentId: string;
  /** From 1. */
  page: number;
  /** Default PAGE_SIZE. */
  pageSize?: number;
  /** For lists that take one. */
  window?: { from: Date; to: Date };
  /** Who reads. */
  origin: CallOrigin;
  installation: CallInstallation;
  pace: Pace;
  signal: AbortSignal;
}

export type PageAnswer =
  /** `last` is undefined when nothing says so: the list ends with a page that holds nothing new. */
  | { kind: "page"; entities: Entity[]; last: boolean | undefined }
  /** The parent does not exist any more. */
  | { kind: "parent_gone" }
  /** Clockify takes no request before this time is over. */
  | { kind: "wait"; delayMs: number }
  /** May succeed later. */
  | { kind: "failed"; error: AppError; retryAfterMs?: number }
  /** Asking again changes nothing. `reason` is absent when Clockify's answer cannot be used. */
  | { kind: "refused"; error: AppError; status?: number; reason?: RefusalReason };

/** Clockify's own default. */
export const PAGE_SIZE = 50;
/** The largest page that every list accepts: for a pass that confirms, since a list in one page is one moment's truth. */
export const LARGE_PAGE_SIZE = 200;
/** Longest wait for the rate budget with a slot of the worker held. */
const MAX_WAIT_MS = 10_000;
const MIN_WAIT_MS = 100;
/** Longest wait that an answer may ask for before a page is tried again. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Ids become SQL text and keys: printable, and of any length that Clockify has. */
const ID = /^[\x21-\x7e]{1,100}$/;

/** Reads the page. Rejects only with the reason of an aborted signal. */
export async function readPage(client: ClockifyClient, request: PageRequest): Promise<PageAnswer> {
  const { list, parentId, origin, installation, pace, signal } = request;
  const answer = await client.call({
    operation: list.operation,
    pathParams: list.parent ? { [list.parent.param]: parentId } : {},
    queryParams: queryOf(request),
    origin,
    installation,
    priority: "bulk",
    maxWaitMs: MAX_WAIT_MS,
    pace,
    signal,
  });
  switch (answer.kind) {
    case "ok":
      return toPage(request, answer);
    case "limited":
      return { kind: "wait", delayMs: Math.max(MIN_WAIT_MS, answer.retryInMs) };
    case "failed":
      return answer.error.retryable
        ? { kind: "failed", error: answer.error, retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, answer.retryAfterMs ?? 0) }
        : { kind: "refused", error: answer.error, status: answer.status };
    case "refused":
      if (list.parent && (answer.reason === "gone" || answer.reason === "invalid_or_gone")) {
        return { kind: "parent_gone" };
      }
      return { kind: "refused", error: answer.error, status: answer.status, reason: answer.reason };
  }
}

function queryOf({ list, page, pageSize = PAGE_SIZE, window }: PageRequest): Record<string, unknown> {
  const { query, paging, operation } = list;
  const [pageName, sizeName] = operation.paging;
  return {
    ...query,
    ...(paging === "last_page" && { [pageName!]: page, [sizeName!]: pageSize }),
    ...(list.windowed && window && { start: isoSeconds(window.from), end: isoSeconds(endOf(list, window)) }),
  };
}

/** What is planned lies ahead: it is read as far ahead as back. */
function endOf({ timeEntries }: ReadList, { from, to }: NonNullable<PageRequest["window"]>): Date {
  return timeEntries ? to : new Date(2 * to.getTime() - from.getTime());
}

/** The window, as ISO 8601 with Z; Clockify's instants have whole seconds. */
function isoSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function toPage(request: PageRequest, answer: Extract<ClockifyAnswer, { kind: "ok" }>): PageAnswer {
  const { list } = request;
  const items = itemsOf(list, answer.data);
  if (!items) {
    const error = new AppError(
      "UPSTREAM_RESPONSE_INVALID",
      `Cannot read ${list.operation.operationId}: its answer holds no list`,
    );
    return { kind: "refused", error, status: answer.status };
  }
  const entities = entitiesOf(list, items, request.parentId);
  return { kind: "page", entities, last: isLast(request, items.length, answer.headers["last-page"]) };
}

/** What an answer to the list holds; undefined when it holds no list. */
export function itemsOf(list: ReadList, data: unknown): unknown[] | undefined {
  const items = list.paging === "one" ? [data] : memberOf(data, list.member);
  return Array.isArray(items) ? items : undefined;
}

/** Items with a usable id, one of each: an id that stands twice would be written twice in one statement. */
export function entitiesOf(list: ReadList, items: readonly unknown[], parentId: string): Entity[] {
  const byId = new Map<string, Entity>();
  for (const item of items) {
    const own = memberOf(item, list.id);
    const id = list.idWithParent ? `${parentId}:${own}` : own;
    if (typeof own === "string" && typeof id === "string" && ID.test(id)) {
      byId.set(id, { id, body: item as Record<string, unknown> });
    }
  }
  return [...byId.values()];
}

function isLast(
  { list, pageSize = PAGE_SIZE }: PageRequest,
  count: number,
  header: string | undefined,
): boolean | undefined {
  if (list.paging !== "last_page" || count === 0) return true;
  if (header !== undefined) return header.toLowerCase() === "true";
  return count < pageSize ? true : undefined;
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
