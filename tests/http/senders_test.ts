/** Other systems at the door: which deliveries are repeats, how their bodies are read, and what flows see beside them. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "./door.ts";

let world: World;
let base: string;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  base = world.url("universal_webhook");
  ({ admin, member } = await world.enter("universal_webhook"));
});

let made = 0;

async function create(fields: Record<string, unknown>): Promise<Json> {
  const { status, body } = await ask(`${base}/ui/sources`, {
    headers: admin,
    body: { name: `sender-${++made}`, ...fields },
  });
  assertEquals(status, 201, JSON.stringify(body));
  return { ...body, address: `${base}${new URL(body.url).pathname}` };
}

const open = () => create({ scheme: "none", allow_unsigned: true });

function send(source: Json, options: Parameters<typeof ask>[1] = {}, search = ""): Promise<Answer> {
  return ask(source.address + search, { method: "POST", ...options });
}

/** "new", or "repeat" of an earlier delivery. */
async function outcome(answer: Promise<Answer> | Answer): Promise<string> {
  const { status, body } = await answer;
  assertEquals(status, 200, JSON.stringify(body));
  return body.duplicate ? "repeat" : "new";
}

function sign(secret: string | Uint8Array, text: string, encoding: "hex" | "base64" = "hex"): string {
  return createHmac("sha256", secret).update(text).digest(encoding);
}

async function detail(id: string, headers = admin): Promise<Json> {
  return (await ask(`${base}/ui/webhooks/${id}`, { headers })).body;
}

Deno.test("without an id every delivery counts, unless the source sets a window", async () => {
  const door = await create({ scheme: "hmac_sha256", options: { header: "x-signature" } });
  const press = (source: Json, body: string, search = "") =>
    outcome(send(source, { headers: { "x-signature": sign(source.secret, body) }, body }, search));
  const answers = [];
  for (const body of ["open", "closed", "open", "open"]) answers.push(await press(door, body));
  assertEquals(answers, ["new", "new", "new", "new"]);

  const options = { header: "x-signature" };
  const calm = await create({ scheme: "hmac_sha256", options, duplicate_window_seconds: 60 });
  assertEquals(calm.duplicate_window_seconds, 60);
  assertEquals([await press(calm, "open"), await press(calm, "open")], ["new", "repeat"]);
  assertEquals([await press(calm, "closed"), await press(calm, "open")], ["new", "repeat"]);
  assertEquals(await press(calm, "open", "?door=2"), "new", "another address is another event");
  await world.database.db.sql`update entity_head set received_at = received_at - interval '61 seconds'`;
  assertEquals(await press(calm, "open"), "new");
  await ask(`${base}/ui/sources/${calm.id}`, {
    method: "PUT",
    headers: admin,
    body: { duplicate_window_seconds: null },
  });
  assertEquals(await press(calm, "open"), "new");
  for (const duplicate_window_seconds of [0, 86_401, 1.5, "1"]) {
    const refused = await ask(`${base}/ui/sources`, {
      headers: admin,
      body: { name: "x", preset: "github", duplicate_window_seconds },
    });
    assertProblem(refused, 400, "REQUEST_INVALID");
  }
});

Deno.test("the sender's id decides alone: another body is the same delivery, for 7 days, whatever its length and letters", async () => {
  const at = String(Math.floor(Date.now() / 1000));
  const senders: Record<
    string,
    { make: Json; headers(secret: string, body: string, id: string): Record<string, string> }
  > = {
    stripe: {
      make: { preset: "stripe" },
      headers: (secret, body) => ({ "stripe-signature": `t=${at},v1=${sign(secret, `${at}.${body}`)}` }),
    },
    standard: {
      make: { preset: "standard_webhooks" },
      headers: (secret, body, id) => ({
        "webhook-id": id,
        "webhook-timestamp": at,
        "webhook-signature": `v1,${sign(Buffer.from(secret.slice(6), "base64"), `${id}.${at}.${body}`, "base64")}`,
      }),
    },
    ...Object.fromEntries(
      ["x-shopify-event-id", "shopify-event-id"].map((name) => [name, {
        make: { preset: "shopify" },
        headers: (secret: string, body: string, id: string) => ({
          [name]: id,
          "x-shopify-topic": "orders/create",
          "x-shopify-hmac-sha256": sign(secret, body, "base64"),
        }),
      }]),
    ),
    named: {
      make: { scheme: "api_key", options: { header: "x-key", id_header: ["x-a", "x-b"] } },
      headers: (secret, _, id) => ({ "x-key": secret, "x-b": id }),
    },
  };
  for (const [name, { make, headers }] of Object.entries(senders)) {
    const source = await create(make);
    const post = (id: string, pending: number) => {
      const body = JSON.stringify({ id, pending_webhooks: pending });
      return outcome(send(source, { headers: headers(source.secret, body, id), body }));
    };
    for (const id of ["evt_9", "x".repeat(128), "x".repeat(127) + "y", "sha256=1"]) {
      assertEquals([await post(id, 2), await post(id, 1)], ["new", "repeat"], `${name} ${id}`);
    }
    await world.database.db.sql`update entity_head set received_at = now() - interval '26 hours'`;
    assertEquals(await post("evt_9", 0), "repeat", name);
    await world.database.db.sql`update entity_head set received_at = now() - interval '169 hours'`;
    assertEquals(await post("evt_9", 0), "new", name);
  }
  // Ids of bodies may hold any letters, and numbers of any length.
  const stripe = await create({ preset: "stripe" });
  const post = (id: string) => {
    const body = `{"id": ${id}}`;
    const headers = { "stripe-signature": `t=${at},v1=${sign(stripe.secret, `${at}.${body}`)}` };
    return outcome(send(stripe, { headers, body }));
  };
  for (const id of ['"größe 1"', '"\\ud800"', "9007199254740993", "9007199254740992"]) {
    assertEquals([await post(id), await post(id)], ["new", "repeat"], id);
  }
});

