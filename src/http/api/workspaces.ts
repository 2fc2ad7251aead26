/** GET /ui/workspaces: the workspaces that an operator can look at here. */

import type { Hono } from "hono";
import type { WorkspaceEntry } from "../../installations/workspaces.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireOperator } from "../server/login.ts";

export interface WorkspaceRoutesDeps extends AuthDeps {
  /** Of an add-on, by its profile key. */
  workspaces(addon: string): Promise<WorkspaceEntry[]>;
}

export function mountWorkspaces(app: Hono<AppEnv>, deps: WorkspaceRoutesDeps) {
  app.get("/ui/workspaces", async (c) => {
    requireOperator(c, deps);
    const workspaces = await deps.workspaces(deps.profile.key);
    return c.json({
      workspaces: workspaces.map(({ workspaceId, name, status, installedAt, lastEventAt }) => ({
        workspace_id: workspaceId,
        name,
        status,
        installed_at: installedAt.toISOString(),
        last_event_at: lastEventAt?.toISOString() ?? null,
      })),
    });
  });
}
