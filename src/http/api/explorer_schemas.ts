/** What calls by hand are asked with and answered: the schemas of /ui/api-explorer and /api-call, and how an execution becomes them. */

import { z } from "zod";
import type { ClockifyAnswer } from "../../clockify/client.ts";
import type { RateUsage } from "../../clockify/rate_limit.ts";
import type { Execution } from "../../explorer/execute.ts";
import { explain } from "../../explorer/explain.ts";
import { snippetsOf } from "../../explorer/snippets.ts";
import { anyJson, id, instant, orNull } from "./schemas.ts";

const fields = z.record(z.string(), anyJson);

/** Every spelling that the documents have; explorer/request.ts reads it, with faults of its own. */
export const requestFields = {
  workspace_id: z.string().optional().meta({ description: "The login's; also workspaceId" }),
  operation_id: z.string().optional().meta({ description: "Also operationId; or method and path", example: "getTags" }),
  method: z.string().optional(),
  path: z.string().optional().meta({
    description: "Template or address, also endpoint",
    example: "/workspaces/{workspaceId}/tags",
  }),
  params: fields.optional().meta({ description: "{path, query, body}, or parameters of both side by side" }),
  path_params: fields.optional().meta({ description: 'Also pathParams. An id may be {"$name": "..."} or "name:..."' }),
  query_params: fields.optional().meta({ description: "Also queryParams and query" }),
  body: anyJson.optional(),
  replace: z.boolean().optional().meta({
    description:
      "The body is sent as it is. Without it, a full replace is read and merged: what the body leaves out stays",
  }),
  context_bindings: z.record(z.string(), z.enum(["workspaceId", "userId"])).optional()
    .meta({ description: "Also contextBindings: parameters that hold the login's ids" }),
  as: z.enum(["addon", "viewer"]).optional().meta({ description: "Whose rights are used; members use their own" }),
  confirm_token: z.string().optional().meta({ description: "Also confirmToken: of the preview of this very request" }),
  raw: z.boolean().optional().meta({
    description:
      "A file (a report as PDF, CSV, XLSX or ZIP, an invoice, a receipt) comes as it is with its content type, up to 50 MB. " +
      "Without it: within the JSON, as text or base64, up to 1 MB. What is JSON, and what Clockify refuses, comes as ever",
  }),
  developer_mode: z.boolean().optional().meta({ description: "Also developerMode: shows admins what was sent" }),
};

const budget = z.object({
  limit_per_second: z.number().nullable(),
  used_last_second: z.number(),
  limit_per_hour: z.number().nullable().meta({ description: "null where none is known" }),
  used_last_hour: z.number(),
  paused_until: instant.nullable(),
}).meta({ id: "CallBudget", description: "The add-on's budget of calls to Clockify in the workspace" });

const change = z.object({ field: z.string(), before: anyJson, after: anyJson });

const preview = z.object({
  grade: z.string(),
  confirm_token: z.string().nullable().meta({
    description: "Send the same request with it; null where another person decides",
  }),
  request_id: id.nullable().meta({ description: "Of the request that waits for a second person" }),
  expires_at: instant,
  request: z.object({ method: z.string(), path: z.string(), query: anyJson, body: anyJson }).meta({
    description: "What would be sent",
  }),
  changes: z.array(z.array(change)).meta({
    description: "Of a full replace, against what Clockify holds now, object by object",
  }),
  loses: z.string().nullable().meta({ description: "What is lost by what the body does not name" }),
}).meta({ id: "CallPreview" });

const callError = z.object({
  code: z.string(),
  message: z.string(),
  reason: z.string(),
  explanation: z.string().meta({ description: "What it means, and what to do" }),
  scope: z.string().optional(),
  plan: z.string().optional().meta({
    description: "The least plan with the feature, where that may be what is missing",
  }),
  retry_after_ms: z.int().optional(),
}).meta({ id: "CallError" });

