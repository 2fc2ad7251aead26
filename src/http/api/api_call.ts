/** /api-call: the earlier add-on's route to one operation of Clockify, a second door to the same executor. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { readRequest } from "../../explorer/request.ts";
import type { AppEnv } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { anyJson } from "./schemas.ts";
import { answerCall, isKept } from "./explorer_answer.ts";
import { CALL_PROBLEMS, callerOf, type ExplorerDeps, FILE_ABOUT, makeCall } from "./explorer_calls.ts";
import { apiCallAnswer, apiCallJson, requestFields } from "./explorer_schemas.ts";

const PATH = "/api-call";
const EXAMPLE = {
  success: true,
  status_code: 200,
  response_body: [{ id: "64c777ddd3fcab07cfbb210c", name: "Sprint 1", archived: false }],
  error_message: null,
  duration_ms: 41,
  timestamp: "2026-11-21T08:00:00.000Z",
  metadata: {
    operation_id: "getTags",
    method: "GET",
    path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
    latency_ms: 41,
    as: "addon",
    names: {},
    history_id: "17",
    change_ids: [],
    headers: { "content-type": "application/json" },
    preview: null,
    error: null,
  },
} as const;

const postCall = defineRoute({
  method: "post",
  path: PATH,
  tag: "Explorer",
  summary: "Execute one operation of Clockify, in the add-on's older format",
  about: "As POST /ui/api-explorer/execute, whose spellings it takes too.",
  who: "member",
  creates: true,
  body: {
    schema: z.object({ ...requestFields, endpoint: z.string().optional(), query: requestFields.query_params })
      .catchall(anyJson),
    refusal: "Cannot read the call: expected method and endpoint",
    example: { method: "GET", endpoint: "/workspaces/{workspaceId}/tags", query: { page: 1 } },
  },
  answer: { status: 200, about: "What came of it", schema: apiCallAnswer, example: EXAMPLE, orFile: FILE_ABOUT },
  problems: CALL_PROBLEMS,
});

const getCall = defineRoute({
  method: "get",
  path: `${PATH}/{path}`,
  tag: "Explorer",
  summary: "Read from Clockify: the address behind /api-call, and its query, as they are",
  about: "`path` may hold slashes. workspace_id and addon are the login's; all other parameters go to Clockify. With " +
    "`Accept: application/octet-stream` a file comes as it is, with its content type.",
  who: "member",
  params: { path: z.string().meta({ example: "workspaces/64a687e29ae1f428e7ebe303/tags" }) },
  patterns: { path: ".+" },
  answer: { status: 200, about: "What came of it", schema: apiCallAnswer, example: EXAMPLE, orFile: FILE_ABOUT },
  problems: CALL_PROBLEMS,
});
export const apiCallRoutes = [postCall, getCall];

/** Parameters of the query that are for the login (server/login.ts). */
const OF_LOGIN = ["workspace_id", "addon", "auth_token"];

const FORM = { name: "response_body", whole: apiCallJson } as const;

/** Bytes, and not JSON as well: a browser's or a program's default accepts everything. */
function wantsBytes(accept = ""): boolean {
  return /\bapplication\/octet-stream\b/.test(accept) && !/\bjson\b/.test(accept);
}

export function mountApiCall(app: Hono<AppEnv>, deps: ExplorerDeps) {
  mount(app, deps, postCall, async ({ c, login, json, once }) => {
    const request = readRequest(await json());
    if (request.pages !== undefined) {
      throw new AppError(
        "REQUEST_INVALID",
        "Cannot read pages here: POST /ui/api-explorer/execute answers them as a stream",
      );
    }
    const caller = callerOf(c, login);
    const call = { caller, via: "api_call" as const, deps };
    if (!isKept(c, request)) return await answerCall(request, { ...call, ...FORM });
    return await once((atEnd) => makeCall(request, { ...call, atEnd }), apiCallJson);
  });

  mount(app, deps, getCall, async ({ c, login }) => {
    const { path } = c.env;
    const query = Object.entries(c.req.queries()).filter(([name]) => !OF_LOGIN.includes(name));
    const request = readRequest({
      method: "GET",
      path: path.slice(path.indexOf(PATH) + PATH.length),
      query_params: Object.fromEntries(query.map(([name, values]) => [name, values.length > 1 ? values : values[0]])),
      raw: wantsBytes(c.req.header("accept")),
    });
    const caller = callerOf(c, login);
    return await answerCall(request, { caller, via: "api_call", deps, ...FORM });
  });
}
