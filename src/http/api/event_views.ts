/** /ui/event-views: filters of the Events page that a workspace keeps under a name. */

import type { Hono } from "hono";
import { z } from "zod";
import { personOf } from "../../clockify/call_origin.ts";
import { MAX_SEARCH_CHARS } from "../../events/search_text.ts";
import { type EventView, type EventViews, MAX_VIEW_NAME, MAX_VIEWS } from "../../events/views.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { printable } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { OUTCOMES, readSearch, SOURCES } from "./event_filter.ts";
import { rowId, unknownRow } from "./explorer_calls.ts";
import { deleted, id, ID_PARAM, instant, workspaceId } from "./schemas.ts";

export interface EventViewDeps extends AuthDeps {
  body: BodyLimits;
  eventViews: EventViews;
}

const PATH = "/ui/event-views";
const WHAT = "view";

const printableText = (max: number) => z.string().regex(printable(max), `must be 1 to ${max} printable characters`);

/** As the filters of GET /ui/webhooks, some at least. */
export const viewFilter = z.strictObject({
  event_type: printableText(200).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  source: z.enum(SOURCES).optional(),
  reconciled: z.boolean().optional(),
  duplicates: z.boolean().optional(),
  time: z.enum(["1h", "24h", "yesterday", "7d"]).optional().meta({ description: "Before the time of each look" }),
  from: instant.optional(),
  to: instant.optional(),
  search: printableText(MAX_SEARCH_CHARS).optional().meta({ description: "As `search` of GET /ui/webhooks, or an id" }),
}).refine((filter) => Object.values(filter).some((value) => value !== undefined), "must narrow the list down")
  .meta({ id: "EventViewFilter", description: "As the filters of GET /ui/webhooks" });
const input = z.strictObject({ name: z.string().trim().pipe(printableText(MAX_VIEW_NAME)), filter: viewFilter });
const view = z.object({
  id,
  name: z.string(),
  filter: viewFilter,
  person: z.string().meta({ description: "Who changed it last" }),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "EventView" });

type Filter = z.output<typeof viewFilter>;

const INPUT_EXAMPLE = { name: "Failed today", filter: { outcome: "failed", time: "24h" } } as const;
const EXAMPLE = {
  ...INPUT_EXAMPLE,
  id: "3",
  person: "5e6a0f7c1f3b2a0012345678",
  created_at: "2026-11-21T08:00:00.000Z",
  updated_at: "2026-11-21T08:00:00.000Z",
};
const body = {
  schema: input,
  refusal: "Cannot save the view: expected name and filter",
  example: INPUT_EXAMPLE,
};

const listViews = defineRoute({
  method: "get",
  path: PATH,
  tag: "Events",
  summary: "Saved views of the workspace: filters of events, by name",
  who: "member",
  answer: {
    status: 200,
    about: "The views",
    schema: z.object({ workspace_id: workspaceId, total: z.int(), views: z.array(view) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", total: 1, views: [EXAMPLE] },
  },
});
const createView = defineRoute({
  method: "post",
  path: PATH,
  tag: "Events",
  summary: "Save a filter of events under a name, for all of the workspace",
  about: `At most ${MAX_VIEWS} in a workspace, each name once.`,
  who: "admin",
  creates: true,
  body,
  answer: { status: 201, about: "It is saved", headers: { Location: "Its path" }, schema: view, example: EXAMPLE },
  problems: ["CONFLICT"],
});
const updateView = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Events",
  summary: "Rename a saved view, or change its filter",
  who: "admin",
  params: ID_PARAM,
  body,
  answer: { status: 200, about: "The view", schema: view, example: EXAMPLE },
  problems: ["NOT_FOUND", "CONFLICT"],
});
const deleteView = defineRoute({
  method: "delete",
  path: `${PATH}/{id}`,
  tag: "Events",
  summary: "Delete a saved view",
  who: "admin",
  params: ID_PARAM,
  answer: { status: 200, about: "It is deleted", schema: deleted, example: { status: "deleted", id: "3" } },
  problems: ["NOT_FOUND"],
});
export const eventViewRoutes = [listViews, createView, updateView, deleteView];

export function mountEventViews(app: Hono<AppEnv>, deps: EventViewDeps) {
  const { eventViews } = deps;
  mount(app, deps, listViews, async ({ login: { installation } }) => {
    const views = await eventViews.list(installation.id);
    return { workspace_id: installation.workspaceId, total: views.length, views: views.map(viewJson) };
  });

  mount(app, deps, createView, async ({ c, login, body, once }) => {
    const made = readable(await body());
    return await once(
      (atEnd) => eventViews.create(login.installation.id, { ...made, person: personOf(login) }, { atEnd }),
      (one) => {
        c.header("location", `${PATH}/${one.id}`);
        return viewJson(one);
      },
    );
  });

  mount(app, deps, updateView, async ({ login, params, body }) => {
    const id = rowId(params.id, WHAT);
    if (!await eventViews.has(login.installation.id, id)) throw unknownRow(params.id, WHAT);
    const made = readable(await body());
    const changed = await eventViews.update(login.installation.id, id, { ...made, person: personOf(login) });
    if (!changed) throw unknownRow(params.id, WHAT);
    return viewJson(changed);
  });

  mount(app, deps, deleteView, async ({ login, params }) => {
    const id = rowId(params.id, WHAT);
    if (!await eventViews.remove(login.installation.id, id)) throw unknownRow(params.id, WHAT);
    return { status: "deleted" as const, id: String(id) };
  });
}

/** A view whose search can be read. */
function readable(made: z.output<typeof input>) {
  if (made.filter.search !== undefined) readSearch(made.filter.search);
  return made;
}

function viewJson({ id, name, filter, person, createdAt, updatedAt }: EventView) {
  return {
    id: String(id),
    name,
    filter: filter as Filter,
    person,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
