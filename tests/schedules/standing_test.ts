/** Tests of src/schedules/standing.ts: what recurs for each installation goes on, whatever becomes of its jobs. */

import { assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { addInstallation, addJobs, type InstallationFields } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { createCleanup } from "../../src/installations/cleanup.ts";
import type { Standing } from "../../src/schedules/standing.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { deleted, installed, openLifecycle, statusChanged } from "../installations/calls.ts";
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

/** Of one installation: kind, interval, and in how many seconds the next slot is. */
async function schedulesOf({ sql }: Database, installationId: number) {
  const rows = await sql<{ kind: string; every_seconds: number; in_seconds: number }[]>`
    select kind, every_seconds, extract(epoch from next_at - now())::float8 as in_seconds
    from schedule where installation_id = ${installationId} order by kind`;
  return rows.map(({ kind, every_seconds, in_seconds }) => ({
    kind,
    everySeconds: every_seconds,
    inSeconds: in_seconds,
  }));
}

Deno.test("an install has its first jobs at once and its schedules from then on; an uninstall takes them, a reinstall makes them again", () =>
  withDatabase(async (db) => {
    const { apply, read } = openLifecycle(db);
    await apply(installed());
    const { id } = (await read())!;
    const kinds = async () => (await schedulesOf(db, id)).map(({ kind, everySeconds }) => `${kind} ${everySeconds}`);
    assertEquals(await kinds(), ["coverage 900", "poll 900"]);
    for (const { inSeconds } of await schedulesOf(db, id)) assertEquals(inSeconds > 850 && inSeconds <= 900, true);
    assertEquals((await jobsOf(db, { installationId: id })).filter((job) => /coverage|poll/.test(job)), [
      "coverage {}",
      "poll {}",
    ]);
    // A repeated call changes no time.
    await db.sql`update schedule set next_at = now() + interval '1 minute'`;
    await apply(installed());
    assertEquals((await schedulesOf(db, id)).every(({ inSeconds }) => inSeconds <= 60), true);

    await apply(statusChanged("INACTIVE"));
    await db.sql`delete from job`;
    await apply(statusChanged("ACTIVE"));
    assertEquals(
      await jobsOf(db, { installationId: id }),
      ["settings {}", "coverage {}", "poll {}", "reconcile {}"],
      "it passed meanwhile",
    );

    await apply(deleted());
    const cleanup = {
      id: 0,
      kind: "cleanup",
      installationId: id,
      payload: {},
      attempt: 0,
      fence: 1,
      traceparent: null,
      ordered: false,
    } as const;
    const context = { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 };
    await createCleanup({ db })(cleanup, context);
    assertEquals(await kinds(), []);
    await apply(installed({ addonId: "addon-2" }));
    assertEquals(await kinds(), ["coverage 900", "poll 900"]);
    await createCleanup({ db })(cleanup, context);
    assertEquals(await kinds(), ["coverage 900", "poll 900"], "a late clean-up leaves those of the reinstall");
  }));

Deno.test("what an installation lacks is made again, with the interval that is configured now, and not for all at one moment", () =>
  withDatabase(async (db) => {
    const standing: Standing[] = [{ kind: "coverage", everySeconds: 900 }, { kind: "poll", everySeconds: 600 }];
    const ids = [];
    for (let count = 0; count < 20; count++) ids.push(await addInstallation(db));
    const [kept] = ids;
    const gone = await addInstallation(db, { status: "uninstalled" });
    const unsigned = await addInstallation(db);
    await db.sql`update installation set verified = false where id = ${unsigned}`;
    // One is as it should be, one has the interval of before.
    await db.sql`
      insert into schedule (installation_id, kind, every_seconds, policy, next_at)
      values (${kept!}, 'coverage', 900, 'one', now() + interval '1 minute'),
        (${kept!}, 'poll', 86400, 'one', now() + interval '1 day')`;
    const clock = createFakeClock();
    const { scheduler } = instance(db, { standing, clock });
    assertEquals(await scheduler.drain(), 0);
    const times = new Set<number>();
    for (const id of ids) {
      const [coverage, poll] = await schedulesOf(db, id);
      assertEquals([coverage?.kind, coverage?.everySeconds, poll?.kind, poll?.everySeconds], [
        "coverage",
        900,
        "poll",
        600,
      ]);
      assertEquals(poll!.inSeconds > 250 && poll!.inSeconds <= 600, true, `${poll!.inSeconds}`);
      assertEquals(
        coverage!.inSeconds > (id === kept ? 0 : 400) && coverage!.inSeconds <= (id === kept ? 60 : 900),
        true,
      );
      times.add(Math.round(poll!.inSeconds * 1_000));
    }
    assertEquals(times.size > 15, true, "apart from each other");
    for (const id of [gone, unsigned]) assertEquals(await schedulesOf(db, id), []);

    await db.sql`delete from schedule where installation_id = ${kept!}`;
    await scheduler.drain();
    assertEquals(await schedulesOf(db, kept!), [], "not with each look");
    await clock.advance(600_000);
    await scheduler.drain();
    assertEquals((await schedulesOf(db, kept!)).length, 2);
  }));
