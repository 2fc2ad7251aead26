/** Standing jobs of the version before: each becomes a schedule, stays until it has run once more, and is there again on the way back. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { listMigrations, migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { addInstallation, addJobs } from "../db/rows.ts";
import { blankDatabase, stopSharedDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** The migration that brings schedules. */
const SCHEDULES = 32;
/** The one that takes those of workflows out of the sight of versions before. */
const SLOTS = 71;

/** Minutes are counted from here on, so that they are the same however long a migration takes. */
let base: Date;

async function jobs({ sql }: Database) {
  const rows = await sql<{ kind: string; installation_id: number; payload: string; in_minutes: number }[]>`
    select kind, installation_id, payload::text, round(extract(epoch from due_at - ${base}) / 60)::int as in_minutes
    from job where finished_at is null order by installation_id, kind, payload::text`;
  return rows.map((row) => ({ ...row }));
}

async function schedules({ sql }: Database) {
  const rows = await sql<Record<string, unknown>[]>`
    select installation_id, kind, flow_id, cron, zone, every_seconds, policy, enabled,
      -- What is a quarter of an hour from a migration is later by what came before it.
      least(15, round(extract(epoch from next_at - ${base}) / 60))::int as in_minutes
    from schedule order by installation_id, kind`;
  return rows.map((row) => ({ ...row }));
}

Deno.test("coverage and polling of the version before go on as schedules, at the times they had, and come back as jobs", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const all = await listMigrations();
  await migrateUp(db, { migrations: all.filter(({ number }) => number < SCHEDULES) });
  const MINUTE_MS = 60_000;
  const [usual, late, gone, fresh] = [
    await addInstallation(db),
    await addInstallation(db, { status: "inactive" }),
    await addInstallation(db, { status: "uninstalled" }),
    await addInstallation(db),
  ];
  const standing = { payload: {} };
  base = new Date();
  await addJobs(db, { ...standing, kind: "coverage", installationId: usual, dueInMs: 12 * MINUTE_MS });
  await addJobs(db, { ...standing, kind: "poll", installationId: usual, dueInMs: 3 * MINUTE_MS });
  await addJobs(db, { ...standing, kind: "poll", installationId: late, dueInMs: -40 * MINUTE_MS });
  // A day is the longest that COVERAGE_CHECK_MINUTES may say.
  await addJobs(db, { ...standing, kind: "coverage", installationId: late, dueInMs: 1_440 * MINUTE_MS });
  await addJobs(db, { ...standing, kind: "poll", installationId: gone, dueInMs: 5 * MINUTE_MS });
  // No standing ones: a removal, another kind, and an ended one.
  await addJobs(db, { kind: "coverage", installationId: fresh, payload: { remove: true } });
  await addJobs(db, { ...standing, kind: "bootstrap", installationId: fresh });
  await addJobs(db, { ...standing, kind: "poll", installationId: fresh });
  await db.sql`
    update job set state = 'discarded', finished_at = now() where installation_id = ${fresh} and kind = 'poll'`;
  const before = await jobs(db);

  await migrateUp(db);
  const every = { flow_id: null, cron: null, zone: null, every_seconds: 900, policy: "one", enabled: true };
  assertEquals(await schedules(db), [
    { installation_id: usual, kind: "coverage", ...every, in_minutes: 12 },
    { installation_id: usual, kind: "poll", ...every, in_minutes: 3 },
    { installation_id: late, kind: "coverage", ...every, in_minutes: 15 },
    { installation_id: late, kind: "poll", ...every, in_minutes: -40 },
  ]);
  assertEquals(await jobs(db), before, "the version before goes on meanwhile");

  const down = async () => {
    let taken = Infinity;
    while (taken > SCHEDULES) taken = (await migrateDown(db))!;
  };
  await down();
  assertEquals(await jobs(db), before, "there and back");
  // What the new version had meanwhile: schedules without a job, but for one that is under way.
  await migrateUp(db);
  await db.sql`delete from job where kind in ('coverage', 'poll') and payload = '{}' and finished_at is null
    and not (kind = 'coverage' and installation_id = ${usual})`;
  await down();
  assertEquals(
    (await jobs(db)).filter(({ kind, payload }) => ["coverage", "poll"].includes(kind) && payload === "{}")
      .map((job) => ({ ...job, in_minutes: Math.min(15, job.in_minutes) })),
    before.filter(({ kind, payload, installation_id }) =>
      ["coverage", "poll"].includes(kind) && payload === "{}" && installation_id !== gone
    ).map((job) => ({ ...job, in_minutes: Math.min(15, job.in_minutes) })),
  );
  assert(before.length > 0);
  await migrateUp(db);
  await database.stop();
});

Deno.test("slots of workflows stand where a version before does not find them due, and there again on the way back", async () => {
  const database = await blankDatabase();
  const { db } = database;
  await migrateUp(db);
  const installationId = await addInstallation(db, { addon: "workflow_api" });
  const slot = new Date("2026-11-28T09:00:00Z");
  const add = async (next_at: Date) => {
    const [row] = await db.sql<{ id: number }[]>`
      with made as (
        insert into plan (installation_id, body) values (${installationId}, '{}') returning id
      ), flow as (
        insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
        select ${installationId}, 'w', 'w', true, '{}', id from made returning id
      ), workflow as (
        insert into workflow (id, installation_id, flow_id, name, version, status, created_by)
        select gen_random_uuid(), ${installationId}, id, gen_random_uuid()::text, 1, 'active', 'x' from flow returning id, flow_id
      ), slots as (
        insert into schedule (installation_id, flow_id, cron, zone, policy, next_at)
        select ${installationId}, flow_id, '0 9 * * *', 'UTC', 'one', ${next_at} from workflow returning id
      )
      insert into workflow_schedule (id, installation_id, workflow_id, schedule_id, name, input, max_runs, on_failure, created_by)
      select gen_random_uuid(), ${installationId}, workflow.id, slots.id, gen_random_uuid()::text, '{}', 1, 'continue', 'x'
      from workflow, slots returning schedule_id as id`;
    return row!.id;
  };
  const look = async () => {
    const due = await db.sql<{ id: number }[]>`
      select id from schedule where enabled and flow_id is not null and next_at <= now() order by id`;
    return due.map(({ id }) => id);
  };
  const slots = async () =>
    (await db.sql<{ slot_at: Date }[]>`select slot_at from schedule order by id`).map(({ slot_at }) => slot_at);
  const ids = [await add(slot)];
  assertEquals([await look(), await slots()], [[], [slot]]);
  // As either version moves it on.
  await db.sql`update schedule set next_at = ${new Date(slot.getTime() + 60_000)}`;
  await db.sql`update schedule set next_at = coalesce(null, next_at), enabled = true`;
  assertEquals([await look(), await slots()], [[], [new Date(slot.getTime() + 60_000)]]);
  while ((await migrateDown(db))! > SLOTS);
  ids.push(await add(slot));
  assertEquals(await look(), ids);
  await migrateUp(db);
  assertEquals([await look(), await slots()], [[], [new Date(slot.getTime() + 60_000), slot]]);
  await database.stop();
});
