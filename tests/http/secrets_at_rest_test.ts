/** Secrets of settings and flows at the doors: they work, people see "[redacted]", and the database holds them sealed only. */

import { assert, assertEquals, assertNotMatch, assertStrictEquals } from "@std/assert";
import { allAttempts } from "../../src/flows/store/attempts.ts";
import { flowSecretContext } from "../../src/secrets/contexts.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { rotateKeys } from "../../src/secrets/rotate_keys.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { type Sink, startSink } from "../support/sink.ts";
import { textsHolding } from "../support/text_columns.ts";
import { eventually, startWorld, type World } from "../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "./door.ts";

const FORWARDING = "clockify_addon";
const FLOWS = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const [OLD, NEW] = [newKey("old"), newKey("new")];
const MASK = "[redacted]";

const marker = (name: string) => `MARK-${name}-${crypto.randomUUID()}`;
const MARK = {
  path: marker("path"),
  token: marker("token"),
  bearer: marker("bearer"),
  password: marker("password"),
  listed: marker("listed"),
  query: marker("query"),
  url: marker("url"),
};

let world: World;
let sink: Sink;
let headers: Record<string, string>;

Deno.test.beforeAll(async () => {
  sink = startSink();
  // Both keys from the start: the rotation moves values to the one that only opens here.
  world = await startWorld({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}`, ENCRYPTION_KEYS: `${OLD},${NEW}` } });
  const { addonId } = await world.install(FLOWS);
  headers = await world.viewer(FLOWS);
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  await eventually(async () => {
    const { body } = await ask(`${world.url(FLOWS)}/ui/settings`, { headers });
    return body.settings.some((one: Json) => one.id === "enable_generic_http_actions" && one.value === true);
  });
});
Deno.test.afterAll(async () => {
  await world.stop();
  await sink.stop();
  await stopSharedDatabase();
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url(FLOWS)}/ui/flows${path}`, { headers, ...options });
}

/** Actions whose secrets stand wherever one may: header, query, address, body, in lists and below secret names. */
function action(fields: Record<string, unknown> = {}) {
  return {
    id: "tell",
    type: "http",
    url: `${sink.url}/hook?page=3&sig=${MARK.url}`,
    headers: { Authorization: `Bearer ${MARK.bearer}`, "X-Api-Key": "$.webhook.id", "X-Team": "blue" },
    query: { api_key: MARK.query },
    body: {
      password: MARK.password,
      note: "kept",
      credentials: { pins: [4711, MARK.listed], when: "{{$.webhook.id}}" },
    },
    ...fields,
  };
}

const flowOf = (...actions: unknown[]) => ({ name: "Tell others", trigger_event_types: [EVENT], actions });

/** Sends an event, and gives what the sink then gets of it. */
async function tell(id: string) {
  sink.requests.length = 0;
  await world.simulator.deliver({
    workspaceId: world.workspaceId,
    event: EVENT,
    payload: { id, workspaceId: world.workspaceId },
  });
  return await eventually(() => Promise.resolve(sink.requests.find(({ path }) => path.startsWith("/hook"))));
}

/** Tells an event whose request must hold every secret as it was written. */
async function assertTold(id: string) {
  const request = await tell(id);
  const { pathname, searchParams } = new URL(request.path, sink.url);
  assertEquals(pathname, "/hook");
  assertEquals(Object.fromEntries(searchParams), { page: "3", api_key: MARK.query, sig: MARK.url });
  assertEquals(
    [request.headers.authorization, request.headers["x-api-key"], request.headers["x-team"]],
    [`Bearer ${MARK.bearer}`, id, "blue"],
  );
  assertEquals(JSON.parse(request.body), {
    password: MARK.password,
    note: "kept",
    credentials: { pins: [4711, MARK.listed], when: id },
  });
}

async function assertNowhere() {
  const markers = Object.values(MARK);
  assertEquals(await textsHolding(world.database.db, markers), []);
  const log = JSON.stringify(world.logs);
  assertEquals(markers.filter((one) => log.includes(one)), [], "in the log");
}

/** The paths that a flow's faults name. */
async function faultsOf(answer: Promise<Answer>): Promise<string[]> {
  const { body, ...rest } = await answer;
  assertProblem({ body, ...rest }, 422, "FLOW_INVALID");
  assertNotMatch(JSON.stringify(body), /MARK-/);
  return body.faults.map(({ path }: Json) => path);
}

Deno.test("an address with secrets in path and query is forwarded to, and stands in no text column and no log", async () => {
  const { addonId } = await world.install(FORWARDING);
  const admin = await world.viewer(FORWARDING);
  const url = `${sink.url}/services/${MARK.path}?token=${MARK.token}`;
  const state = async () => (await ask(`${world.url(FORWARDING)}/ui/forwarding`, { headers: admin })).body;
  await world.simulator.updateSettings({ addonId, settings: [{ id: "forwarding_url", value: url }] });
  await eventually(async () => {
    const [flow] = await world.database.db.sql`select enabled from flow where builtin = 'forwarding'`;
    return flow?.enabled && (await state()).url === url;
  });
  sink.answer = ({ path }) => Response.json({ you: path }, { headers: { location: path } });
  await world.simulator.deliver({
    workspaceId: world.workspaceId,
    event: EVENT,
    payload: { id: "forwarded", workspaceId: world.workspaceId },
  });
  const request = await eventually(() => Promise.resolve(sink.requests.find(({ path }) => path.includes(MARK.path))));
  assertEquals(request.path, `/services/${MARK.path}?token=${MARK.token}`);
  await eventually(async () => (await state()).results[0]?.state === "completed");
  sink.answer = () => Response.json({});
  const { sql } = world.database.db;
  const [attempt] = await sql`
    select attempt.request from ${allAttempts(sql)} attempt join step using (run_id, path) where action = 'forward'`;
  assertEquals(attempt!.request.url, `${sink.url}/`);
  const member = await world.viewer(FORWARDING, { userId: world.memberId });
  const { body } = await ask(`${world.url(FORWARDING)}/ui/settings`, { headers: member });
  assertStrictEquals(body.settings.find((one: Json) => one.id === "forwarding_url").value, sink.url);
  await assertNowhere();
});

Deno.test("a flow's literal secrets are sent, shown as [redacted] to everybody, and sealed in definition and plan", async () => {
  const created = await flows("", { body: flowOf(action()) });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const { id } = created.body;
  const member = await world.viewer(FLOWS, { userId: world.memberId });
  const shown = [created.body, (await flows(`/${id}`)).body, (await flows("", { headers: member })).body.flows[0]];
  for (const { actions: [one] } of shown) {
    assertEquals(one.url, `${sink.url}/hook?page=3`);
    assertEquals(one.headers, { Authorization: MASK, "X-Api-Key": "$.webhook.id", "X-Team": "blue" });
    assertEquals(one.query, { api_key: MASK, sig: MASK });
    assertEquals(one.body, {
      password: MASK,
      note: "kept",
      credentials: { pins: [MASK, MASK], when: "{{$.webhook.id}}" },
    });
  }
  await assertTold("t-1");
  const execution = await eventually(async () => {
    const { body } = await flows(`/${id}/executions`);
    return body.executions.find((one: Json) => one.status === "COMPLETED");
  });
  const [{ request }] = execution.actions[0].tries;
  assertEquals([request.headers.authorization, request.headers["x-team"]], [MASK, "blue"]);
  await assertNowhere();

  const saved = await flows(`/${id}`, { method: "PUT", body: shown[1] });
  assertEquals(saved.status, 200, JSON.stringify(saved.body));
  await assertTold("t-2");
  const renamed = await flows(`/${id}`, { method: "PUT", body: { name: "Other" } });
  assertEquals(renamed.body.name, "Other");
  await assertTold("t-3");
  await assertNowhere();
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
});

Deno.test("a literal stored before its name was known as a secret's is hidden, and sealed when the flow is saved", async () => {
  const { body: { id } } = await flows("", { body: flowOf(action()) });
  const { sql } = world.database.db;
  await sql`update flow set definition = jsonb_set(definition, '{actions,0,body,pin}', '"12-34"') where id = ${id}`;
  const shown = (await flows(`/${id}`)).body;
  assertStrictEquals(shown.actions[0].body.pin, MASK);
  assertEquals((await flows(`/${id}`, { method: "PUT", body: shown })).status, 200);
  const [row] = await sql<
    { pin: object }[]
  >`select definition->'actions'->0->'body'->'pin' as pin from flow where id = ${id}`;
  assertEquals(Object.keys(row!.pin), ["$sealed"]);
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
});

Deno.test("[redacted] where nothing is known is a fault, as is an address of another host, and a key of ours", async () => {
  const masked = action({ headers: { Authorization: MASK }, body: { password: MASK, note: MASK }, query: {} });
  const unknown = ["actions[0].headers.Authorization", "actions[0].body.password"];
  assertEquals(await faultsOf(flows("", { body: flowOf(masked) })), unknown);
  assertEquals(await faultsOf(flows("", { body: flowOf(action({ body: { token: { $sealed: "v1.a.b.c" } } })) })), [
    'actions[0].body.token["$sealed"]',
  ]);

  const { body: flow } = await flows("", { body: flowOf(action()) });
  const change = (changed: Record<string, unknown>) =>
    flows(`/${flow.id}`, { method: "PUT", body: { actions: [{ ...masked, ...changed }] } });
  assertEquals(await faultsOf(change({ url: "https://elsewhere.example.com/hook" })), unknown);
  assertEquals(await faultsOf(change({ id: "another" })), unknown);
  const moved = await change({ id: "tell", url: `${sink.url}/hook/moved`, query: undefined });
  assertEquals(moved.status, 200, JSON.stringify(moved.body));
  const request = await tell("t-4");
  assertEquals([request.path, request.headers.authorization], ["/hook/moved", `Bearer ${MARK.bearer}`]);
  assertEquals(JSON.parse(request.body), { password: MARK.password, note: MASK });
  await flows(`/${flow.id}`, { method: "DELETE" });
  await assertNowhere();
});

Deno.test("secrets that look like templates and are none are sent as what they stand for, also after a change", async () => {
  const body = { token: "$$.a", password: "\\{{b}}", secret: "c" };
  const { body: flow } = await flows("", { body: flowOf(action({ url: `${sink.url}/hook`, query: {}, body })) });
  const expected = { token: "$.a", password: "{{b}}", secret: "c" };
  assertEquals(JSON.parse((await tell("t-5")).body), expected);
  assertEquals((await flows(`/${flow.id}`, { method: "PUT", body: flow })).status, 200);
  assertEquals(JSON.parse((await tell("t-6")).body), expected);
  await flows(`/${flow.id}`, { method: "DELETE" });
});

/** The flow with its sealed values changed by SQL: in itself, its versions and its plan. */
async function reseal(id: string, change: (sealed: string) => Promise<string>) {
  const { sql } = world.database.db;
  const changed = async (text: string) => {
    for (const [, sealed] of text.matchAll(SEALED_TEXT)) text = text.replace(sealed!, await change(sealed!));
    return text;
  };
  const [row] = await sql<{ definition: string; body: string }[]>`
    select definition::text, body::text from flow join plan on plan.id = plan_id where flow.id = ${id}`;
  const [definition, body] = [await changed(row!.definition), await changed(row!.body)];
  await sql`update flow set definition = ${definition}::text::jsonb where id = ${id}`;
  await sql`update flow_version set definition = ${definition}::text::jsonb - 'enabled' where flow_id = ${id}`;
  await sql`
    update plan set flow_id = null, body = ${body}::text::jsonb where id = (select plan_id from flow where id = ${id})`;
}

const SEALED_TEXT = /"\$sealed": "([^"]+)"/g;

