/** Tests of src/schedules/standing.ts: what recurs for each installation goes on, whatever becomes of its jobs. */

import { assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { addInstallation, addJobs, type InstallationFields } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { instance, readSchedule } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const NINE = "2026-11-28T09:00:07.250Z";

async function addStanding(
  db: Database,
  { kind = "poll", nextAt = NINE, everySeconds = 900, ...fields }: InstallationFields & {
    kind?: string;
    nextAt?: string;
    everySeconds?: number;
  } = {},
): Promise<{ id: number; installationId: number }> {
  const installationId = await addInstallation(db, fields);
  const [row] = await db.sql<{ id: number }[]>`
    insert into schedule (installation_id, kind, every_seconds, policy, next_at)
    values (${installationId}, ${kind}, ${everySeconds}, 'one', ${new Date(nextAt)}) returning id`;
  return { id: row!.id, installationId };
}

async function jobsOf({ sql }: Database, { installationId }: { installationId: number }): Promise<string[]> {
  const rows = await sql<{ kind: string; payload: string }[]>`
    select kind, payload::text from job where installation_id = ${installationId} and finished_at is null order by id`;
  return rows.map(({ kind, payload }) => `${kind} ${payload}`);
}

Deno.test("a slot makes one job over two instances, and the next comes as far apart from others as before", () =>
  withDatabase(async (db) => {
    const [one, other] = [await addStanding(db), await addStanding(db, { nextAt: "2026-11-28T09:00:11Z" })];
    let now = "2026-11-28T09:00:07Z";
    const instances = [instance(db, { now: () => now }), instance(db, { now: () => now })];
    const drain = async () =>
      (await Promise.all(instances.map(({ scheduler }) => scheduler.drain()))).reduce((sum, count) => sum + count);
    assertEquals(await drain(), 0, "not before its time");
    now = "2026-11-28T09:00:30Z";
    assertEquals(await drain(), 2);
    assertEquals([await jobsOf(db, one), await jobsOf(db, other)], [["poll {}"], ["poll {}"]]);
    // Hours without an instance: one job stands for all of them.
    await db.sql`delete from job`;
    now = "2026-11-28T13:07Z";
    assertEquals(await drain(), 2);
    assertEquals([await readSchedule(db, one), await readSchedule(db, other)].map(({ next_at }) => next_at), [
      "2026-11-28T13:15:07.250Z",
      "2026-11-28T13:15:11.000Z",
    ]);
    assertEquals((await readSchedule(db, one)).last_slot, "2026-11-28T13:00:07.250Z");
  }));

Deno.test("no job is added beside one that is open, and one that was lost or given up is followed by the next slot's", () =>
  withDatabase(async (db) => {
    const one = await addStanding(db, { kind: "coverage" });
    await addJobs(db, { kind: "coverage", installationId: one.installationId, payload: {}, dueInMs: 60_000 });
    await addJobs(db, { kind: "coverage", installationId: one.installationId, payload: { remove: true } });
    let now = NINE;
    const { scheduler } = instance(db, { now: () => now });
    assertEquals(await scheduler.drain(), 0);
    assertEquals((await readSchedule(db, one)).next_at, "2026-11-28T09:15:07.250Z");
    await db.sql`update job set state = 'discarded', finished_at = now() where payload = '{}'`;
    now = "2026-11-28T09:15:08Z";
    assertEquals(await scheduler.drain(), 1);
    assertEquals(await jobsOf(db, one), ['coverage {"remove": true}', "coverage {}"]);
    await db.sql`delete from job`;
    now = "2026-11-28T09:30:08Z";
    assertEquals(await scheduler.drain(), 1);
  }));

Deno.test("an add-on that is switched off or uninstalled has its slots pass", () =>
  withDatabase(async (db) => {
    for (const status of ["inactive", "uninstalled"] as const) {
      const one = await addStanding(db, { status });
      let now = NINE;
      const { scheduler } = instance(db, { now: () => now });
      assertEquals(await scheduler.drain(), 0);
      assertEquals((await readSchedule(db, one)).next_at, "2026-11-28T09:15:07.250Z");
      await db.sql`update installation set status = 'active' where id = ${one.installationId}`;
      now = "2026-11-28T09:15:08Z";
      assertEquals(await scheduler.drain(), 1);
      await db.sql`delete from schedule`;
    }
  }));

Deno.test("more than a statement takes fire all the same", () =>
  withDatabase(async (db) => {
    const { installationId } = await addStanding(db);
    await db.sql`
      insert into installation (addon, workspace_id, addon_id, status, hosts)
      select 'clockify_addon', 'workspace-' || n, 'addon-1', 'active', '{}' from generate_series(1, 1200) n`;
    await db.sql`
      insert into schedule (installation_id, kind, every_seconds, policy, next_at)
      select id, 'poll', 900, 'one', ${new Date(NINE)} from installation where id <> ${installationId}`;
    const { scheduler, wakes } = instance(db, { now: () => NINE });
    assertEquals(await scheduler.drain(), 1_201);
    assertEquals(wakes(), 3, "once a statement");
    const [row] = await db.sql`select count(distinct installation_id)::int as count from job where kind = 'poll'`;
    assertEquals(row!.count, 1_201);
  }));
