/** POST /api/v1/agents/{agent_id}/call: one message to an agent by hand, to see what it answers. */

import type { Hono } from "hono";
import { z } from "zod";
import { messageSend, readAnswer } from "../../agents/protocol.ts";
import { agentUnknown } from "../../agents/store.ts";
import { AppError } from "../../base/errors.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson, instant } from "../api/schemas.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AgentRoutesDeps } from "./agents.ts";
import { idFrom, uuid } from "./ids.ts";
import { byOf } from "./resource.ts";

const ID = "3f2b8c1e-7a4d-4b7e-9c55-0a1b2c3d4e5f";
/** A person waits for the answer. */
const MAX_WAIT_MS = 30_000;

const callAgent = defineRoute({
  method: "post",
  path: "/api/v1/agents/{agent_id}/call",
  tag: "Agents",
  summary: "Send one message to an agent by hand",
  about:
    "One message/send with the text, as a step sends it, without retries and outside of any run. The agent acts on " +
    "it; here its audit row is kept alone. It is waited for its timeout, at most 30 s.",
  who: "api_operator",
  // Sent twice it asks twice: the agent knows both as one by its Idempotency-Key alone where a run asks.
  creates: false,
  params: { agent_id: z.string().meta({ description: "Id of the agent" }) },
  body: {
    schema: z.strictObject({ text: z.string().min(1).max(100_000) }),
    refusal: "Cannot call the agent",
    example: { text: "Say hello" },
  },
  answer: {
    status: 200,
    about: "What it answered, or why it gave nothing",
    schema: z.object({
      agent_id: uuid,
      name: z.string(),
      outcome: z.enum(["answered", "failed"]),
      output: anyJson.meta({ description: "What a step would have as its output; null where the call failed" }),
      http_status: z.int().nullable(),
      error_code: z.string().nullable(),
      error: z.string().nullable(),
      duration_ms: z.int(),
      called_at: instant,
    }).meta({ id: "AgentCall" }),
    example: {
      agent_id: ID,
      name: "summariser",
      outcome: "answered",
      output: { text: "Hello" },
      http_status: 200,
      error_code: null,
      error: null,
      duration_ms: 31,
      called_at: "2026-11-29T10:00:00.000Z",
    },
  },
  problems: ["NOT_FOUND"],
});

export const agentCallRoutes = [callAgent];

export function mountAgentCall(app: Hono<AppEnv>, deps: AgentRoutesDeps): void {
  const { agents, agentCalls, clock } = deps;

  mount(app, deps, callAgent, async ({ c, login, params, body }) => {
    const agentId = idFrom(params.agent_id, agentUnknown);
    const { text } = await body();
    const { installationId } = await deps.home();
    const found = await agents.find(installationId, agentId);
    const agent = found && await agents.findCallable(installationId, found.name);
    if (!agent || agent.id !== agentId) throw agentUnknown(agentId);
    await agents.note(installationId, agentId, { by: byOf(c, login), action: "call" });
    const calledAt = new Date(clock.now()).toISOString();
    const startedMs = clock.monotonicMs();
    const ended = (end: { output: unknown; httpStatus: number | null; error: AppError | null }) => ({
      agent_id: agentId,
      name: agent.name,
      outcome: end.error === null ? "answered" as const : "failed" as const,
      output: end.output,
      http_status: end.httpStatus,
      error_code: end.error?.code ?? null,
      error: end.error?.message ?? null,
      duration_ms: Math.round(clock.monotonicMs() - startedMs),
      called_at: calledAt,
    });
    const id = crypto.randomUUID();
    let httpStatus: number | null = null;
    try {
      const response = await agentCalls.send({ ...agent, timeoutMs: Math.min(agent.timeoutMs, MAX_WAIT_MS) }, {
        body: messageSend({ id, data: text }),
        correlationId: id,
        // The timeout ends it; the agent acts on it also where its caller is gone.
        signal: new AbortController().signal,
      });
      httpStatus = response.status;
      if (httpStatus < 200 || httpStatus >= 300) {
        const code = httpStatus >= 500 ? "UPSTREAM_FAILED" : "UPSTREAM_REJECTED";
        const error = new AppError(code, `Agent "${agent.name}" answered ${httpStatus}`);
        return ended({ output: null, httpStatus, error });
      }
      return ended({ output: readAnswer(response, { agent, id }), httpStatus, error: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return ended({ output: null, httpStatus, error });
    }
  });
}
