/** GET /ui/audit: who changed what in a workspace, and each use of an operator's key for it, newest first. */

import type { Hono } from "hono";
import { z } from "zod";
import { type AuditEntry, type AuditStore, MAX_ACTORS } from "../../audit/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, text } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { anyJson, BETWEEN, cursorPage, id, idCursor, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface AuditRoutesDeps extends AuthDeps {
  audit: AuditStore;
}

const ACTOR_KINDS = ["operator", "user", "clockify", "system"] as const;

const auditEntry = z.object({
  id,
  at: instant,
  actor_kind: z.enum(ACTOR_KINDS),
  actor: z.string().meta({ description: "Id of a user, or name of an operator" }),
  action: z.string().meta({ description: "Method and path of the route, or what happened" }),
  target: z.string().nullable(),
  outcome: z.enum(["done", "refused", "failed"]),
  request_id: z.string().nullable(),
  details: z.record(z.string(), anyJson),
}).meta({ id: "AuditEntry" });

const READS = ["include", "omit"] as const;

const listAudit = defineRoute({
  method: "get",
  path: "/ui/audit",
  tag: "Workspace",
  summary: "Who changed what, newest first",
  who: "admin",
  query: z.object({
    limit: limitUpTo100,
    cursor: idCursor,
    actor: text("Id of a user, or name of an operator"),
    action: text("As the entries show it"),
    reads: oneOf(
      "`omit`: without what an operator only read, as an open console does; a page may then be short",
      READS,
    ),
    ...BETWEEN,
  }),
  answer: {
    status: 200,
    about: "A page of entries",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: cursorPage,
      total: z.int().nullable().meta({
        description: "Changes of all pages; null unless reads are omitted: those are not counted",
      }),
      actors: z.array(z.object({ actor_kind: z.enum(ACTOR_KINDS), actor: z.string() }).meta({ id: "AuditActor" })).meta(
        {
          description: `Who made changes, whatever is asked for, at most ${MAX_ACTORS}; empty unless reads are omitted`,
        },
      ),
      entries: z.array(auditEntry),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      total: 1,
      actors: [{ actor_kind: "user", actor: "5e6a0f7c1f3b2a0012345678" }],
      entries: [{
        id: "91",
        at: "2026-11-21T08:00:00.000Z",
        actor_kind: "user",
        actor: "5e6a0f7c1f3b2a0012345678",
        action: "POST /ui/flows",
        target: "17",
        outcome: "done",
        request_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
        details: { http_status: 201 },
      }],
    },
  },
});
export const auditRoutes = [listAudit];

export function mountAudit(app: Hono<AppEnv>, deps: AuditRoutesDeps) {
  mount(app, deps, listAudit, async ({ login: { installation }, query }) => {
    const { limit, cursor: beforeId, reads, ...filter } = query;
    const changes = reads === "omit" ? await deps.audit.changes(installation.id, filter) : undefined;
    const wanted = { ...filter, withoutReads: reads === "omit" };
    const { entries, nextCursor } = await deps.audit.list(installation.id, wanted, { limit, beforeId });
    return {
      workspace_id: installation.workspaceId,
      pagination: {
        limit,
        has_more: nextCursor !== null,
        next_cursor: nextCursor === null ? null : String(nextCursor),
      },
      total: changes?.total ?? null,
      actors: changes?.actors.map(({ kind, actor }) => ({ actor_kind: kind, actor })) ?? [],
      entries: entries.map(entryJson),
    };
  });
}

function entryJson(entry: AuditEntry) {
  return {
    id: String(entry.id),
    at: entry.at.toISOString(),
    actor_kind: entry.actorKind,
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    outcome: entry.outcome,
    request_id: entry.requestId,
    details: entry.details,
  };
}
