/** The action "agent": a step of a workflow sends its input to an agent, and its output is what the agent gave. */

import { backoffMs, retryAfterMs } from "../base/backoff.ts";
import { type Breakers, type CallEnd, CallPutOff } from "../breakers/breakers.ts";
import type { BreakerPolicy } from "../breakers/policy.ts";
import { agentHost } from "../breakers/store.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { SafeResponse } from "../egress/safe_fetch.ts";
import type { Action, ActionResult } from "../engine/action.ts";
import type { AgentCalls } from "./call.ts";
import { messageSend, readAnswer } from "./protocol.ts";
import type { AgentStore, CallableAgent } from "./store.ts";
import type { AgentUsageRecorder } from "./usage.ts";

export interface AgentActionOptions {
  agents: Pick<AgentStore, "findCallable">;
  calls: Pick<AgentCalls, "send">;
  usage: Pick<AgentUsageRecorder, "note">;
  breakers: Pick<Breakers, "guard">;
  /** Of agents that say nothing else. */
  breaker: BreakerPolicy;
  clock: Clock;
}

interface Input {
  agent: string;
  data?: unknown;
}

/**
 * Input `{agent, data}`. The agent is looked up for each attempt: one that is deleted or inactive by then fails the step for good.
 * How often and when it is called again is the agent's retry_config as it is then; a network fault, a timeout, 5xx, 429 and an
 * error of its server may be tried again, all else fails at once.
 */
export function createAgentAction({ agents, calls, usage, breakers, breaker, clock }: AgentActionOptions): Action {
  return {
    type: "agent",
    effect: "external",
    describe: ({ input }) => {
      const { agent, data } = input as Input;
      return { agent, method: "message/send", data: data ?? {} };
    },
    run: async (call) => {
      const { agent: name, data } = call.input as Input;
      const { installationId } = call.tenant;
      const agent = await agents.findCallable(installationId, name);
      if (!agent) return failed(new AppError("NOT_FOUND", `Cannot call agent "${name}": it was deleted`));
      if (agent.status !== "active") {
        return failed(new AppError("CONFLICT", `Cannot call agent "${name}": it is inactive`));
      }
      const id = call.idempotencyKey;
      const { failures = call.attempt - 1 } = call;
      let ms = 0;
      const send = async () => {
        const startedMs = clock.monotonicMs();
        try {
          return await calls.send(agent, { body: messageSend({ id, data }), correlationId: id, signal: call.signal });
        } finally {
          ms = clock.monotonicMs() - startedMs;
        }
      };
      const ended = (failed: boolean) => usage.note({ installationId, agentId: agent.id, ms, failed });
      let response: SafeResponse | CallPutOff;
      try {
        const policy = policyOf(agent, breaker);
        response = await breakers.guard({ installationId, host: agentHost(name) }, send, endOf, policy);
      } catch (error) {
        if (call.signal.aborted || !(error instanceof AppError)) throw error;
        // What was refused here was no call.
        if (error.code.startsWith("UPSTREAM_")) ended(true);
        return again(error, { agent, failures });
      }
      if (response instanceof CallPutOff) {
        return { outcome: "snooze", delayMs: response.waitMs, reason: response.reason, code: "UPSTREAM_UNREACHABLE" };
      }
      const { status } = response;
      if (status < 200 || status >= 300) {
        ended(true);
        const code = status === 429 ? "UPSTREAM_RATE_LIMITED" : status >= 500 ? "UPSTREAM_FAILED" : "UPSTREAM_REJECTED";
        const error = new AppError(code, `Agent "${name}" answered ${status}`, {
          retryable: status === 429 || status >= 500,
        });
        const afterMs = retryAfterMs(response.headers.get("retry-after"), clock.now());
        return again(error, { agent, failures, httpStatus: status, afterMs });
      }
      try {
        const output = readAnswer(response, { agent, id });
        ended(false);
        return { outcome: "done", output, httpStatus: status };
      } catch (error) {
        ended(true);
        if (!(error instanceof AppError)) throw error;
        return again(error, { agent, failures, httpStatus: status });
      }
    },
  };
}

/** What the agent says of its breaker, over the defaults. */
function policyOf({ breakerConfig: own }: CallableAgent, defaults: BreakerPolicy): BreakerPolicy {
  if (!own) return defaults;
  const seconds = own.timeout_seconds ?? defaults.openSeconds;
  return {
    enabled: own.enabled ?? defaults.enabled,
    failures: own.failure_threshold ?? defaults.failures,
    failureRate: own.failure_rate_threshold ?? defaults.failureRate,
    windowMs: own.window_size_seconds === undefined ? defaults.windowMs : own.window_size_seconds * 1_000,
    openSeconds: seconds,
    mostSeconds: seconds,
    trials: own.half_open_max_calls ?? defaults.trials,
  };
}

function endOf({ status }: SafeResponse): CallEnd {
  return status >= 500 ? { end: "failed", code: "UPSTREAM_FAILED", httpStatus: status } : { end: "answered" };
}

function failed(error: AppError): ActionResult {
  return { outcome: "failed", error };
}

/** The plan would allow more attempts: the agent's own number counts. */
function again(
  error: AppError,
  { agent: { retry }, failures, httpStatus, afterMs }: {
    agent: CallableAgent;
    /** Before it, in this round. */
    failures: number;
    httpStatus?: number;
    afterMs?: number;
  },
): ActionResult {
  if (!error.retryable || failures >= retry.max_retries) {
    const { code, message, details } = error;
    return { outcome: "failed", error: new AppError(code, message, { details, cause: error }), httpStatus };
  }
  const policy = {
    initialDelayMs: retry.initial_delay_ms,
    maxDelayMs: retry.max_delay_ms,
    multiplier: retry.backoff_multiplier,
  };
  return {
    outcome: "failed",
    error,
    httpStatus,
    retryAfterMs: Math.max(afterMs ?? 0, backoffMs(failures + 1, policy)),
  };
}
