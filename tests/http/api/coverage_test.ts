/** Tests of /ui/webhooks/coverage and /ui/webhooks/api-key over a fake Clockify: which way events come, what is repaired, what is told. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { universalWebhook } from "../../../src/profiles/universal_webhook.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../../support/world.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const KEY_PATH = "/ui/webhooks/api-key";
const TOTAL = universalWebhook.events.length;

let world: World;
let base: string;
let admin: Record<string, string>;
let apiKey: string;

/** Begins each test with an installed Universal Webhook in the first workspace. */
async function withWorld(test: () => Promise<void>) {
  world = await startWorld({ env: { MANIFEST_WEBHOOK_LIMIT: "10", POLL_MINUTES: "0" } });
  base = world.url("universal_webhook");
  try {
    await world.install("universal_webhook");
    admin = await world.viewer("universal_webhook");
    apiKey = await world.simulator.apiKey({ workspaceId: world.workspaceId, userId: world.ownerId });
    await test();
  } finally {
    await world.stop();
  }
}
Deno.test.afterAll(stopSharedDatabase);

async function coverage(): Promise<Json> {
  const { status, body } = await ask(`${base}/ui/webhooks/coverage`, { headers: admin });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

function eventOf(body: Json, event: string): Json {
  return body.events.find((one: Json) => one.event_type === event);
}

/** Has a check made and gives what it found, as soon as `ready` says yes. */
async function checked(ready: (body: Json) => boolean = () => true): Promise<Json> {
  const before = (await coverage()).checked_at;
  const asked = await ask(`${base}/ui/webhooks/coverage/check`, { method: "POST", headers: admin });
  assertEquals([asked.status, asked.body.status], [202, "requested"]);
  return await eventually(async () => {
    const body = await coverage();
    return body.checked_at !== null && body.checked_at !== before && ready(body) && body;
  });
}

async function giveKey(): Promise<Json> {
  const answer = await ask(base + KEY_PATH, { method: "PUT", headers: admin, body: { api_key: apiKey } });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** The issue of webhooks in this state. */
async function webhookIssue(state: string): Promise<Json> {
  const { status, body } = await ask(`${base}/ui/issues`, { headers: admin });
  assertEquals(status, 200, JSON.stringify(body));
  return body.issues.find(({ webhooks }: Json) => webhooks?.state === state);
}

const ours = () => world.simulator.listUserWebhooks({ workspaceId: world.workspaceId });

/** Posts an event as Clockify does, signed with `token`. */
function send(event: string, token: string, path = event) {
  return ask(`${base}/webhooks/clockify/${path}`, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": event },
    body: { id: crypto.randomUUID(), workspaceId: world.workspaceId },
  });
}

Deno.test("with ten places in the manifest, ten events are covered and the rest say what to do", () =>
  withWorld(async () => {
    const body = await checked();
    const { total, covered, manifest, none } = body.summary;
    assertEquals({ total, covered, manifest, none }, { total: TOTAL, covered: 10, manifest: 10, none: TOTAL - 10 });
    assertStrictEquals(body.workspace_id, world.workspaceId);
    assertEquals(body.events.map((one: Json) => one.event_type), universalWebhook.events);
    const first = eventOf(body, "NEW_TIME_ENTRY");
    // Clockify does not show the add-on's webhooks to its own token: no alarm.
    assertEquals([first.way, first.state, first.next_step], ["manifest", "unknown", null]);
    const last = eventOf(body, "COST_RATE_UPDATED");
    assertEquals([last.way, last.state], ["none", "missing"]);
    assertMatch(last.next_step, /API key/);
    assertEquals(body.summary.alarms, 0);

    const member = await world.viewer("universal_webhook", { userId: world.memberId });
    assertEquals((await ask(`${base}/ui/webhooks/coverage`, { headers: member })).status, 200);
    const check = await ask(`${base}/ui/webhooks/coverage/check`, { method: "POST", headers: member });
    assertProblem(check, 403, "ROLE_INSUFFICIENT");
    assertProblem(await ask(`${base}/ui/webhooks/coverage`), 401, "LOGIN_REQUIRED");

    // However often it is asked for, what is left is one schedule, which brings the next check in its time.
    for (let i = 0; i < 5; i++) await checked();
    await eventually(async () => {
      const [left] = await world.database.db.sql`
        select (select count(*)::int from job where kind = 'coverage') as jobs, count(*)::int as schedules,
          bool_and(next_at > now()) as later, min(every_seconds) as every_seconds from schedule where kind = 'coverage'`;
      assertEquals([left!.schedules, left!.later, left!.every_seconds], [1, true, 900]);
      return left!.jobs === 0;
    });
    const metrics = await ask(`${base}/metrics`);
    assertMatch(metrics.body, /webhook_coverage\{service="universal-webhook",way="manifest"\} 10\n/);
    assertMatch(metrics.body, /webhook_alarms\{service="universal-webhook",state="missing"\} 0\n/);
  }));

Deno.test("with an API key the planner registers webhooks by priority, as many as the plan allows", () =>
  withWorld(async () => {
    const { simulator, workspaceId } = world;
    const none = await ask(base + KEY_PATH, { headers: admin });
    assertEquals(none.body, { workspace_id: workspaceId, configured: false, configured_at: null });
    const given = await giveKey();
    assertEquals(given.configured, true);
    assert(Date.parse(given.configured_at));

    // A PRO workspace: ten a person.
    const body = await checked((body) => body.summary.user_webhook > 0);
    assertEquals([body.summary.user_webhook, body.summary.covered], [10, 20]);
    const registered = await ours();
    assertEquals(
      registered.map(({ webhookEvent }) => webhookEvent).sort(),
      universalWebhook.events.slice(10, 20).sort(),
    );
    for (const { name, url, webhookEvent, triggerSource } of registered) {
      assert(name.length >= 2 && name.length <= 30);
      assert(url.endsWith(`/webhooks/clockify/${webhookEvent}`));
      assertEquals(triggerSource, [workspaceId]);
    }
    const last = eventOf(body, "COST_RATE_UPDATED");
    assertMatch(last.reason, /as many webhooks as its Clockify plan allows/);
    assertMatch(last.next_step, /raise the workspace's plan/);
    const tag = eventOf(body, "NEW_TAG");
    assertEquals([tag.way, tag.state], ["user_webhook", "ok"]);
    assertStrictEquals(tag.remote_id, registered.find(({ webhookEvent }) => webhookEvent === "NEW_TAG")!.id);
    assertEquals(eventOf(body, "NEW_TIME_ENTRY").state, "ok", "an API key may read the add-on's webhooks");

    await simulator.setPlan({ workspaceId, plan: "ENTERPRISE" });
    const more = await checked((body) => body.summary.user_webhook > 10);
    assertEquals(more.summary.covered, TOTAL - 1);
    const { way, next_step } = eventOf(more, "TIME_OFF_REQUEST_STARTED");
    assertEquals([way, next_step], ["none", null]);
    assertEquals((await ours()).length, TOTAL - 11);
  }));

Deno.test("an event signed with the plain token is stored; another token, event or add-on is refused", () =>
  withWorld(async () => {
    const { simulator, workspaceId, database } = world;
    await world.install("clockify_addon");
    await giveKey();
    await checked((body) => eventOf(body, "NEW_TAG").way === "user_webhook");
    await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "By hand" } });
    await simulator.settled();
    const [stored] = await database.db.sql`select event_type, headers from event where event_type = 'NEW_TAG'`;
    assertEquals(stored?.event_type, "NEW_TAG");
    // Here and below: a check that was under way may end first.
    await checked((body) => eventOf(body, "NEW_TAG").last_event_at !== null);

    const token = (await ours()).find(({ webhookEvent }) => webhookEvent === "NEW_TAG")!.authToken;
    assertNotMatch(JSON.stringify(stored!.headers), new RegExp(token));
    assertEquals((await send("NEW_TAG", token)).status, 200);
    assertEquals((await send("NEW_TAG", token)).status, 200, "a known token");
    assertProblem(await send("NEW_TAG", token.replace(/.$/, "x")), 401, "WEBHOOK_SIGNATURE_INVALID");
    assertProblem(await send("TAG_UPDATED", token), 401, "WEBHOOK_SIGNATURE_INVALID");
    assertProblem(await send("TAG_UPDATED", token, "NEW_TAG"), 403, "WEBHOOK_WRONG_EVENT");
    base = world.url("clockify_addon");
    assertProblem(await send("NEW_TAG", token), 401, "WEBHOOK_SIGNATURE_INVALID");
    base = world.url("universal_webhook");
    const foreign = await ask(`${base}/webhooks/clockify/NEW_TAG`, {
      headers: { "clockify-signature": token, "clockify-webhook-event-type": "NEW_TAG" },
      body: { id: "1", workspaceId: "another" },
    });
    assertProblem(foreign, 403, "WEBHOOK_WRONG_WORKSPACE");
  }));

