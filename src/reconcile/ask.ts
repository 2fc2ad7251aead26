/** Reads one page of a delivery log or of an entity feed. */

import type { ClockifyAnswer, ClockifyCall, ClockifyClient } from "../clockify/client.ts";
import { builtinCatalogue } from "../clockify/operations.ts";
import type { CallInstallation } from "../clockify/request.ts";
import { AppError } from "../base/errors.ts";
import { feedItems, type FeedKind } from "./feeds.ts";

export interface Span {
  from: Date;
  to: Date;
  /** From 0. */
  page: number;
}

export interface AskDeps {
  client: ClockifyClient;
  signal: AbortSignal;
}

/** One attempt of a delivery. */
export interface LoggedDelivery {
  body: string;
  /** When it was answered; undefined where the log does not say. */
  at?: Date;
}

/** Items of a page of both. */
export const PAGE_ITEMS = 50;
const MAX_WAIT_MS = 5_000;
const FEED_OPERATIONS: Readonly<Record<FeedKind, string>> = {
  created: "getCreatedEntityInfo",
  updated: "getUpdatedEntityInfo",
  deleted: "getDeletedEntityInfo",
};

/** Throws RATE_LIMITED (`details.retryInMs`) or what Clockify's refusal or silence is, as an error of its code. */
export async function askFeed(
  kind: FeedKind,
  { installation, types, span }: { installation: CallInstallation; types: readonly string[]; span: Span },
  deps: AskDeps,
): Promise<unknown[]> {
  const { from, to, page } = span;
  const data = await ask(FEED_OPERATIONS[kind], installation, deps, {
    queryParams: { type: types, start: seconds(from), end: seconds(to), page: String(page), limit: String(PAGE_ITEMS) },
  });
  const items = feedItems(kind, data);
  if (!items) throw unreadable(FEED_OPERATIONS[kind]);
  return items;
}

/** The same of a webhook's log, oldest first, with a person's key. */
export async function askLog(
  webhookId: string,
  { caller, span }: { caller: CallInstallation; span: Span },
  deps: AskDeps,
): Promise<(LoggedDelivery | undefined)[]> {
  const data = await ask("getLogsForWebhook", caller, deps, {
    pathParams: { webhookId },
    queryParams: { page: span.page, size: PAGE_ITEMS },
    body: { from: seconds(span.from), to: seconds(span.to), status: "ALL", sortByNewest: false },
  });
  if (!Array.isArray(data)) throw unreadable("getLogsForWebhook");
  return data.map((row) => {
    const { requestBody, respondedAt } = (row ?? {}) as Record<string, unknown>;
    if (typeof requestBody !== "string") return undefined;
    const at = typeof respondedAt === "string" ? new Date(respondedAt) : undefined;
    return { body: requestBody, at: at && Number.isNaN(at.getTime()) ? undefined : at };
  });
}

async function ask(
  operationId: string,
  installation: CallInstallation,
  { client, signal }: AskDeps,
  parts: Pick<ClockifyCall, "pathParams" | "queryParams" | "body">,
): Promise<unknown> {
  const answer: ClockifyAnswer = await client.call({
    operation: builtinCatalogue().find(operationId)!,
    ...parts,
    origin: { kind: "coverage" },
    installation,
    priority: "bulk",
    maxWaitMs: MAX_WAIT_MS,
    signal,
  });
  if (answer.kind === "ok") return answer.data;
  if (answer.kind !== "limited") throw answer.error;
  throw new AppError("RATE_LIMITED", `Cannot call ${operationId}: the workspace's rate budget is used up`, {
    retryable: true,
    details: { retryInMs: answer.retryInMs },
  });
}

/** Clockify's instants have whole seconds. */
function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function unreadable(operationId: string): AppError {
  return new AppError("UPSTREAM_RESPONSE_INVALID", `Cannot read ${operationId}: its answer holds no list`);
}
