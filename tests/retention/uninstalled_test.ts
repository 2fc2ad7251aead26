/** Tests of what happens to an uninstalled workspace: kept for its grace period, then gone from every table. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { createUninstallPreview } from "../../src/overview/uninstall.ts";
import { addJobs } from "../db/rows.ts";
import { deleted, installed, openLifecycle, WORKSPACE } from "../installations/calls.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import {
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

/** A row in every table that has an installation; tables this test does not know are filled by their columns' types. */
async function fill(db: Database, installationId: number) {
  const [eventId] = await addEvents(db, { installationId, daysOld: 40, count: 30 });
  const { flowId, planId } = await addFlow(db, { installationId });
  const runId = await addRun(db, { installationId, daysOld: 40, flowId, planId, eventId });
  await addOutput(db, { installationId, runId, bytes: 100_000 });
  await addRun(db, { installationId, daysOld: 40, flowId, planId, state: "waiting", eventId });
  await addJobs(db, { installationId });
  await addDeadLetter(db, { installationId, daysOld: 40, eventId: eventId! });
  await db.sql`
    insert into flow_trigger (installation_id, event_type, flow_id, ordered)
    values (${installationId}, 'NEW_TAG', ${flowId}, false)`;
  await db.sql`
    insert into schedule (installation_id, flow_id, cron, zone, policy, next_at)
    values (${installationId}, ${flowId}, '0 9 * * *', 'UTC', 'one', now())`;
  await db.sql`
    insert into flow_gate (installation_id, flow_id, kind, key, expires_at)
    values (${installationId}, ${flowId}, 'throttle', '', now())`;
  await db.sql`insert into new_flow_draft (installation_id, definition) values (${installationId}, '{}')`;
  await db.sql`
    insert into flow_loop (installation_id, flow_id, times, event_id) values (${installationId}, ${flowId}, 1, ${eventId!})`;
  await db.sql`
    insert into flow_version (installation_id, flow_id, version, definition, published_at)
    values (${installationId}, ${flowId}, 1, '{}', now())`;
  const [history] = await db.sql<{ id: number }[]>`
    insert into flow_history (installation_id, flow_id, state, person, asked, published, counts)
    values (${installationId}, ${flowId}, 'running', 'u', '{}', '{}', '{}') returning id`;
  await db.sql`
    insert into flow_history_match (installation_id, history_id, event_id, matched, published)
    values (${installationId}, ${history!.id}, ${eventId!}, true, false)`;
  await db.sql`
    insert into approval (id, installation_id, run_id, path, people, roles)
    values (gen_random_uuid(), ${installationId}, ${runId}, 'root/ask', '{}', '{}')`;
  const [source] = await db.sql<{ id: number }[]>`
    insert into custom_source (installation_id, workspace_id, name, key, scheme, options, enabled, rate_per_second)
    values (${installationId}, 'w', 's', ${crypto.randomUUID()}, 'none', '{}', true, 1) returning id`;
  await db.sql`
    insert into custom_source_secret (source_id, installation_id, sealed) values (${
    source!.id
  }, ${installationId}, 'x')`;
  await db.sql`
    insert into source_refusal (installation_id, source_id, reason, count, first_at, last_at)
    values (${installationId}, ${source!.id}, 'proof_wrong', 1, now(), now())`;
  const [change] = await db.sql<{ id: number }[]>`
    insert into change (installation_id, state, operation, operation_key, params, entity_type, origin, before_state)
    values (${installationId}, 'done', 'deleteTag', 'DELETE /v1/workspaces/{workspaceId}/tags/{id}', '{}', 'tag', 'flow', 'read')
    returning id`;
  await db.sql`
    insert into change (installation_id, state, operation, operation_key, params, entity_type, origin, before_state, undo_of)
    values (${installationId}, 'done', 'createNewTag', 'POST /v1/workspaces/{workspaceId}/tags', '{}', 'tag', 'undo', 'none',
      ${change!.id})`;
  const [undoJob] = await db.sql<{ id: number }[]>`
    insert into undo_job (installation_id, state, person, asked)
    values (${installationId}, 'finished', 'u', '{}') returning id`;
  await db.sql`
    insert into undo_item (installation_id, job_id, change_id) values (${installationId}, ${undoJob!.id}, ${
    change!.id
  })`;
  await db.sql`insert into issue_mark (installation_id, issue, person) values (${installationId}, 'run-0', 'u')`;
  const [bulkJob] = await db.sql<{ id: number }[]>`
    insert into bulk_job (installation_id, state, person, asked, matched)
    values (${installationId}, 'finished', 'u', '{}', 1) returning id`;
  await db.sql`
    insert into bulk_item (installation_id, job_id, letter_id, run_id) values (${installationId}, ${
    bulkJob!.id
  }, 1, ${runId})`;
  await db.sql`
    insert into run_again (run_id, installation_id, of_run_id, from_path, person)
    values (${runId}, ${installationId}, ${crypto.randomUUID()}, 'root/a', 'u')`;
  await db.sql`
    insert into api_key (id, installation_id, name, prefix, sha256, role, created_by)
    values (gen_random_uuid(), ${installationId}, 'k', 'tw_', decode(md5(random()::text), 'hex'), 'viewer', 'u')`;
  await db.sql`
    insert into api_session (id, installation_id, sha256, kind, name, address, browser, created_at, last_used_at, expires_at)
    values (gen_random_uuid(), ${installationId}, decode(md5(random()::text), 'hex'), 'user', 'u', '::1', '', now(), now(),
      now())`;
  const agentId = crypto.randomUUID();
  await db.sql`
    insert into agent (id, installation_id, name, url, auth_type, timeout_ms, retry_config, status)
    values (${agentId}, ${installationId}, 'a', 'https://a.example', 'none', 1000, '{}', 'active')`;
  await db.sql`
    insert into agent_calls (installation_id, agent_id, hour, calls, failures, times)
    values (${installationId}, ${agentId}, now(), 1, 0, '{1}')`;
  const workflowId = crypto.randomUUID();
  await db.sql`
    insert into workflow (id, installation_id, flow_id, name, version, status, created_by)
    values (${workflowId}, ${installationId}, ${flowId}, 'w', 1, 'active', 'u')`;
  await db.sql`
    insert into workflow_version (workflow_id, installation_id, version, definition, created_by)
    values (${workflowId}, ${installationId}, 1, '{}', 'u')`;
  await db.sql`
    insert into workflow_run (run_id, installation_id, workflow_id, version, triggered_by)
    values (${runId}, ${installationId}, ${workflowId}, 1, 'u')`;
  const scheduleId = crypto.randomUUID();
  await db.sql`
    insert into workflow_schedule (id, installation_id, workflow_id, schedule_id, name, input, max_runs, on_failure, created_by)
    select ${scheduleId}, installation_id, ${workflowId}, id, 's', '{}', 1, 'continue', 'u' from schedule
    where installation_id = ${installationId}`;
  await db.sql`
    insert into schedule_firing (workflow_schedule_id, installation_id, slot, outcome)
    values (${scheduleId}, ${installationId}, now(), 'held_back')`;
  const webhookId = crypto.randomUUID();
  await db.sql`
    insert into run_webhook (id, installation_id, url, statuses, secret_sealed, created_by)
    values (${webhookId}, ${installationId}, 'https://a.example', '{}', 's', 'u')`;
  await db.sql`
    insert into webhook_delivery (installation_id, webhook_id, event, data)
    values (${installationId}, ${webhookId}, 'webhook.test', '{}')`;
  await db.sql`
    insert into kafka_outbox (installation_id, run_id, kind) values (${installationId}, ${runId}, 'execution')`;
  await db.sql`
    insert into kafka_early_cancel (installation_id, run_id, cancelled_by) values (${installationId}, ${runId}, 'u')`;
  await db.sql`
    insert into confirm_token (token_sha256, installation_id, person, request_sha256, grade, expires_at)
    values (${crypto.randomUUID()}, ${installationId}, 'u', 'r', 'routine', now())`;
  await db.sql`
    insert into retention_count (installation_id, slot, table_name, rows) values (${installationId}, ${SLOT}, 'event', 1)`;
  for (const table of await tablesOf(db)) {
    if (await countOf(db, table, installationId) === 0) await addAnyRow(db, { table, installationId });
  }
}

