/** UUIDs of version 7 (RFC 9562): their order is that of the times they are made of. */

/**
 * Makes ids. Those of one millisecond that one maker gives keep the order in which they were asked for, up to 4,096 of them.
 *
 * ```ts
 * import { assertMatch } from "@std/assert";
 * const uuid7 = createUuid7();
 * assertMatch(uuid7(1_700_000_000_000), /^018bcfe5-6800-7000-[89ab]/);
 * assertMatch(uuid7(1_700_000_000_000), /^018bcfe5-6800-7001-[89ab]/);
 * ```
 */
export function createUuid7(): (ms: number) => string {
  let lastMs = -1;
  let count = 0;
  return (ms) => {
    count = ms === lastMs ? (count + 1) & 0xfff : 0;
    lastMs = ms;
    return `${timePart(ms)}-7${count.toString(16).padStart(3, "0")}${crypto.randomUUID().slice(18)}`;
  };
}

/** The lowest id of the millisecond: the bound of a span of time. */
export function lowestUuid7(ms: number): string {
  return `${timePart(ms)}-7000-8000-000000000000`;
}

/** Milliseconds since 1970, as the first 48 bits; times before it are as 1970. */
function timePart(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
