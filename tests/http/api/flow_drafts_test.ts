/** Drafts of flows at the door: kept with their faults, never run, and published by one request at a time. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { MAX_NOTE_CHARS } from "../../../src/flows/store/version_rows.ts";
import { type Sink, startSink } from "../../support/sink.ts";
import { textsHolding } from "../../support/text_columns.ts";
import { eventually, startWorld, type World } from "../../support/world.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const LIST_TAGS = { id: "list_tags", operation_id: "getTags" };
const LIST_PROJECTS = { id: "list_projects", operation_id: "getProjects" };
const FLOW = { name: "First", trigger_event_types: [EVENT], actions: [LIST_TAGS] };
const NEXT = { ...FLOW, name: "Next", actions: [LIST_PROJECTS] };
const MASK = "[redacted]";

let world: World;
let sink: Sink;
let admin: Record<string, string>;
let member: Record<string, string>;

Deno.test.beforeAll(async () => {
  sink = startSink();
  world = await startWorld({ env: { API_RATE_LIMIT_RPS: "100000", EGRESS_ALLOW: `127.0.0.1:${sink.port}` } });
  ({ admin, member } = await world.enter("universal_webhook"));
  // From here on names of users are known, and nothing reads them again.
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/bootstrap`, { headers: admin });
    return body.status === "COMPLETE";
  });
  const { addonId } = (await world.simulator.listInstallations()).find(({ addonKey }) =>
    addonKey === "universal-webhook-api"
  )!;
  await world.simulator.updateSettings({
    addonId,
    settings: [{ id: "enable_generic_http_actions", value: true }],
  });
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/settings`, { headers: admin });
    return body.settings.some((one: Json) => one.id === "enable_generic_http_actions" && one.value === true);
  });
});
Deno.test.afterAll(async () => {
  await world.stop();
  await sink.stop();
  await stopSharedDatabase();
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
}

async function create(fields: Json = {}): Promise<Json> {
  const { status, body } = await flows("", { body: { ...FLOW, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

const save = ({ id }: Json, fields: Json) => flows(`/${id}`, { method: "PUT", body: fields });

const tagged = (tag?: string) => ({ ...admin, ...(tag !== undefined && { "if-match": tag }) });

const putDraft = ({ id }: Json, definition: unknown, { tag, ...rest }: { tag?: string } & Json = {}) =>
  flows(`/${id}/draft`, { method: "PUT", headers: tagged(tag), body: { definition, ...rest } });

const getDraft = ({ id }: Json, headers = admin) => flows(`/${id}/draft`, { headers });

const dropDraft = ({ id }: Json, tag?: string) => flows(`/${id}/draft`, { method: "DELETE", headers: tagged(tag) });

const publish = ({ id }: Json, { tag, ...body }: { tag?: string; note?: unknown } = {}) =>
  flows(`/${id}/publish`, { method: "POST", headers: tagged(tag), body });

const read = async ({ id }: Json, path = ""): Promise<Json> => (await flows(`/${id}${path}`)).body;

async function remove({ id }: Json) {
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
}

async function deliver(payload: Json = {}) {
  const { simulator, workspaceId } = world;
  await simulator.deliver({
    workspaceId,
    event: EVENT,
    payload: { id: crypto.randomUUID(), workspaceId, ...payload },
  });
}

async function completed({ id }: Json, version: number): Promise<Json> {
  return await eventually(async () => {
    const { body } = await flows(`/${id}/executions`);
    return body.executions.find((one: Json) => one.flow_version === version && one.status === "COMPLETED");
  });
}

Deno.test("a draft is kept with its faults, is shown with them, never runs, and leaves the flow as it is", async () => {
  const flow = await create();
  assertProblem(await getDraft(flow), 404, "NOT_FOUND");
  const unfinished = {
    name: "",
    trigger_event_types: [],
    conditions: { all: [{ field: "$.webhook.id", operator: "sounds like" }] },
    actions: [{ operation_id: "" }, { type: "carrier pigeon" }, { ...LIST_PROJECTS, query_params: null }],
  };
  const answer = await putDraft(flow, unfinished, { note: "Half done" });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  const { faults, created_at, updated_at, author_name: _, ...draft } = answer.body;
  assertEquals(draft, {
    flow_id: flow.id,
    base_version: 1,
    restored_from: null,
    present_version: 1,
    author: world.ownerId,
    note: "Half done",
    definition: unfinished,
    warnings: [],
  });
  assertEquals(created_at, updated_at);
  const paths = faults.map(({ path }: Json) => path);
  for (
    const path of [
      "name",
      "trigger_event_types",
      "conditions.all[0].operator",
      "actions[0].operation_id",
      "actions[1].type",
    ]
  ) assert(paths.includes(path), `${path} in ${paths.join(", ")}`);
  const again = await getDraft(flow);
  assertEquals([again.body, again.headers.get("etag")], [answer.body, answer.headers.get("etag")]);

  assertProblem(await publish(flow), 422, "FLOW_INVALID");
  assertEquals((await publish(flow)).body.faults, faults);
  assertEquals(await read(flow), flow);
  const { versions, draft: listed } = await read(flow, "/versions");
  assertEquals(versions.map(({ version }: Json) => version), [1]);
  assertEquals([listed.base_version, listed.note, listed.updated_at], [1, "Half done", updated_at]);
  assertProblem(await flows(`/${flow.id}/versions/0`), 404, "NOT_FOUND");

  const replaced = await putDraft(flow, { ...NEXT, enabled: false, id: flow.id, version: 9 });
  assertEquals([replaced.body.definition, replaced.body.faults, replaced.body.note], [NEXT, [], null]);
  assertEquals(replaced.body.created_at, created_at);
  await deliver();
  const run = await completed(flow, 1);
  assertEquals(run.actions.map(({ id }: Json) => id), ["list_tags"]);
  assertEquals((await read(flow, "/executions")).executions.length, 1);

  assertEquals((await dropDraft(flow)).body, { status: "deleted", id: flow.id });
  assertProblem(await dropDraft(flow), 404, "NOT_FOUND");
  assertProblem(await publish(flow), 409, "CONFLICT");
  assertEquals((await read(flow, "/versions")).draft, null);
  await remove(flow);
});

Deno.test("a published draft is the next version, with its note; new runs begin with it, and the flow stays off where it was off", async () => {
  const flow = await create();
  const draft = (await putDraft(flow, NEXT, { note: "The projects too" })).body;
  await deliver();
  await completed(flow, 1);
  const answer = await publish(flow, { tag: '"1"' });
  assertEquals([answer.status, answer.headers.get("etag")], [200, '"2"'], JSON.stringify(answer.body));
  assertEquals([answer.body.version, answer.body.name, answer.body.enabled], [2, "Next", true]);
  await deliver();
  const run = await completed(flow, 2);
  assertEquals(run.actions.map(({ id }: Json) => id), ["list_projects"]);
  const { versions: [newest], draft: none } = await read(flow, "/versions");
  assertEquals([none, newest.version, newest.note, newest.author], [null, 2, "The projects too", world.ownerId]);
  assertEquals(newest.created_at, draft.created_at);
  assert(newest.published_at > newest.created_at);
  assertProblem(await getDraft(flow), 404, "NOT_FOUND");

  await save(flow, { enabled: false });
  await putDraft(flow, { ...FLOW, enabled: true }, { note: "Its own" });
  // Who read the flow before it was switched off publishes all the same: the switch is no part of it.
  const off = await publish(flow, { tag: '"2"', note: "Of the publication" });
  assertEquals([off.status, off.body.version, off.body.enabled], [200, 3, false], JSON.stringify(off.body));
  assertEquals((await read(flow, "/versions")).versions[0].note, "Of the publication");
  for (const note of [1, "x".repeat(MAX_NOTE_CHARS + 1)]) {
    assertProblem(await publish(flow, { note }), 400, "REQUEST_INVALID");
  }
  await remove(flow);
});

Deno.test("a draft of a version that is no longer the present one is a conflict, until it names the present one", async () => {
  const flow = await create();
  await putDraft(flow, NEXT);
  assertEquals((await save(flow, { name: "By somebody else" })).status, 200);
  assertProblem(await publish(flow, { tag: '"1"' }), 412, "PRECONDITION_FAILED");
  for (const tag of [undefined, '"2"']) {
    const refused = await publish(flow, { tag });
    assertProblem(refused, 409, "CONFLICT");
    assertMatch(refused.body.detail, /version 2 was published since its draft was begun from version 1/);
  }
  assertEquals((await read(flow)).name, "By somebody else");
  // Going on with the draft is no look at what the other one did.
  const kept = (await putDraft(flow, NEXT)).body;
  assertEquals([kept.base_version, kept.present_version], [1, 2]);
  assertProblem(await publish(flow), 409, "CONFLICT");
  assertProblem(await putDraft(flow, NEXT, { base_version: 3 }), 400, "REQUEST_INVALID");
  assertEquals((await putDraft(flow, NEXT, { base_version: 2 })).body.base_version, 2);
  assertEquals((await publish(flow, { tag: '"2"' })).body.version, 3);

  await putDraft(flow, FLOW);
  await save(flow, { name: "Fourth" });
  assertEquals((await getDraft(flow)).body.base_version, 3, "a save leaves the draft");
  assertProblem(await publish(flow), 409, "CONFLICT");
  await remove(flow);
});

Deno.test("of publications at once one wins, with and without If-Match, and each draft is published once", async () => {
  for (const tag of ['"1"', undefined]) {
    const flow = await create();
    await putDraft(flow, NEXT);
    const answers = await Promise.all(Array.from({ length: 6 }, () => publish(flow, { tag })));
    assertEquals(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      if (answer.status === 412) assertProblem(answer, 412, "PRECONDITION_FAILED");
      else assertProblem(answer, 409, "CONFLICT");
    }
    assertEquals((await read(flow, "/versions")).versions.map(({ version }: Json) => version), [2, 1]);
    await remove(flow);
  }
});

Deno.test("a publication and a change of the draft at once: what is published is one of the two, and the other is not lost unseen", async () => {
  for (let n = 0; n < 5; n++) {
    const flow = await create();
    const { headers } = await putDraft(flow, NEXT);
    const [published, changed] = await Promise.all([
      publish(flow),
      putDraft(flow, { ...NEXT, name: "Changed" }, { tag: headers.get("etag")! }),
    ]);
    if (published.status === 200 && changed.status === 200) {
      assert(["Next", "Changed"].includes(published.body.name));
      const draft = await getDraft(flow);
      if (published.body.name === "Next") assertEquals(draft.body.definition.name, "Changed");
      else assertProblem(draft, 404, "NOT_FOUND");
    } else if (published.status === 200) {
      assertProblem(changed, 412, "PRECONDITION_FAILED");
      assertEquals(published.body.name, "Next");
    } else {
      assertProblem(published, 409, "CONFLICT");
      assertEquals((await getDraft(flow)).body.definition.name, "Changed");
    }
    await remove(flow);
  }
});

Deno.test("PUT and DELETE of a draft with If-Match change what was read and nothing else", async () => {
  const flow = await create();
  assertProblem(await putDraft(flow, NEXT, { tag: "*" }), 412, "PRECONDITION_FAILED");
  const first = (await putDraft(flow, NEXT)).headers.get("etag")!;
  assertMatch(first, /^"[0-9a-f]{32}"$/);
  const second = (await putDraft(flow, FLOW, { tag: first })).headers.get("etag")!;
  assertProblem(await putDraft(flow, NEXT, { tag: first }), 412, "PRECONDITION_FAILED");
  assertProblem(await dropDraft(flow, first), 412, "PRECONDITION_FAILED");
  const third = (await putDraft(flow, FLOW, { tag: `W/"x", ${second}`, note: "Why" })).headers.get("etag")!;
  assert(third !== second);
  assertEquals((await putDraft(flow, NEXT, { tag: "*" })).body.definition.name, "Next");
  const answers = await Promise.all(
    [0, 1, 2].map(async (n) =>
      putDraft(flow, { ...NEXT, name: `Of ${n}` }, { tag: (await getDraft(flow)).headers.get("etag")! })
    ),
  );
  assert(answers.some(({ status }) => status === 200));
  for (const answer of answers) if (answer.status !== 200) assertProblem(answer, 412, "PRECONDITION_FAILED");
  assertEquals((await dropDraft(flow, (await getDraft(flow)).headers.get("etag")!)).status, 200);
  await remove(flow);
});

Deno.test("a first draft is made where there is none, and a publication names the draft that was read", async () => {
  const flow = await create();
  const put = (definition: Json, headers: Record<string, string>) =>
    flows(`/${flow.id}/draft`, { method: "PUT", body: { definition }, headers: { ...admin, ...headers } });
  // Two people begin one at once.
  const made = await Promise.all(["One", "Two"].map((name) => put({ ...NEXT, name }, { "if-none-match": "*" })));
  assertEquals(made.map(({ status }) => status).sort(), [200, 412]);
  const lost = made.find(({ status }) => status === 412)!;
  assertProblem(lost, 412, "PRECONDITION_FAILED");
  const kept = made.find(({ status }) => status === 200)!;
  assertEquals((await flows(`/${flow.id}/draft`)).body.definition.name, kept.body.definition.name);
  const tag = kept.headers.get("etag")!.replaceAll('"', "");
  const changed = await put({ ...NEXT, name: "Three" }, { "if-match": `"${tag}"` });
  assertEquals(changed.status, 200);

  const publish = (draft_tag: string) => flows(`/${flow.id}/publish`, { body: { draft_tag } });
  assertProblem(await publish(tag), 412, "PRECONDITION_FAILED");
  assertEquals((await flows(`/${flow.id}`)).body.version, 1);
  assertEquals((await publish(changed.headers.get("etag")!.replaceAll('"', ""))).body.name, "Three");
  assertProblem(await publish(tag), 412, "PRECONDITION_FAILED");
});

Deno.test("what flows have no field for is refused with its place, and nothing is kept", async () => {
  const flow = await create();
  const cases: [definition: Json, paths: string[]][] = [
    [{ nmae: "x", surprise: 1 }, ["nmae", "surprise"]],
    [{ actions: {} }, ["actions"]],
    [{ actions: Array(51).fill(LIST_TAGS) }, ["actions"]],
    [{ actions: ["x", null] }, ["actions[0]", "actions[1]"]],
    [{ actions: [{ header: {} }] }, ["actions[0].header"]],
    [{ actions: [{ type: "http", headers: "Authorization: x", query: ["x"] }] }, [
      "actions[0].headers",
      "actions[0].query",
    ]],
    [{ actions: [{ type: "http", body: { $sealed: "v1.x" } }] }, ['actions[0].body["$sealed"]']],
  ];
  for (const [definition, paths] of cases) {
    const answer = await putDraft(flow, definition);
    assertProblem(answer, 422, "FLOW_INVALID");
    assertEquals(answer.body.faults.map(({ path }: Json) => path), paths);
  }
  for (const definition of [[], "x", null, undefined]) {
    assertProblem(await putDraft(flow, definition), 400, "REQUEST_INVALID");
  }
  for (const rest of [{ base_version: 0 }, { base_version: "1" }, { note: "x".repeat(501) }, { other: 1 }]) {
    assertProblem(await putDraft(flow, NEXT, rest), 400, "REQUEST_INVALID");
  }
  assertProblem(await getDraft(flow), 404, "NOT_FOUND");
  assertEquals((await putDraft(flow, {})).body.definition, {}, "nothing at all is a beginning");
  await remove(flow);
});

Deno.test("secrets of a draft are sealed and hidden, also in actions that are not right yet, and published as they were written", async () => {
  const mark = (name: string) => `MARK-${name}-${crypto.randomUUID()}`;
  const MARKS = [mark("header"), mark("query"), mark("url"), mark("body"), mark("typeless"), mark("old")];
  const [header, query, url, inBody, typeless, old] = MARKS as [string, string, string, string, string, string];
  const call = (fields: Json = {}) => ({ id: "call", type: "http", url: `${sink.url}/hook`, ...fields });
  const flow = await create({ actions: [call({ headers: { Authorization: old } })] });
  const nowhere = async (...answers: Answer[]) => {
    assertEquals(await textsHolding(world.database.db, MARKS), []);
    assertNotMatch(JSON.stringify(answers.map(({ body }) => body)), /MARK-|\$sealed/);
    assertNotMatch(JSON.stringify(world.logs), /MARK-/);
  };

  // The mask stands for what the published version has there.
  const first = await putDraft(flow, { ...FLOW, actions: [call({ headers: { Authorization: MASK } })] });
  assertEquals([first.body.faults, first.body.definition.actions[0].headers], [[], { Authorization: MASK }]);
  await nowhere(first);
  assertEquals((await publish(flow)).status, 200);
  await deliver();
  await completed(flow, 2);
  assertEquals(sink.requests.at(-1)!.headers.authorization, old);

  const wrong = await putDraft(flow, {
    ...FLOW,
    actions: [
      call({
        url: `${sink.url}/hook?sig=${url}`,
        headers: { Authorization: header },
        query: { api_key: query },
        method: 1,
      }),
      { id: "typeless", headers: { "X-Api-Key": typeless } },
      { id: "other", type: "htpp", body: { password: inBody } },
    ],
  });
  assertEquals(wrong.status, 200, JSON.stringify(wrong.body));
  const [one, two, three] = wrong.body.definition.actions;
  assertEquals([one.url, one.headers, one.query], [`${sink.url}/hook`, { Authorization: MASK }, {
    api_key: MASK,
    sig: MASK,
  }]);
  assertEquals([two.headers, three.body], [{ "X-Api-Key": MASK }, { password: MASK }]);
  await nowhere(wrong, await getDraft(flow), await getDraft(flow, member));

  // A mask without a place that is known, at another host, or in what is not sealed, stays a mask.
  const { method: _, ...kept } = one;
  const elsewhere = await putDraft(flow, {
    ...FLOW,
    actions: [kept, { ...kept, id: "typeless", url: "https://example.com/x" }, {
      id: "other",
      body: { password: MASK },
    }],
  });
  const masked = elsewhere.body.faults.map(({ path }: Json) => path).filter((path: string) =>
    !/operation_id/.test(path)
  );
  assertEquals(masked.toSorted(), [
    "actions[1].headers.Authorization",
    "actions[1].query.api_key",
    "actions[1].query.sig",
  ]);
  assertEquals((await putDraft(flow, { ...FLOW, actions: [kept] })).body.faults, []);
  const published = await publish(flow);
  assertEquals(published.status, 200, JSON.stringify(published.body));
  await nowhere(published);
  await deliver();
  await completed(flow, 3);
  const sent = sink.requests.at(-1)!;
  assertEquals(sent.headers.authorization, header);
  assertEquals(Object.fromEntries(new URL(sent.path, sink.url).searchParams), { api_key: query, sig: url });

  // As when the key that it was sealed under is gone.
  await putDraft(flow, { ...FLOW, actions: [kept] });
  await world.database.db.sql`
    update flow_version set definition = regexp_replace(definition::text, 'v1\\.[^."]+\\.', 'v1.gone.', 'g')::jsonb
    where flow_id = ${flow.id} and version = 0`;
  const lost = await getDraft(flow);
  assertEquals(
    lost.body.faults.map(({ path }: Json) => path).toSorted(),
    [
      "actions[0].headers.Authorization",
      "actions[0].query.api_key",
      "actions[0].query.sig",
    ].toSorted(),
  );
  assertProblem(await publish(flow), 422, "FLOW_INVALID");
  await remove(flow);
});

Deno.test("members read a draft and change nothing; another workspace finds none; it goes with its flow", async () => {
  const [, other] = await world.simulator.workspaces();
  await world.install("universal_webhook", other!.id);
  const stranger = await world.viewer("universal_webhook", { workspaceId: other!.id, userId: other!.users[0]!.id });
  const flow = await create();
  await putDraft(flow, NEXT);
  assertEquals((await getDraft(flow, member)).body.definition, NEXT);
  const changes: [path: string, options: Json][] = [
    ["draft", { method: "PUT", body: { definition: FLOW } }],
    ["draft", { method: "DELETE" }],
    ["publish", { method: "POST", body: {} }],
  ];
  for (const [path, options] of changes) {
    assertProblem(await flows(`/${flow.id}/${path}`, { ...options, headers: member }), 403, "ROLE_INSUFFICIENT");
    assertProblem(await flows(`/${flow.id}/${path}`, { ...options, headers: stranger }), 404, "NOT_FOUND");
  }
  assertProblem(await getDraft(flow, stranger), 404, "NOT_FOUND");
  assertEquals((await getDraft(flow)).body.definition, NEXT);
  await remove(flow);
  for (const [path, options] of [["draft", {}], ...changes] as const) {
    assertProblem(await flows(`/${flow.id}/${path}`, options), 404, "NOT_FOUND");
  }
  assertEquals([...await world.database.db.sql`select 1 from flow_version where flow_id = ${flow.id}`], []);
});
