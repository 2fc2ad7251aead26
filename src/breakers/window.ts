/** Calls to one host in its window, as this process made them: when they are reason to make no more. */

import { type BreakerPolicy, HOST_POLICY } from "./policy.ts";

/** Calls of one half of the window. */
interface Half {
  failed: number;
  answered: number;
}

export interface CallWindow {
  now: Half;
  before: Half;
  /** When `now` began, in milliseconds of a monotonic clock. */
  since: number;
}

export function newWindow(nowMs: number): CallWindow {
  return { now: { failed: 0, answered: 0 }, before: { failed: 0, answered: 0 }, since: nowMs };
}

/** Counts a call. */
export function count(
  window: CallWindow,
  end: keyof Half,
  { nowMs, windowMs = HOST_POLICY.windowMs }: { nowMs: number; windowMs?: number },
): void {
  const halves = Math.floor((nowMs - window.since) / (windowMs / 2));
  if (halves > 0) {
    window.before = halves === 1 ? window.now : { failed: 0, answered: 0 };
    window.now = { failed: 0, answered: 0 };
    window.since = nowMs;
  }
  window.now[end]++;
}

/** Failures of the window, where they are reason to stop; else 0. */
export function tooMany(
  { now, before }: CallWindow,
  { failures, failureRate }: Pick<BreakerPolicy, "failures" | "failureRate"> = HOST_POLICY,
): number {
  const failed = now.failed + before.failed;
  const calls = failed + now.answered + before.answered;
  return failed >= failures && failed >= calls * failureRate ? failed : 0;
}
