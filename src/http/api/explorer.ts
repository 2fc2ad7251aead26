/** /ui/api-explorer: executes one operation of Clockify, reads its pages as a stream, and writes it as a snippet or as a flow's step. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { shownPath } from "../../calls/shown_path.ts";
import type { Caller } from "../../explorer/caller.ts";
import { flowStepOf } from "../../explorer/flow_step.ts";
import { type PageLine, type PagesEnd, readPages } from "../../explorer/pages.ts";
import { type ExplorerRequest, MAX_PAGES, readRequest } from "../../explorer/request.ts";
import { TOKEN_PLACEHOLDER } from "../../explorer/snippets.ts";
import { keptValue } from "../../explorer/record.ts";
import type { AppEnv } from "../server/app_env.ts";
import { problemOf } from "../server/problem.ts";
import { defineRoute, mount } from "./contract.ts";
import { answerCall, isKept } from "./explorer_answer.ts";
import { CALL_PROBLEMS, callerOf, type ExplorerDeps, FILE_ABOUT, makeCall } from "./explorer_calls.ts";
import { errorJson, executeAnswer, executeJson, pageLine, requestFields } from "./explorer_schemas.ts";
import { streamChunks } from "./export_stream.ts";
import { anyJson, fault } from "./schemas.ts";

export interface ExplorerRoutesDeps extends ExplorerDeps {
  catalogue: Catalogue;
  /** Aborts when the program stops: a stream in progress is cut off. */
  stopping: AbortSignal;
  /** Pages that a stream has read. */
  onPages(pages: number): void;
}

const PATH = "/ui/api-explorer";
const REFUSAL = "Cannot read the call: expected operation_id, or method and path";
const EXAMPLE = { operation_id: "getTags", query_params: { "page-size": 50 } };
const TAG = "Explorer";
/** A stream has it in the place of Accept where a caller cannot set that. */
const NDJSON = "application/x-ndjson";

const execute = defineRoute({
  method: "post",
  path: `${PATH}/execute`,
  tag: TAG,
  summary: "Execute one operation of Clockify",
  about:
    "Checked against the catalogue; what fits is judged by the workspace's guard. A refusal of Clockify is an answer with its " +
    "status in `status_code`. A full replace changes what the body names and keeps the rest. Where the guard asks for a preview, " +
    "nothing is sent until the same request comes with its confirm_token. Members read, with their own rights in Clockify.",
  who: "member",
  creates: true,
  body: {
    schema: z.object({
      ...requestFields,
      pages: z.union([z.literal("all"), z.int().min(1).max(MAX_PAGES)]).optional().meta({
        description: "Of a list: answers a stream of its pages",
      }),
    }).catchall(anyJson).meta({ id: "CallRequest" }),
    refusal: REFUSAL,
    example: EXAMPLE,
  },
  answer: {
    status: 200,
    about: "What came of it",
    schema: executeAnswer,
    example: {
      status: "success",
      success: true,
      status_code: 200,
      headers: { "content-type": "application/json", "last-page": "true" },
      data: [{ id: "64c777ddd3fcab07cfbb210c", name: "Sprint 1", archived: false }],
      size: 66,
      duration_ms: 41,
      timestamp: "2026-11-21T08:00:00.000Z",
      rate_limit: { limit: null, remaining: null, reset: null },
      budget: {
        limit_per_second: 50,
        used_last_second: 1,
        limit_per_hour: null,
        used_last_hour: 12,
        paused_until: null,
      },
      error: null,
      preview: null,
      snippets: {
        curl:
          `curl -X GET 'https://api.clockify.me/api/v1/workspaces/64a687e29ae1f428e7ebe303/tags?page-size=50' \\\n  -H 'X-Addon-Token: ${TOKEN_PLACEHOLDER}'`,
        fetch: "const response = await fetch(...);",
      },
      metadata: {
        operation_id: "getTags",
        method: "GET",
        path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
        latency_ms: 41,
        as: "addon",
        names: {},
        history_id: "17",
        change_ids: [],
      },
    },
    orMedia: {
      media: NDJSON,
      about:
        "with `pages`, one JSON object a line: {type: start}, {type: item, item}, {type: progress} after each page, {type: error, " +
        "error} where a page failed, and {type: end} with the count, what stopped it and where to read on",
      message: pageLine,
      example: { type: "item", item: { id: "64c777ddd3fcab07cfbb210c" } },
    },
    orFile: FILE_ABOUT,
  },
  problems: CALL_PROBLEMS,
});

const snippet = defineRoute({
  method: "post",
  path: `${PATH}/snippet`,
  tag: TAG,
  summary: "A call as curl and as fetch(), without the token; nothing is sent",
  about: "Names are resolved to ids. Of a full replace it has what the body names, which sent as it is loses the rest.",
  who: "member",
  creates: false,
  body: { schema: z.object(requestFields).catchall(anyJson), refusal: REFUSAL, example: EXAMPLE },
  answer: {
    status: 200,
    about: "The snippets",
    schema: z.object({
      operation_id: z.string(),
      method: z.string(),
      path: z.string(),
      snippets: z.object({ curl: z.string(), fetch: z.string() }),
    }),
    example: {
      operation_id: "getTags",
      method: "GET",
      path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
      snippets: { curl: "curl -X GET ...", fetch: "const response = await fetch(...);" },
    },
  },
  problems: ["OPERATION_UNKNOWN", "OPERATION_INPUT_INVALID", "CONFLICT"],
});

