/** Tests of the lines that requests, deliveries and jobs leave in the log. */

import { assert, assertEquals } from "@std/assert";
import { LOG_PARTS } from "../../src/telemetry/log.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually, startWorld, type World } from "../support/world.ts";
import { ask } from "./door.ts";

Deno.test.afterAll(stopSharedDatabase);

const EVENT = "TIMER_STOPPED";

/** Installs the add-on and has one delivery run one flow; one more comes with a wrong token, one with a body that is none. */
async function live(world: World) {
  const { webhooks } = await world.install("universal_webhook");
  const base = world.url("universal_webhook");
  const login = await world.viewer("universal_webhook");
  const flow = {
    name: "One call",
    trigger_event_types: [EVENT],
    actions: [{ id: "make_tag", operation_id: "createNewTag", body: { name: "{{ concat('t-', $.webhook.id) }}" } }],
  };
  assertEquals((await ask(`${base}/ui/flows`, { headers: login, body: flow })).status, 201);
  assertEquals((await ask(`${base}/ui/flows?limit=1`, { headers: login })).status, 200);
  assertEquals((await ask(`${base}/healthz`)).status, 200);
  const token = webhooks.find(({ event }) => event === EVENT)!.authToken;
  const deliver = (body: unknown, id: string) =>
    ask(`${base}/webhooks/clockify/${EVENT}`, {
      headers: { "clockify-signature": token, "clockify-webhook-event-type": EVENT, "x-request-id": id },
      body,
    });
  const stored = await deliver({ id: "logged-1", workspaceId: world.workspaceId }, "good-delivery");
  assertEquals(stored.status, 200);
  assertEquals((await deliver("{", "bad-delivery")).status, 400);
  await eventually(async () =>
    (await world.database.db.sql`select 1 from run where state = 'completed'`).length === 1 &&
    world.logs.some(({ message }) => message === "bootstrap.finished")
  );
  return String(stored.body.webhookId);
}

type Line = Record<string, unknown>;

function linesOf({ logs }: World, message: string, fits: (line: Line) => boolean = () => true): Line[] {
  return logs.filter((line) => line.message === message && fits(line));
}

Deno.test("at INFO a request that went well has its line, with who asked of which workspace; deliveries and probes have none", async () => {
  const world = await startWorld({ env: { LOG_LEVEL: "INFO" } });
  try {
    await live(world);
    const read = linesOf(world, "request.completed", ({ method, path }) => method === "GET" && path === "/ui/flows");
    assertEquals(read.length, 1, JSON.stringify(read));
    const { level, logger, status, workspace_id, actor_kind, correlation_id } = read[0]!;
    assertEquals([level, logger, status, workspace_id, actor_kind], [
      "INFO",
      "timewire.http",
      200,
      world.workspaceId,
      "user",
    ]);
    assert(correlation_id);
    assertEquals(linesOf(world, "request.completed", ({ path }) => path === "/lifecycle/installed").length, 1);
    assertEquals(linesOf(world, "request.completed", ({ path }) => path === "/healthz"), []);
    const deliveries = linesOf(world, "request.completed", ({ path }) => String(path).startsWith("/webhooks/"));
    assertEquals(
      deliveries.map(({ request_id, status, workspace_id }) => [request_id, status, workspace_id]),
      [["bad-delivery", 400, world.workspaceId]],
    );
    assertEquals(linesOf(world, "event.received"), []);
  } finally {
    await world.stop();
  }
});

Deno.test("at DEBUG deliveries and jobs are told with workspace, installation, event and job, each under the name of its part", async () => {
  const world = await startWorld({ env: { LOG_LEVEL: "DEBUG" } });
  try {
    const eventId = await live(world);
    const ids = async (table: "installation" | "run") =>
      (await world.database.db.sql<{ id: unknown }[]>`select id from ${world.database.db.sql(table)}`)[0]!.id;
    const installationId = await ids("installation");
    const runId = await ids("run");

    const [received] = linesOf(world, "event.received");
    assertEquals(received!.logger, "timewire.ingest");
    assertEquals(
      [received!.workspace_id, received!.installation_id, received!.event_type, received!.request_id],
      [world.workspaceId, installationId, EVENT, "good-delivery"],
    );
    assertEquals(String(received!.event_id), eventId);
    const [whole] = linesOf(world, "request.completed", (line) => line.request_id === "good-delivery");
    assertEquals([whole!.level, whole!.workspace_id], ["DEBUG", world.workspaceId]);

    const [step] = linesOf(world, "step.attempted");
    const [run] = linesOf(world, "run.finished");
    const done = await eventually(() =>
      Promise.resolve(linesOf(world, "job.finished", ({ kind }) => kind === "run")[0])
    );
    assertEquals([step!.logger, run!.logger, done.logger], [
      "timewire.engine",
      "timewire.engine",
      "timewire.queue",
    ]);
    assertEquals([step!.job_id, run!.job_id, run!.run_id], [done.job_id, done.job_id, runId]);
    assertEquals([step!.event_type, step!.operation_id], [EVENT, "createNewTag"]);
    assert(Number(done.job_id) > 0 && done.installation_id === installationId);

    const parts = new Set<unknown>(["timewire", ...LOG_PARTS.map((part) => `timewire.${part}`)]);
    assertEquals(world.logs.filter(({ logger }) => !parts.has(logger)), []);
    assertEquals(linesOf(world, "bootstrap.finished")[0]!.logger, "timewire.entities");
    assertEquals(linesOf(world, "lifecycle.applied")[0]!.logger, "timewire.lifecycle");
  } finally {
    await world.stop();
  }
});
