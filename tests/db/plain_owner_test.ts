/**
 * Migrations by the owner of the tables who is no superuser: row-level security binds it too, so that a statement without
 * a scope changes no row and says nothing. Each step is compared with the same step by a superuser, which is bound by nothing.
 */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { dumpDatabase } from "../../src/backup/dump.ts";
import { beginLoad, type Load } from "../../src/backup/load.ts";
import { readRecords } from "../../src/backup/read.ts";
import type { BackupRecord } from "../../src/backup/records.ts";
import { recordsOf } from "../../src/backup/write.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { createServerDatabase, SERVER_URL } from "../support/database.ts";

/** A row or more in each table, and those among them that a down or an up speaks of. */
const ROWS = `
  select set_config('timewire.installations', 'all', true);
  insert into installation (addon, workspace_id, addon_id, status, hosts, token_sha256, settings, verified, forwarding_url_sealed)
    values ('clockify_addon', 'w1', 'a1', 'active', '{}', '\\x01', '{"forwarding_url": "https://example.com/x"}', true, 'sealed'),
      ('clockify_addon', 'w2', 'a2', 'active', '{}', '\\x02', '{}', false, null),
      ('clockify_addon', 'w3', 'a3', 'uninstalled', '{}', null, '{}', true, null);
  insert into installation_retired (addon, workspace_id, addon_id) values ('clockify_addon', 'w1', 'a0');
  insert into installation_webhook (installation_id, path, event_type, token_sha256, workspace_id)
    values (1, '/webhooks/clockify/NEW_TAG', 'NEW_TAG', '\\x11', 'w1'), (2, '/webhooks/clockify/NEW_TAG', 'NEW_TAG', '\\x12', 'w2');
  insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body, custom_source, custom_type, query)
    values (1, nextval('event_id_seq'), 'w1', 'NEW_TAG', 'tag:1', 'r', '{}', '{}', null, null, null),
      (1, nextval('event_id_seq'), 'w1', 'custom:shop', 'delivery:1:x', 'r', '{}', '{}', 'shop', 'order', '{"a": "b"}');
  insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at)
    values (1, 'tag:1 NEW_TAG', 'NEW_TAG', '\\x01', 1, now()), (1, 'tag:2', 'NEW_TAG', '\\x02', 1, now());
  insert into job (kind, installation_id, payload, generation, rescues)
    select kind, 1, '{}', 1, 2 from unnest(array['event', 'bootstrap', 'poll', 'settings', 'reconcile']) kind;
  insert into plan (installation_id, body)
    values (1, '{"root": {"steps": [{"action": "forward", "input": {"url": "https://example.com/x"}}]}}'), (1, '{}');
  insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, builtin)
    values (1, 'w1', 'forward', true, '{"url": "https://example.com/x"}', 1, 'forwarding'), (1, 'w1', 'mine', true, '{}', 2, null);
  insert into flow_version (installation_id, flow_id, version, definition, base_version, published_at)
    values (1, 2, 1, '{}', null, now()), (1, 2, 0, '{}', 1, null);
  insert into flow_trigger (installation_id, event_type, flow_id, ordered, custom_types)
    values (1, 'NEW_TAG', 2, false, null), (1, 'custom:shop', 2, false, '{order}');
  insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
    values ('00000000-0000-4000-8000-000000000001', 1, 'w1', 2, 1, 2, 1, 'completed'),
      ('00000000-0000-4000-8000-000000000002', 1, 'w1', 2, 1, 2, 2, 'waiting'),
      ('00000000-0000-4000-8000-000000000003', 1, 'w1', 2, 1, 2, null, 'waiting');
  update run set trigger_kind = 'api', start_key = 'api:1', input = '{"a": 1}' where event_id is null;
  insert into job (kind, installation_id, payload)
    select 'run', 1, jsonb_build_object('run_id', id) from run where state = 'waiting';
  update job set paused = true, state = 'scheduled', due_at = now() + interval '100 years' where kind = 'run';
  insert into step (run_id, path, action, state, installation_id, retried_after, waited_ms, key_plan_id)
    values ('00000000-0000-4000-8000-000000000001', 'steps[0]', 'forward', 'completed', 1, 1, 1, 1),
      ('00000000-0000-4000-8000-000000000002', 'steps[0]', 'forward', 'cancelled', 1, 1, 1, 1),
      ('00000000-0000-4000-8000-000000000003', 'steps[0]', 'forward', 'running', 1, 1, 1, 1);
  insert into step (run_id, path, kind, parent_path, decision, state, installation_id)
    values ('00000000-0000-4000-8000-000000000002', 'root/which', 'choice', 'root', '{"taken": "a"}', 'running', 1);
  insert into output (installation_id, run_id, id, bytes, body)
    values (1, '00000000-0000-4000-8000-000000000001', 'root/large@1', 12, '{"b": 1, "a": 2}');
  insert into step (run_id, path, action, state, installation_id, output_ref, output_bytes)
    values ('00000000-0000-4000-8000-000000000001', 'root/large', 'forward', 'completed', 1, 'root/large@1', 12);
  insert into step (run_id, path, action, state, attempts, installation_id, called, request, http_status, finished_at)
    select '00000000-0000-4000-8000-000000000002', 'root/' || state, 'forward', state, 1, 1, true, '{"a": 1}', 200,
      case state when 'completed' then now() end
    from unnest(array['running', 'completed']) state;
  insert into attempt (run_id, path, number, state, installation_id, request)
    values ('00000000-0000-4000-8000-000000000001', 'steps[0]', 1, 'succeeded', 1, '{"url": "https://example.com/x", "a": 1}'),
      ('00000000-0000-4000-8000-000000000002', 'steps[0]', 1, 'uncertain', 1, null);
  insert into wait (installation_id, run_id, path, match_type, match_key, condition, expires_at)
    values (1, '00000000-0000-4000-8000-000000000002', 'root/which', 'event', 'NEW_TAG', '{"a": 1}', now());
  insert into signal (installation_id, run_id, path, match_type, match_key, value)
    values (1, '00000000-0000-4000-8000-000000000002', 'root/which', 'event', 'NEW_TAG', '{"id": "t"}');
  insert into approval (id, installation_id, run_id, path, people, roles)
    values ('00000000-0000-4000-8000-0000000000a1', 1, '00000000-0000-4000-8000-000000000002', 'root/manager', '{u}', '{OWNER}');
  insert into job (kind, installation_id, payload) values ('waits', 1, '{"event_id": 1, "begun_by": "2026-01-01T00:00:00Z"}');
  update step set due_at = now() where run_id = '00000000-0000-4000-8000-000000000003';
  insert into job (kind, installation_id, payload, state, due_at, wakes)
    values ('run', 1, '{"run_id": "00000000-0000-4000-8000-000000000009"}', 'scheduled', now() + interval '100 years', 2);
  insert into installation_secret (installation_id, name, sealed, generation) values (1, 'api_key', 's', 1);
  insert into user_webhook (installation_id, remote_id, event_type, token_sha256, generation) values (1, 'w', 'NEW_TAG', '\\x21', 1);
  insert into coverage (installation_id, event_type, way, state, reason) values (1, 'NEW_TAG', 'manifest', 'ok', '');
  insert into coverage_check (installation_id, checked_at) values (1, now());
  insert into coverage_turn (installation_id, job_id) values (1, 1);
  insert into custom_source (installation_id, workspace_id, name, key, scheme, options, enabled, rate_per_second, duplicate_window_seconds)
    values (1, 'w1', 'shop', 'k', 'none', '{}', true, 1, 60);
  insert into custom_source_secret (source_id, installation_id, sealed) values (1, 1, 's');
  insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number, parent_id, deleted_at)
    values (1, 'w1', 'task', '1', 'o', '{"projectId": "p"}', 1, 'p', null), (1, 'w1', 'tag', '2', 'o', '{}', 1, '', now());
  insert into bootstrap_state (installation_id, workspace_id, read_number, status, whole) values (1, 'w1', 1, 'COMPLETE', '{"tag": 1}');
  insert into bootstrap_read (installation_id, entity_type, read_number, next_page, pages) values (1, 'tag', 1, 3, 2);
  insert into entity_change (installation_id, entity_type, entity_id, kind, read_number, before, after)
    values (1, 'tag', '2', 'updated', 1, '{"name": "a"}', '{"name": "b"}');
  insert into reconcile_place (installation_id, source, name, reached, generation, until)
    values (1, 'entity_feed', 'created', now(), 1, now());
  insert into polled_family (installation_id, family, generation, round) values (1, 'task', 1, 1);
  insert into polled_entity (installation_id, family, entity_id, body_sha256, body, seen, parent_id)
    values (1, 'task', 't', '\\x01', '{"projectId": "p"}', 1, 'p');
  insert into polled_parent (installation_id, family, parent_id, seen) values (1, 'task', 'p', 1);
  insert into schedule (installation_id, flow_id, cron, zone, policy, next_at) values (1, 2, '0 9 * * *', 'UTC', 'all', now());
  insert into flow_gate (installation_id, flow_id, kind, key, times, expires_at)
    values (1, 2, 'throttle', 'u1', array[timestamptz '2026-11-28T09:00:00Z'], now() + interval '1 hour');
  insert into new_flow_draft (installation_id, definition, author) values (1, '{"name": "begun"}', 'u1');
  insert into flow_loop (installation_id, flow_id, times, event_id) values (1, 2, 3, 1);
  insert into schedule (installation_id, kind, every_seconds, policy, next_at)
    values (1, 'coverage', 900, 'one', now()), (1, 'poll', 900, 'one', now()), (1, 'reconcile', 900, 'one', now());
  insert into retention_run (schedule, slot, owner) values ('hourly', 1, 'o');
  insert into retention_count (installation_id, slot, table_name, rows) values (1, 1, 'event', 1);
  insert into event_tally (installation_id, hour, event_type, last_at) values (1, now(), 'NEW_TAG', now());
  insert into audit (installation_id, workspace_id, actor_kind, actor, action, outcome) values (1, 'w1', 'system', 'a', 'b', 'done');
  insert into clockify_call (id, installation_id, at, origin, operation, method, path, status, outcome, attempt, duration_ms,
      request_bytes, answer_bytes)
    values ('0192f0c1-2345-7abc-8def-0123456789ab', 1, now(), 'poll', 'getTags', 'GET', '/v1', 200, 'succeeded', 1, 2, 0, 3);
  insert into upstream_budget (installation_id, limit_per_hour) values (1, 30);
  insert into stored_bytes (installation_id, bytes) values (1, 100);
  insert into token_seen (installation_id, token_sha256, kind) values (1, '\\x01', 'installation') on conflict do nothing;
  insert into idempotency_key (installation_id, key_sha256, claim, sealed)
    values (1, 'h', '00000000-0000-4000-8000-000000000002', 's');
  insert into guard_policy (installation_id, policy, denies_in_flows, version, updated_by)
    values (1, '{"flows": {"destructive": "deny"}}', true, 1, 'u');
  insert into guard_request (installation_id, kind, person, grade, title, request_sha256, sealed, state, expires_at)
    values (1, 'call', 'u', 'destructive', 't', 'h', 's', 'approved', now()),
      (1, 'policy', 'u', 'destructive', 't', 'p', 's', 'waiting', now());
  insert into confirm_token (token_sha256, installation_id, person, request_sha256, grade, approval_id, expires_at)
    values ('h', 1, 'u', 'h', 'destructive', 1, now());
  insert into change (installation_id, state, operation, operation_key, params, entity_type, origin, before_state)
    values (1, 'done', 'createNewTag', 'POST /v1/workspaces/{workspaceId}/tags', '{}', 'tag', 'flow', 'none');
  insert into change (installation_id, state, operation, operation_key, params, entity_type, origin, before_state, undo_of)
    values (1, 'done', 'deleteTag', 'DELETE /v1/workspaces/{workspaceId}/tags/{id}', '{}', 'tag', 'undo', 'read', 1);
  insert into flow_history (installation_id, flow_id, state, person, asked, published, counts)
    values (1, 2, 'running', 'u', '{}', '{}', '{}');
  insert into flow_history_match (installation_id, history_id, event_id, matched, published) values (1, 1, 1, true, false);
  insert into undo_job (installation_id, state, person, asked) values (1, 'running', 'u', '{}');
  insert into undo_item (installation_id, job_id, change_id) values (1, 1, 1);
  insert into job (kind, installation_id, payload) values ('undo', 1, '{"undo_job_id": 1}');
  insert into breaker (installation_id, host, state, probe_at, failures, error_code)
    values (1, 'shop.example', 'open', now(), 10, 'UPSTREAM_FAILED');
  insert into issue_mark (installation_id, issue, resolved_at, person) values (1, 'run-0', now(), 'u');
  insert into source_refusal (installation_id, source_id, reason, count, first_at, last_at)
    select 1, id, 'proof_wrong', 2, now(), now() from custom_source limit 1;
  insert into bulk_job (installation_id, state, person, asked, matched) values (1, 'running', 'u', '{}', 1);
  insert into bulk_item (installation_id, job_id, letter_id, event_id, replay) values (1, 1, 1, 1, 2);
  insert into job (kind, installation_id, payload) values ('bulk', 1, '{"bulk_job_id": 1}');
  insert into run_again (run_id, installation_id, of_run_id, from_path, person)
    values ('00000000-0000-4000-8000-000000000002', 1, '00000000-0000-4000-8000-000000000001', 'root/a', 'u');
  insert into queue_hint (installation_id, kind, due_at) values (1, 'event', now());
  insert into explorer_call (installation_id, person, via, operation, method, path, acted_as, outcome, duration_ms, sealed)
    values (1, 'u', 'explorer', 'getTags', 'GET', '/v1/x', 'addon', 'success', 1, 's');
  insert into event_view (installation_id, name, filter, person) values (1, 'n', '{}', 'u');
  insert into explorer_saved (installation_id, person, name, shared, sealed) values (1, 'u', 'n', true, 's');
  insert into agent (id, installation_id, name, url, auth_type, timeout_ms, retry_config, status)
    values ('00000000-0000-4000-8000-000000000003', 1, 'a', 'https://a.example', 'none', 1000, '{}', 'active');
  insert into agent_calls (installation_id, agent_id, hour, calls, failures, times)
    values (1, '00000000-0000-4000-8000-000000000003', now(), 1, 0, '{1}');
  insert into workflow (id, installation_id, flow_id, name, version, status, created_by)
    values ('00000000-0000-4000-8000-000000000004', 1, 2, 'w', 1, 'active', 'u');
  insert into workflow_version (workflow_id, installation_id, version, definition, plan_id, created_by)
    values ('00000000-0000-4000-8000-000000000004', 1, 1, '{}', 1, 'u');
  insert into workflow_run (run_id, installation_id, workflow_id, version, triggered_by)
    values ('00000000-0000-4000-8000-000000000001', 1, '00000000-0000-4000-8000-000000000004', 1, 'u');
  insert into api_user (id, installation_id, name, role)
    values ('00000000-0000-4000-8000-000000000005', 1, 'ana', 'admin');
  insert into api_key (id, installation_id, name, prefix, sha256, role, created_by)
    values ('00000000-0000-4000-8000-000000000006', 1, 'k', 'tw_', '\\x01', 'viewer', 'ana');
  insert into api_token_revoked (installation_id, jti_sha256, expires_at) values (1, '\\x01', now());
  insert into api_session (id, installation_id, sha256, kind, name, address, browser, created_at, last_used_at, expires_at)
    values ('00000000-0000-4000-8000-00000000000a', 1, '\\x01', 'user', 'ana', '::1', '', now(), now(), now());
  insert into api_audit (installation_id, number, at, actor, action, entity_type, entity_id, changes, previous_sha256, sha256)
    values (1, 1, now(), 'ana', 'create', 'agent', 'a', '{}', '\\x00', '\\x01');
  insert into api_audit_unsealed (installation_id, at, actor, action, entity_type, entity_id, changes, hashed)
    values (1, now(), 'ana', 'create', 'agent', 'b', '{}', '"x"]');
  insert into api_audit_head (installation_id, number, sha256) values (1, 1, '\\x01');
  insert into run_webhook (id, installation_id, url, statuses, secret_sealed, created_by)
    values ('00000000-0000-4000-8000-000000000007', 1, 'https://a.example', '{}', 's', 'ana');
  insert into workflow_schedule (id, installation_id, workflow_id, schedule_id, name, input, max_runs, on_failure, created_by)
    select '00000000-0000-4000-8000-000000000008', 1, '00000000-0000-4000-8000-000000000004', id, 's', '{}', 1, 'pause', 'ana'
    from schedule where flow_id is not null limit 1;
  insert into schedule_firing (workflow_schedule_id, installation_id, slot, outcome)
    values ('00000000-0000-4000-8000-000000000008', 1, now(), 'held_back');
  insert into webhook_delivery (id, installation_id, webhook_id, event, data)
    values ('00000000-0000-4000-8000-000000000009', 1, '00000000-0000-4000-8000-000000000007', 'webhook.test', '{}');
  insert into kafka_outbox (installation_id, run_id, kind)
    values (1, '00000000-0000-4000-8000-000000000001', 'execution');
  insert into kafka_early_cancel (installation_id, run_id, cancelled_by)
    values (1, '00000000-0000-4000-8000-000000000008', 'u');
  insert into meta (key, value) values ('k', 'v');`;

