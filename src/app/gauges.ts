/** The gauges of one database: its queue, its ingest, its schedules and its retention. */

import type { BackupsSeen } from "../backup/last.ts";
import type { ApprovalStore } from "../approvals/store.ts";
import type { CallRecorder } from "../calls/recorder.ts";
import type { Database } from "../db/db.ts";
import type { PeopleAccess } from "../db/people.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { Queue } from "../queue/queue.ts";
import type { Retention } from "../retention/sweep.ts";
import type { Scheduler } from "../schedules/scheduler.ts";
import type { MetricName, Metrics } from "../telemetry/metrics.ts";

/** Read before a scrape; counts of several databases are added up, since a label would name the place. */
export function watchServices(
  { metrics, retention, schedules, queue, ingest, people, calls, approvals, pool, backups }: {
    metrics: Metrics;
    retention: Pick<Retention, "secondsSinceFinish">;
    schedules: Pick<Scheduler, "secondsLate">;
    queue: Pick<Queue, "counts">;
    ingest: Pick<Ingest, "waiting" | "waitingBytes">;
    people: Pick<PeopleAccess, "waiting">;
    calls: Pick<CallRecorder, "waiting">;
    approvals: Pick<ApprovalStore, "countOpen">;
    pool?: Database["pool"];
    backups(): Promise<BackupsSeen>;
  },
  { services }: { services: readonly string[] },
): void {
  const sums: [MetricName, string[], () => number][] = [
    ["ingest_waiting", [], ingest.waiting],
    ["ingest_waiting_bytes", [], ingest.waitingBytes],
    ["people_reads_waiting", [], people.waiting],
    ["call_records_waiting", [], calls.waiting],
  ];
  if (pool) {
    sums.push(
      ["database_pool_connections", ["in_use"], () => pool().inUse],
      ["database_pool_connections", ["free"], () => pool().free],
      ["database_pool_waiting", [], () => pool().waiting],
    );
  }
  /** What this database added to each of them, in their order. */
  const added: number[] = sums.map(() => 0);
  /** What this database added to each series, by kind and state. */
  let jobs = new Map<string, { labels: string[]; count: number }>();
  metrics.beforeScrape(async () => {
    for (const [index, [name, labels, read]] of sums.entries()) {
      const now = read();
      metrics.add(name, labels, now - added[index]!);
      added[index] = now;
    }
    const counts = await queue.counts();
    // A kind and state that has no jobs any more is 0, not what it was.
    for (const { labels, count } of jobs.values()) metrics.add("queue_jobs", labels, -count);
    jobs = new Map(counts.map(({ kind, state, count }) => [`${kind} ${state}`, { labels: [kind, state], count }]));
    for (const { labels, count } of jobs.values()) metrics.add("queue_jobs", labels, count);
  });
  let open = 0;
  metrics.beforeScrape(async () => {
    const now = await approvals.countOpen();
    metrics.add("approvals_open", [], now - open);
    open = now;
  });
  metrics.beforeScrape(async () => {
    const { last, failedAt } = await backups();
    if (failedAt !== undefined) metrics.set("backup_last_failure_timestamp_seconds", [], failedAt);
    if (last === undefined) return;
    metrics.set("backup_last_success_timestamp_seconds", [], last.madeAt);
    metrics.set("backup_last_size_bytes", [], last.bytes);
    metrics.set("backup_last_duration_seconds", [], last.seconds);
  });
  metrics.beforeScrape(async () => {
    const seconds = await schedules.secondsLate();
    for (const service of services) metrics.set("schedule_late_seconds", [service], seconds);
  });
  metrics.beforeScrape(async () => {
    const seconds = await retention.secondsSinceFinish();
    if (seconds === undefined) return;
    for (const service of services) metrics.set("retention_last_run_seconds", [service], seconds);
  });
}
