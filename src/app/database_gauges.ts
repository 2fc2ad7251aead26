/** The gauges of what a database holds: ages of its queue, its add-ons and what is stopped among them, its size, clock and disk. */

import fs from "node:fs/promises";
import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import {
  type AddonCount,
  countInstallations,
  countStops,
  readClockSkew,
  readDatabaseBytes,
} from "../overview/fleet.ts";
import { ownerOf } from "../profiles/profiles.ts";
import type { OwnerKey } from "../profiles/profile.ts";
import { readQueueAges } from "../queue/ages.ts";
import { JOB_KINDS } from "../queue/queue.ts";
import type { MetricName, Metrics } from "../telemetry/metrics.ts";

/** What changes slowly, and what the server has to add up. */
const SELDOM_MS = 60_000;
/** As often as the jobs of the documents ask. */
const OFTEN_MS = 15_000;
const INSTALLATION_STATES = ["active", "inactive", "uninstalled"];

/** Read before a scrape. `services`: of the add-ons whose data the database holds. */
export function watchDatabase(
  { metrics, db, clock }: { metrics: Metrics; db: Database; clock: Clock },
  { services }: { services: readonly string[] },
): void {
  /** Sets the gauge of each service, and of each value of its second label; what has no row is 0, not what it was. */
  function setAll(name: MetricName, found: ReadonlyMap<string, number>, values: readonly string[] = [""]): void {
    for (const service of services) {
      for (const value of values) {
        metrics.set(name, value === "" ? [service] : [service, value], found.get(`${service} ${value}`) ?? 0);
      }
    }
  }

  metrics.beforeScrape(async () => {
    const ages = await readQueueAges(db);
    const found = ages.map(({ addon, kind, seconds }) => [`${serviceOf(addon)} ${kind}`, seconds] as const);
    setAll("queue_oldest_seconds", new Map(found), JOB_KINDS);
  });
  metrics.beforeScrape(async () => {
    const seconds = await readClockSkew(db, clock);
    for (const service of services) metrics.set("database_clock_skew_seconds", [service], seconds);
  }, OFTEN_MS);
  metrics.beforeScrape(async () => {
    const { breakers, paused } = await countStops(db);
    setAll("breakers_open", countsOf(breakers));
    setAll("clockify_paused", countsOf(paused));
  }, OFTEN_MS);
  metrics.beforeScrape(async () => {
    const rows = await countInstallations(db);
    const found = rows.map(({ addon, status, count }) => [`${serviceOf(addon)} ${status}`, count] as const);
    setAll("installations", new Map(found), INSTALLATION_STATES);
    const bytes = await readDatabaseBytes(db);
    for (const service of services) metrics.set("database_size_bytes", [service], bytes);
  }, SELDOM_MS);
  if (db.kind === "embedded") watchFolder(metrics, db.place);
}

/** Room for the embedded database; the disk of a server is watched where that server is. */
export function watchFolder(metrics: Pick<Metrics, "beforeScrape" | "set">, folder: string): void {
  metrics.beforeScrape(async () => {
    const { bavail, blocks, bsize } = await fs.statfs(folder);
    metrics.set("data_folder_bytes", ["free"], bavail * bsize);
    metrics.set("data_folder_bytes", ["used"], (blocks - bavail) * bsize);
  }, OFTEN_MS);
}

function countsOf(rows: readonly AddonCount[]): Map<string, number> {
  return new Map(rows.map(({ addon, count }) => [`${serviceOf(addon)} `, count]));
}

function serviceOf(addon: string): string {
  return ownerOf(addon as OwnerKey).service;
}
