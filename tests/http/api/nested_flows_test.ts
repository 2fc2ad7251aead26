/** Flows with nested steps at the door: what their actions hold is sealed, hidden, guarded and compared wherever they stand. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { newKey } from "../../../src/secrets/encryption.ts";
import { textsHolding } from "../../support/text_columns.ts";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, type Json } from "../door.ts";

const UW = "universal_webhook";
const env = {
  API_RATE_LIMIT_RPS: "100000",
  ENCRYPTION_KEYS: newKey("nested"),
  UW_ENABLE_GENERIC_HTTP_ACTIONS: "true",
};
let world: World;
let headers: Record<string, string>;

worldOfFile({ env }, async (made) => {
  world = made;
  ({ admin: headers } = await world.enter(UW));
});

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(UW)}/ui${path}`, { headers, ...options });
const put = (path: string, body: Json) => ui(path, { method: "PUT", body });
const flowOf = (actions: Json[], fields: Json = {}) => ({
  name: "Nested",
  trigger_event_types: ["TIMER_STOPPED"],
  actions,
  enabled: false,
  ...fields,
});
const http = (id: string, mark: string, fields: Json = {}) => ({
  id,
  type: "http",
  url: "https://shop.example/hooks",
  headers: { Authorization: `Bearer marker-${mark}` },
  ...fields,
});
const rule = { field: "$.webhook.billable", operator: "==", value: true };
const stop = (id: string) => ({ id, operation_id: "deleteTag", path_params: { id: "$.webhook.tagId" } });

/** Loops, cases and the lists of an approval, each with a request that holds a secret. */
const secretSteps = (...marks: string[]): Json[] => [
  { kind: "loop", id: "each", over: "$.webhook.tags", actions: [http("in_loop", marks[0]!)] },
  {
    kind: "branch",
    id: "size",
    cases: [{ if: rule, actions: [{ kind: "try", id: "t", actions: [http("in_case", marks[1]!)] }] }],
  },
  { kind: "approval", id: "ask", roles: ["OWNER"], ask: [http("in_ask", marks[2]!)] },
];

Deno.test("secrets of nested requests are stored sealed and shown masked, in flows, drafts and versions, and kept when the mask comes back", async () => {
  const { status, body: flow } = await ui("/flows", { body: flowOf(secretSteps("loop", "case", "ask")) });
  assertEquals(status, 201, JSON.stringify(flow));
  const masked = JSON.stringify(flow.actions);
  assertEquals(masked.match(/\[redacted\]/g)?.length, 3);
  const draft = flowOf([
    ...flow.actions,
    { kind: "parallel", id: "p", branches: [{ actions: [http("new", "draft", { method: "odd" })] }] },
  ]);
  delete (draft as Json).enabled;
  const kept = await put(`/flows/${flow.id}/draft`, { definition: draft, base_version: flow.version });
  assertEquals(kept.status, 200, JSON.stringify(kept.body));
  const changed = await put(`/flows/${flow.id}`, { name: "Renamed", actions: flow.actions });
  assertEquals(
    [changed.status, JSON.stringify(changed.body.actions)],
    [200, masked],
    JSON.stringify(changed.body.faults),
  );

  const seen = await Promise.all([
    ui("/flows"),
    ui(`/flows/${flow.id}`),
    ui(`/flows/${flow.id}/draft`),
    ui(`/flows/${flow.id}/versions/1`),
  ]);
  assertEquals(seen.map(({ status }) => status), [200, 200, 200, 200]);
  assertNotMatch(JSON.stringify([flow, kept.body, changed.body, ...seen.map(({ body }) => body)]), /marker/);
  const { db } = world.database;
  assertEquals(await textsHolding(db, ["marker-loop", "marker-case", "marker-ask", "marker-draft"]), []);
  const [row] = await db.sql<{ body: Json }[]>`
    select plan.body from plan join flow on flow.plan_id = plan.id where flow.id = ${Number(flow.id)}`;
  assertEquals(JSON.stringify(row!.body).match(/\$sealed/g)?.length, 3);

  // A secret goes to the host that it was written for, and to no other step.
  const moved = structuredClone(flow.actions);
  moved[0].actions[0].url = "https://other.example/";
  moved[2].ask[0].id = "another";
  const { status: refused, body } = await put(`/flows/${flow.id}`, { actions: moved });
  assertEquals([refused, body.faults.map(({ path }: Json) => path)], [422, [
    "actions[0].actions[0].headers.Authorization",
    "actions[2].ask[0].headers.Authorization",
  ]]);
});

