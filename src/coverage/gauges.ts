/** The gauges of coverage, read by one grouped query, at most once a minute. */

import { PROFILES } from "../profiles/profiles.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { DELIVERY_PATHS } from "./plan.ts";
import { COVERAGE_STATES, type CoverageState, type CoverageStore } from "./store.ts";

/** States that are no alarm: all is well, or Clockify does not show it. */
const CALM: ReadonlySet<CoverageState> = new Set(["ok", "unknown"]);

/** The query looks at each event type of each installation: half a second for 20,000 of them. */
const COUNT_EVERY_MS = 60_000;

/** True for a row whose webhook needs a look; an event type that nothing brings has none. */
export function isAlarm({ way, state }: { way: string; state: CoverageState }): boolean {
  return way !== "none" && !CALM.has(state);
}

/** webhook_coverage and webhook_alarms. What has no rows any more is 0, not what it was. */
export function watchCoverage(metrics: Metrics, counts: CoverageStore["counts"]) {
  const shown = new Set<string>();
  metrics.beforeScrape(async () => {
    const rows = await counts();
    for (const { addon } of rows) shown.add(addon);
    for (const { key, service } of PROFILES.filter(({ key }) => shown.has(key))) {
      const own = rows.filter(({ addon }) => addon === key);
      const sum = (fits: (row: (typeof own)[number]) => boolean) =>
        own.filter(fits).reduce((total, { count }) => total + count, 0);
      for (const way of DELIVERY_PATHS) metrics.set("webhook_coverage", [service, way], sum((row) => row.way === way));
      for (const state of COVERAGE_STATES.filter((state) => !CALM.has(state))) {
        metrics.set("webhook_alarms", [service, state], sum((row) => row.state === state && isAlarm(row)));
      }
    }
  }, COUNT_EVERY_MS);
}
