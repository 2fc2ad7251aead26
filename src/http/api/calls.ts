/** /ui/calls: each request to Clockify that was made for a workspace, newest first, whoever made it. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { CALL_OUTCOMES, type CallRow } from "../../calls/call_row.ts";
import type { CallFilter, CallStore } from "../../calls/store.ts";
import { CALL_ORIGINS } from "../../clockify/call_origin.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, text, wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { runId } from "./run_schemas.ts";
import { BETWEEN, cursorPage, id, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface CallRoutesDeps extends AuthDeps {
  calls: CallStore;
}

const PATH = "/ui/calls";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const callId = z.string().meta({ example: "0192f0c1-2345-7abc-8def-0123456789ab" });

const call = z.object({
  id: callId,
  at: instant.meta({ description: "When it was sent" }),
  origin: z.enum(CALL_ORIGINS).meta({
    description: "Who made it: a flow, a person, an undo, or the part of the program that reads",
  }),
  run_id: runId.nullable(),
  flow_id: id.nullable(),
  flow_version: z.int().nullable(),
  step: z.string().nullable().meta({ description: "Where the step stands in its run", example: "root/make_tag" }),
  person: z.string().nullable().meta({
    description: "Clockify id of the user, or operator:<name>; for members an operator has no name",
  }),
  via: z.enum(["explorer", "api_call"]).nullable(),
  change_id: id.nullable().meta({ description: "The change that is undone" }),
  operation_id: z.string().meta({ example: "createNewTag" }),
  method: z.string().meta({ example: "POST" }),
  path: z.string().meta({
    description: "With its query; … stands for values that are no ids, numbers, dates or flags",
    example: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
  }),
  status: z.int().nullable().meta({ description: "null: there was no answer" }),
  outcome: z.enum(CALL_OUTCOMES).meta({
    description: "limited: Clockify answered 429; aborted: given up before there was an answer",
  }),
  error_code: z.string().nullable(),
  attempt: z.int().meta({ description: "From 1; later ones are quick retries of the same call" }),
  duration_ms: z.int(),
  request_bytes: z.int(),
  answer_bytes: z.int(),
  clockify_request_id: z.string().nullable(),
}).meta({ id: "ClockifyCall" });

export const CALL_EXAMPLE = {
  id: "0192f0c1-2345-7abc-8def-0123456789ab",
  at: "2026-11-21T08:00:00.000Z",
  origin: "flow",
  run_id: "0192f0c1-2345-7abc-8def-0123456789aa",
  flow_id: "3",
  flow_version: 1,
  step: "root/make_tag",
  person: null,
  via: null,
  change_id: null,
  operation_id: "createNewTag",
  method: "POST",
  path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
  status: 201,
  outcome: "succeeded",
  error_code: null,
  attempt: 1,
  duration_ms: 112,
  request_bytes: 17,
  answer_bytes: 104,
  clockify_request_id: null,
} as const;

/** A UUID, in any case: other text fits no id. */
const uuid = (about: string) => z.string().regex(UUID, "a UUID").optional().meta({ description: about });

/** What a list and a file of calls is asked with. */
export const callFilters = {
  origin: oneOf("Made by", CALL_ORIGINS),
  operation_id: text("Of one operation"),
  outcome: oneOf("Ended so; unsuccessful: all but succeeded", [...CALL_OUTCOMES, "unsuccessful"]),
  status: wholeNumber("Answered with this status", { fallback: undefined, min: 100, max: 599 }),
  run_id: uuid("Of one run"),
  person: text("Of one person: Clockify id of the user, or operator:<name>"),
  ...BETWEEN,
};
export const callCursor = uuid("next_cursor of the page before");

const listCalls = defineRoute({
  method: "get",
  path: PATH,
  tag: "Calls",
  summary: "Requests to Clockify, newest first",
  about: "Written about a second after the request. What was sent and answered is not kept here.",
  who: "member",
  query: z.object({ limit: limitUpTo100, cursor: callCursor, ...callFilters }),
  answer: {
    status: 200,
    about: "A page of requests; it may be short, even empty, and have a next one",
    schema: z.object({ workspace_id: workspaceId, pagination: cursorPage, calls: z.array(call) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      calls: [CALL_EXAMPLE],
    },
  },
});

const getCall = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Calls",
  summary: "One request to Clockify",
  who: "member",
  params: { id: callId.meta({ description: "Id of the request", example: CALL_EXAMPLE.id }) },
  answer: { status: 200, about: "The request", schema: call, example: CALL_EXAMPLE },
  problems: ["NOT_FOUND"],
});
export const callRoutes = [listCalls, getCall];

export function mountCalls(app: Hono<AppEnv>, deps: CallRoutesDeps) {
  mount(app, deps, listCalls, async ({ login: { installation, role }, query }) => {
    const { limit, cursor: before } = query;
    const { calls, next } = await deps.calls.list(installation.id, callFilter(query), { limit, before });
    return {
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next },
      calls: calls.map((one) => callJson(one, role)),
    };
  });
  mount(app, deps, getCall, async ({ login: { installation, role }, params }) => {
    const found = UUID.test(params.id) ? await deps.calls.find(installation.id, params.id) : undefined;
    if (found) return callJson(found, role);
    throw new AppError("NOT_FOUND", `Cannot find call "${params.id.slice(0, 100)}" in this workspace`);
  });
}

export function callFilter(
  { operation_id: operation, run_id: runId, ...query }: z.output<z.ZodObject<typeof callFilters>>,
): CallFilter {
  const { origin, outcome, status, person, from, to } = query;
  return { origin, operation, outcome, status, runId, person, from, to };
}

const OPERATOR = /^operator:.*/s;

/** Names of operators are for admins, as in the audit. */
export function callJson(row: CallRow, role: Login["role"]) {
  return {
    id: row.id,
    at: row.at.toISOString(),
    origin: row.origin,
    run_id: row.runId,
    flow_id: row.flowId === null ? null : String(row.flowId),
    flow_version: row.flowVersion,
    step: row.stepPath,
    person: role === "member" ? row.person?.replace(OPERATOR, "operator") ?? null : row.person,
    via: row.via,
    change_id: row.changeId === null ? null : String(row.changeId),
    operation_id: row.operation,
    method: row.method,
    path: row.path,
    status: row.status,
    outcome: row.outcome,
    error_code: row.errorCode,
    attempt: row.attempt,
    duration_ms: row.durationMs,
    request_bytes: row.requestBytes,
    answer_bytes: row.answerBytes,
    clockify_request_id: row.upstreamId,
  };
}
