/** Tests of the sweep: what goes by profile and installation, and what stays because something alive needs it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { callPage } from "../../src/retention/call_page.ts";
import { changePage } from "../../src/retention/change_page.ts";
import type { Cursor } from "../../src/retention/pages.ts";
import { discardJob } from "../../src/queue/claims.ts";
import { eventsNamedByJobs } from "../../src/queue/ended_jobs.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { addJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import {
  addCalls,
  addDeadLetter,
  addEvents,
  addFlow,
  addOutput,
  addRun,
  addTenant,
  countOf,
  countsOf,
  retentionOver,
  SLOT,
} from "./rows.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("days come from the profile's environment, and from the workspace's own settings before it", async () => {
  const { db, stop } = await testDatabase();
  const env = { API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS: "5", UW_WEBHOOK_LOG_RETENTION_DAYS: "20" };
  const studio = await addTenant(db, { addon: "api_studio" });
  const webhook = await addTenant(db);
  const patient = await addTenant(db, { settings: { webhook_log_retention_days: 50 } });
  const addon = await addTenant(db, { addon: "clockify_addon" });
  const all = [studio, webhook, patient, addon];
  for (const installationId of all) {
    for (const daysOld of [100, 40, 10, 2]) await addEvents(db, { installationId, daysOld, count: 3 });
  }
  const { retention, deletions } = retentionOver(db, { env });
  const result = await retention.sweep(SLOT);
  assertEquals(result?.state, "completed");
  const left = await Promise.all(all.map((id) => countOf(db, "event", id)));
  assertEquals(left, [3, 6, 9, 9]);
  assertEquals(await Promise.all(all.map((id) => countOf(db, "entity_head", id))), left, "heads go with events");
  assertEquals(result?.deleted, { event: 21, entity_head: 21 });
  const counted = deletions.reduce((sum, [table, rows]) => sum + (table === "event" ? rows : 0), 0);
  assertEquals(counted, 21);
  await stop();
});

Deno.test("a sweep takes new blocks of events into the index by their entity", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  const newBlocks = async () => {
    const [row] = await db.sql<{ count: number }[]>`select brin_summarize_new_values('event_entity') as count`;
    return row!.count;
  };
  await newBlocks();
  // Four kilobytes each: 600 fill more than two of its ranges of 64 pages.
  const fill = () =>
    db.sql`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body)
    select nextval('event_id_seq'), ${installationId}, 'w', 'NEW_TAG', 'tag:' || n, 'r', '{}', convert_to(repeat('x', 4000), 'UTF8')
    from generate_series(1, 600) n`;
  await fill();
  assert(await newBlocks() > 1, "it has some to take in");
  await fill();
  const { retention } = retentionOver(db);
  assertEquals((await retention.sweep(SLOT))?.state, "completed");
  assertEquals(await newBlocks(), 0);
  await stop();
});

Deno.test("idempotency keys go after their 24 hours, whatever is set", async () => {
  const { db, stop } = await testDatabase();
  const settings = { webhook_log_retention_days: 50, flow_execution_retention_days: 50 };
  const tenants = [await addTenant(db), await addTenant(db, { settings })];
  for (const installationId of tenants) {
    await db.sql`
      insert into idempotency_key (installation_id, key_sha256, claim, claimed_until, sealed, created_at)
      select ${installationId}, hours::text, gen_random_uuid(), case hours when 24 then now() end, 's',
        now() - hours * interval '1 hour'
      from unnest(array[23, 24, 48]) hours`;
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals<unknown>(result?.deleted, { idempotency_key: 4 });
  const left = await db.sql<{ key: string }[]>`select key_sha256 as key from idempotency_key`;
  assertEquals<unknown>(left.map(({ key }) => key), ["23", "23"]);
  await stop();
});

Deno.test("confirm tokens go after a day, requests for a second person after a week, and drafts that were never saved 90 days after their last change, whatever is set", async () => {
  const { db, stop } = await testDatabase();
  const settings = { webhook_log_retention_days: 50, flow_execution_retention_days: 50 };
  const tenants = [await addTenant(db), await addTenant(db, { settings })];
  for (const installationId of tenants) {
    await db.sql`
      insert into confirm_token (token_sha256, installation_id, person, request_sha256, grade, created_at, expires_at)
      select ${installationId} || ' ' || hours, ${installationId}, 'p', 'r', 'business', now() - hours * interval '1 hour', now()
      from unnest(array[1, 23, 25, 300]) hours`;
    await db.sql`
      insert into guard_request
        (installation_id, kind, person, grade, title, request_sha256, sealed, state, created_at, expires_at)
      select ${installationId}, 'call', 'p', 'business', 't', days::text, 's', 'used', now() - days * interval '1 day', now()
      from unnest(array[1, 6, 8, 30]) days`;
    await db.sql`
      insert into new_flow_draft (installation_id, definition, created_at, updated_at)
      select ${installationId}, jsonb_build_object('name', days), now() - interval '1 year', now() - days * interval '1 day'
      from unnest(array[1, 89, 91, 300]) days`;
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals<unknown>(result?.deleted, { confirm_token: 4, guard_request: 4, new_flow_draft: 4 });
  const left = await db.sql<{ days: string }[]>`select request_sha256 as days from guard_request order by 1`;
  assertEquals<unknown>(left.map(({ days }) => days), ["1", "1", "6", "6"]);
  const drafts = await db.sql<{ days: string }[]>`select definition->>'name' as days from new_flow_draft order by 1`;
  assertEquals<unknown>(drafts.map(({ days }) => days), ["1", "1", "89", "89"]);
  await stop();
});

Deno.test("kept outputs go with their runs, and what they count in the quota is given back", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db, { settings: { flow_execution_retention_days: 5 } });
  const other = await addTenant(db);
  for (
    const [tenant, daysOld] of [[installationId, 10], [installationId, 10], [installationId, 1], [other, 10]] as const
  ) {
    const runId = await addRun(db, { installationId: tenant, daysOld });
    await addOutput(db, { installationId: tenant, runId, bytes: 100_000 });
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals<unknown>(result?.deleted, { run: 2, step: 2, attempt: 2, output: 2 });
  assertEquals(await Promise.all([installationId, other].map((id) => countOf(db, "output", id))), [1, 1]);
  const counted = await db.sql<{ bytes: number }[]>`select bytes from stored_bytes order by installation_id`;
  assertEquals(counted.map(({ bytes }) => bytes), [100_256, 100_256]);
  await stop();
});

Deno.test("webhook_log_retention_days, flow_execution_retention_days and cache_ttl_days each change what is deleted", async () => {
  const { db, stop } = await testDatabase();
  const settings: Record<string, number>[] = [{}, { webhook_log_retention_days: 1 }, {
    flow_execution_retention_days: 1,
  }, { cache_ttl_days: 1 }];
  const tenants = await Promise.all(settings.map((one) => addTenant(db, { settings: one })));
  for (const installationId of tenants) {
    await addEvents(db, { installationId, daysOld: 3 });
    await addRun(db, { installationId, daysOld: 3 });
    await db.sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, fetched_at, read_number)
      values (${installationId}, 'w', 'tags', 't1', 'getTags', '{}', now() - interval '3 days', 1)`;
  }
  await retentionOver(db).retention.sweep(SLOT);
  const tables = ["event", "run", "step", "attempt", "entity_cache"];
  const full = { event: 1, run: 1, step: 1, attempt: 1, entity_cache: 1 };
  assertEquals(await Promise.all(tenants.map((id) => countsOf(db, tables, id))), [
    full,
    { ...full, event: 0 },
    { ...full, run: 0, step: 0, attempt: 0 },
    { ...full, entity_cache: 0 },
  ]);
  await stop();
});

Deno.test("a cached entity that the last whole read of its list saw stays however old it is, the others go", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await db.sql`
    insert into bootstrap_state (installation_id, workspace_id, read_number, status, whole)
    values (${installationId}, 'w', 5, 'COMPLETE', '{"tag": 4}')`;
  const rows: [type: string, id: string, readNumber: number, deleted: boolean][] = [
    ["tag", "seen", 4, false],
    ["tag", "learnt-since", 5, false],
    ["tag", "unseen", 3, false],
    ["tag", "deleted", 4, true],
    ["client", "never-read-whole", 5, false],
  ];
  for (const [type, id, readNumber, deleted] of rows) {
    await db.sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, fetched_at,
        read_number, deleted_at)
      values (${installationId}, 'w', ${type}, ${id}, 'op', '{}', now() - interval '9 days', ${readNumber},
        case when ${deleted} then now() end)`;
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { entity_cache: 3 });
  const left = await db.sql<{ entity_id: string }[]>`select entity_id from entity_cache order by entity_id`;
  assertEquals(left.map(({ entity_id }) => entity_id), ["learnt-since", "seen"]);
  await stop();
});

Deno.test("0 days keep for ever", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 3_000 });
  await addRun(db, { installationId, daysOld: 3_000 });
  const env = { UW_WEBHOOK_LOG_RETENTION_DAYS: "0", UW_FLOW_EXECUTION_RETENTION_DAYS: "0", UW_CACHE_TTL_DAYS: "0" };
  const result = await retentionOver(db, { env }).retention.sweep(SLOT);
  assertEquals(result?.deleted, {});
  await stop();
});

Deno.test("a live run stays, and so do its steps and its event; a run that ended lately stays whenever it began", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  const [pending, running, waiting, done, orphan] = await addEvents(db, { installationId, daysOld: 200, count: 5 });
  const live = [
    await addRun(db, { installationId, daysOld: 200, state: "pending", eventId: pending }),
    await addRun(db, { installationId, daysOld: 200, state: "running", eventId: running }),
    await addRun(db, { installationId, daysOld: 200, state: "waiting", eventId: waiting }),
    await addRun(db, { installationId, daysOld: 1, createdDays: 200, eventId: done }),
  ];
  for (const state of ["completed", "failed", "cancelled"] as const) {
    await addRun(db, { installationId, daysOld: 200, state, eventId: orphan });
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { run: 3, step: 3, attempt: 3, event: 2, entity_head: 2 });
  const runs = await db.sql<{ id: string }[]>`select id from run`;
  assertEquals(runs.map(({ id }) => id).toSorted(), live.toSorted());
  const events = await db.sql<{ id: number }[]>`select id from event order by id`;
  assertEquals(events.map(({ id }) => id), [pending, running, waiting]);
  assertEquals(await countsOf(db, ["step", "attempt", "wait", "approval", "signal"], installationId), {
    step: 4,
    attempt: 4,
    wait: 4,
    approval: 4,
    signal: 4,
  });
  await stop();
});

Deno.test("an event without an outcome stays, and one that a job names; a dead letter goes after the days of flows", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db, { settings: { flow_execution_retention_days: 120 } });
  const [unfinished] = await addEvents(db, { installationId, daysOld: 200, open: true });
  const [fresh, old] = await addEvents(db, { installationId, daysOld: 200, count: 2 });
  await addDeadLetter(db, { installationId, daysOld: 100, eventId: fresh! });
  await addDeadLetter(db, { installationId, daysOld: 150, eventId: old! });
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { job: 1, event: 1, entity_head: 1 });
  const events = await db.sql<{ id: number }[]>`select id from event order by id`;
  assertEquals(events.map(({ id }) => id), [unfinished, fresh]);
  await stop();
});

Deno.test("a dead letter names its event in a column, by which the sweep finds it with an index, also below row-level security", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db, { settings: { flow_execution_retention_days: 300 } });
  const [settled, discarded, cancelled, gone] = await addEvents(db, { installationId, daysOld: 200, count: 4 });
  for (const id of [settled, discarded, cancelled]) await addJobs(db, { installationId, payload: { event_id: id } });
  const queue = createPostgresQueue(db, systemClock);
  const [first, second, third] = await queue.claim({ limit: 10, owner: "test", leaseMs: 30_000 });
  await queue.settle(first!, { kind: "discard", reason: "test" });
  await db.scoped({ installationIds: [installationId] }, (sql) => discardJob(sql, second!, "test"));
  await queue.settle(third!, { kind: "cancel", reason: "test" });
  const named = await db.sql<{ event_id: number }[]>`select event_id from job order by event_id`;
  assertEquals(named.map(({ event_id }) => event_id), [settled, discarded, cancelled]);
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { event: 1, entity_head: 1 });
  assertEquals((await db.sql`select 1 from event where id = ${gone!}`).length, 0);

  await db.sql`
    insert into job (kind, installation_id, state, payload, event_id, finished_at)
    select 'event', ${installationId}, 'discarded', '{}', 1000 + n, now() from generate_series(1, 2000) n`;
  await db.sql`analyze job`;
  const plan = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<Record<string, string>[]>`
      explain (costs off) ${eventsNamedByJobs(sql, installationId, sql`${"{1,2}"}::text::bigint[]`)}`);
  const text = plan.map((row) => Object.values(row)[0]).join("\n");
  assertMatch(text, /job_ended_event[^]*Index Cond: .*event_id = ANY[^]*job_ended_before/);
  await stop();
});

Deno.test("a head that has moved on to a younger event stays, also one of the last 24 hours", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  const [moved, young] = await addEvents(db, { installationId, daysOld: 200, count: 2 });
  await db.sql`update entity_head set event_id = 999999999 where event_id = ${moved!}`;
  await db.sql`update entity_head set received_at = now() - interval '23 hours' where event_id = ${young!}`;
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { event: 2 });
  assertEquals(await countOf(db, "entity_head", installationId), 2);
  await stop();
});

Deno.test("the id of another sender is remembered for its 7 days where events go sooner, and then goes too", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db, { settings: { webhook_log_retention_days: 2 } });
  const elsewhere = await addTenant(db, { settings: { webhook_log_retention_days: 7 } });
  for (const daysOld of [3, 6, 8]) await addEvents(db, { installationId, daysOld });
  for (const daysOld of [3, 8]) await addEvents(db, { installationId: elsewhere, daysOld });
  await db.sql`update entity_head set memory_seconds = 604800`;
  const first = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(first?.deleted, { event: 4, entity_head: 2 });
  assertEquals(await countsOf(db, ["event", "entity_head"], installationId), { event: 0, entity_head: 2 });
  await db
    .sql`update entity_head set received_at = received_at - interval '2 days' where installation_id = ${installationId}`;
  const second = await retentionOver(db).retention.sweep(SLOT + 1);
  assertEquals(second?.deleted, { entity_head: 1 });
  assertEquals(await countsOf(db, ["event", "entity_head"], elsewhere), { event: 1, entity_head: 1 });
  await stop();
});

Deno.test("flows deleted long ago go once their runs are gone; a plan goes a day after nothing points to it", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  const kept = await addFlow(db, { installationId });
  const busy = await addFlow(db, { installationId, deletedDays: 200 });
  const gone = await addFlow(db, { installationId, deletedDays: 200 });
  await addRun(db, { installationId, daysOld: 1, flowId: busy.flowId, planId: busy.planId });
  await addRun(db, { installationId, daysOld: 200, flowId: gone.flowId, planId: gone.planId });
  const { retention } = retentionOver(db);
  assertEquals((await retention.sweep(SLOT))?.deleted, { run: 1, step: 1, attempt: 1, flow: 1 });
  assertEquals((await retention.sweep(SLOT + 1))?.deleted, {}, "the plan was only marked");
  await db.sql`update plan set unused_at = unused_at - interval '25 hours'`;
  assertEquals((await retention.sweep(SLOT + 2))?.deleted, { plan: 1 });
  const plans = await db.sql<{ id: number }[]>`select id from plan order by id`;
  assertEquals(plans.map(({ id }) => id), [kept.planId, busy.planId]);
  await stop();
});

Deno.test("the audit goes after its own days, also what belongs to no installation; old tallies go with the events", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  for (const daysOld of [400, 300]) {
    for (const id of [installationId, null]) {
      await db.sql`
        insert into audit (installation_id, at, actor_kind, actor, action, outcome)
        values (${id}, now() - ${daysOld}::int * interval '1 day', 'system', 's', 'TEST', 'done')`;
    }
    await db.sql`
      insert into event_tally (installation_id, hour, event_type, last_at)
      values (${installationId}, now() - ${daysOld}::int * interval '1 day', 'NEW_TAG', now())`;
  }
  const result = await retentionOver(db, { env: { AUDIT_RETENTION_DAYS: "365" } }).retention.sweep(SLOT);
  assertEquals(result?.deleted, { event_tally: 2, audit: 2 });
  await stop();
});

Deno.test("records of calls go after their days, by variable and add-on, and above what an installation may have", async () => {
  const { db, stop } = await testDatabase();
  const ids: Record<string, number> = {};
  for (const addon of ["api_studio", "universal_webhook", "clockify_addon"]) {
    ids[addon] = await addTenant(db, { addon });
    for (const daysOld of [1, 8, 31, 400]) await addCalls(db, { installationId: ids[addon]!, daysOld, count: 3 });
  }
  const env = { API_STUDIO_CALL_LOG_RETENTION_DAYS: "7", CALL_LOG_RETENTION_DAYS: "0" };
  const result = await retentionOver(db, { env }).retention.sweep(SLOT);
  assertEquals(result?.deleted, { clockify_call: 9 + 6 });
  const left = await Promise.all(Object.values(ids).map((id) => countsOf(db, ["clockify_call"], id)));
  assertEquals(left.map(({ clockify_call }) => clockify_call), [3, 6, 12], "0 keeps them without an end");

  const installationId = ids.clockify_addon!;
  const page = (limit: number, cursor?: Cursor) =>
    db.scoped(
      { installationIds: [installationId] },
      (sql) => callPage(sql, { installationId, days: 36_500, limit, cursor }, 4),
    );
  const first = await page(5);
  assertEquals(first.deleted, { clockify_call: 5 });
  assertEquals(await page(5, first.next), { deleted: { clockify_call: 3 }, next: undefined });
  const ages = await db.sql<{ days: number }[]>`
    select round(extract(epoch from now() - at) / 86400)::int as days from clockify_call
    where installation_id = ${installationId} order by id desc`;
  assertEquals(ages.map(({ days }) => days), [1, 1, 1, 8], "the newest stay");
  await stop();
});

Deno.test("the journal and its jobs go after their days, and above what an installation may have", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  for (const daysOld of [1, 30, 91, 400]) {
    await db.sql`
      insert into change (installation_id, created_at, state, operation, operation_key, params, entity_type, origin, before_state)
      select ${installationId}, now() - ${daysOld}::int * interval '1 day' + number * interval '1 second', 'done', 'deleteTag',
        'DELETE /v1/workspaces/{workspaceId}/tags/{id}', '{}', 'tag', 'flow', 'read' from generate_series(1, 3) number`;
    await db.sql`
      insert into undo_job (installation_id, created_at, state, person, asked)
      values (${installationId}, now() - ${daysOld}::int * interval '1 day', 'finished', 'u', '{}')`;
  }
  // An undo is kept longer than what it undid: it then names nothing.
  await db.sql`
    update change set undo_of = (select min(id) from change where created_at < now() - interval '399 days')
    where created_at > now() - interval '2 days'`;
  const kept = await retentionOver(db, { env: { JOURNAL_RETENTION_DAYS: "0" } }).retention.sweep(SLOT);
  assertEquals(kept?.deleted, {});
  const result = await retentionOver(db).retention.sweep(SLOT + 1);
  assertEquals([result?.errors, result?.deleted], [{}, { change: 6, undo_job: 2 }]);
  const page = (limit: number, cursor?: Cursor) =>
    db.scoped(
      { installationIds: [installationId] },
      (sql) => changePage(sql, { installationId, days: 36_500, limit, cursor }, 4),
    );
  const first = await page(1);
  assertEquals(first.deleted, { change: 1 });
  assertEquals(await page(5, first.next), { deleted: { change: 1 }, next: undefined });
  assertEquals((await db.sql`select 1 from change where undo_of is not null`).length, 0);
  await stop();
});

Deno.test("many batches: a page that stays does not stop the walk, ties in time neither", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 200, count: 700, open: true });
  await addEvents(db, { installationId, daysOld: 200, count: 3_000 });
  await addEvents(db, { installationId, daysOld: 1, count: 10 });
  await db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, created_at, finished_at)
    select gen_random_uuid(), ${installationId}, 'w', number % 3, 1, 1, 1000000 + number,
      case when number % 2 = 0 then 'waiting' else 'completed' end, now() - interval '200 days',
      case when number % 2 = 1 then now() - interval '200 days' end
    from generate_series(1, 1000) number`;
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.deleted, { run: 500, event: 3_000, entity_head: 3_000 });
  assertEquals(await countsOf(db, ["event", "run"], installationId), { event: 710, run: 500 });
  await stop();
});

Deno.test("a table that cannot be swept leaves the others alone, and the slot is failed with its name", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addTenant(db);
  await addEvents(db, { installationId, daysOld: 200 });
  await addRun(db, { installationId, daysOld: 200 });
  await db.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger refuse before delete on run for each row execute function refuse()`);
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals(result?.state, "failed");
  assertEquals(result?.errors, { run: "INTERNAL" });
  assertEquals(result?.deleted, { event: 1, entity_head: 1 });
  const [row] = await db.sql<{ state: string; errors: unknown }[]>`select state, errors from retention_run`;
  assertEquals({ ...row }, { state: "failed", errors: { run: "INTERNAL" } });
  await db.sql.unsafe("drop function refuse cascade");
  await stop();
});
