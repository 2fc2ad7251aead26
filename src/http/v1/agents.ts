/** /api/v1/agents: the programs that steps of workflows send messages to. */

import type { Hono } from "hono";
import { z } from "zod";
import type { AgentCalls } from "../../agents/call.ts";
import { agentPatchShape, breakerShape, newAgentShape, retryShape } from "../../agents/definition.ts";
import { type Agent, type AgentStore, agentUnknown } from "../../agents/store.ts";
import type { AgentUsage, AgentUsageReader } from "../../agents/usage.ts";
import type { Clock } from "../../base/clock.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { BREAKER_STATES } from "../../breakers/store.ts";
import { instant, orNull } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, text } from "../server/query.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, deletedJson, deletedSchema, finderOf, tagged } from "./resource.ts";
import { ETAG, IF_MATCH, knownRevision } from "./revision.ts";

export interface AgentRoutesDeps extends ApiAuthDeps {
  agents: AgentStore;
  agentCalls: Pick<AgentCalls, "health" | "send">;
  agentUsage: AgentUsageReader;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/agents";
const REFUSAL = "Cannot save the agent";
const STATUSES = ["active", "inactive", "deleted"] as const;

const agent = z.object({
  id: uuid,
  name: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  auth_type: z.enum(["none", "bearer", "apikey"]),
  auth_config: z.object({ header_name: z.string() }).nullable()
    .meta({ description: "Of an API key, its header; never what it is called with" }),
  has_credentials: z.boolean(),
  timeout_ms: z.int(),
  retry_config: retryShape,
  circuit_breaker_config: orNull(breakerShape.meta({ id: "AgentBreakerConfig" })).meta({
    description: "What it says over the CIRCUIT_BREAKER_ variables; null: nothing",
  }),
  circuit_breaker: z.object({
    state: z.enum(BREAKER_STATES),
    retry_at: instant.nullable().meta({ description: "Until then it is not called; null while it is closed" }),
  }).meta({ id: "AgentBreaker" }),
  last_24_hours: z.object({
    calls: z.int(),
    failures: z.int().meta({ description: "Of the calls: no answer, an error, or an answer that is none" }),
    p95_latency_ms: z.int().nullable().meta({
      description: "95 of 100 calls took no longer, rounded up by 20 % at most; null without calls",
    }),
  }).meta({ id: "AgentUsage", description: "Attempts of steps, in the hour that runs and the 23 before it" }),
  status: z.enum(STATUSES),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "Agent" });

const EXAMPLE = {
  id: "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f",
  name: "summariser",
  url: "https://agents.example.com/summarise",
  description: null,
  auth_type: "bearer",
  auth_config: null,
  has_credentials: true,
  timeout_ms: 30_000,
  retry_config: { max_retries: 3, initial_delay_ms: 1_000, max_delay_ms: 30_000, backoff_multiplier: 2 },
  circuit_breaker_config: null,
  circuit_breaker: { state: "closed", retry_at: null },
  last_24_hours: { calls: 412, failures: 3, p95_latency_ms: 237 },
  status: "active",
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
} as const;

const ID = { agent_id: z.string().meta({ description: "Id of the agent" }) };

const createAgent = defineRoute({
  method: "post",
  path: PATH,
  tag: "Agents",
  summary: "Register an agent",
  about: "The name is not changed later: steps name it. What it is called with is sealed, and never answered.",
  who: "api_editor",
  creates: true,
  body: {
    schema: newAgentShape,
    refusal: REFUSAL,
    example: {
      name: "summariser",
      url: "https://agents.example.com/summarise",
      auth_type: "bearer",
      auth_config: { token: "a-token-of-the-agent" },
    },
  },
  answer: {
    status: 201,
    about: "The agent",
    headers: { Location: "Path of the agent", ...ETAG },
    schema: agent,
    example: EXAMPLE,
  },
  problems: ["CONFLICT"],
});

const listAgents = defineRoute({
  method: "get",
  path: PATH,
  tag: "Agents",
  summary: "Agents, the newest first",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    status: oneOf("Only with this status; absent: all that are not deleted", STATUSES),
    name: text("A part of the name"),
  }),
  answer: {
    status: 200,
    about: "A page of agents",
    schema: listOf(agent),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getAgent = defineRoute({
  method: "get",
  path: `${PATH}/{agent_id}`,
  tag: "Agents",
  summary: "One agent",
  who: "api_viewer",
  params: ID,
  answer: {
    status: 200,
    about: "The agent, also one that was deleted",
    headers: ETAG,
    schema: agent,
    example: EXAMPLE,
  },
  problems: ["NOT_FOUND"],
});

const updateAgent = defineRoute({
  method: "put",
  path: `${PATH}/{agent_id}`,
  tag: "Agents",
  summary: "Change an agent",
  about: "Absent fields keep their values. The next attempt of each step calls it as it is then.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  body: { schema: agentPatchShape, refusal: REFUSAL, example: { status: "inactive" } },
  answer: {
    status: 200,
    about: "The agent",
    headers: ETAG,
    schema: agent,
    example: { ...EXAMPLE, status: "inactive" },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const deleteAgent = defineRoute({
  method: "delete",
  path: `${PATH}/{agent_id}`,
  tag: "Agents",
  summary: "Delete an agent",
  about: "Steps that name it fail from now on. Its name may be given again; what it was called with is gone.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: deletedSchema(agent, "AgentDeleted"),
    example: {
      message: 'Agent "summariser" is deleted',
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...EXAMPLE, status: "deleted", has_credentials: false },
    },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const getAgentHealth = defineRoute({
  method: "get",
  path: `${PATH}/{agent_id}/health`,
  tag: "Agents",
  summary: "Whether an agent answers now",
  about: "Asks for its card (/.well-known/agent-card.json), and where it has none for /health, within 5 s.",
  who: "api_viewer",
  params: ID,
  answer: {
    status: 200,
    about: "What it answered",
    schema: z.object({
      agent_id: uuid,
      name: z.string(),
      status: z.enum(["healthy", "unhealthy"]),
      via: z.enum(["agent_card", "health"]),
      http_status: z.int().nullable(),
      response_time_ms: z.int(),
      error: z.string().nullable(),
      checked_at: instant,
    }).meta({ id: "AgentHealth" }),
    example: {
      agent_id: EXAMPLE.id,
      name: EXAMPLE.name,
      status: "healthy",
      via: "agent_card",
      http_status: 200,
      response_time_ms: 12,
      error: null,
      checked_at: "2026-11-29T10:00:00.000Z",
    },
  },
  problems: ["NOT_FOUND"],
});

export const agentRoutes = [createAgent, listAgents, getAgent, updateAgent, deleteAgent, getAgentHealth];

export function mountAgents(app: Hono<AppEnv>, deps: AgentRoutesDeps): void {
  const { agents, clock } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: agents.find, unknown: agentUnknown });
  const shown = async (agent: Agent) =>
    agentJson(agent, (await deps.agentUsage(await installation(), [agent.id])).get(agent.id));

  mount(app, deps, createAgent, async ({ c, login, body, once }) => {
    const given = await body();
    const installationId = await installation();
    return await once(
      (atEnd) => agents.create(installationId, given, byOf(c, login), atEnd),
      (made) => agentJson(tagged(c, made, PATH)),
    );
  });

  mount(app, deps, listAgents, async ({ query }) => {
    const { status, name } = query;
    const { agents: found, total } = await agents.list(await installation(), { status, name }, rangeOf(query));
    const usage = await deps.agentUsage(await installation(), found.map(({ id }) => id));
    return pageOf(found.map((one) => agentJson(one, usage.get(one.id))), query, total);
  });

  mount(app, deps, getAgent, async ({ c, params }) => {
    const found = await find(params.agent_id);
    return await shown(tagged(c, found));
  });

  mount(app, deps, updateAgent, async ({ c, login, params, body }) => {
    const id = idFrom(params.agent_id, agentUnknown);
    const by = byOf(c, login);
    const changed = await agents.update(await installation(), id, await body(), { by, revision: knownRevision(c) });
    return await shown(tagged(c, changed));
  });

  mount(app, deps, deleteAgent, async ({ c, login, params }) => {
    const id = idFrom(params.agent_id, agentUnknown);
    const by = byOf(c, login);
    const gone = await agents.remove(await installation(), id, { by, revision: knownRevision(c) });
    return deletedJson(clock, `Agent "${gone.name}"`, await shown(gone));
  });

  mount(app, deps, getAgentHealth, async ({ params }) => {
    const { id, name } = await find(params.agent_id);
    const callable = await agents.findCallable(await installation(), name);
    if (!callable || callable.id !== id) throw agentUnknown(id);
    const { status, via, httpStatus, responseTimeMs, error } = await deps.agentCalls.health(callable);
    return {
      agent_id: id,
      name,
      status,
      via,
      http_status: httpStatus,
      response_time_ms: responseTimeMs,
      error,
      checked_at: new Date(clock.now()).toISOString(),
    };
  });
}

const UNUSED: AgentUsage = { calls: 0, failures: 0, p95Ms: null };

function agentJson(
  { authType, authHeader, timeoutMs, retry, breakerConfig, breaker, ...agent }: Agent,
  { calls, failures, p95Ms }: AgentUsage = UNUSED,
) {
  const { id, name, url, description, status, createdAt, updatedAt } = agent;
  return {
    id,
    name,
    url,
    description,
    auth_type: authType,
    auth_config: authHeader === null ? null : { header_name: authHeader },
    has_credentials: authType !== "none" && status !== "deleted",
    timeout_ms: timeoutMs,
    retry_config: retry,
    circuit_breaker_config: breakerConfig,
    circuit_breaker: { state: breaker.state, retry_at: breaker.retryAt?.toISOString() ?? null },
    last_24_hours: { calls, failures, p95_latency_ms: p95Ms },
    status,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
