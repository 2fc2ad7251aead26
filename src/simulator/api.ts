/** The fake REST API: finds the route, checks credentials, scope and budget in Clockify's order, answers its errors. */

import type { RateLimits } from "./rate_limit.ts";
import { checkBody, checkQuery } from "./catalogue/request_check.ts";
import { checkRights } from "./rights.ts";
import { type ApiAnswer, type ApiCall, ApiRefusal, type ApiWorld, type Caller } from "./route.ts";
import type { RouteTable } from "./route_table.ts";
import type { Workspace } from "./workspace_data.ts";

export interface ApiRequest {
  method: string;
  /** As on the wire, e.g. /api/v1/user. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

export interface Api {
  answer(request: ApiRequest): Promise<ApiAnswer>;
  /** The same routes for a person in Clockify's own pages: no token, no scope, no budget. */
  asPerson(caller: Caller & { kind: "apiKey" }, request: Omit<ApiRequest, "headers">): Promise<ApiAnswer>;
}

export interface ApiOptions {
  world: ApiWorld;
  table: RouteTable;
  limits: RateLimits;
  /** The caller an API key stands for. */
  keyOwner(apiKey: string): Caller | undefined;
}

export function createApi({ world, table, limits, keyOwner }: ApiOptions): Api {
  /** Exactly one of the two credentials. */
  async function callerOf(headers: Record<string, string>): Promise<Caller> {
    const [addonToken, apiKey] = [headers["x-addon-token"], headers["x-api-key"]];
    if ((addonToken === undefined) === (apiKey === undefined)) {
      throw new ApiRefusal(401, "Multiple or none auth tokens present", 1000);
    }
    if (apiKey !== undefined) {
      const owner = keyOwner(apiKey);
      if (!owner) throw new ApiRefusal(401, "Api key does not exist", 4003);
      return owner;
    }
    const invalid = new ApiRefusal(401, "Token is not valid", 4017);
    const claims = await world.tokens.read(addonToken!);
    const installation = claims && world.installations.find(String(claims.addonId));
    // INACTIVE takes API access away; the code is not documented.
    if (!installation || installation.status !== "ACTIVE" || claims.workspaceId !== installation.workspaceId) {
      throw invalid;
    }
    // Webhook and lifecycle tokens name no user and may not call.
    const user = world.workspaces.get(installation.workspaceId)?.users.get(String(claims.user));
    if (!user || claims.backendUrl === undefined) throw invalid;
    return { kind: claims.workspaceRole === undefined ? "installation" : "user", installation, user };
  }

  function workspaceIdOf(caller: Caller): string {
    return caller.kind === "apiKey" ? caller.workspaceId : caller.installation.workspaceId;
  }

  /** The caller in the workspace that the path names: a key goes for every workspace of its person. */
  function callerIn(workspace: Workspace, caller: Caller): Caller {
    if (workspace.id === workspaceIdOf(caller)) return caller;
    const user = caller.kind === "apiKey" ? workspace.users.get(caller.user.id) : undefined;
    // The answer to a token of another workspace is not documented; that of an invalid token is the closest.
    if (!user) throw new ApiRefusal(401, "Token is not valid", 4017);
    return { kind: "apiKey", workspaceId: workspace.id, user };
  }

  async function act(
    sender: Caller,
    request: Omit<ApiRequest, "headers"> & { contentType?: string },
  ): Promise<ApiAnswer> {
    const found = table.find(request.method, request.path);
    if (found === "unknown") {
      throw new ApiRefusal(404, `No static resource ${request.path.replace(/^\/(api\/|report\/)?/, "")}.`, 3000);
    }
    if ("allow" in found) {
      const allow = { Allow: found.allow.join(", ") };
      throw new ApiRefusal(405, `Request method '${request.method}' is not supported`, 3000, allow);
    }
    const workspace = world.workspaces.get(found.params.workspaceId ?? workspaceIdOf(sender));
    if (!workspace) throw new ApiRefusal(404);
    const caller = callerIn(workspace, sender);
    const { params, route, operation } = found;
    checkRights({ route, operation, caller, workspace });
    const body = await parseBody(request.body, request.contentType);
    const call: ApiCall = { world, caller, workspace, params, query: request.query, body };
    if (operation) checkQuery(operation, call);
    if (operation && !route.checksBody) checkBody(operation, route, call);
    return await route.handle(call);
  }

  async function guarded(work: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ApiRefusal) return error.answer();
      throw error;
    }
  }

  return {
    answer: (request) =>
      guarded(async () => {
        const caller = await callerOf(request.headers);
        // Viewers' tokens share the add-on's budget.
        const addonKey = caller.kind === "apiKey" ? "" : caller.installation.addonKey;
        if (addonKey && !limits.admit(addonKey, workspaceIdOf(caller))) {
          // The code of a 429 is not documented.
          throw new ApiRefusal(429, "Too many requests", 429);
        }
        return await act(caller, { ...request, contentType: request.headers["content-type"] });
      }),
    asPerson: (caller, request) => guarded(() => act(caller, request)),
  };
}

/** JSON, or the fields of a form; a file is `{name, content}`, a name that stands several times a list. */
async function parseBody(text: string, contentType = ""): Promise<unknown> {
  if (text === "") return {};
  try {
    if (!contentType.startsWith("multipart/")) return JSON.parse(text);
    const form = await new Response(text, { headers: { "content-type": contentType } }).formData();
    const read = async (value: FormDataEntryValue) =>
      typeof value === "string" ? value : { name: value.name, content: await value.text() };
    const names = [...new Set(form.keys())];
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => {
        const values = await Promise.all(form.getAll(name).map(read));
        return [name, values.length > 1 ? values : values[0]];
      })),
    );
  } catch {
    throw new ApiRefusal(400, "Cannot parse request body", 3002);
  }
}
