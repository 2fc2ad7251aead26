/**
 * Rate limits and other bounds of the process: budgets for requests that come in and calls that go out, over Redis or
 * in memory, and limits of bodies.
 */

import type { Clock } from "../base/clock.ts";
import type { BudgetStore } from "../clockify/budget_store.ts";
import type { RateEvent } from "../clockify/acquire.ts";
import { createRateLimiter, type RateLimiter, UNLIMITED } from "../clockify/rate_limit.ts";
import type { Config } from "../config/config.ts";
import type { BodyLimits } from "../http/server/body.ts";
import { type BodyAccount, createBodyAccount } from "../http/server/body_account.ts";
import { type CostlyReads, createCostlyPlaces, createCostlyReads } from "../limits/costly_reads.ts";
import { createGuessGuard, type GuessGuard } from "../limits/guesses.ts";
import { type Budget, createLimits } from "../limits/limits.ts";
import { openRedis, type Redis } from "../limits/redis.ts";
import { createSharedBuckets } from "../limits/shared_bucket.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** A costly read counts as so many requests: those of a workspace have this part of its rate, beside the count of requests. */
const COSTLY_AS_REQUESTS = 10;
/** Some twenty webhooks with a token of a few kilobytes each. */
const MIN_LIFECYCLE_BYTES = 262_144;
/** A burst of bytes: a few of the largest bodies, or 14,000 ordinary deliveries, whichever is more. */
const BYTES_BURST_SECONDS = 2;
const BYTES_BURST_BODIES = 4;

export interface Limits {
  /** Memory account of request bodies of all listeners. */
  bodies: BodyAccount;
  /** For calls to Clockify. */
  limiter: RateLimiter;
  apiBody: BodyLimits;
  /** INSTALLED carries a token for each webhook: no limit for other requests may refuse what Clockify sends once. */
  lifecycleBody: BodyLimits;
  webhookBody: BodyLimits;
  /** What one listener gives the installations of its add-on. */
  ofListener(listener: { service: string; addonKey: string }): {
    webhooks: Budget;
    webhookBytes: Budget;
    api: Budget;
    /** Failed logins per address. */
    logins: GuessGuard;
    /** Failures of senders at the doors of webhooks, per address. */
    guesses: GuessGuard;
    costly: CostlyReads;
  };
  /** For /ready. */
  redis(): string;
  stop(): Promise<void>;
}

export async function openLimits(
  { config, clock, log, metrics, store }: {
    config: Config;
    clock: Clock;
    log: Logger;
    metrics: Metrics;
    /** Where budgets towards Clockify outlive the process. */
    store: BudgetStore;
  },
): Promise<Limits> {
  const {
    redisUrl,
    limits: { apiBodyBytes, webhookBodyBytes, jsonDepth, apiPerSecond, webhooksPerSecond, webhookBytesPerSecond },
  } = config;
  const { rateLimited, ratePerSecond, perHour } = config.clockify;
  const own = log.child({ logger: "limits" });
  const redis = redisUrl === undefined ? undefined : await openRedis({
    url: redisUrl,
    clock,
    onStatus: (status, reason) => {
      metrics.set("redis_up", ["budgets"], status === "ready" ? 1 : 0);
      if (status === "ready") own.info("redis.ready");
      else own.warn("redis.away", { reason, consequence: "budgets are per instance" });
    },
  });
  const shared = redis && createSharedBuckets(redis);
  const limits = createLimits({ clock, shared, onFallback: () => metrics.add("rate_limit_fallback_total") });
  const costlyPlaces = createCostlyPlaces(clock);
  const bodies = createBodyAccount({
    clock,
    totalBytes: config.limits.bodyBytesInFlight,
    onRefused: (cause) => metrics.add("request_bodies_refused_total", [cause]),
  });
  metrics.beforeScrape(() => {
    const { strangers, senders } = bodies.held();
    metrics.set("request_body_bytes", ["unverified"], strangers);
    metrics.set("request_body_bytes", ["verified"], senders);
    return Promise.resolve();
  });
  return {
    bodies,
    limiter: createRateLimiter({
      clock,
      defaultPerSecond: rateLimited ? ratePerSecond : UNLIMITED,
      shared,
      perHour: (key) => perHour?.of(key.slice(key.indexOf(":") + 1)),
      hourly: rateLimited,
      store,
      onEvent: (event, key) => count(event, { metrics, addon: key.slice(0, key.indexOf(":")) }),
    }),
    apiBody: { maxBytes: apiBodyBytes, maxDepth: jsonDepth },
    lifecycleBody: { maxBytes: Math.max(apiBodyBytes, MIN_LIFECYCLE_BYTES), maxDepth: jsonDepth },
    webhookBody: { maxBytes: webhookBodyBytes, maxDepth: jsonDepth },
    ofListener: ({ service, addonKey }) => {
      const refused = (scope: "webhook" | "webhook_bytes" | "api" | "login" | "guess" | "costly") => () =>
        metrics.add("rate_limited_total", [service, scope]);
      return {
        webhooks: limits.budget({
          name: `webhook:${addonKey}`,
          ratePerSecond: webhooksPerSecond,
          onRefused: refused("webhook"),
        }),
        webhookBytes: limits.budget({
          name: `webhook_bytes:${addonKey}`,
          ratePerSecond: webhookBytesPerSecond,
          burst: Math.max(BYTES_BURST_SECONDS * webhookBytesPerSecond, BYTES_BURST_BODIES * webhookBodyBytes),
          largest: webhookBodyBytes,
          onRefused: refused("webhook_bytes"),
        }),
        api: limits.budget({ name: `api:${addonKey}`, ratePerSecond: apiPerSecond, onRefused: refused("api") }),
        logins: createGuessGuard({
          clock,
          refusal: "too many logins failed from this address",
          onRefused: refused("login"),
        }),
        guesses: createGuessGuard({
          clock,
          refusal: "too many requests from this address were by no known sender",
          onRefused: refused("guess"),
        }),
        costly: createCostlyReads({
          places: costlyPlaces,
          budget: limits.budget({
            name: `costly:${addonKey}`,
            ratePerSecond: apiPerSecond / COSTLY_AS_REQUESTS,
            onRefused: refused("costly"),
          }),
          onRefused: refused("costly"),
        }),
      };
    },
    redis: () => redisState(redis),
    stop: async () => {
      await limits.stop();
      await redis?.stop();
    },
  };
}

function redisState(redis: Redis | undefined): string {
  if (redis === undefined) return "off";
  return redis.status() === "ready" ? "ok" : "away: budgets are per instance";
}

function count({ kind, ms }: RateEvent, { metrics, addon }: { metrics: Metrics; addon: string }) {
  const { service } = profileOf(addon as ProfileKey);
  metrics.add("clockify_rate_limit_events_total", [service, kind]);
  if (kind !== "paused") metrics.add("rate_limiter_waits", [service]);
  if (kind === "waited") metrics.add("clockify_rate_limit_wait_seconds_total", [service], ms / 1000);
}
