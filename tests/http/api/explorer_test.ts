/** Tests of /ui/api-explorer and /api-call: what is checked, sent, answered, and kept, for whom. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const PROFILES: readonly ProfileKey[] = ["api_studio", "universal_webhook", "clockify_addon"];

let world: World;
const admins = new Map<ProfileKey, Record<string, string>>();
const members = new Map<ProfileKey, Record<string, string>>();

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  for (const profile of PROFILES) {
    const { admin, member } = await world.enter(profile);
    admins.set(profile, admin);
    members.set(profile, member);
    await eventually(async () => (await call(profile, "/ui/bootstrap")).body.status === "COMPLETE");
  }
});

function call(
  profile: ProfileKey,
  path: string,
  { as = "admin", ...options }: Parameters<typeof ask>[1] & { as?: "admin" | "member" } = {},
): Promise<Answer> {
  const headers = (as === "admin" ? admins : members).get(profile)!;
  return ask(`${world.url(profile)}${path}`, { ...options, headers: { ...headers, ...options.headers } });
}

const execute = (body: Json, options: Parameters<typeof call>[2] = {}, profile: ProfileKey = "universal_webhook") =>
  call(profile, "/ui/api-explorer/execute", { ...options, body });

/** Calls of people that reached Clockify. */
const sent = () => world.simulator.requests.filter(({ path }) => /\/(tags|projects|clients|user)\b/.test(path));

for (const profile of PROFILES) {
  Deno.test(`${profile}: one operation in every spelling of the documents gives one answer`, async () => {
    const { workspaceId } = world;
    const spellings: Json[] = [
      { workspace_id: workspaceId, operation_id: "getTags", path_params: {}, query_params: { page: 1 }, body: null },
      { workspaceId, operationId: "getTags", params: { page: 1 }, contextBindings: { workspaceId: "workspaceId" } },
      { workspaceId, operationId: "getTags", params: { path: { workspaceId }, query: { page: 1 } } },
      {
        workspaceId,
        method: "get",
        path: "/workspaces/{workspaceId}/tags",
        query: { page: "1" },
        developerMode: false,
      },
      { method: "GET", endpoint: `/v1/workspaces/${workspaceId}/tags/?page=1`, developer_mode: true },
    ];
    const answers = [];
    for (const spelling of spellings) {
      const { status, body } = await execute(spelling, {}, profile);
      assertEquals(status, 200, JSON.stringify(body));
      answers.push(body);
    }
    const [first] = answers;
    assertEquals([first.status, first.success, first.status_code], ["success", true, 200]);
    assert(first.data.length > 0 && first.size > 10 && first.budget.used_last_hour >= 0);
    assertEquals(first.metadata.path, `/v1/workspaces/${workspaceId}/tags`);
    for (const { data, metadata } of answers) assertEquals([data, metadata.operation_id], [first.data, "getTags"]);
    assertEquals(answers.map(({ metadata }) => metadata.request !== undefined), [false, false, false, false, true]);
  });
}

Deno.test("POST and GET /api-call answer in the older format", async () => {
  const { workspaceId } = world;
  const posted = await call("clockify_addon", "/api-call", {
    body: {
      method: "GET",
      endpoint: `/workspaces/${workspaceId}/tags`,
      params: {},
      query: { page: 1 },
      body: null,
      developer_mode: false,
      workspace_id: workspaceId,
    },
  });
  assertEquals(
    [posted.status, posted.body.success, posted.body.status_code],
    [200, true, 200],
    JSON.stringify(posted.body),
  );
  assertEquals(Object.keys(posted.body).toSorted(), [
    "duration_ms",
    "error_message",
    "metadata",
    "response_body",
    "status_code",
    "success",
    "timestamp",
  ]);
  const got = await call(
    "clockify_addon",
    `/api-call/v1/workspaces/${workspaceId}/tags?page=1&workspace_id=${workspaceId}`,
  );
  assertEquals([got.status, got.body.response_body], [200, posted.body.response_body]);
  assertProblem(await call("clockify_addon", "/api-call/v1/no/such/path"), 404, "OPERATION_UNKNOWN");
  const missing = await call("clockify_addon", `/api-call/workspaces/${workspaceId}/tags/64a687e29ae1f428e7ebe999`);
  assertEquals([missing.status, missing.body.success], [200, false]);
  assert(missing.body.status_code >= 400 && missing.body.error_message.length > 20, JSON.stringify(missing.body));
});

