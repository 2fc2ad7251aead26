/** Tests of POST /ui/runs/{id}/cancel, /pause and /resume: what they answer, what the run says afterwards, and the audit. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
  const { status } = await door("/flows", {
    body: {
      name: "Two tags",
      trigger_event_types: [EVENT],
      actions: ["first", "second"].map((id) => ({
        id,
        operation_id: "createNewTag",
        body: { name: `{{ $.webhook.id }} ${id}` },
      })),
    },
  });
  assertEquals(status, 201);
});

function door(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

const change = (id: string, wish: "cancel" | "pause" | "resume") => door(`/runs/${id}/${wish}`, { method: "POST" });
const inspect = async (id: string): Promise<Json> => (await door(`/runs/${id}`)).body;

/** A run whose `step`-th request hangs until faults are released; its id. */
async function runUnderWay(step: number): Promise<string> {
  const { simulator, workspaceId } = world;
  await simulator.clearRequests();
  await simulator.addFault({ kind: "hang", method: "POST", path: "*/tags", skip: step - 1 });
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
  return await eventually(async () => {
    const [run] = (await door("/runs?state=running")).body.runs;
    return run && (await inspect(run.id)).steps[step - 1].state === "running" && run.id as string;
  });
}

async function tags(): Promise<number> {
  return (await world.simulator.listRequests({ method: "POST" })).filter(({ path }) => path.endsWith("/tags")).length;
}

Deno.test("a run under way is cancelled: its page says by whom, what is uncertain, and it stays so", async () => {
  const id = await runUnderWay(1);
  const { status, body } = await change(id, "cancel");
  assertEquals([status, body], [200, { run_id: id, state: "cancelled" }]);
  await world.simulator.releaseFaults();
  const run = await inspect(id);
  assertEquals([run.state, run.status, run.error.code, run.paused_at], ["cancelled", "CANCELLED", "CANCELLED", null]);
  assertMatch(run.error.message, /^Cancelled by \S/);
  assertEquals(run.steps.map((one: Json) => one.state), ["cancelled", "not_started"]);
  assertEquals(run.steps[0].attempts.map((one: Json) => one.state), ["uncertain"]);
  assertEquals([run.can_retry, run.retry_reason], [
    false,
    "Cannot retry: the run is cancelled, only a failed one can be retried",
  ]);
  for (const wish of ["cancel", "pause", "resume"] as const) {
    const refused = await change(id, wish);
    assertProblem(refused, 409, "CONFLICT");
    assertMatch(refused.body.detail, /: it is cancelled$/);
  }
  // The event is done with, and what the step asked for was sent once.
  assert(await tags() <= 1);
});

Deno.test("a run under way is paused once its call has ended, and resumed where it was", async () => {
  const id = await runUnderWay(1);
  assertEquals((await change(id, "pause")).body, { run_id: id, state: "running" });
  const pausing = await inspect(id);
  assertEquals([pausing.state, typeof pausing.paused_at], ["running", "string"]);
  await world.simulator.releaseFaults();
  const paused = await eventually(async () => {
    const run = await inspect(id);
    return run.state === "waiting" && run;
  });
  assertEquals(paused.steps.map((one: Json) => one.state), ["completed", "not_started"]);
  assertEquals([paused.next_attempt_at, paused.status], [null, "IN_PROGRESS"]);
  assertMatch(paused.waiting_reason, /^paused by \S/);
  assertEquals((await change(id, "pause")).body, { run_id: id, state: "waiting" });
  assertEquals(await tags(), 1);
  assertEquals((await change(id, "resume")).status, 200);
  await eventually(async () => (await inspect(id)).state === "completed");
  assertEquals(await tags(), 2);
  assertProblem(await change(id, "pause"), 409, "CONFLICT");
});

Deno.test("each change is in the audit with the run it was made to, and none is made to a run that is not there", async () => {
  for (const wish of ["cancel", "pause", "resume"] as const) {
    assertProblem(await change(crypto.randomUUID(), wish), 404, "NOT_FOUND");
    assertProblem(await change("none", wish), 404, "NOT_FOUND");
    const { entries } = (await door("/audit?limit=100")).body;
    const found = entries.filter((one: Json) => one.action === `POST /ui/runs/:id/${wish}`);
    assert(found.length > 0, wish);
    assert(
      found.every((one: Json) => one.outcome === "done" && one.actor === world.ownerId && one.target.length === 36),
    );
  }
});
