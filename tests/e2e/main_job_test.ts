/** The main job, whole: a signed Clockify event becomes a finished flow run, seen from outside. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { NEEDS_PROJECT_FLOW } from "../../src/simulator/demo_flow.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually, startWorld, type World } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- answers are read as a client would, without our types
type Json = any;

async function call(
  world: World,
  path: string,
  options: { method?: string; body?: unknown; memberId?: string } = {},
): Promise<Json> {
  const headers = await world.viewer("universal_webhook", { userId: options.memberId });
  const response = await fetch(world.url("universal_webhook") + path, {
    method: options.method ?? (options.body ? "POST" : "GET"),
    headers: { ...headers, "content-type": "application/json" },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  const body = await response.json();
  assert(response.status < 500, JSON.stringify([body, world.logs.at(-1)]));
  return { status: response.status, body };
}

/** A member starts a timer and stops it; returns the entry's id. */
async function stopTimer(world: World, fields: Record<string, unknown> = {}): Promise<string> {
  const { simulator, workspaceId, memberId } = world;
  const entry = await simulator.change({
    workspaceId,
    userId: memberId,
    method: "POST",
    path: "/time-entries",
    body: { start: "2026-11-20T09:00:00Z", description: "A call", ...fields },
  }) as { id: string };
  await simulator.change({
    workspaceId,
    userId: memberId,
    method: "PATCH",
    path: `/user/${memberId}/time-entries`,
    body: { end: "2026-11-20T09:30:00Z" },
  });
  await simulator.settled();
  return entry.id;
}

async function entryOf({ simulator, workspaceId, memberId }: World, id: string): Promise<Json> {
  return await simulator.change({ workspaceId, userId: memberId, method: "GET", path: `/time-entries/${id}` });
}

Deno.test("a stopped timer without a project gets its tag, once, nothing else of it changes, and the history says how", async () => {
  const world = await startWorld();
  try {
    await world.install("universal_webhook");
    const { simulator, workspaceId } = world;
    const see = async (path: string) => await simulator.change({ workspaceId, method: "GET", path }) as Json[];
    const overtime = (await see("/tags")).find(({ name }) => name === "overtime").id;
    await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "needs-project-review" } });
    const created = await call(world, "/ui/flows", { body: NEEDS_PROJECT_FLOW });
    assertEquals(created.status, 201, JSON.stringify(created.body));
    const [field] = await see("/custom-fields");
    const customFields = [{ customFieldId: field.id, sourceType: "WORKSPACE", value: "Dock 4" }];
    const id = await stopTimer(world, { tagIds: [overtime], billable: true, customFields });
    const stopped = (await simulator.listDeliveries({ event: "TIMER_STOPPED" })).map(({ body }) =>
      JSON.parse(body)
    )[0]!;
    const { executions } = await eventually(async () => {
      const { body } = await call(world, `/ui/flows/${created.body.id}/executions`);
      return body.executions[0]?.status === "COMPLETED" && body;
    });
    assertEquals(executions.length, 1);
    const [find, set] = executions[0].actions;
    assertEquals([find.id, find.status, find.attempts], ["find_tag", "COMPLETED", 1]);
    assertEquals([set.id, set.status, set.tries[0].http_status], ["set_tag", "COMPLETED", 200]);
    assert(!JSON.stringify(executions).includes("eyJ"), "no token in the history");

    const entry = await entryOf(world, id);
    const tags = await world.simulator.change({
      workspaceId: world.workspaceId,
      method: "GET",
      path: "/tags",
    }) as Json[];
    const needed = tags.find(({ name }) => name === "needs-project").id;
    assertEquals(entry.tagIds, [overtime, needed]);
    const shown = ["description", "billable", "projectId", "taskId", "timeInterval", "userId"];
    for (const name of shown) assertEquals(entry[name], stopped[name], name);
    assertEquals(
      entry.customFieldValues.map(({ customFieldId, value }: Json) => [customFieldId, value]),
      stopped.customFieldValues.map(({ customFieldId, value }: Json) => [customFieldId, value]),
    );
    assertEquals([find.tries[0].request.found, set.tries[0].request.reads], [true, "getTimeEntry"]);

    const metrics = await (await fetch(`${world.url("universal_webhook")}/metrics`)).text();
    assertMatch(metrics, /^flows_executed_total\{service="universal-webhook"\} 1$/m);
    assertMatch(metrics, /^webhooks_received_timer_stopped\{service="universal-webhook"\} 1$/m);
  } finally {
    await world.stop();
  }
});