Deno.test("an operation that is not named, unknown, or ambiguous is refused with what would be right", async () => {
  assertProblem(await execute({}), 400, "REQUEST_INVALID");
  const misspelt = await execute({ operation_id: "getTag" + "z" });
  assertProblem(misspelt, 400, "REQUEST_INVALID");
  assertMatch(misspelt.body.detail, /did you mean "getTags?"/);
  assertProblem(await execute({ method: "GET", path: "/workspaces/{workspaceId}/unicorns" }), 404, "OPERATION_UNKNOWN");
  assertProblem(await execute({ operation_id: "getTags", method: "DELETE" }), 400, "REQUEST_INVALID");
  assertProblem(await execute({ method: "GET" }), 400, "REQUEST_INVALID");
  assertProblem(await execute([]), 400, "REQUEST_INVALID");
});

Deno.test("every fault of the form and of the parameters comes at once, and nothing is sent", async () => {
  const before = sent().length;
  const form = await execute({ operation_id: 7, qurey: {}, pages: -1, replace: "yes", as: "me", query: [], params: 3 });
  assertProblem(form, 400, "REQUEST_INVALID");
  assertEquals(
    form.body.faults.map(({ path }: Json) => path).toSorted(),
    ["as", "operation_id", "pages", "params", "query", "qurey", "replace"],
  );
  const input = await execute({
    operation_id: "getTags",
    path_params: { id: "x" },
    query_params: { page: "one", colour: "red", archived: "maybe", "page-size": "{{x}}" },
    body: { a: 1 },
  });
  assertProblem(input, 422, "OPERATION_INPUT_INVALID");
  const places = new Set(input.body.faults.map(({ path }: Json) => path));
  for (const place of ["path_params.id", "query_params.page", "query_params.colour", "body"]) {
    assert(places.has(place), place);
  }
  // A file that is none is said before the call is shown and confirmed.
  const upload = await execute({ operation_id: "uploadImage", body: { file: { base64: "!", name: "a.png" } } });
  assertProblem(upload, 422, "OPERATION_INPUT_INVALID");
  assertEquals(upload.body.faults, [{ path: "body.file", message: "must be {name, contentType, base64}" }]);
  assertEquals(sent().length, before);
});

Deno.test("a call never leaves the workspace of its login, wherever another is named", async () => {
  const [, other] = await world.simulator.workspaces();
  const before = sent().length;
  const named: Json[] = [
    { workspace_id: other!.id, operation_id: "getTags" },
    { operation_id: "getTags", path_params: { workspaceId: other!.id } },
    { operation_id: "getTags", params: { workspaceId: other!.id } },
    { method: "GET", path: `/v1/workspaces/${other!.id}/tags` },
    { operation_id: "createNewTag", body: { name: "x", workspaceId: other!.id } },
  ];
  for (const body of named) assertProblem(await execute(body), 403, "ROLE_INSUFFICIENT");
  assertEquals(sent().length, before);
});

Deno.test("an id may be given by name; a name that is unknown or ambiguous is a fault with the candidates", async () => {
  const tags = (await execute({ operation_id: "getTags" })).body.data as Json[];
  const [tag] = tags;
  for (const id of [{ $name: tag.name }, `name:${tag.name.toUpperCase()}`]) {
    const { status, body } = await execute({ operation_id: "getTag", path_params: { id } });
    assertEquals([status, body.data?.id], [200, tag.id], JSON.stringify(body));
    assertEquals(body.metadata.names, { "path_params.id": { id: tag.id, name: tag.name } });
  }
  const unknown = await execute({ operation_id: "getTag", path_params: { id: "name:no such tag at all" } });
  assertProblem(unknown, 422, "OPERATION_INPUT_INVALID");
  assertEquals(unknown.body.faults.length, 1);
  assertMatch(unknown.body.faults[0].message, /is unknown: no tag is named/);

  const { sql } = world.database.db;
  await sql`
    insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number)
    select id, workspace_id, 'tag', twin, 'getTags', '{"name": "Twin"}', 1
    from installation, unnest(array['twin-1', 'twin-2']) twin where addon = 'universal_webhook'`;
  const twins = await execute({ operation_id: "getTag", path_params: { id: "name:Twin" } });
  assertProblem(twins, 422, "OPERATION_INPUT_INVALID");
  assertMatch(twins.body.faults[0].message, /ambiguous.*twin-1, twin-2/);
});

const AUDITED = {
  actions: ["CREATE_TAG"],
  authors: { contains: "CONTAINS", authorIds: [] },
  start: "2026-11-01T00:00:00Z",
  end: "2026-11-20T00:00:00Z",
};

