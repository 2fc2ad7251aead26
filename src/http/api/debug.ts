/** Diagnostic routes for operators, where DEBUG is on and the profile has them: installations, last events, operations. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Catalogue } from "../../clockify/operations.ts";
import type { EventStore } from "../../events/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventSummary, eventSummaryJson, SUMMARY_EXAMPLE } from "./events.ts";
import { instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface DebugRoutesDeps extends AuthDeps {
  events: EventStore;
  catalogue: Catalogue;
}

export const DEBUG_PATHS = ["/installations", "/webhooks", "/openapi-endpoints"] as const;
const [INSTALLATIONS, WEBHOOKS, ENDPOINTS] = DEBUG_PATHS;
const ABOUT = "There where DEBUG is on.";

const listInstallations = defineRoute({
  method: "get",
  path: INSTALLATIONS,
  tag: "Operators",
  summary: "Installations of the add-on, whatever their state",
  about: ABOUT,
  who: "operator",
  answer: {
    status: 200,
    about: "The installations",
    schema: z.object({
      total: z.int(),
      installations: z.array(z.object({
        workspace_id: workspaceId,
        addon_id: z.string(),
        status: z.enum(["active", "inactive", "uninstalled"]),
        installed_at: instant,
      })),
    }),
    example: {
      total: 1,
      installations: [{
        workspace_id: "64a687e29ae1f428e7ebe303",
        addon_id: "65b0c1d2e3f4a5b6c7d8e9f0",
        status: "active",
        installed_at: "2026-11-01T09:00:00.000Z",
      }],
    },
  },
});

const listLastEvents = defineRoute({
  method: "get",
  path: WEBHOOKS,
  tag: "Operators",
  summary: "Last events of a workspace",
  about: ABOUT,
  who: "workspace_operator",
  query: z.object({ limit: limitUpTo100 }),
  answer: {
    status: 200,
    about: "The newest events",
    schema: z.object({ workspace_id: workspaceId, webhooks: z.array(eventSummary) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", webhooks: [SUMMARY_EXAMPLE] },
  },
});

const listEndpoints = defineRoute({
  method: "get",
  path: ENDPOINTS,
  tag: "Operators",
  summary: "Clockify's operations that are known",
  about: ABOUT,
  who: "operator",
  answer: {
    status: 200,
    about: "The operations",
    schema: z.object({
      total: z.int(),
      endpoints: z.array(z.object({
        operation_id: z.string(),
        method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
        path: z.string(),
      })),
    }),
    example: {
      total: 1,
      endpoints: [{ operation_id: "getTags", method: "GET", path: "/v1/workspaces/{workspaceId}/tags" }],
    },
  },
});
export const debugRoutes = [listInstallations, listLastEvents, listEndpoints];

export function mountDebug(app: Hono<AppEnv>, deps: DebugRoutesDeps) {
  mount(app, deps, listInstallations, async () => {
    const installations = await deps.installations.list([deps.profile.key]);
    return {
      total: installations.length,
      installations: installations.map(({ workspaceId, addonId, status, installedAt }) => ({
        workspace_id: workspaceId,
        addon_id: addonId,
        status,
        installed_at: installedAt.toISOString(),
      })),
    };
  });

  mount(app, deps, listLastEvents, async ({ login: { installation }, query: { limit } }) => {
    const { events } = await deps.events.list(installation.id, {}, { limit, offset: 0 });
    return { workspace_id: installation.workspaceId, webhooks: events.map(eventSummaryJson) };
  });

  mount(app, deps, listEndpoints, () => {
    const endpoints = deps.catalogue.list().map(({ operationId, method, path }) => ({
      operation_id: operationId,
      method,
      path,
    }));
    return { total: endpoints.length, endpoints };
  });
}
