/** Tests of /webhooks/custom/{source} and /ui/sources at the doors: what gets in, what is refused, and what nobody gets to see. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
let otherWorkspaceId: string;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { LOG_LEVEL: "DEBUG" } }, async (made) => {
  world = made;
  otherWorkspaceId = (await world.simulator.workspaces())[1]!.id;
  ({ admin, member } = await world.enter("universal_webhook"));
});

function sources(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/sources${path}`, { headers: admin, ...options });
}

let made = 0;

/** A new source, with its address on this listener as `address`. */
async function create(fields: Record<string, unknown>): Promise<Json> {
  const { status, body } = await sources("", { body: { name: `source-${++made}`, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return { ...body, address: `${world.url("universal_webhook")}${new URL(body.url).pathname}` };
}

function send(source: Json, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(source.address, { method: "POST", ...options });
}

function hmac(secret: string | Uint8Array, text: string, encoding: "hex" | "base64" = "hex"): string {
  return createHmac("sha256", secret).update(text).digest(encoding);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Signed as GitHub does. */
function github(secret: string, body: string, more: Record<string, string> = {}) {
  return { headers: { "x-hub-signature-256": `sha256=${hmac(secret, body)}`, ...more }, body };
}

async function stored(id: string): Promise<Json> {
  const [row] = await world.database.db.sql`select * from event where id = ${id}`;
  return row;
}

Deno.test("each preset is taken as its sender signs, once, and not without its signature", async () => {
  const { workspaceId } = world;
  const body = JSON.stringify({ id: "evt_1", type: "charge.succeeded", event_id: "Ev1", event: { type: "message" } });
  const at = nowSeconds();
  type Preset = { type: string; proof: string; headers(secret: string): Record<string, string> };
  const presets: Record<string, Preset> = {
    standard_webhooks: {
      type: "charge.succeeded",
      proof: "webhook-signature",
      headers: (secret) => ({
        "webhook-id": "msg_1",
        "webhook-timestamp": String(at),
        "webhook-signature": `v1,${hmac(Buffer.from(secret.slice(6), "base64"), `msg_1.${at}.${body}`, "base64")}`,
      }),
    },
    github: {
      type: "push",
      proof: "x-hub-signature-256",
      headers: (secret) => ({
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "x-github-event": "push",
        "x-hub-signature-256": `sha256=${hmac(secret, body)}`,
      }),
    },
    stripe: {
      type: "charge.succeeded",
      proof: "stripe-signature",
      headers: (secret) => ({ "stripe-signature": `t=${at},v1=${hmac(secret, `${at}.${body}`)}` }),
    },
    shopify: {
      type: "orders/create",
      proof: "x-shopify-hmac-sha256",
      headers: (secret) => ({
        "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x-shopify-topic": "orders/create",
        "x-shopify-hmac-sha256": hmac(secret, body, "base64"),
      }),
    },
    slack: {
      type: "message",
      proof: "x-slack-signature",
      headers: (secret) => ({
        "x-slack-request-timestamp": String(at),
        "x-slack-signature": `v0=${hmac(secret, `v0:${at}:${body}`)}`,
      }),
    },
  };
  for (const [preset, { type, proof, headers }] of Object.entries(presets)) {
    const source = await create({ name: preset, preset });
    const good = headers(source.secret);
    const first = await send(source, { headers: good, body });
    const { webhookId } = first.body;
    const expected = { status: "received", webhookId, eventType: type, source: preset, workspaceId };
    assertEquals([first.status, first.body], [200, expected], preset);
    const again = await send(source, { headers: good, body });
    assertEquals([again.status, again.body], [200, { ...expected, duplicate: true }], preset);

    const row = await stored(webhookId);
    assertEquals([row.event_type, row.custom_source, row.custom_type], [`custom:${preset}`, preset, type]);
    assertStrictEquals(new TextDecoder().decode(row.body), body);
    assertEquals(row.headers[proof], "[redacted]");

    assertProblem(await send(source, { headers: good, body: `${body} ` }), 401, "WEBHOOK_SIGNATURE_INVALID");
    const { [proof]: _, ...bare } = good;
    assertProblem(await send(source, { headers: bare, body }), 401, "WEBHOOK_SIGNATURE_MISSING");
    const foreign = headers(preset === "standard_webhooks" ? `whsec_${Buffer.alloc(32).toString("base64")}` : "x");
    assertProblem(await send(source, { headers: foreign, body }), 401, "WEBHOOK_SIGNATURE_INVALID");
  }
  const scraped = await ask(`${world.url("universal_webhook")}/metrics`);
  for (const [outcome, count] of [["stored", 5], ["duplicate", 5]]) {
    const line = `custom_webhooks_received_total{service="universal-webhook",outcome="${outcome}"} ${count}`;
    assert(scraped.body.includes(line), line);
  }
  assertMatch(scraped.body, /webhooks_errors_total\{service="universal-webhook",reason="proof_wrong"\} \d+/);
});

Deno.test("a delivery signed too long ago, or dated anew, is refused", async () => {
  const source = await create({ preset: "stripe" });
  const old = nowSeconds() - 301;
  const signature = hmac(source.secret, `${old}.{}`);
  for (const t of [old, nowSeconds()]) {
    const answer = await send(source, { headers: { "stripe-signature": `t=${t},v1=${signature}` }, body: "{}" });
    assertProblem(answer, 401, "WEBHOOK_SIGNATURE_INVALID");
  }
});

Deno.test("equal bodies are two events, unless the sender gives both one id", async () => {
  const source = await create({ preset: "github" });
  const push = (body: string, id?: string) =>
    send(source, github(source.secret, body, id === undefined ? {} : { "x-github-delivery": id }));
  const first = await push("{}", "1");
  assertStrictEquals((await push("{}", "1")).body.webhookId, first.body.webhookId);
  assertEquals((await push("{}", "2")).body.duplicate, undefined);
  assertEquals((await push("{}")).body.duplicate, undefined);
  assertEquals((await push("{}")).body.duplicate, undefined);
  // Another source's delivery in between does not make a replay look new.
  const other = await create({ preset: "github" });
  await send(other, github(other.secret, "{}", { "x-github-delivery": "1" }));
  assertEquals((await push("{}", "1")).body.duplicate, true);
});

Deno.test("with body_once a captured delivery is a repeat under another id too, and without one", async () => {
  const source = await create({ preset: "github", options: { body_once: true } });
  const push = async (body: string, headers: Record<string, string> = {}) => {
    const { status, body: answer } = await send(source, github(source.secret, body, headers));
    assertEquals(status, 200, JSON.stringify(answer));
    return [answer.webhookId, answer.duplicate === true];
  };
  const [first] = await push('{"n":1}', { "x-github-delivery": "1" });
  assertEquals(await push('{"n":1}', { "x-github-delivery": "2" }), [first, true]);
  assertEquals(await push('{"n":2}', { "x-github-delivery": "1" }), [first, true], "the id decides as before");
  const [second, isRepeat] = await push('{"n":2}', { "x-github-delivery": "3" });
  assertEquals([second === first, isRepeat], [false, false], "what was no event of its own is not remembered");
  const [third] = await push('{"n":3}');
  assertEquals(await push('{"n":3}'), [third, true]);
  const [other, ofOtherType] = await push('{"n":3}', { "x-github-event": "release" });
  assertEquals([other === third, ofOtherType], [false, false]);
  const { sql } = world.database.db;
  const rows = await sql`select id from event where custom_source = ${source.name} order by id`;
  assertEquals(rows.map(({ id }) => String(id)), [first, second, third, other]);
  const { body: shown } = await ask(`${world.url("universal_webhook")}/ui/webhooks/${first}`, { headers: admin });
  assertEquals(shown.duplicates, 2, "each by one of its names");
});

Deno.test("two secrets are valid during a rotation, and never three", async () => {
  const source = await create({ preset: "github" });
  const rotate = async (body: unknown) => {
    const answer = await sources(`/${source.id}/rotate`, { body });
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
    assertEquals(answer.headers.get("cache-control"), "no-store");
    return answer.body;
  };
  const accepted = async (secret: string) => {
    const answer = await send(source, github(secret, JSON.stringify({ at: crypto.randomUUID() })));
    if (answer.status !== 200) assertProblem(answer, 401, "WEBHOOK_SIGNATURE_INVALID");
    return answer.status === 200;
  };
  const second = await rotate({});
  assertNotStrictEquals(second.secret, source.secret);
  assertEquals(second.secrets.map((one: Json) => one.expires_at === null), [true, false]);
  const [, older] = second.secrets;
  const hours = (Date.parse(older.expires_at) - Date.now()) / 3_600_000;
  assert(hours > 23.9 && hours <= 24, `${hours}`);
  const used = async () => (await sources(`/${source.id}`)).body.secrets.map((one: Json) => one.last_used_at !== null);
  assertEquals([await accepted(second.secret), await used()], [true, [false, false]]);
  assertEquals(await accepted(source.secret), true);
  await eventually(async () => (await used()).join() === "false,true");

  const third = await rotate({ secret: "given by the sender itself", overlap_hours: 1 });
  assertEquals(third.secret, "given by the sender itself");
  assertEquals(
    [await accepted(source.secret), await accepted(second.secret), await accepted(third.secret)],
    [false, true, true],
  );
  const fourth = await rotate({ overlap_hours: 0 });
  assertEquals(fourth.secrets.length, 1);
  assertEquals(
    [await accepted(second.secret), await accepted(third.secret), await accepted(fourth.secret)],
    [false, false, true],
  );
  assertProblem(await sources(`/${source.id}/rotate`, { body: { overlap_hours: 200 } }), 400, "REQUEST_INVALID");
  assertProblem(await sources(`/${source.id}/rotate`, { body: { secret: "short" } }), 400, "REQUEST_INVALID");
  // The end of a secret is not waited for by the cache.
  const fifth = await rotate({});
  await world.database.db.sql`update custom_source_secret set expires_at = now() where expires_at is not null`;
  await sources(`/${source.id}`, { method: "PUT", body: {} });
  assertEquals([await accepted(fourth.secret), await accepted(fifth.secret)], [false, true]);
});

Deno.test("basic, an API key and an unsigned source by its address alone", async () => {
  const basic = await create({ scheme: "basic", options: { user: "shop" } });
  const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  const keys = { "x-functions-key": "k", "x-secret-key": "k", "x-auth-key": "k", "x-webhook-key": "k", "x-auth": "k" };
  const entered = await send(basic, {
    headers: { ...login(`shop:${basic.secret}`), ...keys, "x-note": `a ${["gh", "p_"].join("")}${"a1".repeat(18)}` },
    body: { eventType: "SALE" },
  });
  assertEquals([entered.status, entered.body.eventType], [200, "SALE"]);
  const { headers } = await stored(entered.body.webhookId);
  for (const name of ["authorization", ...Object.keys(keys)]) assertEquals(headers[name], "[redacted]", name);
  assertEquals(headers["x-note"], "a [redacted]");
  assertProblem(await send(basic, { headers: login("shop:guess"), body: {} }), 401, "WEBHOOK_SIGNATURE_INVALID");
  assertProblem(await send(basic, { body: {} }), 401, "WEBHOOK_SIGNATURE_MISSING");

  const key = await create({ scheme: "api_key", options: { header: "X-Door" } });
  const opened = await send(key, { headers: { "x-door": key.secret }, body: { event_type: "OPENED" } });
  assertEquals([opened.status, opened.body.eventType], [200, "OPENED"]);
  assertEquals((await stored(opened.body.webhookId)).headers["x-door"], "[redacted]");
  assertProblem(await send(key, { headers: { "x-door": "guess" }, body: {} }), 401, "WEBHOOK_SIGNATURE_INVALID");

  assertProblem(await sources("", { body: { name: "open", scheme: "none" } }), 400, "REQUEST_INVALID");
  const open = await create({ scheme: "none", allow_unsigned: true });
  assertEquals([open.secrets, "secret" in open], [[], false]);
  assertEquals((await send(open, { body: {} })).body.eventType, "CUSTOM_EVENT");
  const seen = await sources(`/${open.id}`, { headers: member });
  assertEquals(seen.body.url, null, "who knows the address may send: members do not");
});

Deno.test("a source answers to its name beside X-Workspace-Id, unless it is unsigned", async () => {
  const base = `${world.url("universal_webhook")}/webhooks/custom`;
  const source = await create({ preset: "github", name: "by_name" });
  const { headers, body } = github(source.secret, '{"by":"name"}', { "x-github-delivery": "by name" });
  const named = { ...headers, "x-workspace-id": world.workspaceId };
  assertEquals((await ask(`${base}/by_name`, { headers: named, body })).status, 200);
  assertEquals((await ask(source.address, { headers: named, body })).body.duplicate, true);
  const elsewhere = { ...headers, "x-workspace-id": otherWorkspaceId };
  assertProblem(await ask(source.address, { headers: elsewhere, body }), 403, "WEBHOOK_WRONG_WORKSPACE");
  assertProblem(await ask(`${base}/by_name`, { headers: elsewhere, body }), 401, "WEBHOOK_SIGNATURE_INVALID");
  assertProblem(await ask(`${base}/by_name`, { headers, body }), 404, "NOT_FOUND");
  await create({ scheme: "none", allow_unsigned: true, name: "unsigned" });
  assertProblem(await ask(`${base}/unsigned`, { headers: named, body }), 401, "WEBHOOK_SIGNATURE_INVALID");
  assertProblem(await ask(`${base}/nobody`, { headers: named, body }), 401, "WEBHOOK_SIGNATURE_INVALID");
  for (const place of ["%00", "x".repeat(300), `by_name-${"a".repeat(16)}`]) {
    assertProblem(await ask(`${base}/${place}`, { headers: named, body }), 404, "NOT_FOUND");
  }
  for (const profile of ["api_studio", "clockify_addon"] as const) {
    const path = new URL(source.address).pathname;
    assertEquals((await ask(world.url(profile) + path, { headers, body })).status, 404);
    assertEquals((await ask(`${world.url(profile)}/ui/sources`, { headers: admin })).status, 404);
  }
});

Deno.test("who proves nothing does not learn what a workspace calls its sources", async () => {
  const base = `${world.url("universal_webhook")}/webhooks/custom`;
  const hmac = { scheme: "hmac_sha256", options: { header: "x-signature" } };
  await create({ ...hmac, name: "known" });
  await create({ ...hmac, name: "small", max_body_bytes: 2 });
  await create({ ...hmac, name: "asks", options: { ...hmac.options, challenge: "dropbox" } });
  const off = await create({ ...hmac, name: "off" });
  await sources(`/${off.id}`, { method: "PUT", body: { enabled: false } });
  await create({ scheme: "none", allow_unsigned: true, name: "bare" });
  const deleted = await create({ ...hmac, name: "deleted" });
  await sources(`/${deleted.id}`, { method: "DELETE" });
  const askFor = async (name: string, options: Parameters<typeof ask>[1], search = "") => {
    const headers = { "x-workspace-id": world.workspaceId, "x-request-id": "same", ...options?.headers };
    const { status, body, headers: sent } = await ask(`${base}/${name}${search}`, { ...options, headers });
    return { status, body, headers: [...sent].filter(([name]) => name !== "date") };
  };
  const names = ["known", "small", "asks", "off", "bare", "deleted"];
  const requests: [Parameters<typeof ask>[1], string?][] = [
    [{ method: "GET" }, "?challenge=hello"],
    [{ body: { a: "b" } }],
    [{ body: { a: "b" }, headers: { "x-signature": "0".repeat(64) } }],
    [{ body: { a: "b" }, headers: { "x-workspace-id": "64a687e29ae1f428e7ebe3ff" } }],
  ];
  for (const [options, search] of requests) {
    const [unknown, ...known] = await Promise.all(["unknown", ...names].map((name) => askFor(name, options, search)));
    assertEquals(unknown!.status, 401);
    known.forEach((answer, at) => assertEquals(answer, unknown, names[at]));
  }
});

Deno.test("any method and content type is taken, and the bytes stay as they came", async () => {
  const open = await create({ scheme: "none", allow_unsigned: true });
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await send(open, { method, headers: { "content-type": "text/plain" }, body: `by ${method}` });
    assertEquals(answer.status, 200, method);
    assertEquals(new TextDecoder().decode((await stored(answer.body.webhookId)).body), `by ${method}`);
  }
  const bodies = [
    new Uint8Array([0, 255, 128, 10, 13]),
    new TextEncoder().encode("text with \0 inside"),
    new TextEncoder().encode("\ufeff{}"),
    new TextEncoder().encode("a=1&b=%20"),
    new Uint8Array(),
  ];
  for (const body of bodies) {
    const answer = await send(open, { headers: { "content-type": "application/octet-stream" }, body });
    assertEquals([answer.status, answer.body.eventType], [200, "CUSTOM_EVENT"]);
    assertEquals(new Uint8Array((await stored(answer.body.webhookId)).body), body);
  }
  // A GET has its data in the query.
  const [one, two] = [await ask(`${open.address}?order=1&eventType=PAID`), await ask(`${open.address}?order=2`)];
  assertEquals([one.body.eventType, two.body.eventType], ["PAID", "CUSTOM_EVENT"]);
  assertNotStrictEquals(one.body.webhookId, two.body.webhookId);
  const row = await stored(one.body.webhookId);
  assertEquals(JSON.parse(new TextDecoder().decode(row.body)), { order: "1", eventType: "PAID" });

  const packed = { headers: { "content-encoding": "gzip" }, body: "x" };
  assertProblem(await send(open, packed), 415, "CONTENT_ENCODING_UNSUPPORTED");
  assertProblem(await send(open, { body: "[".repeat(2_000) + "]".repeat(2_000) }), 400, "JSON_TOO_DEEP");
});

Deno.test("a body over the source's size is refused, also when it does not say how large it is", async () => {
  const source = await create({ preset: "github", max_body_bytes: 100 });
  assertEquals((await send(source, github(source.secret, "x".repeat(100)))).status, 200);
  assertProblem(await send(source, github(source.secret, "x".repeat(101))), 413, "BODY_TOO_LARGE");
  const { headers } = github(source.secret, "x".repeat(101));
  const body = new Blob(["x".repeat(101)]).stream();
  assertProblem(await send(source, { headers, body }), 413, "BODY_TOO_LARGE");
});

Deno.test("past its rate a source hears 429 and when to come back, and others are not touched", async () => {
  const source = await create({ scheme: "none", allow_unsigned: true, rate_per_second: 1 });
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => send(source, { body: { n } })));
  const refused = answers.filter(({ status }) => status !== 200);
  assert(refused.length > 0 && refused.length < 30, `${refused.length}`);
  for (const answer of refused) {
    assertProblem(answer, 429, "RATE_LIMITED");
    assertMatch(answer.headers.get("retry-after")!, /^[1-9]\d*$/);
  }
  const other = await create({ scheme: "none", allow_unsigned: true });
  assertEquals((await send(other, { body: {} })).status, 200);
});

Deno.test("an address of 16 random characters, as the first ones were given, keeps working and is not in the log", async () => {
  const source = await create({ preset: "github" });
  const key = `${source.name}-abcdefghij234567`;
  await world.database.db.sql`update custom_source set key = ${key} where id = ${source.id}`;
  const address = `${world.url("universal_webhook")}/webhooks/custom/${key}`;
  assertEquals((await ask(address, github(source.secret, "{}"))).status, 200);
  assertEquals((await ask(address, github("wrong", "{}"))).status, 401);
  assert(!JSON.stringify(world.logs).includes(key));
});

Deno.test("strangers who know the address hear 429 after a while, and never keep the sender out", async () => {
  const source = await create({ preset: "github", rate_per_second: 1 });
  const guesses = await Promise.all(Array.from({ length: 80 }, () => send(source, github("a guess", "{}"))));
  const codes = new Set(guesses.map(({ status, body }) => `${status} ${body.code}`));
  assertEquals([...codes].sort(), ["401 WEBHOOK_SIGNATURE_INVALID", "429 RATE_LIMITED"]);
  assertEquals((await send(source, github(source.secret, "{}"))).status, 200);

  const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
    ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
  const issue = async (headers = admin): Promise<Json> =>
    (await ui("/issues", { headers })).body.issues.find(({ refused }: Json) => refused?.source_id === source.id);
  const mark = (state: string, headers = admin) =>
    issue().then(({ id }) => ui(`/issues/${id}`, { method: "PUT", body: { state }, headers }));
  const refused = guesses.filter(({ status }) => status === 401).length;
  const first = await eventually(async () => {
    const found = await issue(member);
    return found?.count === refused && found;
  });
  assertEquals(first.refused, {
    source_id: source.id,
    source: source.name,
    reason: "proof_wrong",
    accepted_at: first.refused.accepted_at,
  });
  assertEquals([first.kind, first.state, first.came_back, first.job, first.examples], [
    "refused",
    "open",
    false,
    null,
    [],
  ]);
  assert(first.first_at <= first.last_at);
  assertProblem(await mark("resolved", member), 403, "ROLE_INSUFFICIENT");
  assertEquals((await mark("resolved")).body.state, "resolved");
  const { counts } = (await ui("/issue-count")).body;
  assert((await ui("/issues?state=open")).body.issues.every(({ id }: Json) => id !== first.id));
  const refuse = async () => assertEquals((await send(source, github("a guess", "[]"))).status, 401);
  // The bucket of strangers is empty: it has one more each 200 ms.
  await eventually(() => refuse().then(() => true, () => false));
  const back = await eventually(async () => {
    const found = await issue();
    return found.state === "open" && found;
  });
  assertEquals([back.came_back, back.count, back.id], [true, 1, first.id], "what was refused before is over");
  assertEquals((await ui("/issue-count")).body.counts, {
    ...counts,
    open: counts.open + 1,
    resolved: counts.resolved - 1,
  });
  assertEquals((await mark("open")).body.count, refused + 1);
  await sources(`/${source.id}`, { method: "DELETE" });
  assertProblem(await ui(`/issues/${first.id}`, { method: "PUT", body: { state: "muted" } }), 404, "NOT_FOUND");
});

Deno.test("a source answers in its own words, which no browser takes for a page", async () => {
  const answer = { status: 202, content_type: "text/xml", body: "<Response/>" };
  const source = await create({ scheme: "none", allow_unsigned: true, answer });
  const heard = await send(source, { body: {} });
  assertEquals([heard.status, heard.body], [202, "<Response/>"]);
  assertEquals(heard.headers.get("content-type"), "text/xml; charset=utf-8");
  assertEquals(heard.headers.get("x-content-type-options"), "nosniff");
  assertMatch(heard.headers.get("content-security-policy")!, /sandbox/);
  assertEquals(heard.headers.get("content-disposition"), "attachment", "a browser draws XML as a page");
  await sources(`/${source.id}`, { method: "PUT", body: { answer: { status: 204 } } });
  assertEquals((await send(source, { body: { n: 2 } })).status, 204);
  await sources(`/${source.id}`, { method: "PUT", body: { answer: null } });
  assertEquals((await send(source, { body: { n: 3 } })).body.status, "received");
});

Deno.test("challenges are answered where the source says so, and not stored", async () => {
  const count = async () => (await world.database.db.sql`select count(*)::int as n from event`)[0]!.n;
  const text = async (answer: Promise<Answer>) => {
    const { status, headers, body } = await answer;
    assertEquals(headers.get("content-type"), "text/plain; charset=utf-8", JSON.stringify(body));
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    return [status, body];
  };
  const slack = await create({ preset: "slack" });
  const before = await count();
  const at = nowSeconds();
  const question = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1a" });
  const signed = (secret: string) => ({
    headers: {
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": `v0=${hmac(secret, `v0:${at}:${question}`)}`,
    },
    body: question,
  });
  assertEquals(await text(send(slack, signed(slack.secret))), [200, "3eZbrw1a"]);
  assertProblem(await send(slack, signed("wrong")), 401, "WEBHOOK_SIGNATURE_INVALID");

  const options = { header: "X-Hub-Signature-256", prefix: "sha256=", challenge: "meta" };
  const meta = await create({ scheme: "hmac_sha256", options });
  const subscribe = (token: string) =>
    ask(`${meta.address}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`);
  assertEquals(await text(subscribe(meta.secret)), [200, "1158201444"]);
  assertProblem(await subscribe("guess"), 401, "WEBHOOK_SIGNATURE_MISSING");

  const graph = await create({ scheme: "none", allow_unsigned: true, options: { challenge: "microsoft_graph" } });
  const asked = ask(`${graph.address}?validationToken=Validation%3A+<b>1</b>`, { method: "POST" });
  assertEquals(await text(asked), [200, "Validation: <b>1</b>"]);
  const dropbox = await create({ scheme: "none", allow_unsigned: true, options: { challenge: "dropbox" } });
  assertEquals(await text(ask(`${dropbox.address}?challenge=abc`)), [200, "abc"]);
  assertStrictEquals(await count(), before);
  const silent = await create({ scheme: "none", allow_unsigned: true });
  assertEquals((await ask(`${silent.address}?challenge=abc`)).body.status, "received");
});

Deno.test("a source is made, listed, read, changed in part and deleted", async () => {
  const answer = await sources("", { body: { name: "life", preset: "shopify", secret: "given by the admin" } });
  const { secret, ...source } = answer.body;
  assertEquals([answer.status, secret], [201, "given by the admin"]);
  assertEquals(answer.headers.get("location"), `/ui/sources/${source.id}`);
  assertMatch(source.url, /^http:\/\/[^/]+\/webhooks\/custom\/life-[a-z2-7]{26}$/);
  const { id, url, secrets, created_at, updated_at } = source;
  assertEquals(source, {
    id,
    name: "life",
    url,
    scheme: "hmac_sha256",
    preset: "shopify",
    options: {
      header: "x-shopify-hmac-sha256",
      encoding: "base64",
      id_header: ["x-shopify-event-id", "shopify-event-id", "x-shopify-webhook-id", "shopify-webhook-id"],
      type_header: "x-shopify-topic",
      signed: "{body}",
      tolerance_seconds: 300,
    },
    enabled: true,
    max_body_bytes: null,
    rate_per_second: 20,
    duplicate_window_seconds: null,
    answer: null,
    secrets: [{
      id: secrets[0].id,
      created_at: secrets[0].created_at,
      expires_at: null,
      is_unseen: false,
      last_used_at: null,
    }],
    created_at,
    updated_at,
    last_event_at: null,
    last_refused_at: null,
    last_refused_reason: null,
  });
  assertEquals((await sources(`/${id}`)).body, source);
  const list = (await sources()).body;
  assertStrictEquals(list.workspace_id, world.workspaceId);
  assertEquals(list.total, list.sources.length);
  assertEquals(list.sources.find((one: Json) => one.id === id), source);
  assertProblem(await sources("", { body: { name: "life", preset: "github" } }), 409, "CONFLICT");

  const address = `${world.url("universal_webhook")}${new URL(url).pathname}`;
  const deliver = () =>
    ask(address, { headers: { "x-shopify-hmac-sha256": hmac(secret, "{}", "base64") }, body: "{}" });
  assertEquals((await deliver()).status, 200);
  await eventually(async () => (await sources(`/${id}`)).body.last_event_at !== null);
  const changed = (await sources(`/${id}`, { method: "PUT", body: { enabled: false, rate_per_second: 5 } })).body;
  assertEquals([changed.enabled, changed.rate_per_second, changed.options], [false, 5, source.options]);
  assertProblem(await deliver(), 403, "FEATURE_OFF");
  const whole = await sources(`/${id}`, { method: "PUT", body: { ...changed, enabled: true } });
  assertEquals(whole.status, 200, "an answer sent back is a change too");
  assertEquals((await deliver()).status, 200, "a change is in force at once");
  assertProblem(await sources(`/${id}`, { method: "PUT", body: { name: "other" } }), 400, "REQUEST_INVALID");

  assertEquals((await sources(`/${id}`, { method: "DELETE" })).body, { status: "deleted", id });
  assertProblem(await deliver(), 404, "NOT_FOUND");
  for (const path of [`/${id}`, "/0", "/x", "/9999999999999999"]) assertProblem(await sources(path), 404, "NOT_FOUND");
  assertProblem(await sources(`/${id}`, { method: "DELETE" }), 404, "NOT_FOUND");
  assertProblem(await sources(`/${id}/rotate`, { body: {} }), 404, "NOT_FOUND");
  const [left] = await world.database.db.sql`
    select count(*)::int as n from custom_source_secret where source_id = ${id}`;
  assertEquals(left!.n, 0, "its secrets are gone");
  assertEquals((await sources("", { body: { name: "life", preset: "github" } })).status, 201, "its name is free again");
});

Deno.test("members read and do not change; another workspace sees nothing", async () => {
  const source = await create({ preset: "github" });
  await world.install("universal_webhook", otherWorkspaceId);
  const [, other] = await world.simulator.workspaces();
  const owner = other!.users.find(({ role }) => role === "OWNER")!.id;
  const strange = await world.viewer("universal_webhook", { workspaceId: otherWorkspaceId, userId: owner });
  assertEquals((await sources("", { headers: strange })).body.total, 0);
  assertStrictEquals((await sources(`/${source.id}`, { headers: member })).body.url, source.url);
  const tries: [string, Parameters<typeof ask>[1]][] = [
    [`/${source.id}`, { method: "PUT", body: { enabled: false } }],
    [`/${source.id}`, { method: "DELETE" }],
    [`/${source.id}/rotate`, { body: {} }],
  ];
  for (const [path, options] of [["", { body: { name: "mine", preset: "github" } }] as const, ...tries]) {
    assertProblem(await sources(path, { ...options, headers: member }), 403, "ROLE_INSUFFICIENT");
    assertProblem(await sources(path, { ...options, headers: {} }), 401, "LOGIN_REQUIRED");
  }
  for (const [path, options] of [[`/${source.id}`, {}] as const, ...tries]) {
    assertProblem(await sources(path, { ...options, headers: strange }), 404, "NOT_FOUND");
  }
  assertEquals((await send(source, github(source.secret, "{}"))).status, 200);
});

Deno.test("a flow listens to a source, by its full event type or by trigger_source CUSTOM", async () => {
  const flows = (path: string, options: Parameters<typeof ask>[1] = {}) =>
    ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
  const source = await create({ preset: "github", name: "orders" });
  const base = { conditions: { type: "ALL", rules: [{ field: "$.webhook.total", operator: ">", value: 10 }] } };
  const actions = [{ operation_id: "createNewTag", body: { name: "$.webhook.name" } }];
  const bare = { ...base, name: "Bare", trigger_source: "CUSTOM", trigger_event_types: ["orders"], actions };
  const flow = (await flows("", { body: bare })).body;
  assertEquals(flow.trigger_event_types, ["custom:orders"], JSON.stringify(flow));
  const full = await flows("", {
    body: { ...bare, trigger_source: undefined, trigger_event_types: ["custom:orders"] },
  });
  assertEquals(full.status, 201);
  for (
    const [trigger_source, type] of [["CUSTOM", "NO SOURCE"], ["CUSTOM", "NEW_TAG"], ["CLOCKIFY", "custom:orders"], [
      undefined,
      "orders",
    ]] as const
  ) {
    const wrong = await flows("", { body: { ...bare, trigger_source, trigger_event_types: [type] } });
    assertProblem(wrong, 422, "FLOW_INVALID");
    assertEquals(wrong.body.faults.map(({ path }: Json) => path), ["trigger_event_types[0]"]);
  }
  await flows(`/${full.body.id}`, { method: "DELETE" });

  const order = (total: number) =>
    send(source, github(source.secret, JSON.stringify({ total, name: `order-${total}` })));
  await order(5);
  const { body: { webhookId } } = await order(50);
  const [execution] = await eventually(async () => {
    const { executions } = (await flows(`/${flow.id}/executions`)).body;
    return executions[0]?.status === "COMPLETED" && executions;
  });
  assertStrictEquals(execution.webhook_id, webhookId);
  const made = world.simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/tags"));
  assertEquals(made.map(({ body }) => JSON.parse(body).name), ["order-50"]);
});

Deno.test("secrets are shown once: no answer, log line, metric or text in the database holds them after", async () => {
  const markers = ["marker-secret-of-the-admin", "marker-secret-of-the-rotation"];
  const source = await create({ scheme: "basic", options: { user: "u" }, secret: markers[0] });
  await sources(`/${source.id}/rotate`, { body: { secret: markers[1] } });
  const own = await create({ preset: "standard_webhooks" });
  const secrets = [...markers, own.secret, own.secret.slice(6)];
  const login = (secret: string) => `Basic ${Buffer.from(`u:${secret}`).toString("base64")}`;
  for (const secret of [...markers, "guess"]) {
    await send(source, { headers: { authorization: login(secret) }, body: { secret: "other" } });
  }
  await sources(`/${source.id}`, { method: "PUT", body: { secret: markers[0] } });
  const shown = [
    await sources(),
    await sources(`/${source.id}`),
    await ask(`${world.url("universal_webhook")}/metrics`),
  ];
  const tables = await world.database.db.sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public'`;
  const rows = [];
  for (const { name } of tables) {
    rows.push(await world.database.db.sql`select t::text from ${world.database.db.sql(name)} t`);
  }
  const text = JSON.stringify([shown.map(({ body }) => body), world.logs, rows]);
  for (const secret of [...secrets, ...markers.map(login).map((one) => one.slice(6))]) {
    assert(!text.includes(secret), secret.slice(0, 8));
  }
  const path = new URL(source.address).pathname;
  assert(!JSON.stringify(world.logs).includes(path), "nor does the log tell the address");
});

Deno.test("an HMAC in place of a Clockify token is refused where no secret for it is set", async () => {
  const body = JSON.stringify({ workspaceId: world.workspaceId, id: "1" });
  const headers = { "clockify-signature": `sha256=${hmac("", body)}`, "clockify-webhook-event-type": "NEW_TAG" };
  const answer = await ask(`${world.url("universal_webhook")}/webhooks/clockify`, { headers, body });
  assertProblem(answer, 401, "WEBHOOK_SIGNATURE_INVALID");
});

Deno.test("nothing comes in while the workspace or the add-on is off", async () => {
  const { simulator } = world;
  const source = await create({ preset: "github" });
  const deliver = () => send(source, github(source.secret, JSON.stringify({ at: crypto.randomUUID() })));
  const installed = await simulator.listInstallations();
  const { addonId } = installed.find(({ workspaceId }) => workspaceId === world.workspaceId)!;
  const set = (value: boolean) =>
    simulator.updateSettings({ addonId, settings: [{ id: "enable_custom_webhooks", value }] });
  await set(false);
  await eventually(async () => (await deliver()).status === 403);
  assertProblem(await deliver(), 403, "FEATURE_OFF");
  await set(true);
  await eventually(async () => (await deliver()).status === 200);
  await simulator.setStatus({ addonId, status: "INACTIVE" });
  assertProblem(await deliver(), 403, "INSTALLATION_UNKNOWN");
  await simulator.setStatus({ addonId, status: "ACTIVE" });
  assertEquals((await deliver()).status, 200);
  await simulator.uninstall({ addonId });
  assertProblem(await deliver(), 403, "INSTALLATION_UNKNOWN");
  await world.install("universal_webhook");
  assertEquals((await deliver()).status, 200, "a reinstall finds its sources again");
});
