/** The gauges of one database: its queue, its ingest and its retention. */

import type { PeopleAccess } from "../db/people.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Queue } from "../queue/queue.ts";
import type { Retention } from "../retention/sweep.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Read before a scrape; counts of several databases are added up, since a label would name the place. */
export function watchServices(
  { metrics, retention, queue, ingest, people }: {
    metrics: Metrics;
    retention: Pick<Retention, "secondsSinceFinish">;
    queue: Pick<Queue, "counts">;
    ingest: Pick<Ingest, "waiting" | "waitingBytes">;
    people: Pick<PeopleAccess, "waiting">;
  },
  { services }: { services: readonly string[] },
): void {
  const sums = [
    ["ingest_waiting", ingest.waiting],
    ["ingest_waiting_bytes", ingest.waitingBytes],
    ["people_reads_waiting", people.waiting],
  ] as const;
  /** What this database added to each of them. */
  const added = new Map<string, number>();
  /** What this database added to each series, by kind and state. */
  let jobs = new Map<string, { labels: string[]; count: number }>();
  metrics.beforeScrape(async () => {
    for (const [name, read] of sums) {
      const now = read();
      metrics.add(name, [], now - (added.get(name) ?? 0));
      added.set(name, now);
    }
    const counts = await queue.counts();
    // A kind and state that has no jobs any more is 0, not what it was.
    for (const { labels, count } of jobs.values()) metrics.add("queue_jobs", labels, -count);
    jobs = new Map(counts.map(({ kind, state, count }) => [`${kind} ${state}`, { labels: [kind, state], count }]));
    for (const { labels, count } of jobs.values()) metrics.add("queue_jobs", labels, count);
  });
  metrics.beforeScrape(async () => {
    const seconds = await retention.secondsSinceFinish();
    if (seconds === undefined) return;
    for (const service of services) metrics.set("retention_last_run_seconds", [service], seconds);
  });
}
