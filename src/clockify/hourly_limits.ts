/** RATE_LIMIT_PER_HOUR: the hourly limits of workspaces that an operator knows. */

import { AppError } from "../base/errors.ts";

export interface HourlyLimits {
  /** Undefined: it is learnt. */
  of(workspaceId: string): number | undefined;
}

const MAX = 1_000_000;

/**
 * Reads a comma-separated list of `workspaceId:calls`; `calls` alone is for all the others. Throws CONFIG_INVALID naming the
 * entry.
 */
export function parseHourlyLimits(list: string): HourlyLimits {
  const limits = new Map<string, number>();
  for (const entry of list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "")) {
    const [, workspaceId = "", calls] = /^(?:([\w-]{1,64}):)?(\d{1,7})$/.exec(entry) ?? [];
    if (calls === undefined || Number(calls) < 1 || Number(calls) > MAX || limits.has(workspaceId)) {
      throw new AppError(
        "CONFIG_INVALID",
        `Cannot read hourly limit "${entry}": expected calls, or a workspace id, a colon and calls, each once`,
      );
    }
    limits.set(workspaceId, Number(calls));
  }
  return { of: (workspaceId) => limits.get(workspaceId) ?? limits.get("") };
}