Deno.test("the method is part of a delivery's identity, and one Shopify event of two topics is two deliveries", async () => {
  const options = { header: "x-signature", id_header: "x-id" };
  const source = await create({ scheme: "hmac_sha256", options });
  const headers = { "x-signature": sign(source.secret, ""), "x-id": "1" };
  const call = (method: string) => ask(source.address, { method, headers });
  assertEquals((await fetch(source.address, { method: "HEAD", headers })).status, 200);
  assertEquals([await outcome(call("DELETE")), await outcome(call("DELETE"))], ["new", "repeat"]);

  const shop = await create({ preset: "shopify" });
  const tell = (topic: string) =>
    outcome(send(shop, {
      headers: {
        "x-shopify-event-id": "1",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": sign(shop.secret, "{}", "base64"),
      },
      body: "{}",
    }));
  assertEquals([await tell("orders/create"), await tell("orders/paid"), await tell("orders/paid")], [
    "new",
    "new",
    "repeat",
  ]);
});

const latin1 = (text: string) => Buffer.from(text, "latin1");
const part = (head: string, content: string) =>
  `--b 1\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
const json = { name: "Größe" };

/** Content type, body, its form, and what flows see at `$.webhook`. */
const BODIES: [type: string | undefined, body: string | Uint8Array, form: string, webhook: unknown][] = [
  ["application/json", JSON.stringify(json), "json", json],
  ["application/vnd.sender+json; charset=ISO-8859-1", latin1(JSON.stringify(json)), "json", json],
  ["application/json", `\ufeff${JSON.stringify(json)}`, "json", json],
  ["application/json", Buffer.from(`\ufeff${JSON.stringify(json)}`, "utf16le"), "json", json],
  ["application/json", '{"id": 9007199254740993, "n": 1.5}', "json", { id: "9007199254740993", n: 1.5 }],
  ["application/x-www-form-urlencoded", JSON.stringify(json), "json", json],
  [undefined, "[1]", "json", [1]],
  [
    "application/x-www-form-urlencoded",
    "a=1&tag=x&tag=y+z&tag=%C3%BC&empty=&bare&__proto__=p",
    "form",
    JSON.parse('{"a": "1", "tag": ["x", "y z", "ü"], "empty": "", "bare": "", "__proto__": "p"}'),
  ],
  ["application/x-www-form-urlencoded; charset=iso-8859-1", "name=Gr%F6%DFe", "form", json],
  [
    "application/x-www-form-urlencoded",
    `payload=${encodeURIComponent('{"ref": "main", "id": 12345678901234567890}')}&x=%7B`,
    "form",
    { payload: { ref: "main", id: "12345678901234567890" }, x: "{" },
  ],
  [
    'multipart/form-data; boundary="b 1"',
    part('name="a"', "1") + part('name="a"', "2") + part('name="payload"', '{"b": 2}') +
    part('name="f"; filename="bill.pdf"\r\nContent-Type: application/pdf', "%PDF \0") + "--b 1--\r\n",
    "multipart",
    { a: ["1", "2"], payload: { b: 2 }, f: { name: "bill.pdf", type: "application/pdf", size: 6 } },
  ],
  ["text/plain", "Größe", "text", { text: "Größe" }],
  ["text/plain", "42", "text", { text: "42" }],
  ["text/csv; charset=windows-1252", Buffer.from([0x80, 0x2c, 0xf6]), "text", { text: "€,ö" }],
  ["text/plain; charset=utf-16", Buffer.from("\ufeffGröße", "utf16le"), "text", { text: "Größe" }],
  ["application/xml", latin1('<?xml version="1.0" encoding="ISO-8859-1"?><a>ö</a>'), "text", {
    text: '<?xml version="1.0" encoding="ISO-8859-1"?><a>ö</a>',
  }],
  [undefined, "plain words", "text", { text: "plain words" }],
  ["image/png", Buffer.from([0x89, 0x50]), "binary", { base64: "iVA=" }],
  [undefined, Buffer.from([0xff, 0x00]), "binary", { base64: "/wA=" }],
  ["text/plain", "", "empty", null],
];

/** The same, with what the detail says of it. */
const UNREADABLE: [type: string, body: string | Uint8Array, form: string, webhook: unknown, problem: RegExp][] = [
  ["application/json", '{"a": 1', "text", { text: '{"a": 1' }, /JSON, and is not/],
  ["application/json", Buffer.from([0x7b, 0x7d, 0xff]), "binary", { base64: "e33/" }, /no text in utf-8/],
  ["text/plain; charset=klingon", "Qapla", "text", { text: "Qapla" }, /charset "klingon" is not known/],
  ["multipart/form-data; boundary=x", "--x\r\nnothing", "binary", { base64: "LS14DQpub3RoaW5n" }, /no complete part/],
  ["application/x-www-form-urlencoded", "a=%FF", "form", { a: "%FF" }, /no text in utf-8/],
];

Deno.test("flows, the test of a flow and the console read every kind of body alike", async () => {
  const source = await open();
  const { name } = source;
  const flow = { name: "copy", trigger_event_types: [`custom:${name}`], conditions: null, actions: [echoAction()] };
  const cases = [...BODIES.map((one) => [...one, undefined] as const), ...UNREADABLE];
  for (const [type, body, form, webhook, problem] of cases) {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const answer = await raw(source.address, { headers, body });
    const { payload, payload_form, payload_problem } = await detail(answer.webhookId);
    const shown = [payload, payload_form];
    assertEquals(shown, [webhook, form], `${type} ${body}`);
    if (problem) assertMatch(payload_problem, problem);
    else assertEquals(payload_problem, null, `${type} ${body}`);
    const tried = await ask(`${base}/ui/flows/test`, {
      headers: admin,
      body: { definition: flow, event_id: answer.webhookId },
    });
    assertEquals(tried.body.actions[0].values.find(({ at }: Json) => at.endsWith("body.copy"))?.value, webhook);
    const seen = await detail(answer.webhookId, member);
    assertEquals(seen.payload === null, form === "text" || form === "binary" || form === "empty", form);
  }
});

/** Without a content type of fetch's own. */
async function raw(address: string, { headers, body }: { headers: Record<string, string>; body: string | Uint8Array }) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const response = await fetch(address, { method: "POST", headers, body: bytes });
  assertEquals(response.status, 200);
  return await response.json();
}

function echoAction(): Json {
  return { operation_id: "createNewTag", body: { name: "x", copy: "$.webhook" } };
}

Deno.test("no byte order mark, charset or form hides JSON from the depth limit", async () => {
  const source = await open();
  const deep = "[".repeat(2_000) + "]".repeat(2_000);
  const bodies: [string, string | Uint8Array][] = [
    ["application/json", deep],
    ["application/json", `\ufeff${deep}`],
    ["application/json", Buffer.from(`\ufeff${deep}`, "utf16le")],
    ["text/plain; charset=iso-8859-1", deep],
    ["application/x-www-form-urlencoded", `payload=${deep}`],
  ];
  for (const [type, body] of bodies) {
    const sent = { headers: { "content-type": type }, body: new Uint8Array(Buffer.from(body)) };
    assertProblem(await send(source, sent), 400, "JSON_TOO_DEEP");
  }
  // What is hidden from the door is hidden from flows: id and type are read by the same reader.
  const marked = await create({ scheme: "none", allow_unsigned: true, options: { id_path: "id", type_path: "type" } });
  const body = '\ufeff{"id": "1", "type": "sale"}';
  const first = await send(marked, { headers: { "content-type": "application/json" }, body });
  assertEquals([first.body.eventType, await outcome(send(marked, { body }))], ["sale", "repeat"]);
});

Deno.test("conditions and values name what stands beside the body, and no secret of it", async () => {
  const source = await create({ preset: "github", name: "beside" });
  const body = JSON.stringify({ action: "opened" });
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "x-hub-signature-256": `sha256=${sign(source.secret, body)}`,
    "x-github-event": "issues",
    "x-github-delivery": "d-1",
    "x-api-token": "marker-of-a-header",
    authorization: "Bearer marker-of-a-header",
  };
  const answer = await send(source, { headers, body }, "?room=1&room=2&api_key=marker-of-a-query&a=%C3%BC");
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  const id = answer.body.webhookId;
  const query = { room: ["1", "2"], api_key: "[redacted]", a: "ü" };
  assertEquals((await detail(id)).query, query);
  const fields = {
    type: "custom:beside",
    custom_type: "issues",
    source: "beside",
    query,
    content_type: "application/json; charset=utf-8",
  };
  const action = {
    operation_id: "createNewTag",
    body: { ...Object.fromEntries(Object.keys(fields).map((name) => [name, `$.delivery.${name}`])), all: "$.delivery" },
  };
  const rule = (field: string, value: unknown) => ({ field, operator: "==", value });
  const definition = {
    name: "beside",
    trigger_event_types: ["custom:beside"],
    conditions: {
      all: [
        rule("$.delivery.custom_type", "issues"),
        rule("$.delivery.query.room[1]", "2"),
        rule("$.delivery.headers.x-github-event", "issues"),
      ],
    },
    actions: [action],
  };
  const tried = await ask(`${base}/ui/flows/test`, { headers: admin, body: { definition, event_id: id } });
  assertEquals([tried.body.faults, tried.body.matched], [[], true]);
  const given = Object.fromEntries(tried.body.actions[0].values.map(({ at, value }: Json) => [at, value]));
  for (const [name, value] of Object.entries(fields)) assertEquals(given[`actions[0].body.${name}`], value, name);
  const { headers: seen } = given["actions[0].body.all"];
  assertEquals(seen["x-github-delivery"], "d-1");
  for (const name of ["authorization", "x-api-token", "x-hub-signature-256"]) assert(!(name in seen), name);
  const [row] = await world.database.db.sql<{ text: string }[]>`
    select headers::text || query::text as text from event where id = ${id}`;
  assert(!row!.text.includes("marker"), row!.text);

  const save = (part: Json) => ask(`${base}/ui/flows`, { headers: admin, body: { ...definition, ...part } });
  const unknown = await save({
    conditions: rule("$.delivery.sender", "x"),
    actions: [{ operation_id: "createNewTag", body: { name: "$.delivery.Type" } }],
  });
  assertProblem(unknown, 422, "FLOW_INVALID");
  const faults = unknown.body.faults.map(({ path, message }: Json) => [path, message]);
  assertEquals(faults.map(([path]: [string]) => path), ["conditions.field", "actions[0].body.name"]);
  for (const [, message] of faults) assertMatch(message, /custom_type, source, query, content_type, headers/);
  for (const header of ["authorization", "X-GitHub-Event"]) {
    assertProblem(await save({ conditions: rule(`$.delivery.headers.${header}`, "x") }), 422, "FLOW_INVALID");
  }
});

Deno.test("a flow listens for some types of a sender's", async () => {
  const source = await create({ preset: "github", name: "typed" });
  const save = async (name: string, types: string[], more: Json = {}) => {
    const flow = { name, trigger_event_types: types, actions: [{ operation_id: "getTags" }], ...more };
    const { status, body } = await ask(`${base}/ui/flows`, { headers: admin, body: flow });
    assertEquals(status, 201, JSON.stringify(body));
    return body;
  };
  const saved = await save("pushes", ["custom:typed/push", "custom:typed/orders/create"]);
  assertEquals(saved.trigger_event_types, ["custom:typed/push", "custom:typed/orders/create"]);
  await save("issues", ["typed/issues"], { trigger_source: "CUSTOM" });
  let count = 0;
  const ranFor = async (type: string) => {
    const body = String(++count);
    const headers = { "x-hub-signature-256": `sha256=${sign(source.secret, body)}`, "x-github-event": type };
    const { webhookId } = (await send(source, { headers, body })).body;
    const event = await eventually(async () => {
      const found = await detail(webhookId);
      return found.outcome !== "waiting" && found;
    });
    const explained = await ask(`${base}/ui/webhooks/${webhookId}/flows`, { headers: admin });
    const listening = explained.body.flows.filter(({ listens }: Json) => listens).map(({ name }: Json) => name);
    assertEquals(event.runs.map(({ flow_name }: Json) => flow_name), listening);
    return [event.reason, ...listening];
  };
  assertEquals(await ranFor("push"), [null, "pushes"]);
  assertEquals(await ranFor("orders/create"), [null, "pushes"]);
  assertEquals(await ranFor("issues"), [null, "issues"]);
  assertEquals(await ranFor("star"), ["no_flow"]);
  await save("all", ["custom:typed", "custom:typed/push"]);
  assertEquals(await ranFor("star"), [null, "all"]);
  assertEquals(await ranFor("push"), [null, "pushes", "all"]);
});