const metadata = z.object({
  operation_id: z.string(),
  method: z.string(),
  path: z.string(),
  latency_ms: z.int(),
  as: z.enum(["addon", "viewer"]),
  names: z.record(z.string(), z.object({ id: z.string(), name: z.string() })).meta({
    description: "What names were taken for, by place",
  }),
  history_id: id.nullable(),
  change_ids: z.array(id).meta({ description: "Of a write, its rows in the journal, by which it is undone" }),
  request: z.object({ query: anyJson, body: anyJson }).optional().meta({
    description: "With developer_mode, for admins",
  }),
}).meta({ id: "CallMetadata" });

export const executeAnswer = z.object({
  status: z.enum(["success", "error", "unchanged", "preview", "second_person"]).meta({
    description: "unchanged: the object is already so. preview, second_person: nothing was sent yet",
  }),
  success: z.boolean(),
  status_code: z.int().nullable().meta({ description: "Of Clockify's answer; null where none came" }),
  headers: z.record(z.string(), z.string()),
  data: anyJson,
  size: z.int().nullable().meta({ description: "Bytes of `data` as JSON" }),
  duration_ms: z.int(),
  timestamp: instant,
  rate_limit: z.object({
    limit: z.string().nullable(),
    remaining: z.string().nullable(),
    reset: z.string().nullable(),
  }).meta({ description: "As Clockify's headers say" }),
  budget: orNull(budget),
  error: orNull(callError),
  preview: orNull(preview),
  snippets: z.object({ curl: z.string(), fetch: z.string() }).meta({ description: "With a placeholder for the token" }),
  metadata,
}).meta({ id: "CallAnswer" });

const pages = { pages: z.int(), items: z.int(), bytes: z.int(), elapsed_ms: z.int() };

/** A line of a stream of pages (explorer/pages.ts), and one for the answer that ended it. */
export const pageLine = z.discriminatedUnion("type", [
  z.object({ type: z.literal("start"), operation_id: z.string(), page: z.int(), page_size: z.int() }),
  z.object({ type: z.literal("item"), item: anyJson }),
  z.object({ type: z.literal("progress"), page: z.int(), ...pages }),
  z.object({ type: z.literal("error"), error: callError }),
  z.object({
    type: z.literal("end"),
    ...pages,
    stopped_by: z.enum(["pages", "items", "time", "bytes", "error"]).nullable()
      .meta({ description: "null where the list ended" }),
    next_page: z.int().nullable().meta({ description: "Where to read on" }),
  }),
]).meta({ id: "PageLine" });

export const apiCallAnswer = z.object({
  success: z.boolean(),
  status_code: z.int().nullable(),
  response_body: anyJson,
  error_message: z.string().nullable(),
  duration_ms: z.int(),
  timestamp: instant,
  metadata: metadata.extend({
    headers: z.record(z.string(), z.string()),
    preview: orNull(preview),
    error: orNull(callError),
  }),
}).meta({ id: "ApiCallAnswer" });

export interface AnswerFacts {
  execution: Execution;
  /** Undefined where this process makes no calls. */
  usage: RateUsage | undefined;
  historyId: number | null;
  /** Scopes of the add-on. */
  scopes: readonly string[];
  now: Date;
  /** The caller asked for it and is an admin. */
  developerMode: boolean;
}

/** How an execution ended, in one word. */
export function statusOf({ outcome, answer }: Pick<Execution, "outcome" | "answer">) {
  if (outcome !== "sent") return outcome;
  return answer?.kind === "ok" ? "success" as const : "error" as const;
}

export function executeJson(facts: AnswerFacts) {
  const { execution, usage, now } = facts;
  const { answer, durationMs, prepared, body, base } = execution;
  const status = statusOf(execution);
  const { operation, queryParams, path } = prepared;
  const headers = answer?.kind === "ok" ? answer.headers : {};
  return {
    status,
    success: status === "success" || status === "unchanged",
    status_code: answer && "status" in answer ? answer.status ?? null : null,
    headers,
    data: dataOf(answer),
    size: sizeOf(answer),
    duration_ms: durationMs,
    timestamp: now.toISOString(),
    rate_limit: {
      limit: headers["x-ratelimit-limit"] ?? null,
      remaining: headers["x-ratelimit-remaining"] ?? null,
      reset: headers["x-ratelimit-reset"] ?? null,
    },
    budget: usage ? budgetJson(usage) : null,
    error: errorJson(facts),
    preview: previewJson(execution),
    snippets: snippetsOf({
      method: operation.method,
      path,
      query: queryParams,
      body,
      bodyKind: operation.bodyKind,
      base,
    }),
    metadata: metadataJson(facts),
  };
}