const BUILTIN_FLOW = `
  select set_config('timewire.installations', 'all', true);
  insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, builtin)
    values (1, 'w1', 'forward', true, '{}', 1, 'forwarding');`;

/** All rows of all tables, as text, without times. */
async function contents(db: Database): Promise<Record<string, unknown[]>> {
  return await db.transaction(async (sql) => {
    await sql`select set_config('timewire.installations', 'all', true)`;
    const tables = await sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`;
    const found: Record<string, unknown[]> = {};
    for (const { name } of tables) {
      const columns = await sql<{ name: string }[]>`
        select attname as name from pg_attribute
        where attrelid = ${name}::regclass and attnum > 0 and not attisdropped and atttypid <> 'timestamptz'::regtype`;
      const rows = await sql<{ row: Record<string, unknown> }[]>`
        select to_jsonb(one) as row from ${sql(name)} one order by to_jsonb(one)::text`;
      found[name] = rows.map(({ row }) => JSON.stringify(columns.map((column) => [column.name, row[column.name]])))
        .sort();
    }
    return found;
  });
}

async function dumpOf(db: Database): Promise<BackupRecord[]> {
  const records = recordsOf(async (write) => {
    await write({ record: "backup", format: 1, program: "", madeAt: "", databases: [[]] });
    const { tables, rows } = await dumpDatabase(db, [], write);
    await write({ record: "end", databases: 1, tables, rows });
  });
  return await Array.fromAsync(records);
}

/** The head of each table and the hash of its rows; where sequences stand. */
function tablesOf(records: BackupRecord[]): BackupRecord[] {
  return records.filter(({ record }) => ["table", "tableEnd", "databaseEnd"].includes(record));
}

async function load(db: Database, records: BackupRecord[]): Promise<void> {
  const keyring = await createKeyring(newKey("k"));
  let into: Load | undefined;
  await readRecords(ReadableStream.from(records), {
    database: async (head) => {
      into = await beginLoad(db, head, { keyring, clock: systemClock, say: fail, force: true });
    },
    rows: (table, rows) => into!.rows(table, rows),
    databaseEnd: async (end, counts) => void (await into!.end(end, counts)),
  });
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

Deno.test({
  // The embedded database has one user, a superuser.
  name: "every down, and every up after it, does the same by a plain owner as by a superuser",
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const bySuperuser = await createServerDatabase(SERVER_URL!);
    const plain = await createServerDatabase(SERVER_URL!);
    await plain.db.sql.unsafe(`
      do $$ begin create role timewire_owner login nosuperuser; exception when duplicate_object or unique_violation then null; end $$;
      alter schema public owner to timewire_owner`);
    const url = new URL(plain.url);
    url.username = "timewire_owner";
    const byOwner = openPostgres({ url: url.href, poolSize: 2, applicationName: "timewire-tests" });
    try {
      const both = [bySuperuser.db, byOwner];
      const [user] = await byOwner
        .sql`select rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user`;
      assertEquals(user!.unbound, false);
      for (const db of both) {
        await migrateUp(db);
        await db.transaction((sql) => sql.unsafe(ROWS));
      }
      const [expected, rows] = await Promise.all(both.map(contents));
      assertEquals(rows, expected);
      const empty = Object.entries(rows!).filter(([, found]) => found.length === 0).map(([name]) => name);
      assertEquals(empty, [], "a table without a row says nothing about its migrations");
      let taken: number | undefined;
      while (taken !== 2) {
        taken = await migrateDown(bySuperuser.db);
        assertStrictEquals(await migrateDown(byOwner), taken);
        assertEquals(await contents(byOwner), await contents(bySuperuser.db), `after the down of ${taken}`);
        // The down of 10 takes such flows away, so that of 9 would find none.
        if (taken === 10) { for (const db of both) await db.transaction((sql) => sql.unsafe(BUILTIN_FLOW)); }
      }
      // As if it had stood there at the version before 10.
      for (const db of both) {
        await db.sql`
          update installation set settings = '{"forwarding_url": "https://example.com/x"}' where id = 1`;
      }
      for (const db of both) await migrateUp(db);
      assertEquals(await contents(byOwner), await contents(bySuperuser.db), "at the newest again");
      const dumped = await dumpOf(bySuperuser.db);
      await load(byOwner, dumped);
      assertEquals(tablesOf(await dumpOf(byOwner)), tablesOf(dumped), "a backup has every column of every table");
    } finally {
      await byOwner.stop();
      await plain.stop();
      await bySuperuser.stop();
    }
  },
});
