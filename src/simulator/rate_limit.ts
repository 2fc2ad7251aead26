/** The API's request budgets per add-on and workspace, as sliding windows. */

import type { Clock } from "../base/clock.ts";

/** True when one more request may pass now; it is then counted. */
type Window = (nowMs: number) => boolean;

/** At most `limit` passes in any `windowMs`. A ring of the last passes: constant cost per request. */
function slidingWindow(limit: number, windowMs: number): Window {
  const passes = new Array<number>(limit).fill(-Infinity);
  let next = 0;
  return (nowMs) => {
    if (nowMs - passes[next]! < windowMs) return false;
    passes[next] = nowMs;
    next = (next + 1) % limit;
    return true;
  };
}

export interface RateLimits {
  /** False when the request is over a rate limit of this add-on in this workspace. */
  admit(addonKey: string, workspaceId: string): boolean;
  /**
   * Gives a workspace a limit per hour on top of the one per second, as new FREE workspaces have (30 requests);
   * null takes it away.
   */
  setHourly(workspaceId: string, requestsPerHour: number | null): void;
}

/** Whether Clockify counts by window or by bucket is unknown; a window is the stricter reading. */
export function createRateLimits(ratePerSecond: number, clock: Clock): RateLimits {
  const perSecond = new Map<string, Window>();
  const perHour = new Map<string, Window>();
  return {
    admit(addonKey, workspaceId) {
      const now = clock.monotonicMs();
      const key = `${addonKey} ${workspaceId}`;
      let window = perSecond.get(key);
      if (!window) perSecond.set(key, window = slidingWindow(ratePerSecond, 1000));
      return window(now) && (perHour.get(workspaceId)?.(now) ?? true);
    },
    setHourly(workspaceId, requestsPerHour) {
      if (requestsPerHour === null) perHour.delete(workspaceId);
      else perHour.set(workspaceId, slidingWindow(requestsPerHour, 3_600_000));
    },
  };
}
