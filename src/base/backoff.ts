/** Delay before the n-th retry: exponential with full jitter (AWS "Exponential Backoff And Jitter"), unless the policy has another form. */

/** Names of the forms. */
export const BACKOFF_FORMS = ["fixed", "linear", "exponential"] as const;
/** How the ceiling grows from one attempt to the next: not at all, by its first length, or by the multiplier. */
export type BackoffForm = (typeof BACKOFF_FORMS)[number];

/** How long the delays are. */
export interface BackoffPolicy {
  /** Ceiling of the first delay, in milliseconds. */
  initialDelayMs: number;
  /** No delay is ever longer, in milliseconds. */
  maxDelayMs: number;
  /** Growth of the ceiling from one attempt to the next, where it is exponential. */
  multiplier: number;
  /** Absent: exponential. */
  form?: BackoffForm;
  /** False: each delay is its ceiling. Absent: true. */
  jitter?: boolean;
}

/**
 * A delay in milliseconds, uniform in [0, ceiling] or without jitter the ceiling, for the retry that follows failed attempt
 * `attempt` (from 1).
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const policy = { initialDelayMs: 1_000, maxDelayMs: 60_000, multiplier: 2 };
 * const longest = () => 1;
 * assertEquals([1, 2, 3, 7].map((attempt) => backoffMs(attempt, policy, longest)), [1_000, 2_000, 4_000, 60_000]);
 * assertEquals(backoffMs(3, policy, () => 0.5), 2_000);
 * const plain = { ...policy, jitter: false };
 * assertEquals([1, 3].map((attempt) => backoffMs(attempt, { ...plain, form: "linear" })), [1_000, 3_000]);
 * assertEquals([1, 3].map((attempt) => backoffMs(attempt, { ...plain, form: "fixed" })), [1_000, 1_000]);
 * ```
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.initialDelayMs * growth(Math.max(1, attempt), policy));
  return Math.round(policy.jitter === false ? ceiling : random() * ceiling);
}

function growth(attempt: number, { form = "exponential", multiplier }: BackoffPolicy): number {
  switch (form) {
    case "fixed":
      return 1;
    case "linear":
      return attempt;
    case "exponential":
      return multiplier ** (attempt - 1);
  }
}

/** The three forms of an HTTP date (RFC 9110 section 5.6.7) begin with the day of the week; asctime's has no zone and is GMT too. */
const HTTP_DATE = /^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? [\w: -]+$/;

/**
 * Milliseconds that a Retry-After header asks for, rounded up to whole seconds: seconds, also with decimals, which some
 * servers send, or an HTTP date (RFC 9110 section 10.2.3). Undefined when it is absent or malformed. Never negative, and
 * without a ceiling: the caller has one.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const now = Date.parse("2026-11-16T09:00:00Z");
 * assertEquals(retryAfterMs("120", now), 120_000);
 * assertEquals(retryAfterMs("1.5", now), 2_000);
 * assertEquals(retryAfterMs("Mon, 16 Nov 2026 09:01:00 GMT", now), 60_000);
 * assertEquals(retryAfterMs("soon", now), undefined);
 * ```
 */
export function retryAfterMs(value: string | null | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,15}(\.\d{1,15})?$/.test(text)) return Math.ceil(Number(text)) * 1000;
  if (!HTTP_DATE.test(text)) return undefined;
  const at = Date.parse(/ (GMT|UTC)$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : Math.ceil(Math.max(0, at - nowMs) / 1000) * 1000;
}