Deno.test("a secret that is moved to another flow is not sent", async () => {
  const { sql } = world.database.db;
  const [{ body: from }, { body: to }] = [
    await flows("", { body: { ...flowOf(action()), enabled: false } }),
    await flows("", { body: flowOf(action()) }),
  ];
  const before = await sql<{ definition: string; plan_id: number; body: string }[]>`
    select definition::text, plan_id, body::text from flow join plan on plan.id = plan_id
    where flow.id in ${sql([from.id, to.id])} order by flow.id`;
  const place = async ({ definition, body }: { definition: string; body: string }) => {
    await sql`update flow set definition = ${definition}::text::jsonb where id = ${to.id}`;
    await sql`update plan set body = ${body}::text::jsonb where id = ${before[1]!.plan_id}`;
  };
  await place(before[0]!);
  sink.requests.length = 0;
  await world.simulator.deliver({
    workspaceId: world.workspaceId,
    event: EVENT,
    payload: { id: "t-moved", workspaceId: world.workspaceId },
  });
  await eventually(async () => {
    const [run] = (await flows(`/${to.id}/executions`)).body.executions as Json[];
    return run?.actions[0]?.tries.some((one: Json) => one.error_code === "ENCRYPTED_VALUE_INVALID");
  });
  assertEquals(sink.requests.filter(({ path }) => path.startsWith("/hook")), []);
  const change = await flows(`/${to.id}`, { method: "PUT", body: { name: "Another" } });
  assert(change.status >= 400, "nor is it saved as a secret of that flow");
  await place(before[1]!);
  for (const { id } of [from, to]) assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
  await assertNowhere();
});

