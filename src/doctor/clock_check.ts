/** The clock of this machine against that of the database: tokens, schedules and leases go by both. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { type Check, lookAt } from "./check.ts";

/** What two machines under one time service may be apart. */
const APART_MS = 2_000;
/** Clockify's tokens are good for minutes: with that much a good one is refused, or an old one passes. */
const FAR_APART_MS = 30_000;

/** Never rejects. */
export async function checkClock({ db, clock }: { db: Database; clock: Clock }): Promise<Check[]> {
  const place = { area: "clock", about: db.place } as const;
  return await lookAt(place, async () => {
    const before = clock.now();
    const [row] = await db.sql<{ now: Date }[]>`select clock_timestamp() as now`;
    const apartMs = Math.round(row!.now.getTime() - (before + clock.now()) / 2);
    const by = Math.abs(apartMs);
    if (by <= APART_MS) return [{ ...place, state: "ok", detail: `The database's clock is ${by} ms apart` }];
    return [{
      ...place,
      state: by > FAR_APART_MS ? "fault" : "warning",
      detail: `The database's clock is ${(by / 1_000).toFixed(1)} s ${
        apartMs > 0 ? "ahead of" : "behind"
      } this machine's`,
      remedy: "keep both by a time service (NTP)",
    }];
  });
}
