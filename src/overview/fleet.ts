/** What a whole database holds, for gauges: its add-ons, what is stopped among them, its size and its clock. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";

export interface AddonCount {
  /** Profile key. */
  addon: string;
  count: number;
}

/** By status: active, inactive or uninstalled. */
export async function countInstallations(db: Pick<Database, "scoped">): Promise<(AddonCount & { status: string })[]> {
  return [
    ...await db.scoped("all", (sql) =>
      sql<(AddonCount & { status: string })[]>`
        select addon, status, count(*)::int as count from installation group by addon, status`),
  ];
}

/** What the program has stopped by itself: circuit breakers that are not closed, and workspaces that wait for Clockify's budget. */
export async function countStops(
  db: Pick<Database, "scoped">,
): Promise<{ breakers: AddonCount[]; paused: AddonCount[] }> {
  return await db.scoped("all", async (sql) => ({
    breakers: [
      ...await sql<AddonCount[]>`
        select addon, count(*)::int as count from breaker join installation on installation.id = installation_id
        where state <> 'closed' group by addon`,
    ],
    paused: [
      ...await sql<AddonCount[]>`
        select addon, count(*)::int as count from upstream_budget
        join installation on installation.id = installation_id
        where paused_until > now() and status = 'active' group by addon`,
    ],
  }));
}

/** On disk, with indexes; what deleted rows held is in it until the server uses it again. */
export async function readDatabaseBytes(db: Pick<Database, "scoped">): Promise<number> {
  const [row] = await db.scoped(
    "all",
    (sql) => sql<{ bytes: number }[]>`select pg_database_size(current_database())::float8 as bytes`,
  );
  return row!.bytes;
}

/** How far the database's clock is ahead of ours, in seconds. It was read at some moment of the trip: half of that is the error. */
export async function readClockSkew(db: Pick<Database, "scoped">, clock: Clock): Promise<number> {
  const beforeMs = clock.now();
  const [row] = await db.scoped(
    "all",
    (sql) => sql<{ ms: number }[]>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  return (row!.ms - (beforeMs + clock.now()) / 2) / 1000;
}
