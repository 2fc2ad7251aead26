/** Tests at the door of how the worker's slots are shared: slow calls and many flows of one workspace hold up no other. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Action, ActionCall } from "../../src/engine/action.ts";
import { within } from "../db/within.ts";
import { ask, assertProblem } from "../http/door.ts";
import { stream } from "../queue/setup.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually, startWorld, type World } from "../support/world.ts";

const EVENT = "TIMER_STOPPED";
const SLOTS = 8;
/** What one installation has of them beside none. */
const SHARE = 4;

let world: World;
let calls = heldCalls();

/** In place of the action that calls Clockify: each call goes on until the test ends it. */
function heldCalls() {
  const started = stream<{ call: ActionCall; finish(): void }>();
  let running = 0;
  let most = 0;
  const run: Action["run"] = (call) => {
    most = Math.max(most, ++running);
    return new Promise<{ outcome: "done"; output: null }>((resolve, reject) => {
      call.signal.addEventListener("abort", () => reject(call.signal.reason));
      started.give({ call, finish: () => resolve({ outcome: "done", output: null }) });
    }).finally(() => running--);
  };
  return { started, run, most: () => most };
}

Deno.test.beforeAll(async () => {
  const action: Action = {
    type: "clockify",
    effect: "external",
    describe: () => null,
    run: (call) => calls.run(call),
  };
  world = await startWorld({ env: { WORKER_CONCURRENCY: String(SLOTS) }, actions: [action] });
  for (const { id } of await workspaces()) await world.install("universal_webhook", id);
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

const workspaces = async () => (await world.simulator.workspaces()).slice(0, 2);

async function headersOf(workspaceId: string) {
  const { users } = (await workspaces()).find(({ id }) => id === workspaceId)!;
  const userId = users.find(({ role }) => role === "OWNER")!.id;
  return await world.viewer("universal_webhook", { workspaceId, userId });
}

async function saveFlow(workspaceId: string, name = "A flow") {
  const body = { name, trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }] };
  const headers = await headersOf(workspaceId);
  return await ask(`${world.url("universal_webhook")}/ui/flows`, { headers, body });
}

async function deliver(workspaceId: string) {
  await world.simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
}

async function openRuns(): Promise<number> {
  const [row] = await world.database.db.sql<{ count: number }[]>`
    select count(*)::int as count from run where state not in ('completed', 'failed')`;
  return row!.count;
}

async function noFlows() {
  await world.database.db.sql`delete from flow_trigger`;
  await world.database.db.sql`update flow set deleted_at = now(), enabled = false where builtin is null`;
}

Deno.test("20 events whose call does not end leave another workspace's call its slot", async () => {
  calls = heldCalls();
  const [busy, quiet] = await workspaces();
  for (const { id } of [busy!, quiet!]) assertEquals((await saveFlow(id)).status, 201);
  for (let n = 0; n < 20; n++) await deliver(busy!.id);
  await within(calls.started.at(SHARE), "the calls of the busy workspace");
  await deliver(quiet!.id);
  const { call } = await within(calls.started.at(SHARE + 1), "the other's call");
  assertEquals(call.tenant.workspaceId, quiet!.id);
  assertEquals(
    calls.started.values.slice(0, SHARE).map(({ call }) => call.tenant.workspaceId),
    Array(SHARE).fill(busy!.id),
  );
  for (let n = 1; n <= 21; n++) (await within(calls.started.at(n), `call ${n}`)).finish();
  await eventually(async () => await openRuns() === 0);
  // The other's call went on beside the share.
  assert(calls.most() <= SHARE + 1, `${calls.most()} at once`);
  await noFlows();
});

Deno.test("20 flows on one event call no more at once than the workspace's slots, each once, and another's call has its own", async () => {
  calls = heldCalls();
  const [busy, quiet] = await workspaces();
  for (let n = 0; n < 20; n++) assertEquals((await saveFlow(busy!.id, `Flow ${n}`)).status, 201);
  assertEquals((await saveFlow(quiet!.id)).status, 201);
  await deliver(busy!.id);
  await within(calls.started.at(SHARE), "the calls that were handed over");
  const { sql } = world.database.db;
  const states = await sql<{ state: string; count: number }[]>`
    select state, count(*)::int as count from job where kind = 'run' group by state order by state`;
  assertEquals(states.map(({ state, count }) => [state, count]), [["available", 20 - SHARE], ["executing", SHARE]]);
  await deliver(quiet!.id);
  assertEquals((await within(calls.started.at(SHARE + 1), "the other's call")).call.tenant.workspaceId, quiet!.id);
  for (let n = 1; n <= 21; n++) (await within(calls.started.at(n), `call ${n}`)).finish();
  await eventually(async () => await openRuns() === 0);
  assertEquals(new Set(calls.started.values.map(({ call }) => call.runId)).size, 21);
  assert(calls.most() <= SHARE + 1, `${calls.most()} at once`);
  await noFlows();
});

Deno.test("the 501st flow of an event and the 1,001st of a workspace are refused with the reason; what is there can be changed", async () => {
  const [busy] = await workspaces();
  const { sql } = world.database.db;
  const first = (await saveFlow(busy!.id)).body;
  const add = (count: number, listening: boolean) =>
    sql`
      with saved as (
        insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
        select installation_id, workspace_id, name, enabled, definition, plan_id
        from flow, generate_series(1, ${count}::int) where id = ${first.id} returning id, installation_id
      )
      insert into flow_trigger (installation_id, event_type, flow_id, ordered)
      select installation_id, ${EVENT}, id, false from saved where ${listening}`;
  await add(499, true);
  const crowded = await saveFlow(busy!.id);
  assertProblem(crowded, 422, "FLOW_INVALID");
  assertStringIncludes(crowded.body.detail, `500 flows are switched on for ${EVENT}, and 500 are allowed`);
  const headers = await headersOf(busy!.id);
  const flows = `${world.url("universal_webhook")}/ui/flows`;
  const renamed = await ask(`${flows}/${first.id}`, { method: "PUT", headers, body: { name: "Another name" } });
  assertEquals(renamed.status, 200, "it listens already");

  await add(500, false);
  const body = { name: "One more", trigger_event_types: ["NEW_TAG"], actions: [{ operation_id: "getTags" }] };
  const full = await ask(flows, { headers, body });
  assertProblem(full, 422, "FLOW_INVALID");
  assertStringIncludes(full.body.detail, "the workspace has 1,000 flows, and 1,000 are allowed");
  assertEquals((await ask(`${flows}/${first.id}`, { method: "DELETE", headers })).status, 200);
  assertEquals((await ask(flows, { headers, body })).status, 201);
  await noFlows();
});
