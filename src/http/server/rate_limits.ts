/**
 * RateLimit-Policy and RateLimit on answers (the IETF draft "RateLimit header fields for HTTP", in its present form of
 * structured fields): what a caller may ask for, and what is left of it as the answer leaves.
 */

import type { BudgetState } from "../../limits/limits.ts";

/** The limits that callers are shown, each with what it counts. */
export const RATE_LIMITS = {
  requests: "Requests of a workspace, its members apart from its admins and operators",
  costly: "Costly reads of the same",
  logins: "Failed logins from an address, on answers to such",
} as const;
export type RateLimitName = keyof typeof RATE_LIMITS;

/** A limit that a request counts for; `look` is asked as its answer leaves. */
export interface ShownLimit {
  name: RateLimitName;
  look(): BudgetState;
}

/** Sets both fields, where there are limits: `"requests";q=1000;w=10` and `"requests";r=999;t=1`. */
export function setRateLimits(headers: Headers, limits: readonly ShownLimit[]): void {
  if (limits.length === 0) return;
  const states = limits.map(({ name, look }) => ({ name, ...look() }));
  headers.set("ratelimit-policy", states.map(policyOf).join(", "));
  headers.set("ratelimit", states.map(stateOf).join(", "));
}

type Named = BudgetState & { name: string };

/** As many at once, and as many again evenly over the window. */
function policyOf({ name, burst, fillMs }: Named): string {
  return `"${name}";q=${Math.floor(burst)};w=${seconds(fillMs)}`;
}

/** `t` is when all of it is there again; it is left out where other instances have a say in that. */
function stateOf({ name, left, fullInMs }: Named): string {
  return `"${name}";r=${Math.max(0, Math.floor(left))}${fullInMs === undefined ? "" : `;t=${seconds(fullInMs)}`}`;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
