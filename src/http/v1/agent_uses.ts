/** GET /api/v1/agents/{agent_id}/uses: the workflows whose steps name an agent, as who deletes it has to know. */

import type { Hono } from "hono";
import { z } from "zod";
import { agentUnknown } from "../../agents/store.ts";
import { MAX_LOOKED_THROUGH, WORKFLOW_STATUSES, type WorkflowStore } from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AgentRoutesDeps } from "./agents.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";

export interface AgentUseRoutesDeps extends AgentRoutesDeps {
  workflows: Pick<WorkflowStore, "usesOfAgent">;
}

const listUses = defineRoute({
  method: "get",
  path: "/api/v1/agents/{agent_id}/uses",
  tag: "Agents",
  summary: "Workflows whose current version names an agent",
  about: `Of the ${MAX_LOOKED_THROUGH} workflows that were changed last.`,
  who: "api_viewer",
  params: { agent_id: z.string().meta({ description: "Id of the agent" }) },
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of workflows, by name, each with the steps that name the agent",
    schema: listOf(
      z.object({ id: uuid, name: z.string(), status: z.enum(WORKFLOW_STATUSES), steps: z.array(z.string()) })
        .meta({ id: "AgentUse" }),
    ).extend({ is_cut: z.boolean().meta({ description: "There are workflows that were not looked through" }) }),
    example: {
      items: [{ id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10", name: "triage", status: "active", steps: ["classify"] }],
      total: 1,
      page: 1,
      page_size: 20,
      total_pages: 1,
      is_cut: false,
    },
  },
  problems: ["NOT_FOUND"],
});

export const agentUseRoutes = [listUses];

export function mountAgentUses(app: Hono<AppEnv>, deps: AgentUseRoutesDeps): void {
  mount(app, deps, listUses, async ({ params, query }) => {
    const id = idFrom(params.agent_id, agentUnknown);
    const { installationId } = await deps.home();
    const agent = await deps.agents.find(installationId, id);
    if (!agent) throw agentUnknown(id);
    const { uses, total, isCut } = await deps.workflows.usesOfAgent(installationId, agent.name, rangeOf(query));
    return { ...pageOf(uses, query, total), is_cut: isCut };
  });
}