Deno.test("a draft with steps of any kind is kept as it is, and what could hide a secret in it is refused", async () => {
  const { body: flow } = await ui("/flows", { body: flowOf([{ operation_id: "getTags" }]) });
  const save = (actions: unknown) =>
    put(`/flows/${flow.id}/draft`, { definition: { name: "D", actions }, base_version: flow.version });
  const half = [{ kind: "branch", cases: [{ actions: [{ kind: "loop" }] }] }, { kind: "wait", for: "soon" }];
  const kept = await save(half);
  assertEquals([kept.status, (await ui(`/flows/${flow.id}/draft`)).body.definition.actions], [200, half]);
  const refused: [unknown, string][] = [
    [[{ kind: "loop", token: "x" }], "actions[0].token"],
    [[{ kind: "lop", actions: [] }], "actions[0].kind"],
    [[{ kind: "loop", actions: { headers: { Authorization: "x" } } }], "actions[0].actions"],
    [[{ kind: "branch", cases: [{ token: "x" }] }], "actions[0].cases[0].token"],
    [[{ kind: "branch", cases: { actions: [] } }], "actions[0].cases"],
    [[{ kind: "approval", remind: [{ token: "x" }] }], "actions[0].remind"],
    [[{ kind: "try", on_error: [{ headers: "Authorization: x" }] }], "actions[0].on_error[0].headers"],
  ];
  for (const [actions, place] of refused) {
    const { status, body } = await save(actions);
    assertEquals([status, body.faults?.map(({ path }: Json) => path)], [422, [place]], JSON.stringify(actions));
  }
});

Deno.test("a nested step that deletes is confirmed when it is published, once, and moving it asks for nothing", async () => {
  const nested = [{
    kind: "try",
    id: "t",
    actions: [{ kind: "loop", id: "l", over: "$.webhook.tags", actions: [stop("drop")] }],
  }];
  const asked = await ui("/flows", { body: flowOf(nested) });
  assertEquals(asked.status, 428, JSON.stringify(asked.body));
  const { steps, confirm_token } = asked.body.confirmation;
  assertEquals(steps.map(({ path, grade }: Json) => [path, grade]), [[
    "actions[0].actions[0].actions[0]",
    "destructive",
  ]]);
  const { status, body: flow } = await ui("/flows", { body: { ...flowOf(nested), confirm_token } });
  assertEquals(status, 201, JSON.stringify(flow));
  const moved = await put(`/flows/${flow.id}`, { actions: [stop("drop")] });
  assertEquals(moved.status, 200, JSON.stringify(moved.body));
  const twice = await put(`/flows/${flow.id}`, { actions: [{ kind: "try", actions: [stop("a"), stop("b")] }] });
  assertEquals(twice.body.confirmation.steps.map(({ path }: Json) => path), ["actions[0].actions[1]"]);
});

