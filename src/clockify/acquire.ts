/** The request to the rate limiter before a call to Clockify, and its answer (rate_limit.ts). */

import type { CallReserve } from "./call_reserve.ts";

/** Who waits: a person in front of a page, a flow's step, a first read of a workspace. Served in this order. */
export type Priority = "interactive" | "flow" | "bulk";

/** In the order in which they are served. */
export const PRIORITIES: readonly Priority[] = ["interactive", "flow", "bulk"];

export interface AcquireRequest {
  /** Add-on and workspace, e.g. `clockify-api-studio:64a687e29ae1f428e7ebe303`. */
  key: string;
  priority: Priority;
  /** Longest wait; when the token is not to be had in it, the answer is an immediate `ok: false`. */
  maxWaitMs: number;
  signal?: AbortSignal;
  /** For a call of a step that makes several. */
  reserve?: CallReserve;
}

/** `limitPerHour`: no wait helps, since the step needs more calls than an hour has. */
export type AcquireResult = { ok: true; waitedMs: number } | { ok: false; retryInMs: number; limitPerHour?: number };

/**
 * waited: granted after `ms` in the queue; refused: not available in time, retry after `ms`; paused: Clockify answered
 * 429.
 */
export interface RateEvent {
  kind: "waited" | "refused" | "paused";
  ms: number;
}
