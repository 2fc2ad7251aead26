/** /ui/api-explorer/history: the calls that people made by hand. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import type { CallRow, ExplorerHistory } from "../../explorer/history.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { text } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { rowId, unknownRow } from "./explorer_calls.ts";
import { anyJson, cursorPage, id, ID_PARAM, idCursor, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface ExplorerHistoryDeps extends AuthDeps {
  history: ExplorerHistory;
}

const PATH = "/ui/api-explorer/history";
const WHAT = "call";

const callFields = {
  id,
  at: instant,
  person: z.string().meta({ description: "Id of a user, or operator:<name>" }),
  via: z.enum(["explorer", "api_call"]),
  operation_id: z.string(),
  method: z.string(),
  path: z.string(),
  as: z.enum(["addon", "viewer"]),
  status: z.string().meta({ description: "As POST /ui/api-explorer/execute answers it" }),
  status_code: z.int().nullable(),
  error_code: z.string().nullable(),
  duration_ms: z.int(),
  size: z.int().nullable(),
};
const EXAMPLE = {
  id: "17",
  at: "2026-11-21T08:00:00.000Z",
  person: "5e6a0f7c1f3b2a0012345678",
  via: "explorer",
  operation_id: "getTags",
  method: "GET",
  path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
  as: "addon",
  status: "success",
  status_code: 200,
  error_code: null,
  duration_ms: 41,
  size: 66,
} as const;

const listHistory = defineRoute({
  method: "get",
  path: PATH,
  tag: "Explorer",
  summary: "Calls made by hand, newest first",
  about: "Members see their own, admins and operators those of all. The newest 1,000 are kept, 400 of one person.",
  who: "member",
  query: z.object({
    limit: limitUpTo100,
    cursor: idCursor,
    operation_id: text("Of one operation"),
    person: text("Of one person, for admins"),
  }),
  answer: {
    status: 200,
    about: "A page of calls",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: cursorPage,
      calls: z.array(z.object(callFields).meta({ id: "HandCall" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      calls: [EXAMPLE],
    },
  },
});

const getHistory = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Explorer",
  summary: "One call made by hand, with its request and its answer",
  about: 'Without secrets. What is longer than 16,000 characters is cut, as {"truncated": true, "text": "..."}.',
  who: "member",
  params: ID_PARAM,
  answer: {
    status: 200,
    about: "The call",
    schema: z.object({
      ...callFields,
      request: z.record(z.string(), anyJson).meta({ description: "path_params, query_params, body" }),
      answer: anyJson,
    }),
    example: {
      ...EXAMPLE,
      request: { path_params: {}, query_params: { "page-size": 50 }, body: null },
      answer: [{ id: "64c777ddd3fcab07cfbb210c", name: "Sprint 1", archived: false }],
    },
  },
  problems: ["NOT_FOUND"],
});
export const explorerHistoryRoutes = [listHistory, getHistory];

export function mountExplorerHistory(app: Hono<AppEnv>, deps: ExplorerHistoryDeps) {
  mount(app, deps, listHistory, async ({ login, query }) => {
    const { limit, cursor: before, operation_id: operation } = query;
    const { installation } = login;
    const person = ownOnly(login) ?? query.person;
    const { calls, next } = await deps.history.list(installation.id, { limit, before, person, operation });
    return {
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next === null ? null : String(next) },
      calls: calls.map(callJson),
    };
  });

  mount(app, deps, getHistory, async ({ login, params }) => {
    const found = await deps.history.find(login.installation.id, rowId(params.id, WHAT), { person: ownOnly(login) });
    if (!found) throw unknownRow(params.id, WHAT);
    return { ...callJson(found), request: found.request, answer: found.answer };
  });
}

/** What others called, with the rights of the add-on, may be more than a member may see. */
function ownOnly(login: Login): string | undefined {
  return login.role === "member" ? personOf(login) : undefined;
}

function callJson(call: CallRow) {
  return {
    id: String(call.id),
    at: call.at.toISOString(),
    person: call.person,
    via: call.via,
    operation_id: call.operation,
    method: call.method,
    path: call.path,
    as: call.actedAs,
    status: call.outcome,
    status_code: call.statusCode,
    error_code: call.errorCode,
    duration_ms: call.durationMs,
    size: call.size,
  };
}