/** As the earlier add-on's route answers. */
export function apiCallJson(facts: AnswerFacts) {
  const { success, status_code, data, duration_ms, timestamp, error, preview, headers, metadata } = executeJson(facts);
  const waits = preview &&
    (preview.confirm_token === null
      ? `Nothing was sent: request ${preview.request_id} waits for a second person`
      : "Nothing was sent: send the same request with metadata.preview.confirm_token to confirm it");
  return {
    success,
    status_code,
    response_body: data,
    error_message: error ? `${error.message}. ${error.explanation}` : waits,
    duration_ms,
    timestamp,
    metadata: { ...metadata, headers, preview, error },
  };
}

function metadataJson({ execution, historyId, developerMode }: AnswerFacts) {
  const { prepared: { operation, path, names, queryParams }, as, durationMs, body } = execution;
  return {
    operation_id: operation.operationId,
    method: operation.method,
    path,
    latency_ms: durationMs,
    as,
    names,
    history_id: historyId === null ? null : String(historyId),
    change_ids: (execution.changeIds ?? []).map(String),
    ...(developerMode && { request: { query: queryParams, body: body ?? null } }),
  };
}

/** Of a refusal what Clockify itself says. */
export function dataOf(answer: ClockifyAnswer | undefined): unknown {
  if (answer?.kind === "ok") return answer.data;
  if (answer?.kind !== "refused" && answer?.kind !== "failed") return null;
  const { code, upstreamMessage } = answer.error.details;
  if (code === undefined && upstreamMessage === undefined) return null;
  return { ...(code !== undefined && { code }), ...(upstreamMessage !== undefined && { message: upstreamMessage }) };
}

export function sizeOf(answer: ClockifyAnswer | undefined): number | null {
  if (answer?.kind !== "ok") return null;
  if (answer.overflowBytes !== undefined) return answer.overflowBytes;
  return answer.data === null ? 0 : new TextEncoder().encode(JSON.stringify(answer.data)).byteLength;
}

/** Of an answer that is no success. */
export function errorJson({ execution: { answer, prepared, as }, scopes }: Pick<AnswerFacts, "execution" | "scopes">) {
  const explained = answer && explain(answer, { operation: prepared.operation, as, scopes });
  if (!answer || !explained || answer.kind === "ok") return null;
  const retryMs = answer.kind === "limited"
    ? answer.retryInMs
    : answer.kind === "failed"
    ? answer.retryAfterMs
    : undefined;
  return {
    code: answer.kind === "limited" ? "UPSTREAM_RATE_LIMITED" : answer.error.code,
    message: answer.kind === "limited"
      ? `Cannot call ${prepared.operation.operationId}: too many requests`
      : answer.error.message,
    reason: explained.reason,
    explanation: explained.text,
    ...(explained.scope !== undefined && { scope: explained.scope }),
    ...(explained.plan !== undefined && { plan: explained.plan }),
    ...(retryMs !== undefined && { retry_after_ms: Math.ceil(retryMs) }),
  };
}

function previewJson({ decision, prepared, body, changes = [] }: Execution) {
  if (!decision) return null;
  const { operation, path, queryParams, loses } = prepared;
  return {
    grade: decision.grade,
    confirm_token: decision.kind === "preview" ? decision.confirmToken : null,
    request_id: decision.kind === "second_person" ? decision.requestId : null,
    expires_at: decision.expiresAt.toISOString(),
    request: { method: operation.method, path, query: queryParams, body: body ?? null },
    changes,
    loses: loses ?? null,
  };
}

function budgetJson({ limitPerSecond, usedLastSecond, limitPerHour, usedLastHour, pausedUntilMs }: RateUsage) {
  return {
    limit_per_second: limitPerSecond ?? null,
    used_last_second: usedLastSecond,
    limit_per_hour: limitPerHour ?? null,
    used_last_hour: usedLastHour,
    paused_until: pausedUntilMs === undefined ? null : new Date(pausedUntilMs).toISOString(),
  };
}
