/**
 * Heartbeat of deliveries: when no event came since the last check, the workspace's data shows whether one should have.
 */

import { hash } from "node:crypto";
import type { CallInstallation } from "../clockify/request.ts";
import type { ClockifyClient } from "../clockify/client.ts";
import { builtinCatalogue } from "../clockify/operations.ts";

/** What a check leaves for the next one. Instants are the database's. */
export interface Pulse {
  checkedAt: Date;
  /** Hash of what was last seen, since the last event. */
  seenSha256?: string;
  /** The check that first found the data moved with no event since the check before it. */
  unheardSince?: Date;
}

export interface HeartbeatInput {
  now: Date;
  /** Undefined at the first check. */
  previous: Pulse | undefined;
  /** The latest event of any type. */
  lastEventAt: Date | undefined;
  installedAt: Date;
  heartbeatMs: number;
  /**
   * Called only when it is quiet: a workspace may have 30 requests an hour. Undefined when Clockify does not show it.
   */
  look(): Promise<string | undefined>;
}

/**
 * Silent: the data moved while no event came, an earlier check saw that already (so a delivery on its way is no alarm), and
 * nothing has been received for `heartbeatMs`.
 */
export async function takePulse(input: HeartbeatInput): Promise<{ pulse: Pulse; silent: boolean }> {
  const { now, previous, lastEventAt, installedAt, heartbeatMs } = input;
  const heard = previous === undefined || (lastEventAt !== undefined && lastEventAt >= previous.checkedAt);
  if (heard) return { pulse: { checkedAt: now }, silent: false };
  const seen = await input.look();
  const moved = seen !== undefined && previous.seenSha256 !== undefined && seen !== previous.seenSha256;
  const quietMs = now.getTime() - Math.max(lastEventAt?.getTime() ?? 0, installedAt.getTime());
  return {
    pulse: {
      checkedAt: now,
      seenSha256: seen ?? previous.seenSha256,
      unheardSince: previous.unheardSince ?? (moved ? now : undefined),
    },
    silent: previous.unheardSince !== undefined && quietMs >= heartbeatMs,
  };
}

/** Timers of anyone, and the newest entries of the installer: whatever moves in a workspace that is used shows in one of them. */
export async function lookAtEntries(
  client: ClockifyClient,
  { caller, userId, signal }: { caller: CallInstallation; userId: string | undefined; signal: AbortSignal },
): Promise<string | undefined> {
  const looks = [
    { operationId: "getInProgressTimeEntries", pathParams: {}, queryParams: { "page-size": 50 } },
    ...userId === undefined
      ? []
      : [{ operationId: "getTimeEntries", pathParams: { userId }, queryParams: { "page-size": 10 } }],
  ];
  const seen: unknown[] = [];
  for (const { operationId, pathParams, queryParams } of looks) {
    const operation = builtinCatalogue().find(operationId)!;
    const answer = await client.call({
      operation,
      pathParams,
      queryParams,
      origin: { kind: "coverage" },
      installation: caller,
      priority: "bulk",
      maxWaitMs: 5_000,
      signal,
    });
    if (answer.kind !== "ok") return undefined;
    seen.push(answer.data);
  }
  return hash("sha256", JSON.stringify(seen));
}
