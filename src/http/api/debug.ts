/** Diagnostic routes for operators, where DEBUG is on and the profile has them: installations, last events, operations. */

import type { Hono } from "hono";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import type { EventStore } from "../../events/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireLogin, requireOperator } from "../server/login.ts";
import { eventSummaryJson } from "./events.ts";
import { queryNumber } from "../server/query.ts";

export interface DebugRoutesDeps extends AuthDeps {
  events: EventStore;
  catalogue: Catalogue;
}

export const DEBUG_PATHS = ["/installations", "/webhooks", "/openapi-endpoints"] as const;
const [INSTALLATIONS, WEBHOOKS, ENDPOINTS] = DEBUG_PATHS;

export function mountDebug(app: Hono<AppEnv>, deps: DebugRoutesDeps) {
  app.get(INSTALLATIONS, async (c) => {
    requireOperator(c, deps);
    const installations = await deps.installations.list([deps.profile.key]);
    return c.json({
      total: installations.length,
      installations: installations.map(({ workspaceId, addonId, status, installedAt }) => ({
        workspace_id: workspaceId,
        addon_id: addonId,
        status,
        installed_at: installedAt.toISOString(),
      })),
    });
  });

  app.get(WEBHOOKS, async (c) => {
    const { kind, installation } = await requireLogin(c, deps);
    if (kind !== "operator") {
      throw new AppError("ROLE_INSUFFICIENT", "Cannot serve the request: this route is for operators");
    }
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const { events } = await deps.events.list(installation.id, {}, { limit, offset: 0 });
    return c.json({ workspace_id: installation.workspaceId, webhooks: events.map(eventSummaryJson) });
  });

  app.get(ENDPOINTS, (c) => {
    requireOperator(c, deps);
    const endpoints = deps.catalogue.list().map(({ operationId, method, path }) => ({
      operation_id: operationId,
      method,
      path,
    }));
    return c.json({ total: endpoints.length, endpoints });
  });
}
