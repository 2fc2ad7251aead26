/** Calls to one host in the last minute, as this process made them: when they are reason to make no more. */

/** So many failures in the window, and at least half of its calls, open the breaker. */
export const MIN_FAILURES = 10;
export const WINDOW_MS = 60_000;

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
export function count(window: CallWindow, end: keyof Half, nowMs: number): void {
  const halves = Math.floor((nowMs - window.since) / (WINDOW_MS / 2));
  if (halves > 0) {
    window.before = halves === 1 ? window.now : { failed: 0, answered: 0 };
    window.now = { failed: 0, answered: 0 };
    window.since = nowMs;
  }
  window.now[end]++;
}

/** Failures of the window, where they are reason to stop; else 0. */
export function tooMany({ now, before }: CallWindow): number {
  const failed = now.failed + before.failed;
  return failed >= MIN_FAILURES && failed >= now.answered + before.answered ? failed : 0;
}
