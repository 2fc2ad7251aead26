/** GET /api/v1/search: workflows, agents, schedules and runs by name or id. */

import type { Hono } from "hono";
import { z } from "zod";
import { WORKFLOW_FOUND_KINDS, type WorkflowSearch } from "../../workflows/search.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { readName } from "../api/entity_names.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { wholeNumber } from "../server/query.ts";

export interface WorkflowSearchRoutesDeps extends ApiAuthDeps {
  workflowSearch: WorkflowSearch;
}

const searchWorkflows = defineRoute({
  method: "get",
  path: "/api/v1/search",
  tag: "Workflows",
  summary: "Workflows, agents, schedules and runs by name or id",
  about: "Runs are found by their whole id, with or without run-, all else by a part of the name too.",
  who: "api_viewer",
  query: z.object({
    q: z.string().optional().meta({ description: "A part of a name in any script, or an id; needed" }),
    limit: wholeNumber("Rows of each kind", { fallback: 8, min: 1, max: 20 }),
  }),
  answer: {
    status: 200,
    about: "What has it as its id first, then workflows, agents and schedules whose name holds it",
    schema: z.object({
      found: z.array(
        z.object({
          kind: z.enum(WORKFLOW_FOUND_KINDS),
          id: z.string(),
          name: z.string().meta({ description: "Of a run that of its workflow" }),
          status: z.string().meta({ description: "As the kind's own routes have it; of a schedule active or paused" }),
        }).meta({ id: "WorkflowFound" }),
      ),
    }),
    example: {
      found: [{
        kind: "agent" as const,
        id: "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f",
        name: "classifier",
        status: "active",
      }],
    },
  },
});

export const workflowSearchRoutes = [searchWorkflows];

export function mountWorkflowSearch(app: Hono<AppEnv>, deps: WorkflowSearchRoutesDeps): void {
  mount(app, deps, searchWorkflows, async ({ query: { q, limit } }) => {
    const { installationId } = await deps.home();
    return { found: await deps.workflowSearch.search(installationId, { q: readName(q), limit }) };
  });
}
