/** Port of actions: what a step can do. The engine resolves the input, the action acts, the engine records. */

import type { AppError, ErrorCode } from "../base/errors.ts";

/** The tenant that the step acts for: from the run, never from user input. */
export interface ActionTenant {
  installationId: number;
  workspaceId: string;
  /** The installation's when the run was asked for: credentials of an older one are over. Null or absent: not known. */
  generation?: number | null;
}

export interface ActionCall {
  /** The step's input after all expressions were resolved. */
  input: unknown;
  tenant: ActionTenant;
  runId: string;
  stepPath: string;
  /** From 1. */
  attempt: number;
  /** The same on every attempt of this step: sent as the Idempotency-Key header. */
  idempotencyKey: string;
  signal: AbortSignal;
}

/**
 * How an attempt ended. A partner's refusal is an expected outcome, not an exception. `request` takes the place of what
 * describe() promised, where only the attempt could know what is sent.
 */
export type ActionResult =
  | { outcome: "done"; output: unknown; httpStatus?: number; request?: unknown }
  /** Failed. `error.retryable` decides on another attempt; `retryAfterMs` is a floor for its delay. */
  | { outcome: "failed"; error: AppError; httpStatus?: number; retryAfterMs?: number; request?: unknown }
  /**
   * Put off: nothing was sent, or the answer was 429. The step waits and uses up no attempt; once it would wait over 24 hours
   * in all it fails with `code` (default UPSTREAM_RATE_LIMITED) and the reason. Without `delayMs`, longer each time.
   */
  | { outcome: "snooze"; delayMs?: number; reason: string; code?: ErrorCode; httpStatus?: number };

/** Longest that a step waits in all because it was put off; an answer that asks for more fails it. */
export const MAX_WAIT_MS = 86_400_000;

/** A wait for something that may come back by itself: longer each time, up to 10 minutes (classify.ts). */
export function waitFor(reason: string): ActionResult {
  return { outcome: "snooze", reason, code: "INSTALLATION_UNKNOWN" };
}

export interface Action {
  type: string;
  /** "external": an attempt may have an effect outside, so its start is recorded before the call. */
  effect: "none" | "external";
  /** A redacted picture of what would be sent, or the promise of one, for history and dry runs. */
  describe(call: ActionCall): unknown;
  run(call: ActionCall): Promise<ActionResult>;
}
