/** Tests of retention in the program: /ui/retention, the metrics, and the ticker that the program sets. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { ask, assertProblem } from "../http/door.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { slotAt } from "../../src/retention/slots.ts";
import { addEvents, addFlow } from "./rows.ts";

const HOUR_MS = 3_600_000;
const TICK_MS = 600_000;
let world: World;

worldOfFile({ env: { API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS: "14" } }, (made) => void (world = made));

async function installationId(): Promise<number> {
  const [row] = await world.database.db.sql<{ id: number }[]>`
    select id from installation where addon = 'universal_webhook'`;
  return row!.id;
}

function read(headers: Record<string, string>) {
  return ask(`${world.url("universal_webhook")}/ui/retention`, { headers });
}

Deno.test("/ui/retention shows the workspace's own days, the next sweep, and what the last ones took of this workspace", async () => {
  const { addonId } = await world.install("universal_webhook");
  await world.simulator.updateSettings({ addonId, settings: [{ id: "webhook_log_retention_days", value: 30 }] });
  const { db } = world.database;
  const id = await installationId();
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  const before = await eventually(async () => {
    const { body } = await read(member);
    return body.webhook_log_days === 30 && body;
  });
  assertEquals([before.sources.webhook_log_days, before.kept[0].source], ["workspace", "workspace"]);
  assertEquals([before.flow_execution_days, before.cache_ttl_days], [90, 7]);
  assertEquals([before.workspace_id, before.last_runs], [world.workspaceId, []]);
  assertEquals(Date.parse(before.next_run_at) % TICK_MS, 0);

  await addEvents(db, { installationId: id, daysOld: 31, count: 4 });
  await addEvents(db, { installationId: id, daysOld: 29, count: 2 });
  const [result] = await Promise.all(world.serving.core.retention.map(({ tick }) => tick()));
  assertEquals(result?.state, "completed");
  const { body } = await read(member);
  const [last, ...others] = body.last_runs;
  assertEquals(others.length, 0);
  assertEquals(last.deleted, { entity_head: 4, event: 4 });
  assertEquals(last.state, "completed");
  assertEquals(Date.parse(last.slot) % HOUR_MS, 0);
  assert(Date.parse(last.finished_at) >= Date.parse(last.slot));
});

Deno.test("a profile without such settings shows the environment's days", async () => {
  await world.install("api_studio");
  const headers = await world.viewer("api_studio");
  const { body } = await ask(`${world.url("api_studio")}/ui/retention`, { headers });
  assertEquals([body.webhook_log_days, body.flow_execution_days, body.cache_ttl_days], [90, 14, 7]);
  const environment = "environment";
  assertEquals(body.sources, {
    webhook_log_days: environment,
    flow_execution_days: environment,
    cache_ttl_days: environment,
  });
  const kept = body.kept.map((
    { kind, days, source, variable }: Record<string, unknown>,
  ) => [kind, days, source, variable]);
  assertEquals(kept, [
    ["events", 90, environment, "API_STUDIO_WEBHOOK_LOG_RETENTION_DAYS"],
    ["runs", 14, environment, "API_STUDIO_FLOW_EXECUTION_RETENTION_DAYS"],
    ["calls", 30, environment, "API_STUDIO_CALL_LOG_RETENTION_DAYS"],
    ["entities", 7, environment, "CACHE_TTL_DAYS"],
    ["journal", 90, environment, "JOURNAL_RETENTION_DAYS"],
    ["audit", 365, environment, "AUDIT_RETENTION_DAYS"],
    ["uninstalled", 30, environment, "UNINSTALL_GRACE_DAYS"],
  ]);
});

Deno.test("another workspace sees the sweep, and nothing of what it took elsewhere", async () => {
  const other = (await world.simulator.workspaces())[1]!.id;
  await world.install("universal_webhook", other);
  const user = (await world.simulator.workspaces())[1]!.users[0]!.id;
  const { body } = await read(await world.viewer("universal_webhook", { workspaceId: other, userId: user }));
  assertStrictEquals(body.workspace_id, other);
  assertEquals(body.last_runs.map(({ deleted }: { deleted: unknown }) => deleted), [{}]);
});

Deno.test("without a login there is no answer", async () => {
  assertProblem(await read({}), 401, "LOGIN_REQUIRED");
});

Deno.test("the metrics count what went and say when a sweep was last finished", async () => {
  const text = await (await fetch(`${world.url("universal_webhook")}/metrics`)).text();
  assertMatch(text, /^retention_deleted_total\{table="event"\} 4$/m);
  const seconds = /^retention_last_run_seconds\{service="universal-webhook"\} (\S+)$/m.exec(text);
  assert(seconds && Number(seconds[1]) < 600, text.slice(0, 200));
});

Deno.test("/ui/uninstall-preview counts what an uninstall then ends, and what the sweep then deletes", async () => {
  const { admin, member, installationId: id } = await world.enter("clockify_addon");
  const { db } = world.database;
  const { sql } = db;
  const path = `${world.url("clockify_addon")}/ui/uninstall-preview`;
  assertProblem(await ask(path, { headers: member }), 403, "ROLE_INSUFFICIENT");
  await addEvents(db, { installationId: id, daysOld: 1, count: 3 });
  const { flowId, planId } = await addFlow(db, { installationId: id });
  const runId = crypto.randomUUID();
  await sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key, input, started_at)
    values (${runId}, ${id}, ${world.workspaceId}, ${flowId}, 1, ${planId}, 'waiting', 'api', ${`api:${runId}`}, '{}', now())`;
  await sql`
    insert into job (kind, installation_id, payload, state, due_at)
    values ('run', ${id}, jsonb_build_object('run_id', ${runId}::text), 'scheduled', now() + interval '1 year')`;
  await sql`
    insert into step (installation_id, run_id, path, kind, state) values (${id}, ${runId}, 'root/a', 'approval', 'running')`;
  await sql`
    insert into wait (installation_id, run_id, path, match_type, match_key)
    values (${id}, ${runId}, 'root/a', 'approval', 'x')`;
  await sql`
    insert into approval (id, installation_id, run_id, path, people, roles)
    values (gen_random_uuid(), ${id}, ${runId}, 'root/a', '{}', '{}')`;
  await sql`
    insert into schedule (installation_id, flow_id, cron, zone, policy, next_at)
    values (${id}, ${flowId}, '0 9 * * *', 'UTC', 'one', now() + interval '1 year')`;

  const { status, body } = await ask(path, { headers: admin });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals([body.workspace_id, body.grace_days, body.backups], [world.workspaceId, 30, {
    daily: 7,
    weekly: 4,
    monthly: 12,
  }]);
  const ends: Record<string, number> = Object.fromEntries(
    body.stops.map(({ kind, count }: { kind: string; count: number }) => [kind, count]),
  );
  assertEquals([ends.runs, ends.waits, ends.approvals, ends.events, ends.schedules], [1, 1, 1, 0, 1]);
  const [webhooks] = await sql<{ count: number }[]>`
    select count(*)::int as count from installation_webhook where installation_id = ${id}`;
  assertEquals(ends.webhooks, webhooks!.count);
  const said: Record<string, number> = Object.assign(
    {},
    ...body.deletes.map(({ tables }: { tables: object }) => tables),
  );

  const [installation] = await sql<{ addon_id: string }[]>`select addon_id from installation where id = ${id}`;
  assertEquals((await world.simulator.uninstall({ addonId: installation!.addon_id })).status, 200);
  assertProblem(await ask(path, { headers: admin }), 403, "INSTALLATION_UNKNOWN");
  const left = await eventually(async () => {
    const [row] = await sql<{ runs: number; waits: number; approvals: number; webhooks: number }[]>`
      select (select count(*)::int from run where installation_id = ${id} and state <> 'cancelled') as runs,
        (select count(*)::int from wait where installation_id = ${id}) as waits,
        (select count(*)::int from approval where installation_id = ${id} and state = 'open') as approvals,
        (select count(*)::int from installation_webhook where installation_id = ${id}) as webhooks`;
    return row!.runs === 0 && row;
  });
  assertEquals(left, { runs: 0, waits: 0, approvals: 0, webhooks: 0 });

  await sql`update installation set uninstalled_at = now() - interval '31 days' where id = ${id}`;
  const [result] = await Promise.all(
    world.serving.core.retention.map(({ sweep }) => sweep(slotAt(Date.now()) + 1)),
  );
  assertEquals([result?.state, result?.deleted.installation], ["completed", 1]);
  const kept = ["event", "run", "step", "flow", "plan"];
  assertEquals(kept.map((table) => result!.deleted[table]), kept.map((table) => said[table]));
});
