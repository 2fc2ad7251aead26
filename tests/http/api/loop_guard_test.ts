/** Tests of the loop guard at the doors: a flow that goes round on its own writes is stopped, one that people keep busy is not. */

import { assertEquals, assertMatch } from "@std/assert";
import { LOOP_GUARD_HOPS, LOOP_GUARD_ROUNDS } from "../../../src/flows/gates/loop_guard.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, type Json } from "../door.ts";

const UW = "universal_webhook";
const EVENT = "TIME_ENTRY_UPDATED";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter(UW));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url(UW)}/ui${path}`, { headers: admin, ...options });
}

const change = (method: "POST" | "PUT", path: string, body: Json) =>
  world.simulator.change({ workspaceId: world.workspaceId, method, path, body }) as Promise<Json>;

async function settled(): Promise<void> {
  const { sql } = world.database.db;
  await eventually(async () => {
    const [row] = await sql<{ open: number }[]>`
      select (select count(*) from event where outcome is null)::int + (
        select count(*) from run where state in ('pending', 'running', 'waiting'))::int as open`;
    return row!.open === 0;
  });
}

Deno.test("a flow whose write is an event for itself goes five rounds, and its last event says why it stops", async () => {
  const update = {
    operation_id: "updateTimeEntry",
    path_params: { id: "$.webhook.id" },
    body: { description: "{{ $.webhook.description }}x" },
  };
  const made = await ui("/flows", { body: { name: "Round", trigger_event_types: [EVENT], actions: [update] } });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const times = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T10:00:00Z" };
  const entry = await change("POST", "/time-entries", { ...times, description: "first" });
  await change("PUT", `/time-entries/${entry.id}`, { ...times, description: "second" });
  const stopped = await eventually(async () => {
    const { body } = await ui(`/webhooks?event_type=${EVENT}`);
    return body.webhooks.find(({ reason }: Json) => reason?.startsWith("loop_detected"));
  });
  assertEquals([stopped.outcome, stopped.reason], ["skipped", 'loop_detected: "Round"']);
  await settled();
  const warnings = async () => (await ui(`/flows/${made.body.id}`)).body.warnings;
  const [warning] = await warnings();
  assertEquals([(await warnings()).length, warning.path], [1, "conditions"]);
  assertMatch(
    warning.message,
    new RegExp(`stopped once since its last change, last at 20.*Z for event ${stopped.id};`),
  );
  const runs = async () => (await ui(`/runs?flow_id=${made.body.id}&limit=100`)).body.runs.length;
  assertEquals(await runs(), LOOP_GUARD_ROUNDS + 1);
  // What a person changes then begins from none.
  await change("PUT", `/time-entries/${entry.id}`, { ...times, description: "third" });
  await eventually(async () => (await runs()) === 2 * (LOOP_GUARD_ROUNDS + 1));
  await eventually(async () => (await warnings())[0].message.includes("stopped 2 times"));
  const { flows } = (await ui("/flows")).body;
  assertMatch(flows.find(({ id }: Json) => id === made.body.id).warnings[0].message, /stopped 2 times/);
  const { body: metrics } = await ask(`${world.url(UW)}/metrics`);
  assertMatch(metrics, /^runs_held_back_total\{service="universal-webhook",why="loop_detected"\} [12]$/m);
  await ui(`/flows/${made.body.id}`, { method: "PUT", body: { enabled: false } });
  assertEquals(await warnings(), undefined);
});

const BOTH = { id: "$.webhook.id", description: "$.webhook.description" };

/** Saves flows, has one time entry changed, and gives how many runs each had until one of them was stopped, and its name. */
async function untilStopped(flows: Json[], description: string): Promise<{ runs: number[]; stopped: string }> {
  const ids: string[] = [];
  for (const one of flows) {
    const actions = one.actions ?? [{ type: "run_flow", flow_id: Number(ids.at(-1)), input: BOTH, wait: true }];
    const { status, body } = await ui("/flows", { body: { trigger_event_types: [EVENT], ...one, actions } });
    assertEquals(status, 201, JSON.stringify(body));
    ids.push(body.id);
  }
  const times = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T10:00:00Z" };
  const entry = await change("POST", "/time-entries", { ...times, description: "new" });
  await change("PUT", `/time-entries/${entry.id}`, { ...times, description });
  const names = flows.map(({ name }) => name).join("|");
  const stopped = await eventually(async () => {
    const { body } = await ui(`/webhooks?event_type=${EVENT}`);
    const event = body.webhooks.find(({ reason }: Json) =>
      reason && new RegExp(`^loop_detected: "(${names})"$`).test(reason)
    );
    if (event) return event.reason;
    const failed = (await ui(`/runs?state=failed&flow_id=${ids[0]}`)).body.runs[0];
    return failed && failed.error.code;
  });
  await settled();
  const runs = await Promise.all(
    ids.map(async (id) => (await ui(`/runs?flow_id=${id}&limit=100`)).body.runs.length as number),
  );
  for (const id of ids) await ui(`/flows/${id}`, { method: "PUT", body: { enabled: false } });
  return { runs, stopped };
}

Deno.test("flows that have one another write are stopped after ten rounds, also where one runs another or emits events", async () => {
  const update = (description: string) => ({
    operation_id: "updateTimeEntry",
    path_params: { id: "$.webhook.id" },
    body: { description },
  });
  const when = (value: string) => ({ field: "$.webhook.description", operator: "==", value });
  const two = await untilStopped([
    { name: "Ping", conditions: when("ping"), actions: [update("pong")] },
    { name: "Pong", conditions: when("pong"), actions: [update("ping")] },
  ], "ping");
  assertEquals(two, { runs: [6, 5], stopped: 'loop_detected: "Pong"' });
  assertEquals(two.runs[0]! + two.runs[1]!, LOOP_GUARD_HOPS + 1);

  const longer = "{{ $.webhook.description }}x";
  const below = await untilStopped([
    { name: "Below", trigger_event_types: [], triggers: { api: true }, actions: [update(longer)] },
    { name: "Above" },
  ], "below");
  assertEquals(below, { runs: [LOOP_GUARD_HOPS + 1, LOOP_GUARD_HOPS + 1], stopped: 'loop_detected: "Above"' });

  const emitted = await untilStopped([
    { name: "Says", actions: [{ type: "emit_event", event: "changed", body: BOTH }] },
    { name: "Hears", trigger_event_types: ["flow:changed"], actions: [update(longer)] },
  ], "emitted");
  assertEquals(emitted, { runs: [6, 5], stopped: "LOOP_DETECTED" });
});
