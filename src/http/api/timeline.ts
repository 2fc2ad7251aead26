/** /ui/entities/{kind}/{id}/timeline: an entity as it was read, and what happened to it. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { redactPayload } from "../../events/payload.ts";
import {
  decodeTimelineCursor,
  encodeTimelineCursor,
  type TimelineEntity,
  type TimelineItem,
  type TimelineStore,
} from "../../overview/timeline.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { text } from "../server/query.ts";
import { ADMIN_LISTS, ADMIN_TYPES, withoutAmounts } from "./change_view.ts";
import { defineRoute, mount } from "./contract.ts";
import { runState } from "./run_schemas.ts";
import { anyJson, cursorPage, id, instant, limitUpTo100, orNull, workspaceId } from "./schemas.ts";

export interface TimelineRoutesDeps extends AuthDeps {
  timeline: TimelineStore;
}

const MAX_NAME = 100;
const common = { at: instant, id: z.string() };
const item = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("event"),
    ...common,
    event_type: z.string(),
    outcome: z.enum(["waiting", "dispatched", "skipped", "dead"]),
    reconciled: z.boolean(),
  }),
  z.object({
    kind: z.literal("seen"),
    ...common,
    change: z.enum(["created", "updated", "deleted"]),
    before: anyJson.meta({ description: "Of an update the fields that differ, as they were; else its name" }),
    after: anyJson,
  }),
  z.object({
    kind: z.literal("write"),
    ...common,
    operation_id: z.string(),
    state: z.string(),
    origin: z.string(),
    person: z.string().nullable(),
    run_id: z.string().nullable(),
    flow_id: id.nullable(),
    flow_name: z.string().nullable(),
    fields: z.array(z.string()),
  }),
  z.object({
    kind: z.literal("run"),
    ...common,
    flow_id: id,
    flow_name: z.string(),
    state: runState,
    event_id: id,
    replay: z.int(),
  }),
]).meta({
  id: "TimelineItem",
  description:
    "event: a webhook about it; seen: what a read of its list saw otherwise than before; write: what Timewire " +
    "wrote; run: of one of its newest 1,000 events",
});

const entity = z.object({
  id: z.string(),
  operation_id: z.string(),
  fetched_at: instant,
  deleted_at: instant.nullable().meta({ description: "Clockify said so" }),
  body: anyJson,
}).meta({ id: "TimelineEntity" });

const getTimeline = defineRoute({
  method: "get",
  path: "/ui/entities/{kind}/{id}/timeline",
  tag: "Entities",
  summary: "What happened to one entity, newest first",
  about:
    "Events, changes that reads saw, writes of Timewire, and runs. Members get no secrets, mail addresses and amounts.",
  who: "member",
  params: { kind: z.string(), id: z.string() },
  query: z.object({ limit: limitUpTo100, cursor: text("next_cursor of the page before") }),
  answer: {
    status: 200,
    about: "The entity and a page of its timeline",
    schema: z.object({
      workspace_id: workspaceId,
      type: z.string(),
      id: z.string(),
      entity: orNull(entity).meta({ description: "null: it is not cached, or not for members" }),
      items: z.array(item),
      pagination: cursorPage,
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      type: "tag",
      id: "64c777ddd3fcab07cfbb210c",
      entity: {
        id: "64c777ddd3fcab07cfbb210c",
        operation_id: "getTags",
        fetched_at: "2026-11-21T08:00:04.000Z",
        deleted_at: null,
        body: { id: "64c777ddd3fcab07cfbb210c", name: "Sprint 2", archived: false },
      },
      items: [{
        kind: "seen",
        at: "2026-11-21T08:00:04.000Z",
        id: "7",
        change: "updated",
        before: { name: "Sprint 1" },
        after: { name: "Sprint 2" },
      }, {
        kind: "event",
        at: "2026-11-20T08:00:00.000Z",
        id: "4711",
        event_type: "NEW_TAG",
        outcome: "skipped",
        reconciled: false,
      }],
      pagination: { limit: 50, has_more: false, next_cursor: null },
    },
  },
  problems: ["NOT_FOUND"],
});
export const timelineRoutes = [getTimeline];

export function mountTimeline(app: Hono<AppEnv>, deps: TimelineRoutesDeps) {
  mount(app, deps, getTimeline, async ({ login: { installation, role }, params, query }) => {
    const { kind: entityType, id: entityId } = params;
    const after = query.cursor === undefined ? undefined : decodeTimelineCursor(query.cursor);
    const isName = [entityType, entityId].every((name) => name.length <= MAX_NAME && /^[\x21-\x7e]+$/.test(name));
    const page = isName
      ? await deps.timeline.read(installation.id, { entityType, entityId }, { limit: query.limit, after })
      : undefined;
    const shown = role === "admin" || !ADMIN_LISTS.has(entityType) ? page?.entity : undefined;
    if (!page || (!shown && page.items.length === 0 && !after)) {
      throw new AppError("NOT_FOUND", "Cannot find the entity in this workspace: nothing is known of its type and id");
    }
    return {
      workspace_id: installation.workspaceId,
      type: entityType,
      id: entityId,
      entity: shown ? entityJson(shown, role) : null,
      items: page.items.map((one) => itemJson(one, { role, entityType })),
      pagination: {
        limit: query.limit,
        has_more: page.next !== null,
        next_cursor: page.next && encodeTimelineCursor(page.next),
      },
    };
  });
}

function entityJson({ id, operationId, fetchedAt, deletedAt, body }: TimelineEntity, role: Login["role"]) {
  return {
    id,
    operation_id: operationId,
    fetched_at: fetchedAt.toISOString(),
    deleted_at: deletedAt?.toISOString() ?? null,
    body: role === "admin" ? body : redactPayload(body),
  };
}

function itemJson(one: TimelineItem, { role, entityType }: { role: Login["role"]; entityType: string }) {
  const common = { at: one.at.toISOString(), id: one.id };
  switch (one.kind) {
    case "event":
      return {
        kind: one.kind,
        ...common,
        event_type: one.eventType,
        outcome: (one.outcome ?? "waiting") as "waiting" | "dispatched" | "skipped" | "dead",
        reconciled: one.reconciled,
      };
    case "seen": {
      const shown = (value: unknown) => {
        if (role === "admin") return value;
        return ADMIN_TYPES.has(entityType) ? null : redactPayload(withoutAmounts(value));
      };
      return { kind: one.kind, ...common, change: one.change, before: shown(one.before), after: shown(one.after) };
    }
    case "write":
      return {
        kind: one.kind,
        ...common,
        operation_id: one.operationId,
        state: one.state,
        origin: one.origin,
        person: one.person,
        run_id: one.runId,
        flow_id: one.flowId === null ? null : String(one.flowId),
        flow_name: one.flowName,
        fields: one.fields,
      };
    case "run":
      return {
        kind: one.kind,
        ...common,
        flow_id: String(one.flowId),
        flow_name: one.flowName ?? "Deleted flow",
        state: one.state as z.output<typeof runState>,
        event_id: String(one.eventId),
        replay: one.replay,
      };
  }
}