Deno.test("what Clockify refuses is an answer that says what is missing", async () => {
  const gone = await execute({ operation_id: "getTag", path_params: { id: "64a687e29ae1f428e7ebe999" } });
  assertEquals([gone.status, gone.body.status, gone.body.success], [200, "error", false]);
  assert(gone.body.status_code >= 400 && gone.body.error.explanation.length > 20, JSON.stringify(gone.body));
  // API Studio has no scope for invoices.
  const scope = await execute({ operation_id: "getInvoices" }, {}, "api_studio");
  assertEquals([scope.status, scope.body.status_code, scope.body.error.reason], [200, 401, "scope_missing"]);
  assertEquals(scope.body.error.scope, "INVOICE_READ");
  assertMatch(scope.body.error.explanation, /does not have the scope INVOICE_READ/);
  // No token names the host of the audit log, and only production's is known.
  const log = await execute({ operation_id: "searchAuditLogs", body: AUDITED });
  assertEquals(
    [log.status, log.body.status_code, log.body.error?.reason],
    [200, null, "no_host"],
    JSON.stringify(log.body),
  );
  const closed = await execute({ operation_id: "getWebhooks" }, {}, "clockify_addon");
  assertEquals([closed.body.status_code, closed.body.error.reason], [401, "closed_to_addons"]);
});

Deno.test("members read with their own rights, and write nothing", async () => {
  const me = await execute({ operation_id: "getLoggedUser" }, { as: "member" });
  assertEquals([me.status, me.body.metadata.as], [200, "viewer"], JSON.stringify(me.body));
  if (me.body.status_code === 200) assertEquals(me.body.data.id, world.memberId);
  const before = sent().length;
  assertProblem(
    await execute({ operation_id: "createNewTag", body: { name: "x" } }, { as: "member" }),
    403,
    "ROLE_INSUFFICIENT",
  );
  assertProblem(await execute({ operation_id: "getTags", as: "addon" }, { as: "member" }), 403, "ROLE_INSUFFICIENT");
  assertEquals(sent().length, before);
  const own = await execute({ operation_id: "getTags", as: "viewer" });
  assertEquals([own.body.status_code, own.body.metadata.as], [200, "viewer"]);
});

Deno.test("an operator calls as the add-on, under the name of the key", async () => {
  const { workspaceId } = world;
  const url = `${world.url("universal_webhook")}/ui/api-explorer/execute?workspace_id=${workspaceId}`;
  const headers = { "x-api-key": OPERATOR_KEY };
  const { status, body } = await ask(url, { headers, body: { operation_id: "getTags" } });
  assertEquals([status, body.metadata.as], [200, "addon"]);
  assertProblem(await ask(url, { headers, body: { operation_id: "getTags", as: "viewer" } }), 400, "REQUEST_INVALID");
  const shown = await call("universal_webhook", `/ui/api-explorer/history/${body.metadata.history_id}`);
  assertEquals(shown.body.person, "operator:tests");
});

Deno.test("snippets have a placeholder in the place of the token, and quote what they hold", async () => {
  const { status, body } = await call("universal_webhook", "/ui/api-explorer/snippet", {
    body: { operation_id: "createNewTag", body: { name: "it's </script> $(id) \u2028" } },
  });
  assertEquals(status, 200, JSON.stringify(body));
  assertStringIncludes(body.snippets.curl, "X-Addon-Token: YOUR_CLOCKIFY_TOKEN");
  assertStringIncludes(body.snippets.curl, "it'\\''s");
  assertNotMatch(body.snippets.fetch, /<\/script|\u2028/);
  const run = new Deno.Command("sh", {
    args: ["-c", body.snippets.curl.replace(/^curl/, "printf '%s\\n'")],
  });
  const printed = new TextDecoder().decode((await run.output()).stdout);
  assertStringIncludes(printed, JSON.stringify({ name: "it's </script> $(id) \u2028" }));
});

Deno.test("a call becomes a flow's action, which a flow takes", async () => {
  const { status, body } = await call("universal_webhook", "/ui/api-explorer/flow-step", {
    body: { method: "POST", path: "/workspaces/{workspaceId}/tags", body: { name: "{{x}} made" } },
  });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals(body.action, {
    id: "create_new_tag",
    type: "clockify",
    operation_id: "createNewTag",
    path_params: {},
    query_params: {},
    body: { name: "{{x}} made" },
  });
  assertEquals(body.warnings.map(({ path }: Json) => path), ["body.name"]);
  const flow = await call("universal_webhook", "/ui/flows", {
    body: {
      name: "Made of a call",
      enabled: false,
      trigger_event_types: ["NEW_PROJECT"],
      actions: [{ ...body.action, body: { name: "made" } }],
    },
  });
  assertEquals(flow.status, 201, JSON.stringify(flow.body));
});

