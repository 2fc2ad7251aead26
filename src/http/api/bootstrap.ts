/** /ui/bootstrap and /ui/entities: reading a workspace again, how that stands, and what was read; and the earlier add-on's routes. */

import type { Context, Hono } from "hono";
import type { ReadStatus } from "../../entities/bootstrap/store.ts";
import type { BootstrapView, CachedEntity, ListView, ReadView } from "../../entities/bootstrap/view.ts";
import { AppError } from "../../base/errors.ts";
import { redactPayload } from "../../events/payload.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, requireAdmin, requireLogin } from "../server/login.ts";
import { queryNumber, queryText } from "../server/query.ts";

export interface BootstrapRoutesDeps extends AuthDeps {
  bootstrap: BootstrapView & {
    /** Asks for a read and wakes the queue; `started` is false when one waits or is under way. */
    trigger(installation: { id: number; workspaceId: string }): Promise<{ started: boolean; readNumber: number }>;
  };
}

/** What pages call the states. */
const LABELS: Record<ReadStatus, string> = {
  PENDING: "Not started",
  IN_PROGRESS: "In progress",
  COMPLETE: "Complete",
  FAILED: "Failed",
  DISABLED: "Disabled",
};

export function mountBootstrap(app: Hono<AppEnv>, deps: BootstrapRoutesDeps) {
  app.get("/ui/bootstrap", async (c) => {
    const { installation } = await requireLogin(c, deps);
    return c.json(readJson(await deps.bootstrap.read(installation.id)));
  });

  app.post("/ui/bootstrap/trigger", async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { started } = await deps.bootstrap.trigger(installation);
    return c.json({
      status: "triggered",
      message: started ? "The workspace is read anew" : "The workspace is being read: already running",
    });
  });

  app.get("/ui/entities", async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const entityType = queryText(c, "type");
    if (entityType === undefined) throw new AppError("REQUEST_INVALID", "Cannot list entities: name a type as ?type=");
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 200 });
    const after = queryText(c, "cursor") ?? "";
    const found = await deps.bootstrap.entities(installation.id, { entityType, after, limit: limit + 1 });
    const entities = found.slice(0, limit);
    return c.json({
      workspace_id: installation.workspaceId,
      type: entityType,
      entities: entities.map((entity) => entityJson(entity, role)),
      next_cursor: found.length > limit ? entities.at(-1)!.id : null,
    });
  });

  app.get("/ui/entities/types", async (c) => {
    const { installation } = await requireLogin(c, deps);
    const counts = await deps.bootstrap.counts(installation.id);
    return c.json({
      workspace_id: installation.workspaceId,
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      types: Object.entries(counts).map(([type, count]) => ({ type, count })),
    });
  });

  if (deps.profile.features.legacyBootstrapRoutes) mountLegacy(app, deps);
}

/** As the earlier add-on has them: start a read, and how it stands. */
function mountLegacy(app: Hono<AppEnv>, deps: BootstrapRoutesDeps) {
  app.post("/bootstrap/:workspace_id", async (c) => {
    const { installation } = await requireAdmin(c, deps);
    requireSame(c, installation.workspaceId);
    const { readNumber } = await deps.bootstrap.trigger(installation);
    return c.json({ job_id: readId(installation.id, readNumber), status: "started" });
  });

  app.get("/bootstrap/:workspace_id/status", async (c) => {
    const { installation } = await requireLogin(c, deps);
    requireSame(c, installation.workspaceId);
    const read = await deps.bootstrap.read(installation.id);
    if (read.readNumber === 0 && read.status === "PENDING") return c.json({ status: "NOT_STARTED" });
    const failed = read.lists.filter(({ status }) => status === "failed");
    return c.json({
      id: readId(installation.id, read.readNumber),
      status: read.status,
      started_at: read.startedAt?.toISOString() ?? null,
      completed_at: read.finishedAt?.toISOString() ?? null,
      total_endpoints: read.total,
      completed_endpoints: read.progress - failed.length,
      failed_endpoints: failed.length,
      errors: failed.map(({ operationId, error }) => ({ operation_id: operationId, error })),
      results: Object.fromEntries(read.lists.map(({ entityType, entities }) => [entityType, entities])),
    });
  });
}

function readId(installationId: number, readNumber: number): string {
  return `${installationId}-${readNumber}`;
}

function requireSame(c: Context<AppEnv>, workspaceId: string) {
  if (c.req.param("workspace_id") === workspaceId) return;
  throw new AppError(
    "ROLE_INSUFFICIENT",
    "Cannot serve the request: the path names a workspace other than the login's",
  );
}

/** What people read of the state. */
export function statusLabel({ status, lastError }: Pick<ReadView, "status" | "lastError">): string {
  return status === "COMPLETE" && lastError !== null ? "Complete with errors" : LABELS[status];
}

function readJson(read: ReadView) {
  return {
    status: read.status,
    progress: read.progress,
    total: read.total,
    last_error: read.lastError,
    updated_at: read.updatedAt?.toISOString() ?? null,
    status_label: statusLabel(read),
    started_at: read.startedAt?.toISOString() ?? null,
    finished_at: read.finishedAt?.toISOString() ?? null,
    lists: read.lists.map(listJson),
  };
}

function listJson({ operationId, entityType, status, pages, entities, error }: ListView) {
  return { operation_id: operationId, entity_type: entityType, status, pages, entities, error };
}

/** It was read with the installation's rights: a member sees it as any payload, without secrets and mail addresses. */
function entityJson({ id, operationId, fetchedAt, body }: CachedEntity, role: Login["role"]) {
  return {
    id,
    operation_id: operationId,
    fetched_at: fetchedAt.toISOString(),
    body: role === "admin" ? body : redactPayload(body),
  };
}
