/** Requests to agents: a step's message, and the look whether one is there. */

import { Buffer } from "node:buffer";
import type { Clock } from "../base/clock.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { SafeFetch, SafeResponse } from "../egress/safe_fetch.ts";
import { DEFAULT_KEY_HEADER } from "./definition.ts";
import { REDACTED } from "../telemetry/redact.ts";
import type { CallableAgent } from "./store.ts";

/** Most bytes of an answer. */
const MAX_ANSWER_BYTES = 1_048_576;
const HEALTH_TIMEOUT_MS = 5_000;
/** A shorter secret is not looked for: its letters stand in words. */
const MIN_HIDDEN = 8;

export interface AgentCalls {
  /** Sends the body; the answer is whatever it is, without the agent's own secret. Throws as SafeFetch. */
  send(
    agent: CallableAgent,
    request: { body: string; correlationId: string; signal: AbortSignal },
  ): Promise<SafeResponse>;
  /** Asks for the agent's card, and where it has none for /health. Never rejects. */
  health(agent: CallableAgent): Promise<AgentHealth>;
}

export interface AgentHealth {
  status: "healthy" | "unhealthy";
  /** Where it was asked: "agent_card" or "health". */
  via: "agent_card" | "health";
  httpStatus: number | null;
  responseTimeMs: number;
  error: string | null;
}

export function createAgentCalls({ fetch: pinned, clock }: { fetch: SafeFetch; clock: Clock }): AgentCalls {
  const fetch: SafeFetch = (request) =>
    pinned(request).catch((error) => Promise.reject(withWayOut(error, request.url)));
  const get = (agent: CallableAgent, path: string, timeoutMs: number) =>
    fetch({
      method: "GET",
      url: new URL(path, agent.url).href,
      headers: headersOf(agent),
      timeoutMs,
      maxResponseBytes: MAX_ANSWER_BYTES,
      operation: "agent.health",
    });
  return {
    send: async (agent, { body, correlationId, signal }) => {
      const response = await fetch({
        method: "POST",
        url: agent.url,
        headers: {
          ...headersOf(agent),
          "content-type": "application/json",
          "x-correlation-id": correlationId,
          // Agents that know it do not act twice.
          "idempotency-key": correlationId,
        },
        body,
        timeoutMs: agent.timeoutMs,
        maxResponseBytes: MAX_ANSWER_BYTES,
        signal,
        operation: "agent.message",
      });
      return { ...response, body: withoutSecret(response.body, agent.secret) };
    },
    health: async (agent) => {
      const startedMs = clock.monotonicMs();
      const ended = (via: AgentHealth["via"], httpStatus: number | null, error: string | null): AgentHealth => ({
        status: error === null ? "healthy" : "unhealthy",
        via,
        httpStatus,
        responseTimeMs: Math.round(clock.monotonicMs() - startedMs),
        error,
      });
      // Of both requests together.
      const timeoutMs = Math.min(agent.timeoutMs, HEALTH_TIMEOUT_MS);
      let via: AgentHealth["via"] = "agent_card";
      try {
        const card = await get(agent, "/.well-known/agent-card.json", timeoutMs);
        if (card.status < 300) return ended("agent_card", card.status, null);
        via = "health";
        const leftMs = Math.max(1, Math.round(timeoutMs - (clock.monotonicMs() - startedMs)));
        const health = await get(agent, "/health", leftMs);
        const error = health.status < 300 ? null : `the agent answered ${health.status}`;
        return ended(via, health.status, error);
      } catch (error) {
        const known = toAppError(error);
        const reason = known instanceof AppError ? known.message : "the agent cannot be reached";
        return ended(via, null, reason);
      }
    },
  };
}

/** Where an agent may not be called, what lets it be. */
function withWayOut(error: unknown, url: string): unknown {
  if (!(error instanceof AppError) || error.code !== "HOST_NOT_ALLOWED") return error;
  const { hostname, port, protocol } = new URL(url);
  const place = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  return new AppError(error.code, `${error.message}; EGRESS_ALLOW=${place} lets it be called`, {
    details: error.details,
    retryable: error.retryable,
  });
}

/** Answers are kept and shown: an agent that repeats what it was called with would give it to everybody who may read runs. */
function withoutSecret<Body extends Uint8Array>(
  body: Body,
  secret: string | undefined,
): Body | Uint8Array<ArrayBuffer> {
  if (secret === undefined || secret.length < MIN_HIDDEN) return body;
  const forms = [secret, JSON.stringify(secret).slice(1, -1)];
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!forms.some((form) => bytes.includes(form))) return body;
  const text = forms.reduce((text, form) => text.replaceAll(form, () => REDACTED), bytes.toString("latin1"));
  return new Uint8Array(Buffer.from(text, "latin1"));
}

function headersOf({ authType, authHeader, secret }: CallableAgent): Record<string, string> {
  return {
    "user-agent": "Timewire",
    accept: "application/json",
    ...(authType === "bearer" && secret !== undefined && { authorization: `Bearer ${secret}` }),
    ...(authType === "apikey" && secret !== undefined && { [authHeader ?? DEFAULT_KEY_HEADER]: secret }),
  };
}
