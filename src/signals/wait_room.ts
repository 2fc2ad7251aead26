/** How much the runs of a workspace may wait for together: each wait is a row that events are held against and that restarts keep. */

import { AppError } from "../base/errors.ts";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";

/** Waits for events and for people; an event that all of them wait for is held against them in a hundred pages. */
export const MAX_WORKSPACE_WAITS = 100_000;
/** A count serves so long, with what this process added meanwhile. */
const KEPT_MS = 10_000;
const MAX_KEPT = 10_000;

/**
 * Makes sure that the installation may wait for so many more. Throws RUN_LIMIT_REACHED. Counted every 10 s at most, where a step
 * begins to wait; what other processes add within that time goes beyond.
 */
export type WaitRoom = (installationId: number, waits: number) => Promise<void>;

export function createWaitRoom({ db, clock }: { db: Pick<Database, "scoped">; clock: Clock }): WaitRoom {
  const counts = createBoundedCache<number, { open: number; atMs: number }>({ max: MAX_KEPT });
  return async (installationId, waits) => {
    let known = counts.get(installationId);
    if (!known || clock.monotonicMs() - known.atMs > KEPT_MS) {
      const [row] = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<{ open: number }[]>`
          select count(*)::int as open from (
            select 1 from wait where installation_id = ${installationId} and match_type in ('event', 'approval')
            limit ${MAX_WORKSPACE_WAITS}::int) counted`);
      known = { open: row!.open, atMs: clock.monotonicMs() };
      counts.set(installationId, known);
    }
    if (known.open + waits > MAX_WORKSPACE_WAITS) {
      const most = MAX_WORKSPACE_WAITS.toLocaleString("en");
      throw new AppError(
        "RUN_LIMIT_REACHED",
        `Cannot wait: the runs of the workspace wait for ${most} events and approvals, which is the most; cancel some of them, ` +
          "or give waits a shorter deadline",
      );
    }
    known.open += waits;
  };
}