Deno.test("secrets that a version before sealed are sent, and are bound to their flow when it is saved or a version restored", async () => {
  const { sql } = world.database.db;
  const keyring = await createKeyring(`${OLD},${NEW}`);
  const { body: { id } } = await flows("", { body: { ...flowOf(action()), enabled: false } });
  const [row] = await sql<{ installation_id: number }[]>`select installation_id from flow where id = ${id}`;
  const installationId = row!.installation_id;
  const own = flowSecretContext({ installationId, flowId: Number(id) });
  const ofBefore = { ...own, row: undefined };
  await reseal(id, async (sealed) => await keyring.seal(await keyring.open(sealed, own), ofBefore));
  /** Of each version, 0 the draft, and of the plan: how many values open without the flow. */
  const unbound = async () => {
    const rows = await sql<{ version: number; text: string }[]>`
      select version, definition::text as text from flow_version where flow_id = ${id}
      union all select -1, body::text from flow join plan on plan.id = plan_id where flow.id = ${id} order by 1`;
    return Object.fromEntries(
      await Promise.all(rows.map(async ({ version, text }) => {
        const values = [...text.matchAll(SEALED_TEXT)].map(([, sealed]) => sealed!);
        await Promise.all(values.map((sealed) => keyring.open(sealed, own)));
        const opened = await Promise.allSettled(values.map((sealed) => keyring.open(sealed, ofBefore)));
        return [version, `${opened.filter(({ status }) => status === "fulfilled").length} of ${values.length}`];
      })),
    );
  };
  assertEquals(await unbound(), { "-1": "6 of 6", 1: "6 of 6" });
  assertEquals((await flows(`/${id}`, { method: "PUT", body: { enabled: true } })).status, 200);
  await assertTold("t-before");
  assertEquals((await flows(`/${id}`, { method: "PUT", body: { name: "Saved" } })).status, 200);
  assertEquals(await unbound(), { "-1": "0 of 6", 1: "6 of 6", 2: "0 of 6" });
  assertEquals((await flows(`/${id}/versions/1/restore`, { body: {} })).status, 200);
  assertEquals((await unbound())[0], "0 of 6");
  await assertTold("t-bound");
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
  await assertNowhere();
});

