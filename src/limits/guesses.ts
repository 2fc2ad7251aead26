/**
 * Limit of failed guesses per remote address (IPv6 by its network): past so many a minute, unknown tokens of that
 * address are refused.
 */

import ipaddr from "ipaddr.js";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { type BudgetState, createMemoryBudget } from "./limits.ts";

export interface GuessGuard {
  /** True for an address with too many failures behind it. */
  isSpent(address: string): boolean;
  /** Throws RATE_LIMITED for an address with too many failures behind it. */
  admit(address: string): void;
  /** Counts a failure. */
  failed(address: string): void;
  /** How many more failures the address has. */
  look(address: string): BudgetState;
}

/** Failures a minute of one address. */
const STRANGER_FAILURES = 20;
/** Loopback and private networks: a proxy, whose one address stands for all who come through it, or a test. */
const NEIGHBOUR_FAILURES = 1_000;
const NEAR_RANGES = ["loopback", "private", "uniqueLocal", "linkLocal"];

export interface GuessGuardOptions {
  clock: Clock;
  /** Why an address is refused: end of an error sentence. */
  refusal: string;
  onRefused(): void;
}

/** Counted in this process alone, also with Redis: the keys are too long for guesses over a few instances to gain anything. */
export function createGuessGuard({ clock, refusal, onRefused }: GuessGuardOptions): GuessGuard {
  const perMinute = (count: number) => createMemoryBudget({ ratePerSecond: count / 60, burst: count }, clock);
  const strangers = perMinute(STRANGER_FAILURES);
  const neighbours = perMinute(NEIGHBOUR_FAILURES);
  const budgetOf = (address: string) => isNear(address) ? neighbours : strangers;
  const waitMs = (address: string) => budgetOf(address).wait(networkOf(address));
  return {
    isSpent: (address) => waitMs(address) > 0,
    admit(address) {
      const retryInMs = waitMs(address);
      if (retryInMs === 0) return;
      onRefused();
      throw new AppError("RATE_LIMITED", `Cannot serve the request: ${refusal}`, {
        retryable: true,
        details: { retryInMs },
      });
    },
    failed: (address) => void budgetOf(address).take(networkOf(address)),
    look: (address) => budgetOf(address).look(networkOf(address)),
  };
}

/** What one person has: an IPv4 address, or an IPv6 network of 64 bits, whose addresses are all theirs. */
export function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  return address.kind() === "ipv4"
    ? address.toString()
    : (address as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}

function isNear(address: string): boolean {
  return ipaddr.isValid(address) && NEAR_RANGES.includes(ipaddr.process(address).range());
}
