/** Circuit breakers at the doors: what people see of a host that fails, that steps wait for it, and the reset. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { startSink } from "../../support/sink.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const SECRET = "marker-5d1f0c";

const sink = startSink();
let world: World;
let addonId: string;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}` } }, async (made) => {
  world = made;
  ({ addonId } = await world.install(ADDON));
  admin = await world.viewer(ADDON);
  member = await world.viewer(ADDON, { userId: world.memberId });
});
Deno.test.afterAll(() => sink.stop());

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(ADDON)}/ui${path}`, { headers: admin, ...options });

async function allowRequests() {
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  await eventually(async () => {
    const { settings } = (await ui("/settings")).body;
    return settings.some((one: Json) => one.id === "enable_generic_http_actions" && one.value === true);
  });
}

const deliver = () => {
  const { simulator, workspaceId } = world;
  return simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
};

/** Messages of the stream, as they come. */
async function watch(): Promise<{ texts: () => string; stop(): Promise<void> }> {
  const response = await fetch(`${world.url(ADDON)}/ui/stream`, { headers: member });
  let text = "";
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const ended = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
    }
  })().catch(() => {});
  await eventually(() => Promise.resolve(text.includes("event: hello")));
  return {
    texts: () => text,
    stop: async () => {
      await reader.cancel();
      await ended;
    },
  };
}

Deno.test("steps wait for a host that keeps failing, everyone sees why, and a reset lets them go on", async () => {
  await allowRequests();
  let status = 503;
  sink.answer = () => new Response("", { status });
  const created = await ui("/flows", {
    body: {
      name: "Tell the shop",
      trigger_event_types: [EVENT],
      actions: [{ type: "http", url: `${sink.url}/x?token=${SECRET}`, retry: { max_attempts: 1 } }],
    },
  });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const stream = await watch();
  assertEquals((await ui("/breakers")).body.breakers, []);
  const runs = async (state: string) =>
    (await ui(`/runs?flow_id=${created.body.id}&state=${state}`)).body.runs as Json[];
  for (let i = 0; i < 10; i++) await deliver();
  await eventually(async () => (await runs("failed")).length === 10);
  const { body } = await ui("/breakers", { headers: member });
  const [breaker] = body.breakers;
  assertEquals([breaker.host, breaker.state, breaker.failures], [`127.0.0.1:${sink.port}`, "open", 10]);
  assertEquals([breaker.error_code, breaker.http_status, breaker.reset_by], ["UPSTREAM_FAILED", 503, null]);
  await eventually(() => Promise.resolve(/event: breaker\ndata: .*"state":"open"/.test(stream.texts())));

  const before = sink.requests.length;
  await deliver();
  const [waiting] = await eventually(async () => {
    const some = await runs("waiting");
    return some.length === 1 && some;
  });
  const detail = (await ui(`/runs/${waiting.id}`)).body;
  assertMatch(detail.waiting_reason, /calls to 127\.0\.0\.1:\d+ are stopped: its circuit breaker is open/);
  assertEquals(detail.steps[0].attempts.map((one: Json) => [one.number, one.state]), [[1, "snoozed"]]);
  assertEquals(sink.requests.length, before, "nothing was sent");

  assertProblem(
    await ui(`/breakers/${breaker.id}/reset`, { method: "POST", headers: member }),
    403,
    "ROLE_INSUFFICIENT",
  );
  for (const id of ["999999", "x"]) {
    assertProblem(await ui(`/breakers/${id}/reset`, { method: "POST" }), 404, "NOT_FOUND");
  }
  status = 200;
  const reset = await ui(`/breakers/${breaker.id}/reset`, { method: "POST" });
  assertEquals([reset.status, reset.body.state, reset.body.probe_at, reset.body.reset_by], [
    200,
    "closed",
    null,
    world.ownerId,
  ]);
  await eventually(async () => (await runs("completed")).length === 1);
  await eventually(() => Promise.resolve(/event: breaker\ndata: .*"state":"closed"/.test(stream.texts())));
  await stream.stop();

  const audit = (await ui("/audit?action=POST%20/ui/breakers/:id/reset")).body.entries;
  assert(audit.some((one: Json) => one.outcome === "done" && one.target === breaker.id), JSON.stringify(audit));
  const metrics = await (await fetch(`${world.url(ADDON)}/metrics`)).text();
  assertMatch(metrics, /breaker_changes_total\{[^}]*state="open"[^}]*\} 1$/m);
  const lines = world.logs.filter(({ message, event }) => String(message ?? event).startsWith("breaker."));
  assert(lines.length >= 2, "each change is a line of the log");
  assertNotMatch(JSON.stringify([lines, body, detail.waiting_reason]) + stream.texts(), new RegExp(SECRET));
});
