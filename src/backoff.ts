/** Delay before the n-th retry: exponential with full jitter (AWS "Exponential Backoff And Jitter"). */

export interface BackoffPolicy {
  /** Ceiling of the first delay, in milliseconds. */
  initialDelayMs: number;
  /** No delay is ever longer, in milliseconds. */
  maxDelayMs: number;
  /** Growth of the ceiling from one attempt to the next. */
  multiplier: number;
}

/** A delay in milliseconds, uniform in [0, ceiling], for the retry that follows failed attempt `attempt` (from 1). */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.initialDelayMs * policy.multiplier ** (Math.max(1, attempt) - 1));
  return Math.round(random() * ceiling);
}

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or an HTTP date), or undefined when
 * it is absent or malformed. Never negative.
 */
export function retryAfterMs(value: string | null | undefined, nowMs: number): number | undefined {
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim()) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
