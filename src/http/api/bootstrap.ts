/**
 * /ui/bootstrap and /ui/entities: reading a workspace again, its progress, and what was read; and the earlier add-on's
 * routes.
 */

import type { Hono } from "hono";
import { z } from "zod";
import type { ReadStatus, TriggerList, TriggerRead } from "../../entities/bootstrap/store.ts";
import type { BootstrapView, CachedEntity, ListView, ReadView } from "../../entities/bootstrap/view.ts";
import { AppError } from "../../base/errors.ts";
import { redactPayload } from "../../events/payload.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { text, wholeNumber } from "../server/query.ts";
import { ADMIN_LISTS } from "./change_view.ts";
import { defineRoute, mount } from "./contract.ts";
import { anyJson, instant, workspaceId } from "./schemas.ts";

export interface BootstrapRoutesDeps extends AuthDeps {
  bootstrap: BootstrapView & {
    /** Asks for a read and wakes the queue; `started` is false when one waits or is in progress. */
    trigger: TriggerRead;
    triggerList: TriggerList;
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

const READ_STATUSES = Object.keys(LABELS) as [ReadStatus, ...ReadStatus[]];
export const readStatus = z.enum(READ_STATUSES).meta({ id: "ReadStatus" });

/** How the reading of a workspace stands, as several answers have it. */
export const readFields = {
  status: readStatus,
  progress: z.int().meta({ description: "Lists that are finished, of `total`" }),
  total: z.int(),
  last_error: z.string().nullable(),
  updated_at: instant.nullable(),
  status_label: z.string().meta({ description: "The status in words" }),
};

const list = z.object({
  operation_id: z.string(),
  entity_type: z.string(),
  status: z.enum(["pending", "reading", "complete", "truncated", "failed"]),
  pages: z.int(),
  expected_pages: z.int().nullable().meta({ description: "Of the read before; null: it had no such list" }),
  parts: z.int().meta({ description: "One for each entity that the list hangs on, as tasks hang on projects" }),
  parts_done: z.int(),
  entities: z.int(),
  error: z.string().nullable(),
}).meta({ id: "ReadList" });

const getBootstrap = defineRoute({
  method: "get",
  path: "/ui/bootstrap",
  tag: "Entities",
  summary: "Progress of the read of the workspace, list by list",
  who: "member",
  answer: {
    status: 200,
    about: "The state of the newest read",
    schema: z.object({
      ...readFields,
      started_at: instant.nullable(),
      finished_at: instant.nullable(),
      pages_per_second: z.number().nullable().meta({ description: "null: nothing is being read" }),
      remaining_seconds: z.int().nullable().meta({
        description: "By the pages of the read before; null where it does not say",
      }),
      lists: z.array(list),
    }),
    example: {
      status: "COMPLETE",
      progress: 1,
      total: 1,
      last_error: null,
      updated_at: "2026-11-21T08:00:04.000Z",
      status_label: "Complete",
      started_at: "2026-11-21T08:00:00.000Z",
      finished_at: "2026-11-21T08:00:04.000Z",
      pages_per_second: null,
      remaining_seconds: null,
      lists: [{
        operation_id: "getTags",
        entity_type: "tag",
        status: "complete",
        pages: 1,
        expected_pages: 1,
        parts: 1,
        parts_done: 1,
        entities: 9,
        error: null,
      }],
    },
  },
});

const triggerBootstrap = defineRoute({
  method: "post",
  path: "/ui/bootstrap/trigger",
  tag: "Entities",
  summary: "Read the workspace again",
  who: "admin",
  creates: true,
  answer: {
    status: 200,
    about: "It will be read, or is being read",
    schema: z.object({ status: z.literal("triggered"), message: z.string() }),
    example: { status: "triggered", message: "The workspace is being read: already running" },
  },
});

const readList = defineRoute({
  method: "post",
  path: "/ui/bootstrap/lists/{entity_type}/read",
  tag: "Entities",
  summary: "Read one list of the newest read again",
  about: "What failed or was cut of it, with what hangs on it; where nothing did, all of it.",
  who: "admin",
  creates: true,
  params: { entity_type: z.string() },
  answer: {
    status: 200,
    about: "It will be read, or the workspace is being read",
    schema: z.object({ status: z.literal("triggered"), message: z.string() }),
    example: { status: "triggered", message: "The list will be read again" },
  },
  problems: ["NOT_FOUND"],
});

const listEntities = defineRoute({
  method: "get",
  path: "/ui/entities",
  tag: "Entities",
  summary: "Entities of a type as they were read, by id",
  about: "Members get them without secrets and mail addresses, and none of invoices, expenses and balances.",
  who: "member",
  query: z.object({
    type: text("One type, as /ui/entities/types has them; needed"),
    limit: wholeNumber("Rows of the page", { fallback: 50, min: 1, max: 200 }),
    cursor: text("next_cursor of the page before"),
  }),
  answer: {
    status: 200,
    about: "A page of entities",
    schema: z.object({
      workspace_id: workspaceId,
      type: z.string(),
      entities: z.array(
        z.object({ id: z.string(), operation_id: z.string(), fetched_at: instant, body: anyJson })
          .meta({ id: "CachedEntity" }),
      ),
      next_cursor: z.string().nullable(),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      type: "tag",
      entities: [{
        id: "64c777ddd3fcab07cfbb210c",
        operation_id: "getTags",
        fetched_at: "2026-11-21T08:00:04.000Z",
        body: { id: "64c777ddd3fcab07cfbb210c", name: "Sprint 1", archived: false },
      }],
      next_cursor: null,
    },
  },
  problems: ["ROLE_INSUFFICIENT"],
});

const listEntityTypes = defineRoute({
  method: "get",
  path: "/ui/entities/types",
  tag: "Entities",
  summary: "How many entities of each type were read",
  who: "member",
  answer: {
    status: 200,
    about: "The types with their numbers",
    schema: z.object({
      workspace_id: workspaceId,
      total: z.int(),
      types: z.array(z.object({ type: z.string(), count: z.int() })),
    }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", total: 9, types: [{ type: "tag", count: 9 }] },
  },
});

const WORKSPACE_PARAM = { workspace_id: workspaceId };

const startRead = defineRoute({
  method: "post",
  path: "/bootstrap/{workspace_id}",
  tag: "Entities",
  summary: "Read the workspace again, in the add-on's older format",
  who: "admin",
  creates: true,
  params: WORKSPACE_PARAM,
  answer: {
    status: 200,
    about: "It will be read, or is being read",
    schema: z.object({ job_id: z.string(), status: z.literal("started") }),
    example: { job_id: "3-2", status: "started" },
  },
});

const getRead = defineRoute({
  method: "get",
  path: "/bootstrap/{workspace_id}/status",
  tag: "Entities",
  summary: "Progress of the read, in the add-on's older format",
  who: "member",
  params: WORKSPACE_PARAM,
  answer: {
    status: 200,
    about: "The state of the newest read; of a workspace that was never read its status alone",
    schema: z.union([
      z.object({ status: z.literal("NOT_STARTED") }),
      z.object({
        id: z.string(),
        status: readStatus,
        started_at: instant.nullable(),
        completed_at: instant.nullable(),
        total_endpoints: z.int(),
        completed_endpoints: z.int(),
        failed_endpoints: z.int(),
        errors: z.array(z.object({ operation_id: z.string(), error: z.string().nullable() })),
        results: z.record(z.string(), z.int()).meta({ description: "Entities by type" }),
      }),
    ]),
    example: {
      id: "3-2",
      status: "COMPLETE",
      started_at: "2026-11-21T08:00:00.000Z",
      completed_at: "2026-11-21T08:00:04.000Z",
      total_endpoints: 1,
      completed_endpoints: 1,
      failed_endpoints: 0,
      errors: [],
      results: { tag: 9 },
    },
  },
});
export const bootstrapRoutes = [
  getBootstrap,
  triggerBootstrap,
  readList,
  listEntities,
  listEntityTypes,
  startRead,
  getRead,
];

export function mountBootstrap(app: Hono<AppEnv>, deps: BootstrapRoutesDeps) {
  mount(
    app,
    deps,
    getBootstrap,
    async ({ login: { installation } }) => readJson(await deps.bootstrap.read(installation.id)),
  );

  mount(
    app,
    deps,
    triggerBootstrap,
    ({ login: { installation }, once }) =>
      once((atEnd) => deps.bootstrap.trigger(installation, { atEnd }), ({ started }) => ({
        status: "triggered" as const,
        message: started ? "The workspace will be read again" : "The workspace is being read: already running",
      })),
  );

  mount(app, deps, readList, ({ login: { installation }, params: { entity_type }, once }) =>
    once(
      async (atEnd) => {
        const triggered = await deps.bootstrap.triggerList(installation, entity_type, { atEnd });
        if (triggered.kind === "known") return triggered;
        throw new AppError(
          "NOT_FOUND",
          `Cannot read the list "${entity_type.slice(0, 40)}" again: the newest read has none of this type`,
        );
      },
      (triggered) => ({
        status: "triggered" as const,
        message: triggered.kind === "known" && triggered.started
          ? "The list will be read again"
          : "The workspace is being read: already running",
      }),
    ));

  mount(app, deps, listEntities, async ({ login: { installation, role }, query }) => {
    const { type: entityType, limit, cursor: after = "" } = query;
    if (entityType === undefined) throw new AppError("REQUEST_INVALID", "Cannot list entities: name a type as ?type=");
    if (role !== "admin" && ADMIN_LISTS.has(entityType)) {
      throw new AppError(
        "ROLE_INSUFFICIENT",
        "Cannot list entities: Clockify shows those of this type to administrators, or to their own person",
      );
    }
    const found = await deps.bootstrap.entities(installation.id, { entityType, after, limit: limit + 1 });
    const entities = found.slice(0, limit);
    return {
      workspace_id: installation.workspaceId,
      type: entityType,
      entities: entities.map((entity) => entityJson(entity, role)),
      next_cursor: found.length > limit ? entities.at(-1)!.id : null,
    };
  });

  mount(app, deps, listEntityTypes, async ({ login: { installation } }) => {
    const counts = await deps.bootstrap.counts(installation.id);
    return {
      workspace_id: installation.workspaceId,
      total: Object.values(counts).reduce((sum, count) => sum + count, 0),
      types: Object.entries(counts).map(([type, count]) => ({ type, count })),
    };
  });

  if (deps.profile.features.legacyBootstrapRoutes) mountLegacy(app, deps);
}

/** As the earlier add-on has them: start a read, and how it stands. */
function mountLegacy(app: Hono<AppEnv>, deps: BootstrapRoutesDeps) {
  mount(app, deps, startRead, async ({ login: { installation }, params, once }) => {
    requireSame(params.workspace_id, installation.workspaceId);
    return await once((atEnd) => deps.bootstrap.trigger(installation, { atEnd }), ({ readNumber }) => ({
      job_id: readId(installation.id, readNumber),
      status: "started" as const,
    }));
  });

  mount(app, deps, getRead, async ({ login: { installation }, params }) => {
    requireSame(params.workspace_id, installation.workspaceId);
    const read = await deps.bootstrap.read(installation.id);
    if (read.readNumber === 0 && read.status === "PENDING") return { status: "NOT_STARTED" as const };
    const failed = read.lists.filter(({ status }) => status === "failed");
    return {
      id: readId(installation.id, read.readNumber),
      status: read.status,
      started_at: read.startedAt?.toISOString() ?? null,
      completed_at: read.finishedAt?.toISOString() ?? null,
      total_endpoints: read.total,
      completed_endpoints: read.progress - failed.length,
      failed_endpoints: failed.length,
      errors: failed.map(({ operationId, error }) => ({ operation_id: operationId, error })),
      results: Object.fromEntries(read.lists.map(({ entityType, entities }) => [entityType, entities])),
    };
  });
}

function readId(installationId: number, readNumber: number): string {
  return `${installationId}-${readNumber}`;
}

function requireSame(named: string, workspaceId: string) {
  if (named === workspaceId) return;
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
    pages_per_second: read.pagesPerSecond === null ? null : Math.round(read.pagesPerSecond * 10) / 10,
    remaining_seconds: read.remainingSeconds,
    lists: read.lists.map(listJson),
  };
}

function listJson(list: ListView) {
  const { operationId, entityType, status, pages, expectedPages, parts, partsDone, entities, error } = list;
  return {
    operation_id: operationId,
    entity_type: entityType,
    status,
    pages,
    expected_pages: expectedPages,
    parts,
    parts_done: partsDone,
    entities,
    error,
  };
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