async function tablesOf({ sql }: Database): Promise<string[]> {
  const rows = await sql<{ table_name: string }[]>`
    select table_name from information_schema.columns
    where table_schema = 'public' and column_name = 'installation_id' order by table_name`;
  return rows.map(({ table_name }) => table_name);
}

/** Values that suit the columns which must have one; a column with a closed list of words needs its first one. */
async function addAnyRow({ sql }: Database, { table, installationId }: { table: string; installationId: number }) {
  const columns = await sql<{ name: string; type: string; check: string | null }[]>`
    select attname as name, format_type(atttypid, null) as type,
      (select pg_get_constraintdef(oid) from pg_constraint
       where conrelid = attrelid and contype = 'c' and conkey = array[attnum] limit 1) as check
    from pg_attribute where attrelid = ${table}::text::regclass and attnum > 0 and (attname = 'installation_id'
      or (attnotnull and not atthasdef and attidentity = ''))`;
  const samples: Record<string, string> = {
    bigint: "1",
    integer: "1",
    // Of its own: it may be a key.
    text: "gen_random_uuid()::text",
    "text[]": "'{}'",
    boolean: "false",
    json: "'{}'",
    jsonb: "'{}'",
    bytea: "'\\x00'",
    // Late: an id may begin with the time by which its row ages.
    uuid: "('f' || substr(gen_random_uuid()::text, 2))::uuid",
    "timestamp with time zone": "now()",
  };
  const values = columns.map(({ name, type, check }) =>
    name === "installation_id" ? installationId : /'(\w+)'/.exec(check ?? "")?.[0] ?? samples[type]
  );
  await sql.unsafe(`insert into ${table} (${columns.map(({ name }) => name)}) values (${values})`);
}