Deno.test("a webhook that was switched off, removed, renewed or moved is repaired; what only a person can do is told", () =>
  withWorld(async () => {
    const { simulator, workspaceId } = world;
    await giveKey();
    await checked((body) => body.summary.user_webhook === 10);
    const webhook = async (event: string) => (await ours()).find(({ webhookEvent }) => webhookEvent === event)!;

    await simulator.switchWebhook({ workspaceId, event: "NEW_TAG", deliveryEnabled: false });
    await simulator.switchWebhook({ workspaceId, event: "TAG_UPDATED", enabled: false });
    await simulator.switchWebhook({ workspaceId, event: "NEW_INVOICE", planEnabled: false });
    const { id: goneId } = await webhook("TASK_UPDATED");
    await simulator.change({ workspaceId, method: "DELETE", path: `/webhooks/${goneId}` });
    const { id: renewedId } = await webhook("PROJECT_UPDATED");
    await simulator.change({ workspaceId, method: "PATCH", path: `/webhooks/${renewedId}/token` });
    const { id: movedId, ...moved } = await webhook("CLIENT_UPDATED");
    const elsewhere = { ...moved, url: "http://127.0.0.1:1/elsewhere" };
    await simulator.change({ workspaceId, method: "PUT", path: `/webhooks/${movedId}`, body: elsewhere });
    const { id: _id, ...copied } = await webhook("EXPENSE_CREATED");
    await simulator.setPlan({ workspaceId, plan: "ENTERPRISE" });
    await simulator.change({ workspaceId, method: "POST", path: "/webhooks", body: copied });

    const body = await checked((body) => body.summary.user_webhook > 10);
    for (const event of ["NEW_TAG", "TAG_UPDATED", "TASK_UPDATED", "PROJECT_UPDATED", "CLIENT_UPDATED"]) {
      assertEquals(eventOf(body, event).state, "ok", event);
      const { enabled, deliveryEnabled, url, authToken } = await webhook(event);
      assertEquals([enabled, deliveryEnabled, url], [true, true, moved.url.replace("CLIENT_UPDATED", event)]);
      assertEquals((await send(event, authToken)).status, 200, event);
    }
    assertEquals((await ours()).filter(({ webhookEvent }) => webhookEvent === "EXPENSE_CREATED").length, 1);
    const invoice = eventOf(body, "NEW_INVOICE");
    assertEquals(invoice.state, "plan_disabled");
    assertMatch(invoice.next_step, /Raise the workspace's plan/);
    const off = await webhookIssue("plan_disabled");
    assertEquals([off.state, off.count, off.webhooks.event_types], ["open", 1, ["NEW_INVOICE"]]);
    assertEquals(off.webhooks.next_step, invoice.next_step);
    assertEquals([off.last_at >= body.checked_at, off.first_at <= off.last_at], [true, true]);
    const mark = { headers: admin, method: "PUT", body: { state: "resolved" } };
    assertEquals((await ask(`${base}/ui/issues/${off.id}`, mark)).body.state, "resolved");
    // Another one of the state: the issue is back with that alone.
    await simulator.switchWebhook({ workspaceId, event: "INVOICE_UPDATED", planEnabled: false });

    await simulator.switchWebhook({ workspaceId, event: "NEW_TIME_ENTRY", deliveryEnabled: false });
    const manifest = eventOf(
      await checked((body) => eventOf(body, "NEW_TIME_ENTRY").state === "delivery_disabled"),
      "NEW_TIME_ENTRY",
    );
    assertEquals(manifest.way, "manifest");
    assertMatch(manifest.next_step, /Switch the webhook's deliveries on/);
    const back = await webhookIssue("plan_disabled");
    assertEquals([back.state, back.came_back, back.count, back.webhooks.event_types], ["open", true, 1, [
      "INVOICE_UPDATED",
    ]]);
    assertEquals((await webhookIssue("delivery_disabled")).count, 1);
    const metrics = await ask(`${base}/metrics`);
    assertMatch(metrics.body, /webhook_alarms\{service="universal-webhook",state="delivery_disabled"\} 1\n/);
    assert(world.logs.some(({ message }) => message === "coverage.alarm"));
  }));

Deno.test("an uninstall removes our webhooks at Clockify and the key here; a webhook that is gone already counts as removed", () =>
  withWorld(async () => {
    const { simulator, workspaceId, database } = world;
    const kept = { name: "Not ours", url: "https://example.com/hook", webhookEvent: "NEW_TAG" };
    const source = { triggerSourceType: "WORKSPACE_ID", triggerSource: [workspaceId] };
    await simulator.change({ workspaceId, method: "POST", path: "/webhooks", body: { ...kept, ...source } });
    await giveKey();
    await checked((body) => body.summary.user_webhook === 9);
    const registered = (await ours()).find(({ webhookEvent, name }) =>
      webhookEvent === "NEW_TAG" && name !== kept.name
    )!;
    await simulator.change({ workspaceId, method: "DELETE", path: `/webhooks/${(await ours()).at(-1)!.id}` });
    const [installation] = await simulator.listInstallations();
    await simulator.uninstall({ addonId: installation!.addonId });
    assertProblem(await send("NEW_TAG", registered.authToken), 401, "WEBHOOK_SIGNATURE_INVALID");
    await eventually(async () => (await ours()).length === 1);
    await eventually(async () => {
      const [left] = await database.db.sql`
        select (select count(*) from user_webhook)::int + (select count(*) from installation_secret)::int
          + (select count(*) from coverage)::int + (select count(*) from job where kind = 'coverage')::int as count`;
      return left!.count === 0;
    });
    assertStrictEquals((await ours())[0]!.name, kept.name);
  }));

Deno.test("DELETE of the key ends it at once and removes what it registered", () =>
  withWorld(async () => {
    await giveKey();
    await checked((body) => body.summary.user_webhook === 10);
    const [{ authToken, webhookEvent }] = await ours() as [Json];
    const removed = await ask(base + KEY_PATH, { method: "DELETE", headers: admin });
    assertEquals([removed.status, removed.body.configured, removed.body.status], [202, false, "removing"]);
    assertEquals((await ask(base + KEY_PATH, { headers: admin })).body.configured, false);
    assertProblem(await send(webhookEvent, authToken), 401, "WEBHOOK_SIGNATURE_INVALID");
    await eventually(async () => (await ours()).length === 0);
    const body = await eventually(async () => {
      const body = await coverage();
      return body.summary.user_webhook === 0 && body;
    });
    assertEquals(body.summary.covered, 10);
    assertProblem(await ask(base + KEY_PATH, { method: "DELETE", headers: admin }), 404, "NOT_FOUND");
  }));

Deno.test("only admins may set a key, Clockify must accept it, and it is never shown or logged", () =>
  withWorld(async () => {
    const { simulator, workspaceId, memberId, database } = world;
    const put = (headers: Record<string, string>, body: unknown) =>
      ask(base + KEY_PATH, { method: "PUT", headers, body });
    const member = await world.viewer("universal_webhook", { userId: memberId });
    assertProblem(await put(member, { api_key: apiKey }), 403, "ROLE_INSUFFICIENT");
    assertProblem(await ask(base + KEY_PATH, { method: "DELETE", headers: member }), 403, "ROLE_INSUFFICIENT");
    for (const body of [{}, { api_key: "" }, { api_key: 1 }, { api_key: "with blank in it" }, { key: apiKey }]) {
      assertProblem(await put(admin, body), 400, "REQUEST_INVALID");
    }
    // A key in the wrong place is not told back.
    for (const body of [{ [apiKey]: "x" }, { api_key: ` ${apiKey}` }, [apiKey], apiKey]) {
      const refused = await put(admin, JSON.stringify(body));
      assertProblem(refused, 400, "REQUEST_INVALID");
      assertNotMatch(JSON.stringify(refused.body), new RegExp(apiKey));
    }
    const [, other] = await simulator.workspaces();
    const owner = other!.users.find(({ role }) => role === "OWNER")!.id;
    const foreign = await simulator.apiKey({ workspaceId: other!.id, userId: owner });
    for (const key of ["not-a-key-at-all", foreign, await simulator.apiKey({ workspaceId, userId: memberId })]) {
      const answer = await put(admin, { api_key: key });
      assertProblem(answer, 400, "REQUEST_INVALID");
      assertNotMatch(JSON.stringify(answer.body), new RegExp(key));
    }
    // A check in the background may ask meanwhile.
    await simulator.addFault({ method: "GET", path: "*/webhooks", kind: "status", status: 500, count: null });
    assertProblem(await put(admin, { api_key: apiKey }), 502, "UPSTREAM_FAILED");
    await simulator.clearFaults();
    const operator = await put({ "x-api-key": OPERATOR_KEY }, { api_key: apiKey });
    assertEquals(operator.status, 400, "an operator names the workspace");
    await giveKey();
    const body = await checked((body) => body.summary.user_webhook === 10);
    const answers = [body, (await ask(base + KEY_PATH, { headers: admin })).body];
    const rows = await database.db.sql`select * from installation_secret`;
    const audit = await database.db.sql`select * from job`;
    for (const place of [answers, world.logs, rows, audit]) {
      assert(!JSON.stringify(place).includes(apiKey), "the key is in an answer, a log or a row");
    }
    const calls = simulator.requests.filter(({ headers }) => headers["x-api-key"] === apiKey);
    assert(
      calls.length > 10 && calls.every(({ headers, path }) => !headers["x-addon-token"] && /webhooks/.test(path)),
    );
  }));

Deno.test("a check that Clockify does not answer comes again, and one killed half-way leaves no second webhook", () =>
  withWorld(async () => {
    const { simulator, database } = world;
    await giveKey();
    await checked((body) => body.summary.user_webhook === 10);
    // As after a kill between Clockify's answer and our note.
    await database.db.sql`delete from user_webhook where event_type in ('NEW_TAG', 'NEW_INVOICE')`;
    const before = (await ours()).map(({ id }) => id).sort();
    await checked((body) => body.summary.user_webhook === 10);
    assertEquals((await ours()).map(({ id }) => id).sort(), before);

    await simulator.addFault({
      method: "GET",
      path: "*/webhooks",
      kind: "status",
      status: 429,
      retryAfter: "1",
      count: 1,
    });
    await checked();
  }));

Deno.test("silence while time entries change is told with the next step", () =>
  withWorld(async () => {
    const { simulator, workspaceId, database } = world;
    const { sql } = database.db;
    await checked();
    await checked();
    await simulator.configureDeliveries({ hold: true });
    await simulator.change({
      workspaceId,
      method: "POST",
      path: "/time-entries",
      body: { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z" },
    });
    assertEquals((await checked()).summary.alarms, 0, "a delivery may be on its way");
    await sql`update installation set installed_at = now() - interval '25 hours'`;
    // A check that was under way may end first.
    const body = await checked((body) => eventOf(body, "NEW_TIME_ENTRY").state === "silent");
    const { reason, next_step } = eventOf(body, "NEW_TIME_ENTRY");
    assertMatch(reason, /24 hours/);
    assertMatch(next_step, /Check that Clockify can reach http:\/\/localhost:\d+/);
    assertEquals(eventOf(body, "NEW_PROJECT").state, "unknown", "the look was not at projects");
    await simulator.configureDeliveries({ hold: false });
    await simulator.settled();
    await checked((body) => body.summary.alarms === 0);
  }));
