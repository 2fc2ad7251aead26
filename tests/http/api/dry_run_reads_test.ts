/** Tests of POST /ui/flows/test with its reads made: what Clockify answers is shown and used, what would be written is not sent. */

import { assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const START = "2026-11-20T09:00:00Z";
const END = "2026-11-20T09:30:00Z";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  await world.install("universal_webhook");
  admin = await world.viewer("universal_webhook");
  await eventually(async () => (await ui("/bootstrap")).body.status === "COMPLETE");
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

function change(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Json> {
  return world.simulator.change({ workspaceId: world.workspaceId, method, path, body }) as Promise<Json>;
}

/** Delivers an event about this entry, and gives its row once flows were asked. */
async function deliver(fields: Json = {}): Promise<Json> {
  const { workspaceId, simulator } = world;
  const id = crypto.randomUUID();
  const payload = { id, workspaceId, timeInterval: { start: START, end: END }, billable: true, ...fields };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  return await eventually(async () => {
    // The entry itself was made a moment ago, which is an event of its id too.
    const [row] = (await ui(`/webhooks?q=${payload.id}&event_type=${EVENT}`)).body.webhooks;
    return row && row.outcome !== "waiting" && row;
  });
}

async function dryRun(actions: Json[], { id }: Json, more: Json = {}): Promise<Json> {
  const definition = { name: "Draft", trigger_event_types: [EVENT], actions, ...more };
  const { status, body } = await ui("/flows/test", { body: { definition, event_id: id } });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals([body.faults, body.sent], [[], 0]);
  return body;
}

/** Requests since: [method, path below the workspace]. */
function since(count: number): string[] {
  return world.simulator.requests.slice(count)
    .filter(({ path }) => !/webhooks|settings/.test(path))
    .map(({ method, path }) => `${method} ${path.split(`/${world.workspaceId}`)[1]}`);
}

const UPDATE = { operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" } };

Deno.test("reads are made and used by later steps, the objects of writes are read, and nothing is written", async () => {
  const tag = await change("POST", "/tags", { name: "read-made" });
  const gone = await change("POST", "/clients", { name: "Goes", note: "a note" });
  const entry = await change("POST", "/time-entries", {
    start: START,
    end: END,
    description: "As it is",
    billable: true,
  });
  const before = await change("GET", `/time-entries/${entry.id}`);
  const event = await deliver({ id: entry.id, description: "As the event says" });
  const count = world.simulator.requests.length;
  const body = await dryRun([
    { id: "tag", operation_id: "findOrCreateTag", body: { name: "read-made" } },
    { id: "none", operation_id: "findOrCreateTag", body: { name: "not there yet" } },
    { id: "tags", operation_id: "getTags", query_params: { name: "read-made" } },
    {
      ...UPDATE,
      id: "set",
      body: { tagIds: ["$.steps.tag.output.id"], description: "{{ $.steps.tags.output[0].name }}" },
    },
    { ...UPDATE, id: "whole", replace: true, body: { start: START } },
    { id: "remove", operation_id: "deleteClient", path_params: { id: gone.id } },
    { id: "make", operation_id: "createClient", body: { name: "New" } },
    { id: "late", operation_id: "getTag", path_params: { id: "$.steps.none.output.id" } },
  ], event);
  const asked = since(count);
  assertEquals(asked.filter((one) => !one.startsWith("GET ")), []);
  assertEquals([...new Set(asked)].toSorted(), [
    `GET /clients/${gone.id}`,
    "GET /tags",
    `GET /time-entries/${entry.id}`,
  ]);
  // The entry is read once for its two writes, and the tags three times: by two exact names, and as the step says.
  assertEquals([asked.length, body.reads_made], [5, 5]);

  const [found, none, list, set, whole, remove, make, late] = body.actions;
  assertEquals(found.read, { state: "made", operation: "getTags", answer: found.change.before, problem: null });
  assertStrictEquals(found.read.answer.id, tag.id);
  assertEquals([none.read.state, none.change.before, none.change.after], ["made", {}, { name: "not there yet" }]);
  assertMatch(none.change.summary, /There is no tag .* it is made/);
  assertEquals([list.read.state, list.read.answer.length, list.read.answer[0].id], ["made", 1, tag.id]);
  assertEquals(list.would_run, true);

  assertEquals(set.waits_for, []);
  assertEquals(set.change.changed, [
    { field: "description", before: "As it is", after: "read-made" },
    { field: "tagIds", before: before.tagIds ?? null, after: [tag.id] },
  ]);
  assertEquals(whole.change.loses.find(({ field }: Json) => field === "description").before, "As it is");
  assertEquals([remove.change.mode, remove.change.after], ["delete", {}]);
  assertStrictEquals(remove.change.before.note, "a note");
  assertEquals([make.change.mode, make.change.before, make.change.after], ["create", {}, { name: "New" }]);
  assertEquals("read" in make, false);
  assertEquals(late.read, { state: "assumed", operation: "getTag", problem: null });
  assertEquals(late.waits_for[0].needs, "action_2_result");

  assertEquals(await change("GET", `/time-entries/${entry.id}`), before);
  assertStrictEquals((await change("GET", `/clients/${gone.id}`)).name, "Goes");
  const [workspace] = await world.simulator.workspaces();
  const owner = workspace!.users.find(({ role }) => role === "OWNER")!.id;
  const calls = await eventually(async () => {
    const { body } = await ui("/calls?origin=test");
    return body.calls.length >= 5 && body.calls;
  });
  assertEquals(new Set(calls.map(({ origin, method }: Json) => `${origin} ${method}`)), new Set(["test GET"]));
  assertEquals(new Set(calls.map(({ person }: Json) => person)), new Set([owner]));
});

Deno.test("what may not be walked is not read, and one that Clockify refuses says so, as the rest goes on", async () => {
  const event = await deliver();
  const count = world.simulator.requests.length;
  const missing = "64a687e29ae1f428e7ebe3aa";
  const body = await dryRun([
    { id: "gone", operation_id: "getTag", path_params: { id: missing } },
    { id: "after", operation_id: "getTag", path_params: { id: "$.steps.gone.output.id" } },
    {
      kind: "branch",
      id: "by_name",
      on: "$.steps.gone.output.name",
      cases: [{ equals: ["x"], actions: [{ id: "in", operation_id: "getClients" }] }],
    },
    { id: "still", operation_id: "getUserGroups" },
  ], event);
  assertEquals(since(count), [`GET /tags/${missing}`, "GET /user-groups"]);
  const [gone, after, , within, still] = body.actions;
  assertEquals([gone.read.state, gone.problem, gone.would_run], ["failed", null, true]);
  assertMatch(gone.read.problem, /Clockify/);
  assertEquals([after.read.state, after.waits_for.length], ["assumed", 1]);
  assertEquals([within.read.state, within.step.depends_on], ["assumed", "actions[2]"]);
  assertEquals([still.read.state, still.would_run], ["made", true]);

  const counted = world.simulator.requests.length;
  const other = await dryRun([{ operation_id: "getClients" }], event, {
    conditions: { all: [{ field: "$.webhook.billable", operator: "==", value: false }] },
  });
  assertEquals([other.matched, other.actions[0].read.state, since(counted)], [false, "assumed", []]);
});

Deno.test("a test reads twenty times at most, asks for the same once in a while, and shows no secret", async () => {
  const event = await deliver();
  const actions = Array.from({ length: 24 }, (_, index) => ({
    id: `read_${index}`,
    operation_id: "getTags",
    query_params: { name: `bound ${index}` },
  }));
  const body = await dryRun(actions, event);
  assertStrictEquals(body.reads_made, 20);
  assertEquals(body.actions.map(({ read }: Json) => read.state), [
    ...Array(20).fill("made"),
    ...Array(4).fill("failed"),
  ]);
  assertMatch(body.actions[20].read.problem, /reads 20 times at most/);
  const again = await dryRun(actions.slice(0, 20), event);
  assertEquals([again.reads_made, again.actions[19].read.state], [0, "made"]);

  // The looks of a token, as a person may have pasted it.
  const secret = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;
  const client = await change("POST", "/clients", { name: "Careless", note: `token: ${secret}` });
  const shown = await dryRun([
    { id: "read", operation_id: "getClient", path_params: { id: client.id } },
    { id: "use", operation_id: "createNewTag", body: { name: "{{ $.steps.read.output.note }}" } },
  ], event);
  assertEquals(shown.actions.map(({ read, waits_for }: Json) => [read?.state, waits_for]), [["made", []], [
    undefined,
    [],
  ]]);
  assertMatch(shown.actions[1].request.body.name, /^token: /);
  assertNotMatch(JSON.stringify(shown), /aaaaaaaa|bbbbbbbb|cccccccc/);
});

Deno.test("an answer over 1 MB is refused", async () => {
  const event = await deliver();
  const note = "x".repeat(100_000);
  await Promise.all(
    Array.from({ length: 11 }, (_, index) => change("POST", "/clients", { name: `Large ${index}`, note })),
  );
  const body = await dryRun([{ operation_id: "getClients", query_params: { "page-size": 200 } }], event);
  assertEquals([body.actions[0].read.state, body.reads_made], ["failed", 1]);
  assertMatch(body.actions[0].read.problem, /1000000 bytes/);
});
