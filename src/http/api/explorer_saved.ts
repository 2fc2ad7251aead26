/** /ui/api-explorer/saved: calls that people keep to make again. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import { withoutSecrets } from "../../explorer/record.ts";
import { readRequest } from "../../explorer/request.ts";
import type { SavedCall, SavedCalls, SavedReader } from "../../explorer/saved.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { rowId, unknownRow } from "./explorer_calls.ts";
import { anyJson, deleted, id, ID_PARAM, instant, orNull, workspaceId } from "./schemas.ts";

export interface ExplorerSavedDeps extends AuthDeps {
  body: BodyLimits;
  saved: SavedCalls;
}

const PATH = "/ui/api-explorer/saved";
const WHAT = "saved call";
const REFUSAL = "Cannot save the call: expected name, shared and request";

const input = z.strictObject({
  name: z.string().trim().min(1, "must be 1 to 120 characters").max(120, "must be 1 to 120 characters"),
  shared: z.boolean("must be true or false").default(false).meta({ description: "All of the workspace see it" }),
  request: z.record(z.string(), anyJson).meta({ description: "As POST /ui/api-explorer/execute takes it" }),
});
const saved = z.object({
  id,
  name: z.string(),
  shared: z.boolean(),
  person: z.string(),
  may_change: z.boolean(),
  request: orNull(z.record(z.string(), anyJson)),
  fault: z.string().nullable().meta({ description: "Why `request` is null: what is stored cannot be opened" }),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "SavedCall" });
const INPUT_EXAMPLE = {
  name: "Tags by page",
  shared: true,
  request: { operation_id: "getTags", query_params: { page: 2 } },
};
const EXAMPLE = {
  ...INPUT_EXAMPLE,
  id: "3",
  person: "5e6a0f7c1f3b2a0012345678",
  may_change: true,
  fault: null,
  created_at: "2026-11-21T08:00:00.000Z",
  updated_at: "2026-11-21T08:00:00.000Z",
};

const listSaved = defineRoute({
  method: "get",
  path: PATH,
  tag: "Explorer",
  summary: "Saved calls: your own, and those that are shared, by name",
  who: "member",
  answer: {
    status: 200,
    about: "The calls",
    schema: z.object({ workspace_id: workspaceId, total: z.int(), saved: z.array(saved) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", total: 1, saved: [EXAMPLE] },
  },
});
const createSaved = defineRoute({
  method: "post",
  path: PATH,
  tag: "Explorer",
  summary: "Save a call",
  about: "At most 500 in a workspace and 100 of one person. Secret fields are not stored.",
  who: "member",
  creates: true,
  body: { schema: input, refusal: REFUSAL, example: INPUT_EXAMPLE },
  answer: { status: 201, about: "It is saved", headers: { Location: "Its path" }, schema: saved, example: EXAMPLE },
  problems: ["CONFLICT"],
});
const getSaved = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Explorer",
  summary: "One saved call",
  who: "member",
  params: ID_PARAM,
  answer: { status: 200, about: "The call", schema: saved, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});
const updateSaved = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Explorer",
  summary: "Change a saved call",
  about: "Your own; admins change those that are shared too.",
  who: "member",
  params: ID_PARAM,
  body: { schema: input, refusal: REFUSAL, example: INPUT_EXAMPLE },
  answer: { status: 200, about: "The call", schema: saved, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});
const deleteSaved = defineRoute({
  method: "delete",
  path: `${PATH}/{id}`,
  tag: "Explorer",
  summary: "Delete a saved call",
  about: "Your own; admins delete those that are shared too.",
  who: "member",
  params: ID_PARAM,
  answer: { status: 200, about: "It is deleted", schema: deleted, example: { status: "deleted", id: "3" } },
  problems: ["NOT_FOUND"],
});
export const explorerSavedRoutes = [listSaved, createSaved, getSaved, updateSaved, deleteSaved];

export function mountExplorerSaved(app: Hono<AppEnv>, deps: ExplorerSavedDeps) {
  mount(app, deps, listSaved, async ({ login }) => {
    const found = await deps.saved.list(savedReaderOf(login));
    return {
      workspace_id: login.installation.workspaceId,
      total: found.length,
      saved: found.map((one) => savedJson(one, login)),
    };
  });

  mount(app, deps, createSaved, async ({ c, login, body, once }) => {
    const made = clean(await body());
    return await once((atEnd) => deps.saved.create(savedReaderOf(login), made, { atEnd }), (one) => {
      c.header("location", `${PATH}/${one.id}`);
      return savedJson(one, login);
    });
  });

  mount(app, deps, getSaved, async ({ login, params }) => {
    const found = await deps.saved.find(savedReaderOf(login), rowId(params.id, WHAT));
    if (!found) throw unknownRow(params.id, WHAT);
    return savedJson(found, login);
  });

  mount(app, deps, updateSaved, async ({ login, params, body }) => {
    const id = rowId(params.id, WHAT);
    const known = await deps.saved.find(savedReaderOf(login), id);
    const changed = known && await deps.saved.update(savedReaderOf(login), id, clean(await body()));
    if (!changed) throw unknownRow(params.id, WHAT);
    return savedJson(changed, login);
  });

  mount(app, deps, deleteSaved, async ({ login, params }) => {
    const id = rowId(params.id, WHAT);
    if (!await deps.saved.remove(savedReaderOf(login), id)) throw unknownRow(params.id, WHAT);
    return { status: "deleted" as const, id: String(id) };
  });
}

/** A call that could be read, without what is good for one request alone, and without secrets. */
function clean({ name, shared, request }: z.output<typeof input>) {
  const { confirm_token: _own, confirmToken: _other, ...rest } = request;
  readRequest(rest);
  return { name, shared, request: withoutSecrets(rest, 0) };
}

/** Whose saved calls a login sees. */
export function savedReaderOf(login: Login): SavedReader {
  return { installationId: login.installation.id, person: personOf(login), isAdmin: login.role === "admin" };
}

function savedJson({ id, name, shared, person, request, fault, createdAt, updatedAt }: SavedCall, login: Login) {
  return {
    id: String(id),
    name,
    shared,
    person,
    may_change: person === personOf(login) || (shared && login.role === "admin"),
    request: request as Record<string, unknown> | null,
    fault,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
