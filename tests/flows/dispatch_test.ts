/** Tests of src/flows/triggers/dispatch.ts: an installation that makes too many runs waits, loses nothing, and holds up nobody. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { ask, type Json } from "../http/door.ts";

const EVENT = "TIMER_STOPPED";
/** Ten seconds' worth of a minute's 60. */
const BURST = 10;
/** More than it gets back while a busy machine takes them. */
const EVENTS = 17;

let world: World;

worldOfFile({ env: { MAX_RUNS_PER_MINUTE: "60", LOG_LEVEL: "INFO" } }, (made) => void (world = made));

/** A flow in this workspace; gives the number of its completed runs. */
async function watchFlow(workspaceId: string): Promise<() => Promise<number>> {
  await world.install("universal_webhook", workspaceId);
  const user = (await world.simulator.workspaces()).find(({ id }) => id === workspaceId)!.users[0]!;
  const headers = await world.viewer("universal_webhook", { workspaceId, userId: user.id });
  const flows = `${world.url("universal_webhook")}/ui/flows`;
  const body = { name: "Loop", trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }] };
  const flow = (await ask(flows, { headers, body })).body;
  return async () => {
    const { executions } = (await ask(`${flows}/${flow.id}/executions?limit=100`, { headers })).body;
    return executions.filter(({ status }: Json) => status === "COMPLETED").length;
  };
}

async function deliver(workspaceId: string) {
  await world.simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
}

Deno.test("runs beyond MAX_RUNS_PER_MINUTE wait for their turn, are counted and told once, and none is lost", async () => {
  const { sql } = world.database.db;
  const [busy, quiet] = await world.simulator.workspaces();
  const busyRuns = await watchFlow(busy!.id);
  const quietRuns = await watchFlow(quiet!.id);
  await Promise.all(Array.from({ length: EVENTS }, () => deliver(busy!.id)));

  const waiting = () => sql`select id, reason from job where kind = 'event' and state = 'scheduled'`;
  const held = await eventually(async () => {
    const [rows, runs] = [await waiting(), await busyRuns()];
    return runs >= BURST && rows.length + runs === EVENTS && rows;
  });
  assert(held.length > 0, "more than the burst was sent");
  assertEquals(held[0]!.reason, "the installation makes more than 60 runs a minute");
  await deliver(quiet!.id);
  await eventually(async () => await quietRuns() === 1);

  const { body } = await ask(`${world.url("universal_webhook")}/metrics`);
  assertMatch(body, /^runs_throttled_total\{service="universal-webhook"\} [1-9]\d*$/m);
  const lines = world.logs.filter(({ message }) => message === "runs.throttled");
  assertEquals(lines.map(({ workspace_id }) => workspace_id), [busy!.id]);

  // Their pauses need not be waited for: the budget alone holds them back now.
  await eventually(async () => {
    await sql`update job set due_at = now() where kind = 'event' and state = 'scheduled'`;
    return await busyRuns() === EVENTS;
  });
  assertEquals((await waiting()).length, 0);
});

Deno.test("events over their pace are left in the queue, not claimed and put off again", async () => {
  const { sql } = world.database.db;
  const [event] = await sql`select max(id) as id from event where outcome = 'dispatched' and workspace_id = ${
    (await world.simulator.workspaces())[0]!.id
  }`;
  await sql`
    with made as (
      insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body)
      select nextval('event_id_seq'), installation_id, workspace_id, event_type, entity_key || n, request_id, headers, body
      from event, generate_series(1, 500) n where event.id = ${event!.id} returning id, installation_id
    )
    insert into job (kind, installation_id, generation, payload)
    select 'event', installation_id, (select generation from installation where id = installation_id),
      jsonb_build_object('event_id', id) from made`;
  const runs = async () => (await sql<{ count: number }[]>`select count(*)::int as count from run`)[0]!.count;
  const before = await runs();
  await eventually(async () => await runs() >= before + 8);
  const [claims] = await sql<{ waiting: number; count: number }[]>`
    select count(*)::int as waiting, sum(fence)::int as count from job where kind = 'event' and finished_at is null`;
  assert(claims!.waiting > 450, `${claims!.waiting}`);
  assert(claims!.count < 200, `${claims!.count} claims of events that wait`);
});
