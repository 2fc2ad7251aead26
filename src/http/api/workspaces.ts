/** GET /ui/workspaces: the workspaces that an operator can look at here. */

import type { Hono } from "hono";
import { z } from "zod";
import type { WorkspaceEntry } from "../../installations/workspaces.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface WorkspaceRoutesDeps extends AuthDeps {
  /** Workspaces of an add-on, by its profile key. */
  workspaces(addon: string): Promise<WorkspaceEntry[]>;
}

const workspace = z.object({
  workspace_id: workspaceId,
  name: z.string().nullable().meta({ description: "As it was read from Clockify; null when it was not" }),
  status: z.enum(["active", "inactive"]),
  installed_at: instant,
  last_event_at: instant.nullable(),
}).meta({ id: "Workspace" });

const listWorkspaces = defineRoute({
  method: "get",
  path: "/ui/workspaces",
  tag: "Operators",
  summary: "Workspaces with the add-on",
  who: "operator",
  answer: {
    status: 200,
    about: "Those where it is installed, by name",
    schema: z.object({ workspaces: z.array(workspace) }),
    example: {
      workspaces: [{
        workspace_id: "64a687e29ae1f428e7ebe303",
        name: "Acme",
        status: "active",
        installed_at: "2026-11-01T09:00:00.000Z",
        last_event_at: "2026-11-21T08:00:00.000Z",
      }],
    },
  },
});
export const workspaceRoutes = [listWorkspaces];

export function mountWorkspaces(app: Hono<AppEnv>, deps: WorkspaceRoutesDeps) {
  mount(app, deps, listWorkspaces, async () => {
    const workspaces = await deps.workspaces(deps.profile.key);
    return {
      workspaces: workspaces.map(({ workspaceId, name, status, installedAt, lastEventAt }) => ({
        workspace_id: workspaceId,
        name,
        status,
        installed_at: installedAt.toISOString(),
        last_event_at: lastEventAt?.toISOString() ?? null,
      })),
    };
  });
}
