/** Port of actions: what a step can do. The engine resolves the input, the action acts, the engine records. */

import type { AppError, ErrorCode } from "../base/errors.ts";

/** The tenant that the step acts for: from the run, never from user input. */
export interface ActionTenant {
  /** Of the add-on in the workspace: what statements and credentials are found by. */
  installationId: number;
  /** Clockify's id of the workspace. */
  workspaceId: string;
  /** The installation's when the run was asked for: credentials of an older one are over. Null or absent: not known. */
  generation?: number | null;
}

/** One attempt of a step, as its action gets it. */
export interface ActionCall {
  /** The step's input after all expressions were resolved. */
  input: unknown;
  /** Whom it acts for. */
  tenant: ActionTenant;
  /** UUID of the run. */
  runId: string;
  /** The flow whose version the run has; id 0: a dry run. */
  flow: { id: number; version?: number };
  /** Where the step stands in the run's plan (step_path.ts). */
  stepPath: string;
  /** From 1. */
  attempt: number;
  /** Attempts before it that failed, since a person retried the run. Absent: `attempt` - 1. */
  failures?: number;
  /** The same on every attempt of this step: sent as the Idempotency-Key header. */
  idempotencyKey: string;
  /** Ends the attempt: at a stop of the worker, or when the claim on the run is lost. */
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

/** One kind of action: what steps of this type do. */
export interface Action {
  /** The `type` that flows name it by. */
  type: string;
  /** "external": an attempt may have an effect outside, so its start is recorded before the call. */
  effect: "none" | "external";
  /** It follows from its input alone, at once: its end goes into one record with what comes next. */
  instant?: true;
  /** Of JSON, beyond which the step fails; absent: what any step's output may have. */
  maxOutputBytes?: number;
  /** A redacted picture of what would be sent, or the promise of one, for history and dry runs. */
  describe(call: ActionCall): unknown;
  /** Acts, once. Rejects for its own faults alone: what the other side answers is a result. */
  run(call: ActionCall): Promise<ActionResult>;
}