const flowStep = defineRoute({
  method: "post",
  path: `${PATH}/flow-step`,
  tag: TAG,
  summary: "A call as an action of a flow; nothing is sent",
  who: "member",
  creates: false,
  body: { schema: z.object(requestFields).catchall(anyJson), refusal: REFUSAL, example: EXAMPLE },
  answer: {
    status: 200,
    about: "The action, for the `actions` of a flow",
    schema: z.object({
      action: z.record(z.string(), anyJson),
      warnings: z.array(fault).meta({ description: "Texts that a flow would take for expressions" }),
    }),
    example: {
      action: { id: "get_tags", type: "clockify", operation_id: "getTags", path_params: {}, query_params: {} },
      warnings: [],
    },
  },
  problems: ["OPERATION_UNKNOWN", "OPERATION_INPUT_INVALID"],
});
export const explorerRoutes = [execute, snippet, flowStep];

export function mountExplorer(app: Hono<AppEnv>, deps: ExplorerRoutesDeps) {
  mount(app, deps, execute, async ({ c, login, json, once }) => {
    const request = readRequest(await json());
    const caller = callerOf(c, login);
    if (request.pages !== undefined) return await streamPages(c, { request, caller, deps });
    const call = { caller, via: "explorer" as const, deps };
    if (!isKept(c, request)) return await answerCall(request, { ...call, name: "data", whole: executeJson });
    return await once((atEnd) => makeCall(request, { ...call, atEnd }), executeJson);
  });

  mount(app, deps, snippet, async ({ c, login, json }) => {
    const request = readRequest(await json());
    const caller = callerOf(c, login);
    const { prepared, snippets } = await deps.executor.describe(request, caller);
    const { operation: { operationId, method }, path } = prepared;
    return { operation_id: operationId, method, path, snippets };
  });

  mount(app, deps, flowStep, async ({ c, login, json }) => {
    const request = readRequest(await json());
    const prepared = await deps.executor.prepare(request, callerOf(c, login));
    return flowStepOf(prepared, { catalogue: deps.catalogue, replace: request.replace });
  });
}

async function streamPages(
  c: Context<AppEnv>,
  { request, caller, deps }: { request: ExplorerRequest; caller: Caller; deps: ExplorerRoutesDeps },
): Promise<Response> {
  if (c.req.header("idempotency-key") !== undefined) {
    throw new AppError(
      "REQUEST_INVALID",
      "Cannot keep the answer: pages are a stream, and reads need no Idempotency-Key",
    );
  }
  const gone = new AbortController();
  const { clock } = deps;
  const opened = await deps.executor.open(request, caller, { via: "explorer", signal: gone.signal });
  const chunks = lines();
  // What fails before anything is sent is answered as a problem.
  const first = await chunks.next().catch((error) => {
    opened.leave();
    throw error;
  });
  const body = streamChunks(first, chunks, {
    clock,
    stopping: deps.stopping,
    onOver: () => {
      gone.abort(new AppError("REQUEST_INVALID", "Cannot read on: the reader is gone"));
      opened.leave();
    },
    onFault: (error) => {
      const { error: { code, message }, status } = problemOf(error, c.env.requestId);
      deps.log.warn("explorer.pages_failed", { request_id: c.env.requestId, error });
      return JSON.stringify({
        type: "error",
        error: { code: status === 500 ? "INTERNAL" : code, ...(status !== 500 && { message }) },
      });
    },
  });
  return c.body(body, 200, { "content-type": `${NDJSON}; charset=utf-8`, "x-content-type-options": "nosniff" });

  /** A page's lines at a time. Kept and counted when it is over, however it ended. */
  async function* lines(): AsyncGenerator<string, void> {
    const begunAtMs = clock.monotonicMs();
    const { prepared, as, send } = opened;
    let end: PagesEnd | undefined;
    let pages = 0;
    let error: unknown;
    try {
      let chunk = "";
      const refused = (answer: Parameters<Parameters<typeof readPages>[1]["onRefused"]>[0]) =>
        error = errorJson({
          execution: { prepared, as, body: prepared.body, outcome: "sent", answer, durationMs: 0, base: opened.base },
          scopes: deps.profile.scopes,
        });
      for await (const line of readPages({ prepared, send }, { pages: request.pages!, clock, onRefused: refused })) {
        chunk += `${JSON.stringify(line satisfies PageLine | { type: "error"; error: unknown })}\n`;
        if (line.type === "end") end = line;
        if (line.type === "progress") pages = line.pages;
        if (line.type === "item") continue;
        yield chunk;
        chunk = "";
      }
    } finally {
      deps.onPages(pages);
      deps.onCall({ via: "explorer", status: error ? "error" : "success" });
      await keep({ end, error, durationMs: Math.round(clock.monotonicMs() - begunAtMs) });
    }
  }

  async function keep({ end, error, durationMs }: { end: PagesEnd | undefined; error: unknown; durationMs: number }) {
    const { prepared: { operation, path, pathParams, queryParams, body }, as } = opened;
    const kept = {
      person: personOf(caller),
      via: "explorer" as const,
      operation: operation.operationId,
      method: operation.method,
      path: shownPath(path),
      actedAs: as,
      outcome: error ? "error" : "success",
      statusCode: error ? null : 200,
      errorCode: error ? (error as { code: string }).code : null,
      durationMs,
      size: end?.bytes ?? null,
      content: {
        request: {
          path_params: keptValue(pathParams),
          query_params: keptValue(queryParams),
          body: keptValue(body ?? null),
          pages: request.pages,
        },
        answer: keptValue(error ?? end ?? { type: "end", stopped_by: "caller" }),
      },
    };
    await deps.history.add(caller.installation.id, kept).catch((failure) =>
      deps.log.warn("explorer.not_kept", { workspace_id: caller.installation.workspaceId, error: failure })
    );
  }
}