Deno.test("after a rotation of the keys everything is under the new one and works on", async () => {
  const { body: flow } = await flows("", { body: flowOf(action()) });
  const { db } = world.database;
  const rotated = await rotateKeys({ db, keyring: await createKeyring(`${NEW},${OLD}`) });
  const moved = Object.fromEntries(rotated.map(({ place, rewrapped, unopened }) => [place, [rewrapped, unopened]]));
  assertEquals(moved["installation.forwarding_url_sealed"], [1, {}]);
  assertEquals(rotated.filter(({ unopened }) => Object.keys(unopened).length > 0), [], "each opens in its row");
  // Those of deleted flows are moved as well: password, pins, header and query parameters of each.
  const [[definitions], [plans]] = [moved["flow.definition"]!, moved["plan.body"]!] as [[number], [number]];
  assert(definitions >= 6 && plans >= definitions, `${definitions}, ${plans}`);
  const [left] = await db.sql`
    select count(*)::int as rows from flow join plan on plan.id = flow.plan_id
    where definition::text like '%"v1.old.%' or body::text like '%"v1.old.%'`;
  assertEquals(left!.rows, 0);
  await assertTold("t-7");
  await eventually(() => Promise.resolve(sink.requests.some(({ path }) => path.includes(MARK.path))));
  const { body } = await ask(`${world.url(FORWARDING)}/ui/settings`, { headers: await world.viewer(FORWARDING) });
  const { value } = body.settings.find((one: Json) => one.id === "forwarding_url");
  assertEquals(value, `${sink.url}/services/${MARK.path}?token=${MARK.token}`);
  const saved = await flows(`/${flow.id}`, { method: "PUT", body: flow });
  assertEquals(saved.status, 200);
  await assertTold("t-8");
  const again = await rotateKeys({ db, keyring: await createKeyring(`${NEW},${OLD}`) });
  assert(again.some(({ place, rewrapped }) => place === "flow.definition" && rewrapped === 6));
  await assertNowhere();
});
