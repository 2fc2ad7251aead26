/** Tests of /ui/api-explorer/endpoints: what the list holds on each add-on, and everything about each operation. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { builtinCatalogue, operationKey } from "../../../src/clockify/operations.ts";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const MAX_ANSWER = 500_000;
const catalogue = builtinCatalogue();

let world: World;
let headers: Record<string, string>;
let path: string;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  for (const { key } of PROFILES) await world.install(key);
  headers = await world.viewer("universal_webhook", { userId: world.memberId });
  path = `${world.url("universal_webhook")}/ui/api-explorer/endpoints`;
});

const all = ({ groups }: Json): Json[] => groups.flatMap(({ endpoints }: Json) => endpoints);
const list = async (query = "") => (await ask(`${path}${query}`, { headers })).body;

for (const { key, scopes } of PROFILES) {
  Deno.test(`the list of ${key} holds each operation once, and says which it may call`, async () => {
    const viewer = await world.viewer(key, { userId: world.memberId });
    const { status, body } = await ask(`${world.url(key)}/ui/api-explorer/endpoints`, { headers: viewer });
    assertEquals(status, 200);
    assertEquals(body.workspace_id, world.workspaceId);
    assertEquals([body.total, body.total_operations], [184, 184]);
    assertEquals(all(body).map(({ key }) => key).toSorted(), catalogue.list().map(operationKey).toSorted());
    assertEquals(new Set(body.groups.map(({ tag }: Json) => tag)).size, body.groups.length);
    for (const { tag, count, endpoints } of body.groups) {
      assertEquals([count, endpoints.every((one: Json) => one.tag === tag)], [endpoints.length, true]);
    }
    for (const one of all(body)) {
      const { addonToken, access, service } = catalogue.find(one.key)!;
      const closed = addonToken === "blocked" || addonToken === "excluded";
      const mayWrite = key !== "api_studio" || access === "read";
      // No claim names a host of the audit log, and only production's own has one beside it.
      const isNowhere = service === "audit";
      const expected = closed
        ? "closed_to_addons"
        : !scopes.includes(one.scope)
        ? "scope"
        : isNowhere
        ? "no_host"
        : mayWrite
        ? null
        : "writes_off";
      assertEquals([one.refusal, one.executable], [expected, expected === null], one.key);
    }
    assert(JSON.stringify(body).length < MAX_ANSWER / 2, "compact");
  });
}

Deno.test("API Studio leaves people the reads, those that are POSTs too", async () => {
  const viewer = await world.viewer("api_studio");
  const { body } = await ask(`${world.url("api_studio")}/ui/api-explorer/endpoints`, { headers: viewer });
  const of = (id: string) => all(body).find(({ operation_id }) => operation_id === id);
  assertEquals(of("getTags").refusal, null);
  assertEquals(of("getMultipleTimeEntries").refusal, null);
  assertEquals(of("createNewTag").refusal, "writes_off");
  assertEquals(of("createInvoice").refusal, "scope");
  assertEquals(of("createWebhook").refusal, "closed_to_addons");
  assertEquals(["getTags", "createNewTag", "deleteTag", "createInvoice"].map((id) => of(id).grade), [
    "read",
    "routine",
    "destructive",
    "business",
  ]);
});

Deno.test("the list is narrowed by tag, method and access, and by each beside the others", async () => {
  const tags = await list("?tag=TAG");
  assertEquals(tags.groups.map(({ tag, count }: Json) => [tag, count]), [["Tag", 5]]);
  assertEquals(tags.total_operations, 184);
  assertEquals(all(await list("?method=patch")).every(({ method }) => method === "PATCH"), true);
  assertEquals(all(await list("?tag=tag&access=read")).map(({ operation_id }) => operation_id), ["getTags", "getTag"]);
  const none = await list("?tag=Nothing");
  assertEquals([none.total, none.groups], [0, []]);
  assertProblem(await ask(`${path}?method=TRACE`, { headers }), 400, "REQUEST_INVALID");
  assertProblem(await ask(`${path}?access=all`, { headers }), 400, "REQUEST_INVALID");
  assertProblem(await ask(`${path}?q=${"x".repeat(201)}`, { headers }), 400, "REQUEST_INVALID");
  assertProblem(await ask(path, { headers, body: {} }), 405, "METHOD_NOT_ALLOWED");
});

Deno.test("plain words find operations, the best first, with their ranks across the groups", async () => {
  const found = await list("?q=stop%20the%20running%20timer");
  assertEquals(found.groups[0].endpoints[0].operation_id, "stopRunningTimeEntry");
  const ranks = all(found).map(({ rank }) => rank);
  assertEquals(ranks.toSorted((a, b) => a - b), Array.from({ length: found.total }, (_, index) => index + 1));
  const reads = await list("?q=time%20entry&access=read");
  assertEquals(all(reads).every(({ access }) => access === "read"), true);
  assertEquals((await list("?q=zzzz")).total, 0);
});

Deno.test("the list has an ETag, and is not sent again to who has it", async () => {
  const first = await fetch(path, { headers });
  const etag = first.headers.get("etag")!;
  assertMatch(etag, /^"[0-9a-f]{32}"$/);
  assertEquals(first.headers.get("cache-control"), "private, no-cache");
  await first.body?.cancel();
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await fetch(path, { headers: { ...headers, "if-none-match": known } });
    assertEquals([again.status, await again.text(), again.headers.get("etag")], [304, "", etag], known);
  }
  const other = await fetch(`${path}?tag=tag`, { headers: { ...headers, "if-none-match": etag } });
  assertEquals(other.status, 200);
  await other.body?.cancel();
  // Who is not logged in learns nothing by it.
  assertProblem(await ask(path, { headers: { "if-none-match": etag } }), 401, "LOGIN_REQUIRED");
});

Deno.test("each operation is shown whole, by its id and by METHOD /path, and its snippets have no token", async () => {
  for (const operation of catalogue.list()) {
    const key = operationKey(operation);
    const { status, body } = await ask(`${path}/${operation.operationId}`, { headers });
    assertEquals([status, body.key], [200, key]);
    assert(JSON.stringify(body).length < MAX_ANSWER, key);
    assert(body.curl.startsWith(`curl -X ${operation.method} '`), body.curl);
    assertMatch(body.curl, /X-Addon-Token: YOUR_CLOCKIFY_TOKEN'/);
    assertNotMatch(JSON.stringify(body), /eyJ/);
    assertMatch(body.fetch, /YOUR_CLOCKIFY_TOKEN/);
    assertNotMatch(body.curl, /[{}]workspaceId|\/v1\/v1/);
    assertEquals(body.grade === "read", body.access === "read");
    assert(body.grade_reason.length > 0);
    assertEquals(body.path_params.map(({ name }: Json) => name), operation.pathParams);
    assertEquals(body.full_replace, body.fill !== null || body.loses !== null, key);
    assertEquals(body.body_sample === null, operation.bodyKind === "none", key);
    for (const { list } of body.path_params) if (list !== null) assert(catalogue.find(list), list);
  }
  const byPath = encodeURIComponent("put /workspaces/{workspaceId}/tags/{tagId}");
  const { body } = await ask(`${path}/${byPath}`, { headers });
  assertEquals(body.operation_id, "updateTag");
});

Deno.test("the detail says how a replace form is filled", async () => {
  const fill = async (id: string) => (await ask(`${path}/${id}`, { headers })).body.fill;
  assertEquals(await fill("updateTask"), {
    operation_id: "getTask",
    key: "GET /v1/workspaces/{workspaceId}/projects/{projectId}/tasks/{taskId}",
    path_params: { projectId: "projectId", taskId: "taskId" },
    list_at: null,
    id_param: null,
    noun: "task",
    unreadable: [],
  });
  const holiday = await fill("updateHoliday");
  assertEquals([holiday.operation_id, holiday.list_at, holiday.id_param, holiday.unreadable], [
    "getHolidays",
    "",
    "holidayId",
    ["color"],
  ]);
  assertEquals((await fill("replaceMany")).path_params, { id: "body:id" });
  assertEquals(await fill("createNewTag"), null);
});

Deno.test("the detail gives typed parameters, nested fields and samples that the operation takes", async () => {
  const of = async (id: string) => (await ask(`${path}/${id}`, { headers })).body;
  const item = await of("removeInvoiceItem");
  assertEquals(item.path_params[2], {
    name: "order",
    type: "integer",
    minimum: 1,
    injected: false,
    entity: null,
    list: null,
  });
  assertEquals((await of("updateTag")).path_params[1], {
    name: "id",
    type: "string",
    injected: false,
    entity: "tag",
    list: "getTags",
  });
  const request = await of("createTimeOffRequest");
  assertEquals([request.plan, request.plan_about], [
    "STANDARD",
    "Clockify's help has time off and holidays from STANDARD on",
  ]);
  const { plan, plan_about } = await of("getTag");
  assertEquals([plan, /documents do not say/.test(plan_about)], ["unknown", true]);
  assertEquals(typeof request.body_sample.timeOffPeriod.period, "object");
  assertMatch(request.curl, /"timeOffPeriod":\{/);
  const tag = await of("getTag");
  assertEquals(tag.answer.sample, {
    archived: false,
    id: "64a687e29ae1f428e7ebe303",
    name: "text",
    workspaceId: "64a687e29ae1f428e7ebe303",
  });
  assertMatch((await of("createExpense")).curl, /-F 'amount=/);
});

Deno.test("what is no operation is a 404 in the form of problems, whatever is asked", async () => {
  for (
    const name of ["nothing", "GET%20%2Fv1%2Fnothing", "%00", "x".repeat(2_000), "__proto__", "%F0%9F%99%82", "a%2Fb"]
  ) {
    assertProblem(await ask(`${path}/${name}`, { headers }), 404, "OPERATION_UNKNOWN");
  }
});

Deno.test("300 odd requests to each listener end without a 5xx", async () => {
  const parts = [
    "",
    "%",
    "%2F",
    "%00",
    "{",
    "}",
    "..",
    "GET ",
    "/v1/",
    "tags",
    "a'b",
    '"',
    "<script>",
    "\\",
    "🙂",
    "\u0130",
    "$.x",
    "*",
    "(",
  ];
  // The same each time: a linear congruential generator.
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const odd = () => Array.from({ length: 1 + next(6) }, () => parts[next(parts.length)]).join("");
  const answers = new Set<number>();
  for (const { key } of PROFILES) {
    const viewer = await world.viewer(key, { userId: world.memberId });
    const base = `${world.url(key)}/ui/api-explorer/endpoints`;
    for (let count = 0; count < 300; count++) {
      const text = encodeURIComponent(odd());
      const path = [`?q=${text}`, `?tag=${text}`, `?method=${text}&access=${text}`, `/${text}`, `/${odd()}`][next(5)];
      const response = await fetch(`${base}${path}`, { headers: { ...viewer, "if-none-match": "x,," } });
      await response.body?.cancel();
      assert(response.status < 500, `${response.status} for ${path}`);
      answers.add(response.status);
    }
  }
  assertEquals([200, 400, 404].every((status) => answers.has(status)), true, [...answers].join());
});

Deno.test("without a document of the operator's nothing differs, and no flow is looked at", async () => {
  for (const { key } of PROFILES) {
    const viewer = await world.viewer(key, { userId: world.memberId });
    const { body } = await ask(`${world.url(key)}/ui/api-explorer/catalogue`, { headers: viewer });
    assertEquals(body, {
      workspace_id: world.workspaceId,
      source: { kind: "built_in", file: null, title: null, version: null, sha256: null },
      total_operations: 184,
      built_in_operations: 184,
      counts: { added: 0, removed: 0, changed: 0, changes: 0, breaking: 0, flows: 0 },
      truncated: false,
      diff: { added: [], removed: [], changed: [] },
      flows: [],
    });
  }
});
