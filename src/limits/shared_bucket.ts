/** Token buckets in Redis, by the time of its own clock: what several instances draw from together. */

import type { BucketShape } from "./bucket.ts";
import type { Redis } from "./redis.ts";

export interface SharedTake {
  /** 0 to as many as were wanted, whole. */
  granted: number;
  /** What the bucket holds afterwards. */
  tokens: number;
  /** Nothing is given for so long. */
  pausedMs: number;
}

export interface SharedBuckets {
  /** False while Redis is away: its users then go by their own memory. */
  ready(): boolean;
  /** Takes up to `want` tokens; undefined when Redis does not answer. Never rejects. */
  take(key: string, shape: BucketShape, want: number): Promise<SharedTake | undefined>;
  /** Nothing is given for `ms`; a later end already set stays. */
  pause(key: string, ms: number): Promise<void>;
}

/** Of the source documents (L190), also the time after which an unused key is gone. */
const KEY_PREFIX = "clockify:addon:ratelimit:";
const IDLE_MS = 120_000;

/** A bucket that is gone counts as full, so it stays until it is full again, and until its pause is over. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local saved = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'until')
local paused = math.max(0, (tonumber(saved[3]) or 0) - now)
`;

const TAKE = `${NOW}
local rate, burst, want, idle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local tokens = tonumber(saved[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(saved[2]) or now)) * rate / 1000)
local granted = 0
if paused == 0 then granted = math.min(want, math.floor(tokens)) end
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(idle, paused, burst / rate * 1000)))
return {granted, tostring(tokens), math.ceil(paused)}
`;

const PAUSE = `${NOW}
paused = math.max(paused, tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'until', now + paused)
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]), paused)))
return 1
`;

export function createSharedBuckets(redis: Pick<Redis, "run" | "status">): SharedBuckets {
  return {
    ready: () => redis.status() === "ready",
    take: async (key, { ratePerSecond, burst }, want) => {
      const answer = await redis.run(TAKE, [KEY_PREFIX + key], [ratePerSecond, burst, want, IDLE_MS]);
      if (answer === undefined) return undefined;
      const [granted, tokens, pausedMs] = answer as [number, string, number];
      return { granted, tokens: Number(tokens), pausedMs };
    },
    pause: async (key, ms) => void await redis.run(PAUSE, [KEY_PREFIX + key], [ms, IDLE_MS]),
  };
}
