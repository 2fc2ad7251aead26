/** Why a run waits for Clockify, as its job keeps it: what counts them, and what says it in words, go by these. */

export const CLOCKIFY_WAITS = {
  /** The add-on's budget in the workspace had no call left, or was paused: nothing was sent. */
  budget: "rate_budget",
  /** It was sent, and answered with 429. */
  refused: "Clockify answered 429, too many requests",
} as const;

const REASONS: readonly string[] = Object.values(CLOCKIFY_WAITS);

/** True of the reason of a job that waits for Clockify. */
export function waitsForClockify(reason: string | null): boolean {
  return reason !== null && REASONS.includes(reason);
}
