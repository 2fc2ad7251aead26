/** The last calls of an agent by steps, and the reset of its circuit breaker. */

import type { Hono } from "hono";
import { z } from "zod";
import { type AgentStore, agentUnknown } from "../../agents/store.ts";
import type { Breakers } from "../../breakers/breakers.ts";
import { agentHost, BREAKER_STATES } from "../../breakers/store.ts";
import { type AgentStepCalls, MAX_RUNS, MAX_WORKFLOWS } from "../../workflows/agent_calls.ts";
import { runIdOf } from "../../workflows/runs.ts";
import type { WorkflowStore } from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { idFrom, uuid } from "./ids.ts";
import { byOf } from "./resource.ts";

export interface AgentCallsDeps extends ApiAuthDeps {
  agents: Pick<AgentStore, "find" | "note">;
  agentStepCalls: AgentStepCalls;
  workflows: Pick<WorkflowStore, "usesOfAgent">;
  breakers: Pick<Breakers, "list" | "reset">;
}

const ID = { agent_id: z.string().meta({ description: "Id of the agent" }) };

const listCalls = defineRoute({
  method: "get",
  path: "/api/v1/agents/{agent_id}/calls",
  tag: "Agents",
  summary: "The last calls of an agent by steps",
  about:
    `Each attempt by itself, 50 at most, the newest first: of ${MAX_WORKFLOWS} workflows whose current version names ` +
    `it, in the last ${MAX_RUNS} runs of each.`,
  who: "api_viewer",
  params: ID,
  answer: {
    status: 200,
    about: "The calls",
    schema: z.object({
      items: z.array(
        z.object({
          run_id: z.string(),
          workflow_definition_id: uuid,
          workflow_name: z.string(),
          step_id: z.string(),
          attempt: z.int().meta({ description: "Of the step, from 1" }),
          state: z.enum(["started", "succeeded", "failed", "snoozed", "uncertain"]).meta({
            description: "snoozed: put off, as by its breaker; uncertain: its answer was never recorded",
          }),
          http_status: z.int().nullable(),
          error_code: z.string().nullable(),
          error_message: z.string().nullable(),
          started_at: instant,
          completed_at: instant.nullable(),
        }).meta({ id: "AgentStepCall" }),
      ),
    }),
    example: {
      items: [{
        run_id: "run-018bcfe5-6800-4000-8abc-0a1b2c3d4e5f",
        workflow_definition_id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10",
        workflow_name: "triage",
        step_id: "classify",
        attempt: 1,
        state: "succeeded",
        http_status: 200,
        error_code: null,
        error_message: null,
        started_at: "2026-11-29T09:00:00.100Z",
        completed_at: "2026-11-29T09:00:00.400Z",
      }],
    },
  },
  problems: ["NOT_FOUND"],
});

const resetBreaker = defineRoute({
  method: "post",
  path: "/api/v1/agents/{agent_id}/reset_breaker",
  tag: "Agents",
  summary: "Close the circuit breaker of an agent",
  about: "Runs that wait for the agent go on within some seconds. It opens again where calls keep failing.",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: {
    status: 200,
    about: "It is closed, as it may have been before",
    schema: z.object({
      agent_id: uuid,
      state: z.enum(BREAKER_STATES),
      was_open: z.boolean(),
    }),
    example: { agent_id: "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f", state: "closed", was_open: true },
  },
  problems: ["NOT_FOUND"],
});

export const agentCallsRoutes = [listCalls, resetBreaker];

export function mountAgentCalls(app: Hono<AppEnv>, deps: AgentCallsDeps): void {
  const { agents, breakers, workflows } = deps;

  async function find(text: string) {
    const id = idFrom(text, agentUnknown);
    const { installationId } = await deps.home();
    const agent = await agents.find(installationId, id);
    if (!agent) throw agentUnknown(id);
    return { agent, installationId };
  }

  mount(app, deps, listCalls, async ({ params }) => {
    const { agent: { name }, installationId } = await find(params.agent_id);
    const { uses } = await workflows.usesOfAgent(installationId, name, { limit: MAX_WORKFLOWS, offset: 0 });
    const calls = await deps.agentStepCalls(installationId, { name, uses });
    return {
      items: calls.map((call) => ({
        run_id: runIdOf(call.runId),
        workflow_definition_id: call.workflowId,
        workflow_name: call.workflowName,
        step_id: call.stepId,
        attempt: call.attempt,
        state: call.state,
        http_status: call.httpStatus,
        error_code: call.errorCode,
        error_message: call.errorMessage,
        started_at: call.startedAt.toISOString(),
        completed_at: call.finishedAt?.toISOString() ?? null,
      })),
    };
  });

  mount(app, deps, resetBreaker, async ({ c, login, params }) => {
    const { agent, installationId } = await find(params.agent_id);
    if (agent.status === "deleted") throw agentUnknown(agent.id);
    const host = agentHost(agent.name);
    const known = (await breakers.list(installationId)).find((one) => one.host === host);
    await agents.note(installationId, agent.id, { by: byOf(c, login), action: "reset_breaker" });
    const done = known && await breakers.reset(installationId, known.id, login.name);
    return { agent_id: agent.id, state: "closed" as const, was_open: done?.wasOpen ?? false };
  });
}