Deno.test("after the grace period no table holds a row of the installation, as the preview counted them, and no other installation lost one", async () => {
  const { db, stop } = await testDatabase();
  const gone = await addTenant(db, { addon: "universal_webhook", workspaceId: "gone", uninstalledDays: 31 });
  const waiting = await addTenant(db, { addon: "universal_webhook", workspaceId: "waiting", uninstalledDays: 29 });
  const active = await addTenant(db);
  for (const id of [gone, waiting, active]) await fill(db, id);
  await db.sql`
    insert into installation_retired (addon, workspace_id, addon_id, retired_at)
    values ('universal_webhook', 'gone', 'a1', now() - interval '31 days'),
      ('universal_webhook', 'waiting', 'a1', now() - interval '29 days')`;
  const tables = await tablesOf(db);
  assert(tables.length >= 20, tables.join());
  const { deletes, stops, storedBytes } = await createUninstallPreview(db)(gone);
  const counted = deletes.flatMap(({ tables }) => tables);
  assertEquals(
    Object.fromEntries(counted.map(({ table, count }) => [table, count])),
    await countsOf(db, tables, gone),
  );
  assert(counted.every(({ isPart }) => !isPart) && storedBytes >= 100_000, String(storedBytes));
  assertEquals([stops.waits.count, stops.approvals.count, stops.sources.count], [2, 3, 1]);
  const cut = await createUninstallPreview(db, { maxCounted: 3 })(gone);
  const events = cut.deletes.flatMap(({ tables }) => tables).find(({ table }) => table === "event");
  assertEquals(events, { table: "event", count: 3, isPart: true });

  const { retention } = retentionOver(db);
  const result = await retention.sweep(SLOT);
  assertEquals([result?.state, result?.errors], ["completed", {}]);
  assertEquals(result?.deleted.installation, 1);

  for (const table of tables) {
    assertEquals(await countOf(db, table, gone), 0, table);
    for (const id of [waiting, active]) assert(await countOf(db, table, id) > 0, `${table} of another`);
  }
  const left = await db.sql<{ id: number }[]>`select id from installation order by id`;
  assertEquals(left.map(({ id }) => id), [waiting, active]);
  const retired = await db.sql<{ workspace_id: string }[]>`select workspace_id from installation_retired`;
  assertEquals(retired.map(({ workspace_id }) => workspace_id), ["waiting"]);
  await stop();
});

Deno.test("a reinstall within the grace period finds its data; one after it begins anew", async () => {
  const { db, stop } = await testDatabase();
  const { apply, read } = openLifecycle(db);
  await apply(installed());
  const { id } = await read();
  await addEvents(db, { installationId: id, daysOld: 40, count: 3 });
  await apply(deleted());
  const uninstalledFor = (days: number) =>
    db.sql`update installation set uninstalled_at = now() - ${days}::int * interval '1 day' where id = ${id}`;
  await uninstalledFor(29);
  await retentionOver(db).retention.sweep(SLOT);
  await apply(installed({ addonId: "addon-2" }));
  assertStrictEquals((await read()).id, id);
  assertEquals(await countOf(db, "event", id), 3);

  await apply(deleted({ addonId: "addon-2" }));
  await uninstalledFor(31);
  await retentionOver(db).retention.sweep(SLOT + 1);
  await apply(installed({ addonId: "addon-3" }));
  const anew = await read();
  assert(anew.id !== id && anew.workspaceId === WORKSPACE);
  assertEquals(await countOf(db, "event", id), 0);
  await stop();
});

Deno.test("a reinstall in the middle of the deletion stops it", async () => {
  const { db, stop } = await testDatabase();
  const { apply, read } = openLifecycle(db);
  await apply(installed());
  const { id } = await read();
  await addEvents(db, { installationId: id, daysOld: 1, count: 3_000 });
  await apply(deleted());
  await db.sql`update installation set uninstalled_at = now() - interval '31 days' where id = ${id}`;
  let reinstalled: Promise<unknown> | undefined;
  const { retention } = retentionOver(db, {
    clock: {
      now: () => SLOT * 3_600_000,
      monotonicMs: () => 0,
      sleep: async () => {
        const [event] = await db.sql`select 1 from event limit 1 offset 2500`;
        if (!event) await (reinstalled ??= apply(installed({ addonId: "addon-2" })));
      },
    },
  });
  assertEquals((await retention.sweep(SLOT))?.state, "completed");
  assert(reinstalled);
  assertEquals((await read()).status, "active");
  const left = await countOf(db, "event", id);
  assert(left > 0 && left < 3_000, String(left));
  await stop();
});

Deno.test("UNINSTALL_GRACE_DAYS=0: the next sweep deletes", async () => {
  const { db, stop } = await testDatabase();
  const id = await addTenant(db, { uninstalledDays: 0 });
  await addEvents(db, { installationId: id, daysOld: 1 });
  const { retention } = retentionOver(db, { env: { UNINSTALL_GRACE_DAYS: "0" } });
  assertEquals((await retention.sweep(SLOT))?.deleted.installation, 1);
  await stop();
});
