/** Calls one Clockify operation for an installation: rate budget, request, answer, and quick retries where they are safe. */

import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Overflow, SafeFetch } from "../egress/safe_fetch.ts";
import { type ClockifyAnswer, readAnswer } from "./answer.ts";
import { type AllowedDomains, assertAllowed } from "./hosts.ts";
import type { AcquireResult, Priority } from "./acquire.ts";
import type { CallOrigin } from "./call_origin.ts";
import type { CallReserve } from "./call_reserve.ts";
import { budgetKeyOf, type RateLimiter } from "./rate_limit.ts";
import { buildRequest, type BuiltRequest, type CallParts } from "./request.ts";
import { type AttemptMade, type SentCall, sentCall } from "./sent_call.ts";

export type { ClockifyAnswer, RefusalReason } from "./answer.ts";
export type { CallInstallation } from "./request.ts";
export type { SentCall, SentOutcome } from "./sent_call.ts";

/** Retries that the client makes by itself; retries after a longer wait are the engine's. */
const QUICK_RETRIES = 2;
const QUICK_BACKOFF = { initialDelayMs: 200, maxDelayMs: 2_000, multiplier: 2 };

export interface ClockifyCall extends CallParts {
  /** Who makes it: stands in its record. */
  origin: CallOrigin;
  priority: Priority;
  /** Budget for everything that is waiting: rate budget and pauses between quick retries. */
  maxWaitMs: number;
  /** Longest wait for the rate budget at a time, where that is less: who holds a slot of the worker comes back instead. */
  maxTurnMs?: number;
  /** A rate limit of the caller's own, below the budget: takes each attempt's turn when its time has come. */
  pace?(takeTurn: () => Promise<AcquireResult>, signal?: AbortSignal): Promise<AcquireResult>;
  signal?: AbortSignal;
  /** Of the answer, where that is less than the client's own bound. */
  maxResponseBytes?: number;
  /** Takes an answer that is too large to be held; nothing is tried again once it took something. */
  overflow?: Overflow;
  /** For a call of a step that makes several: what the hour has set aside for them. */
  reserve?: CallReserve;
}

export interface ClockifyClient {
  /**
   * Makes the call. Expected outcomes come back as a ClockifyAnswer; rejects only with the reason of an aborted signal.
   * A GET is tried up to three times on 429, 5xx and a lost connection; anything else only when it surely never left. A
   * token that Clockify refuses (401) is read again, and when it changed the call is made at once with the new one.
   */
  call(call: ClockifyCall): Promise<ClockifyAnswer>;
}

export interface ClockifyClientOptions {
  fetch: SafeFetch;
  limiter: RateLimiter;
  allowed: AllowedDomains;
  clock: Clock;
  timeoutMs: number;
  maxResponseBytes: number;
  onSent?(call: SentCall): void;
  random?: () => number;
}

/** A client over these parts; one serves all installations. */
export function createClockifyClient(options: ClockifyClientOptions): ClockifyClient {
  const { limiter, clock } = options;
  return {
    async call(call) {
      let { token } = call.installation;
      let built = prepare(call, options.allowed);
      if ("kind" in built) return built;
      const { addonKey: addon, workspaceId } = call.installation;
      const key = budgetKeyOf({ addon, workspaceId });
      const deadline = clock.monotonicMs() + call.maxWaitMs;
      let before: ClockifyAnswer | undefined;
      for (let attempt = 1;; attempt++) {
        const takeTurn = () =>
          limiter.acquire({
            key,
            priority: call.priority,
            maxWaitMs: Math.max(0, Math.min(call.maxTurnMs ?? Infinity, deadline - clock.monotonicMs())),
            signal: call.signal,
            reserve: call.reserve,
          });
        const turn = await (call.pace ? call.pace(takeTurn, call.signal) : takeTurn());
        if (!turn.ok && turn.limitPerHour !== undefined) return tooManyCalls(call, turn.limitPerHour);
        if (!turn.ok) return before ?? { kind: "limited", retryInMs: turn.retryInMs };
        const sentAtMs = clock.monotonicMs();
        let last = await attemptOnce(options, call, { built, attempt, sentAtMs });
        if (last.kind === "limited") last = pausedBy(last, limiter.rejected(key, { askedMs: last.askedMs, sentAtMs }));
        else if (last.kind === "ok" || last.kind === "refused") limiter.accepted(key, sentAtMs);
        before = last;
        if (last.kind === "refused" && last.status === 401 && last.reason !== "closed_to_addons") {
          const renewed = await call.installation.renewToken?.(token);
          if (renewed === undefined || renewed === token || attempt > QUICK_RETRIES) return last;
          token = renewed;
          built = prepare({ ...call, installation: { ...call.installation, token } }, options.allowed);
          if ("kind" in built) return built;
          continue;
        }
        if (attempt > QUICK_RETRIES || !mayRepeat(call, last)) return last;
        // After a 429 the limiter makes the next turn wait.
        const pauseMs = last.kind === "limited" ? 0 : Math.max(
          last.retryAfterMs ?? 0,
          backoffMs(attempt, QUICK_BACKOFF, options.random),
        );
        if (clock.monotonicMs() + pauseMs > deadline) return last;
        if (pauseMs > 0) await clock.sleep(pauseMs, call.signal);
      }
    },
  };
}

