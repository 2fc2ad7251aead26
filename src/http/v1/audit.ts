/** GET /api/v1/audit: who changed what, each row with its number and hash. */

import { Buffer } from "node:buffer";
import type { Hono } from "hono";
import { z } from "zod";
import type { ApiAuditStore, StoredRow } from "../../access/audit_store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson, instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { text, time } from "../server/query.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";

export interface ApiAuditRoutesDeps extends ApiAuthDeps {
  apiAudit: ApiAuditStore;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const row = z.object({
  number: z.int().meta({ description: "From 1, without gaps; retention takes rows from the old end alone" }),
  timestamp: instant,
  actor: z.string(),
  action: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
  changes: anyJson,
  request_id: z.string().nullable(),
  previous_sha256: sha256.meta({ description: "Hash of the row before it" }),
  sha256: sha256.meta({ description: "Of this row and the hash before it" }),
}).meta({ id: "ApiAuditRow" });

const EXAMPLE = {
  number: 2,
  timestamp: "2026-11-29T09:00:00.000Z",
  actor: "ops",
  action: "update",
  entity_type: "agent",
  entity_id: "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f",
  changes: { status: "inactive" },
  request_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
  previous_sha256: "7c3c7a4f6f5d1d3f2d2a7a9f6b1c0e8d9a4b5c6d7e8f90123456789abcdef012",
  sha256: "1f2e3d4c5b6a798897a6b5c4d3e2f1000123456789abcdef0123456789abcdef",
};

const listApiAudit = defineRoute({
  method: "get",
  path: "/api/v1/audit",
  tag: "Access",
  summary: "Changes of the API, the newest first",
  about: "Each row has the hash of the one before it: deno task audit:verify finds where one was altered or taken out.",
  who: "api_admin",
  query: z.object({
    ...pageQuery,
    actor: text("Only of this caller"),
    user: text("The same, in the words of the API's documents"),
    action: text("Only this, as in create, update, delete, execute, cancel, retry"),
    entity_type: text("Only of these, as in agent, workflow, run"),
    entity_id: text("Only of this one"),
    from: time("From this moment on"),
    to: time("Before this moment"),
  }),
  answer: {
    status: 200,
    about: "A page of rows",
    schema: listOf(row),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

export const apiAuditRoutes = [listApiAudit];

export function mountApiAudit(app: Hono<AppEnv>, deps: ApiAuditRoutesDeps): void {
  mount(app, deps, listApiAudit, async ({ query }) => {
    const { user, actor = user, action, entity_type: entityType, entity_id: entityId, from, to } = query;
    const { installationId } = await deps.home();
    const filter = { actor, action, entityType, entityId, from, to };
    const { rows, total } = await deps.apiAudit.list(installationId, filter, rangeOf(query));
    return pageOf(rows.map(rowJson), query, total);
  });
}

function rowJson(stored: StoredRow) {
  return {
    number: stored.number,
    timestamp: stored.at,
    actor: stored.actor,
    action: stored.action,
    entity_type: stored.entityType,
    entity_id: stored.entityId,
    changes: JSON.parse(stored.changes),
    request_id: stored.requestId,
    previous_sha256: Buffer.from(stored.previousSha256).toString("hex"),
    sha256: Buffer.from(stored.sha256).toString("hex"),
  };
}