Deno.test("the history shows members their own calls alone, and no secret", async () => {
  const marker = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const admin = await execute({
    operation_id: "getTags",
    query_params: { name: `${marker} eyJhbGciOiJSUzI1NiJ9.e30.c2ln` },
  });
  assertEquals(admin.status, 200);
  const member = await execute({ operation_id: "getTags" }, { as: "member" });
  const path = "/ui/api-explorer/history";
  const all = await call("universal_webhook", path);
  const own = await call("universal_webhook", path, { as: "member" });
  const ids = (answer: Answer) => answer.body.calls.map(({ id }: Json) => id);
  assert(ids(all).includes(admin.body.metadata.history_id) && ids(all).includes(member.body.metadata.history_id));
  assert(own.body.calls.length > 0 && own.body.calls.every(({ person }: Json) => person === world.memberId));
  assertProblem(
    await call("universal_webhook", `${path}/${admin.body.metadata.history_id}`, { as: "member" }),
    404,
    "NOT_FOUND",
  );
  const shown = await call("universal_webhook", `${path}/${admin.body.metadata.history_id}`);
  assertEquals(shown.status, 200);
  assertNotMatch(JSON.stringify(shown.body), /whsec_|eyJ/);
  assertEquals(shown.body.request.query_params.name, "[redacted] [redacted]");
  const second = await call("universal_webhook", `${path}?limit=1&cursor=${ids(all)[0]}`);
  assertEquals(ids(second), [ids(all)[1]]);

  // A token in the place of an id: it is of no row, and in no path.
  for (const pages of [undefined, 1]) {
    await execute({ operation_id: "getTasks", path_params: { projectId: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln" }, pages });
  }
  assertNotMatch(JSON.stringify((await call("universal_webhook", path)).body), /eyJ/);

  const { sql } = world.database.db;
  const rows = await sql<{ text: string; sealed: string | null }[]>`
    select (to_jsonb(c) - 'sealed')::text as text, sealed from explorer_call c`;
  const tokens = [...admins.values(), ...members.values()].map((headers) => headers["x-addon-token"]!);
  assert(rows.some(({ sealed }) => sealed));
  for (const { text, sealed } of rows) {
    assertNotMatch(text, /whsec_|eyJ|Sprint/);
    // Any three letters may stand in what is sealed, not the ten of a JWT's "alg".
    assertNotMatch(String(sealed), /whsec_|eyJhbGciOi|Sprint/);
    for (const token of tokens) assert(!text.includes(token) && !String(sealed).includes(token));
  }
});

Deno.test("a call is saved for oneself or for all, and only what is shared is changed by others, who are admins", async () => {
  const path = "/ui/api-explorer/saved";
  const on = (options: Parameters<typeof call>[2] = {}, id = "") => call("universal_webhook", `${path}${id}`, options);
  const request = { operation_id: "getTags", query_params: { page: 2 } };
  const own = await on({ as: "member", body: { name: "Mine", request: { ...request, confirm_token: "x" } } });
  assertEquals([own.status, own.body.shared, own.body.request], [201, false, request], JSON.stringify(own.body));
  const shared = await on({ as: "member", body: { name: "Ours", shared: true, request } });
  const byAdmin = await on();
  assertEquals(byAdmin.body.saved.map(({ name }: Json) => name), ["Ours"]);
  assertEquals((await on({ as: "member" })).body.total, 2);
  assertProblem(await on({}, `/${own.body.id}`), 404, "NOT_FOUND");
  assertProblem(await on({ method: "DELETE" }, `/${own.body.id}`), 404, "NOT_FOUND");
  const change = { method: "PUT", body: { name: "Ours too", shared: true, request } };
  assertEquals((await on(change, `/${shared.body.id}`)).body.name, "Ours too");
  const third = await on({ body: { name: "Admin's", shared: true, request } });
  assertProblem(await on({ ...change, as: "member" }, `/${third.body.id}`), 404, "NOT_FOUND");
  assertEquals((await on({ method: "DELETE" }, `/${shared.body.id}`)).status, 200);
  assertProblem(await on({ body: { name: "", request } }), 400, "REQUEST_INVALID");
  assertProblem(await on({ body: { name: "x", request: { nonsense: 1 } } }), 400, "REQUEST_INVALID");
  const large = { operation_id: "createNewTag", body: { name: "x".repeat(70_000) } };
  assertProblem(await on({ body: { name: "x", request: large } }), 413, "BODY_TOO_LARGE");
});

Deno.test("an Idempotency-Key makes of two equal calls one", async () => {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const first = await execute({ operation_id: "getTags" }, { headers });
  const before = sent().length;
  const again = await execute({ operation_id: "getTags" }, { headers });
  assertEquals([again.body, sent().length], [first.body, before]);
  assertEquals(again.headers.get("idempotent-replayed"), "true");
});

Deno.test("a body of more than 1 MB is refused", async () => {
  const { status, body } = await execute({ operation_id: "createNewTag", body: { name: "x".repeat(1_048_576) } });
  assertEquals([status, body.code], [413, "BODY_TOO_LARGE"]);
});