type Limited = ClockifyAnswer & { kind: "limited" };

/** A 429 with the pause that it brought about. */
function pausedBy({ kind, status, askedMs = 0 }: Limited, pauseMs: number): Limited {
  return { kind, status, retryInMs: pauseMs, ...(askedMs > pauseMs && { askedMs }) };
}

/** The refusal of a step that no hour has the calls for. */
function tooManyCalls({ operation: { operationId }, reserve }: ClockifyCall, limitPerHour: number): ClockifyAnswer {
  const count = (calls: number) => calls.toLocaleString("en");
  const error = new AppError(
    "UPSTREAM_RATE_LIMITED",
    `Cannot call ${operationId}: the step needs ${count(reserve?.inAll ?? 1)} calls, and the workspace has ${
      count(limitPerHour)
    } an hour`,
    { details: { operation: operationId, sent: false, limit_per_hour: limitPerHour } },
  );
  return { kind: "refused", reason: "plan_limit", retryable: false, error };
}

/** The request, or the refusal to make it. */
function prepare(call: ClockifyCall, allowed: AllowedDomains): BuiltRequest | ClockifyAnswer {
  try {
    const built = buildRequest(call);
    assertAllowed(new URL(built.url), allowed);
    return built;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: "refused", reason: "input", retryable: false, error };
  }
}

/** The answer to one request, which is reported whatever came of it. */
async function attemptOnce(
  { fetch, clock, timeoutMs, maxResponseBytes, onSent }: ClockifyClientOptions,
  call: ClockifyCall,
  made: AttemptMade & { sentAtMs: number },
): Promise<ClockifyAnswer> {
  const { method, url, headers, body } = made.built;
  const durationMs = () => clock.monotonicMs() - made.sentAtMs;
  // Nothing was sent: nothing is reported.
  call.signal?.throwIfAborted();
  try {
    const { operationId: operation } = call.operation;
    const request = {
      method,
      url,
      headers,
      body,
      timeoutMs,
      maxResponseBytes: Math.min(call.maxResponseBytes ?? maxResponseBytes, maxResponseBytes),
      signal: call.signal,
      operation,
      overflow: call.overflow,
    };
    const response = await fetch(request);
    const answer = readAnswer(call.operation, response, clock.now());
    onSent?.(sentCall(call, made, { answer, response, durationMs: durationMs() }));
    return answer;
  } catch (error) {
    if (call.signal?.aborted || !(error instanceof AppError)) {
      onSent?.(sentCall(call, made, { durationMs: durationMs() }));
      throw error;
    }
    const answer: ClockifyAnswer = { kind: "failed", error, sent: error.details.sent !== false };
    onSent?.(sentCall(call, made, { answer, durationMs: durationMs() }));
    return answer;
  }
}

function mayRepeat(
  { operation: { method } }: ClockifyCall,
  answer: ClockifyAnswer,
): answer is ClockifyAnswer & { kind: "failed" | "limited" } {
  if (answer.kind === "limited") return method === "GET";
  if (answer.kind !== "failed" || !answer.error.retryable) return false;
  if (!answer.sent) return true;
  return method === "GET" && (answer.status !== undefined || answer.error.code === "UPSTREAM_UNREACHABLE");
}
