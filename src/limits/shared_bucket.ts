/** Token buckets in Redis, by its own clock, that several instances share. */

import type { BucketShape } from "../base/token_bucket.ts";
import type { Redis } from "./redis.ts";

/** What a draw gave. */
export interface SharedTake {
  /** 0 to as many as were wanted, whole. */
  granted: number;
  /** What the bucket holds afterwards. */
  tokens: number;
  /** Nothing is given for so long. */
  pausedMs: number;
}

/** What counting a call of the hour gave. */
export interface HourlyTake {
  /** False: the ceiling would be passed, and nothing was counted. */
  granted: boolean;
  /** Calls of the last hour by minute since 1970. */
  calls: [minute: number, calls: number][];
}

/** Buckets that several instances draw from together. */
export interface SharedBuckets {
  /** False while Redis is away: its users then go by their own memory. */
  ready(): boolean;
  /** Takes up to `want` tokens; undefined when Redis does not answer. Never rejects. */
  take(key: string, shape: BucketShape, want: number): Promise<SharedTake | undefined>;
  /** Counts `calls` (default 1) when the last hour then has `ceiling` at most; undefined when Redis does not answer. Never rejects. */
  takeHourly(key: string, ceiling: number, calls?: number): Promise<HourlyTake | undefined>;
  /** Takes back calls that were counted and not made. */
  returnHourly(key: string, calls: number): Promise<void>;
  /** Nothing is given for `ms`; a later end already set stays. */
  pause(key: string, ms: number): Promise<void>;
}

/** The earlier service's, like the time after which an unused key is gone. */
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

/** The minute that runs and the 60 before it, as clockify/hourly_budget.ts counts. */
const HOUR_SECONDS = 3_660;
const TAKE_HOURLY = `
local minute = math.floor(redis.call('TIME')[1] / 60)
local used, calls = 0, {}
for index, value in ipairs(redis.call('HGETALL', KEYS[1])) do calls[index] = tonumber(value) end
local kept = {}
for index = 1, #calls, 2 do
  if calls[index] <= minute - 61 then redis.call('HDEL', KEYS[1], calls[index])
  else
    used = used + calls[index + 1]
    if calls[index] ~= minute then table.insert(kept, calls[index]) table.insert(kept, calls[index + 1]) end
  end
end
local granted = 0
if used + tonumber(ARGV[3]) <= tonumber(ARGV[1]) then
  granted = 1
  redis.call('HINCRBY', KEYS[1], minute, ARGV[3])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
local now = tonumber(redis.call('HGET', KEYS[1], minute))
if now then table.insert(kept, minute) table.insert(kept, now) end
return {granted, kept}
`;

/** From the latest minutes on, as far as there is something. */
const RETURN_HOURLY = `
local minute, left = math.floor(redis.call('TIME')[1] / 60), tonumber(ARGV[1])
for at = minute, minute - 60, -1 do
  local taken = math.min(left, tonumber(redis.call('HGET', KEYS[1], at)) or 0)
  if taken > 0 then redis.call('HINCRBY', KEYS[1], at, -taken) end
  left = left - taken
  if left == 0 then break end
end
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
    takeHourly: async (key, ceiling, taken = 1) => {
      const values = [Number.isFinite(ceiling) ? ceiling : Number.MAX_SAFE_INTEGER, HOUR_SECONDS, taken];
      const answer = await redis.run(TAKE_HOURLY, [`${KEY_PREFIX}${key}:hour`], values);
      if (answer === undefined) return undefined;
      const [granted, flat] = answer as [number, number[]];
      const calls: HourlyTake["calls"] = [];
      for (let index = 0; index < flat.length; index += 2) calls.push([flat[index]!, flat[index + 1]!]);
      return { granted: granted === 1, calls };
    },
    returnHourly: async (key, calls) => void await redis.run(RETURN_HOURLY, [`${KEY_PREFIX}${key}:hour`], [calls]),
    pause: async (key, ms) => void await redis.run(PAUSE, [KEY_PREFIX + key], [ms, IDLE_MS]),
  };
}