Deno.test("flows that change one object are named where they do, and conditions of nested steps are read as typed", async () => {
  const change = { operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" }, body: { billable: false } };
  const first = await ui("/flows", { body: flowOf([change], { name: "First", enabled: true }) });
  assertEquals(first.status, 201);
  const { body: second } = await ui("/flows", {
    body: flowOf([{ kind: "branch", cases: [{ if: rule, actions: [change] }] }], { enabled: true }),
  });
  assertEquals(second.warnings.map(({ path }: Json) => path), ["actions[0].cases[0].actions[0]"]);
  assertMatch(second.warnings[0].message, /flow "First"/);
  const long = { field: "$.webhook.timeInterval.duration", operator: ">", value: "eight" };
  const { status, body } = await ui("/flows", {
    body: flowOf([{ kind: "branch", cases: [{ if: long, actions: [] }] }]),
  });
  assertEquals([status, body.faults.map(({ path }: Json) => path)], [422, ["actions[0].cases[0].if.value"]]);
  const day = { field: "$.webhook.timeInterval.start", operator: ">", value: "2026-11-16" };
  const made = await ui("/flows", { body: flowOf([{ kind: "branch", cases: [{ if: day }] }]) });
  const { body: stored } = await ui(`/flows/${made.body.id}`);
  assert(stored.warnings.some(({ path }: Json) => path === "actions[0].cases[0].if.value"), JSON.stringify(stored));
});

Deno.test("a literal under a secret's name where it is stored in clear is pointed out", async () => {
  const { body } = await ui("/flows", {
    body: flowOf([{ type: "variables", set: { api_key: "marker-x", token: "$.webhook.token" } }]),
  });
  assertEquals(body.warnings.map(({ path }: Json) => path), ["actions[0].set.api_key"]);
});

Deno.test("a step that runs a flow which is not there, is off, or leads back is pointed out", async () => {
  const run = (flow_id: unknown) => [{ kind: "try", actions: [{ type: "run_flow", flow_id }] }];
  const { body: called } = await ui("/flows", { body: flowOf([{ operation_id: "getTags" }], { enabled: true }) });
  const { body: caller } = await ui("/flows", { body: flowOf(run(called.id), { enabled: true }) });
  assertEquals([caller.actions[0].actions[0].flow_id, caller.warnings], [Number(called.id), undefined]);
  const warned = async (id: string, body: Json) => (await put(`/flows/${id}`, body)).body.warnings;
  const at = "actions[0].actions[0].flow_id";
  const [circle] = await warned(called.id, { actions: run(caller.id) });
  assertEquals(circle.path, at);
  assertMatch(circle.message, /leads to this one again/);
  await put(`/flows/${called.id}`, { enabled: false, actions: [{ operation_id: "getTags" }] });
  assertMatch((await warned(caller.id, { name: "Caller" }))[0].message, /which is off/);
  assertMatch((await warned(caller.id, { actions: run("999999") }))[0].message, /is no flow of this workspace/);
});

Deno.test("a circle of flows by steps and events is pointed out at the steps that close it, wherever they stand", async () => {
  const rest = { actions: [{ operation_id: "getTags" }] };
  // The join is decided by the other branch; this one may still have begun its runs by then.
  const any = (
    step: Json,
  ) => [{ kind: "parallel", join: "any", branches: [rest, { actions: [rest.actions[0], step] }] }];
  const emit = (event: string) => ({ type: "emit_event", event });
  const listening = (event: string, fields: Json = {}) => ({
    trigger_event_types: [`flow:${event}`],
    enabled: true,
    ...fields,
  });
  const made = async (actions: Json[], fields: Json): Promise<Json> => {
    const { status, body } = await ui("/flows", { body: flowOf(actions, fields) });
    assertEquals(status, 201, JSON.stringify(body));
    return body;
  };
  const first = await made(rest.actions, listening("circle-a", { name: "First of a circle" }));
  const second = await made(any(emit("circle-a")), listening("circle-b"));
  const third = await made(any({ type: "run_flow", flow_id: second.id }), listening("circle-c"));
  assertEquals([second.warnings, third.warnings], [undefined, undefined]);
  const closing = { actions: any(emit("circle-c")), name: "First of a circle" };
  const { body: closed } = await put(`/flows/${first.id}`, closing);
  const place = "actions[0].branches[1].actions[1]";
  assertEquals(closed.warnings.map(({ path }: Json) => path), [`${place}.event`]);
  assertMatch(
    closed.warnings[0].message,
    new RegExp(`^starts flow ".+" \\(${third.id}\\), which leads to this one again: `),
  );
  // Each of the three closes it.
  const { body: called } = await put(`/flows/${third.id}`, { name: "Third" });
  assertEquals(called.warnings.map(({ path }: Json) => path), [`${place}.flow_id`]);
  // One that is off is not started by an event, and the flow itself is on as soon as somebody switches it on.
  await put(`/flows/${third.id}`, { enabled: false });
  assertEquals((await put(`/flows/${first.id}`, closing)).body.warnings, undefined);
  const own = await made([emit("circle-own")], listening("circle-own", { enabled: false }));
  assertEquals(own.warnings.map(({ path }: Json) => path), ["actions[0].event"]);
  for (const { id } of [first, second, third, own]) await ui(`/flows/${id}`, { method: "DELETE" });
});