Deno.test("an entry with a project is left alone, and its event ends as skipped", async () => {
  const world = await startWorld();
  try {
    await world.install("universal_webhook");
    const created = await call(world, "/ui/flows", { body: NEEDS_PROJECT_FLOW });
    const projects = await world.simulator.change({
      workspaceId: world.workspaceId,
      method: "GET",
      path: "/projects",
    }) as Json[];
    const id = await stopTimer(world, { projectId: projects[0].id });
    const [event] = await eventually(async () => {
      const rows = await world.database.db.sql`
        select outcome, reason from event where event_type = 'TIMER_STOPPED' and outcome is not null`;
      return rows.length > 0 && rows;
    });
    assertEquals({ ...event }, { outcome: "skipped", reason: "no_match" });
    assertEquals((await entryOf(world, id)).tagIds, []);
    const { body } = await call(world, `/ui/flows/${created.body.id}/executions`);
    assertEquals(body.pagination.total, 0);
  } finally {
    await world.stop();
  }
});

Deno.test("a refused call ends the run as failed with its reason; a passing fault is retried with the same key", async () => {
  const world = await startWorld();
  try {
    await world.install("universal_webhook");
    const flow = {
      name: "Rename",
      trigger_event_types: ["TIMER_STOPPED"],
      actions: [{
        operation_id: "createNewTag",
        body: { name: "{{ concat('t-', $.webhook.id) }}" },
        retry: { max_attempts: 3, initial_delay_ms: 10, max_delay_ms: 20 },
      }],
    };
    const created = await call(world, "/ui/flows", { body: flow });
    assertEquals(created.status, 201, JSON.stringify(created.body));
    await world.simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags", count: 2 });
    await stopTimer(world);
    const done = await eventually(async () => {
      const { body } = await call(world, `/ui/flows/${created.body.id}/executions`);
      return body.executions.find((one: Json) => one.status === "COMPLETED");
    });
    assertEquals(done.actions[0].tries.map((one: Json) => one.http_status), [500, 500, 201]);
    const keys = (await world.simulator.listRequests({ method: "POST" }))
      .filter(({ path }) => path.endsWith("/tags")).map(({ headers }) => headers["idempotency-key"]);
    assertEquals(keys.length, 3);
    assertEquals(new Set(keys).size, 1);

    await world.simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags", count: 3 });
    await stopTimer(world);
    const failed = await eventually(async () => {
      const { body } = await call(world, `/ui/flows/${created.body.id}/executions`);
      return body.executions.find((one: Json) => one.status === "FAILED");
    });
    assertEquals(failed.error.code, "UPSTREAM_FAILED");
    const [dead] = await world.database.db.sql`select state, reason from job where kind = 'run'`;
    assertEquals(dead!.state, "discarded");
    assertStrictEquals(dead!.reason, failed.error.message);
  } finally {
    await world.stop();
  }
});

Deno.test("members read flows, admins change them, strangers get nothing", async () => {
  const world = await startWorld();
  try {
    await world.install("universal_webhook");
    const created = await call(world, "/ui/flows", { body: NEEDS_PROJECT_FLOW });
    const memberId = world.memberId;
    assertEquals((await call(world, "/ui/flows", { memberId })).body.total, 1);
    const refused = await call(world, `/ui/flows/${created.body.id}`, { method: "DELETE", memberId });
    assertEquals([refused.status, refused.body.code], [403, "ROLE_INSUFFICIENT"]);
    const stranger = await fetch(`${world.url("universal_webhook")}/ui/flows`);
    assertEquals(stranger.status, 401);
    assertEquals((await stranger.json()).code, "LOGIN_REQUIRED");

    const off = await call(world, `/ui/flows/${created.body.id}`, { method: "PUT", body: { enabled: false } });
    assertEquals([off.body.enabled, off.body.version], [false, 1], "a switch makes no version");
    const renamed = await call(world, `/ui/flows/${created.body.id}`, { method: "PUT", body: { name: "Renamed" } });
    assertEquals([renamed.body.enabled, renamed.body.version], [false, 2]);
    await stopTimer(world);
    const [event] = await world.database.db.sql`select outcome, reason from event where event_type = 'TIMER_STOPPED'`;
    assertEquals({ ...event }, { outcome: "skipped", reason: "no_flow" });
    assertEquals((await call(world, `/ui/flows/${created.body.id}`, { method: "DELETE" })).body.status, "deleted");
    assertEquals((await call(world, `/ui/flows/${created.body.id}`)).status, 404);
  } finally {
    await world.stop();
    await stopSharedDatabase();
  }
});
