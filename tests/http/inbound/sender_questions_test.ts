/** Tests of what senders ask and expect at the door: challenges, probes, secrets that they give, and the form for each of them. */

import { Buffer } from "node:buffer";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import {
  draftOf,
  kindsOf,
  newSourceOf,
  type Senders,
  type SourceDraft,
} from "../../../src/console/features/sources/source_draft.ts";
import type { AppError } from "../../../src/base/errors.ts";
import { parseNewSource } from "../../../src/sources/definition.ts";
import { shellBlocks } from "../../support/readme.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const UW = "universal_webhook";
let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  ({ admin, member } = await world.enter(UW));
});

function sources(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url(UW)}/ui/sources${path}`, { headers: admin, ...options });
}

let made = 0;

async function create(fields: Record<string, unknown>): Promise<Json> {
  const { status, body } = await sources("", { body: { name: `sender-${++made}`, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return { ...body, address: `${world.url(UW)}${new URL(body.url).pathname}` };
}

function send(source: Json, options: Parameters<typeof ask>[1] & { query?: string } = {}): Promise<Answer> {
  return ask(`${source.address}${options.query ?? ""}`, { method: "POST", ...options });
}

function hmac(secret: string, text: string, encoding: "hex" | "base64" = "hex"): string {
  return createHmac("sha256", secret).update(text).digest(encoding);
}

async function eventCount(): Promise<number> {
  const [row] = await world.database.db.sql<{ n: number }[]>`select count(*)::int as n from event`;
  return row!.n;
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);

Deno.test("questions of senders are answered as each expects it, and not stored", async () => {
  const before = await eventCount();
  const open = { scheme: "none", allow_unsigned: true };
  const okta = await create({ preset: "okta" });
  const verification = await ask(okta.address, { headers: { "x-okta-verification-challenge": "abc" } });
  assertEquals([verification.status, verification.body], [200, { verification: "abc" }]);

  for (const fields of [{ ...open, options: { challenge: "cloudevents" } }, { preset: "azure_event_grid" }]) {
    const origin = await ask((await create(fields)).address, {
      method: "OPTIONS",
      headers: { "webhook-request-origin": "events.example.com" },
    });
    assertEquals([origin.status, origin.headers.get("webhook-allowed-origin")], [200, "events.example.com"]);
  }

  const meta = await create({ preset: "meta" });
  const token = meta.url.slice(meta.url.lastIndexOf("/") + 1);
  const subscribe = (one: string) => ask(`${meta.address}?hub.mode=subscribe&hub.challenge=77&hub.verify_token=${one}`);
  assertEquals((await subscribe(token)).body, "77");
  assertProblem(await subscribe(`${token}x`), 401, "WEBHOOK_SIGNATURE_MISSING");
  const hub = await create({ ...open, options: { challenge: "websub" } });
  assertEquals((await ask(`${hub.address}?hub.mode=subscribe&hub.challenge=78`)).body, "78");

  const monday = await create({ preset: "monday", allow_unsigned: true });
  assertEquals((await send(monday, { body: { challenge: "xyz" } })).body, { challenge: "xyz" });

  const shop = await create({ preset: "woocommerce" });
  const ofShop = { "user-agent": "WooCommerce/10.9.0 Hookshot (WordPress/6.9)" };
  const form = { ...ofShop, "content-type": "application/x-www-form-urlencoded; charset=UTF-8" };
  const hello = await send(shop, { headers: form, body: "webhook_id=7" });
  assertEquals([hello.status, hello.body], [200, ""]);
  const order = await send(shop, { headers: { ...ofShop, "x-wc-webhook-topic": "order.created" }, body: { id: 7 } });
  assertProblem(order, 401, "WEBHOOK_SIGNATURE_MISSING");

  const key = "the key of the grid";
  const events = await create({ preset: "azure_event_grid", secret: key });
  const validation = [{
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    data: { validationCode: "512d38b6" },
  }];
  const query = `?secret=${encodeURIComponent(key)}`;
  assertEquals((await send(events, { query, body: validation })).body, { validationResponse: "512d38b6" });
  assertProblem(await send(events, { query: "?secret=guess", body: validation }), 401, "WEBHOOK_SIGNATURE_INVALID");

  const twitch = await create({ preset: "twitch" });
  const at = new Date().toISOString();
  const text = JSON.stringify({ challenge: "pogchamp-kappa" });
  const signedByTwitch = (secret: string) => ({
    headers: {
      "twitch-eventsub-message-id": "m1",
      "twitch-eventsub-message-timestamp": at,
      "twitch-eventsub-message-type": "webhook_callback_verification",
      "twitch-eventsub-message-signature": `sha256=${hmac(secret, `m1${at}${text}`)}`,
    },
    body: text,
  });
  assertEquals((await send(twitch, signedByTwitch(twitch.secret))).body, "pogchamp-kappa");
  assertProblem(await send(twitch, signedByTwitch("a guess")), 401, "WEBHOOK_SIGNATURE_INVALID");

  const zoom = await create({ preset: "zoom" });
  const plain = JSON.stringify({ event: "endpoint.url_validation", payload: { plainToken: "qgg8" } });
  const seconds = nowSeconds();
  const answered = await send(zoom, {
    headers: {
      "x-zm-request-timestamp": String(seconds),
      "x-zm-signature": `v0=${hmac(zoom.secret, `v0:${seconds}:${plain}`)}`,
    },
    body: plain,
  });
  assertEquals(answered.body, { plainToken: "qgg8", encryptedToken: hmac(zoom.secret, "qgg8") });

  const xero = await create({ preset: "xero" });
  const intent = JSON.stringify({ events: [], firstEventSequence: 0, lastEventSequence: 0, entropy: "S0m3r4Nd0mt3xt" });
  for (const [secret, status] of [[xero.secret, 200], ["a guess of the key", 401]]) {
    const answer = await send(xero, { headers: { "x-xero-signature": hmac(secret, intent, "base64") }, body: intent });
    assertEquals([answer.status, answer.body, answer.headers.get("content-type")], [status, "", null]);
  }

  const pair = generateKeyPairSync("ed25519");
  const discord = await create({
    preset: "discord",
    secret: pair.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex"),
  });
  const ping = (body: string) =>
    send(discord, {
      headers: {
        "x-signature-ed25519": sign(null, Buffer.from(`${seconds}${body}`), pair.privateKey).toString("hex"),
        "x-signature-timestamp": String(seconds),
      },
      body,
    });
  assertEquals((await ping('{"type":0}')).status, 204);
  assertEquals((await ping('{"type":1,"application_id":"1","token":"t"}')).body, { type: 1 });
  assertStrictEquals(await eventCount(), before);
  assertEquals(
    (await ping('{"type":1,"event":{"type":"ENTITLEMENT_CREATE"}}')).status,
    204,
    "an event, in its own words",
  );
  assertStrictEquals(await eventCount(), before + 1);
});

Deno.test("probes are answered and never stored, a slash at the end is no other address, and a refusal says where to look", async () => {
  const open = await create({ scheme: "none", allow_unsigned: true });
  const trello = await create({ preset: "trello", secret: null });
  const before = await eventCount();
  for (const source of [open, trello]) {
    const head = await ask(source.address, { method: "HEAD" });
    assertEquals([head.status, head.headers.get("allow")?.includes("POST")], [200, true]);
    assertEquals((await ask(`${source.address}/`, { method: "OPTIONS" })).status, 204);
  }
  assertStrictEquals(await eventCount(), before);
  const slash = await ask(`${open.address}/`, { method: "POST", body: { eventType: "SLASH" } });
  assertEquals([slash.status, slash.body.eventType], [200, "SLASH"]);
  const looked = await ask(trello.address);
  assertProblem(looked, 401, "WEBHOOK_SIGNATURE_MISSING");
  assertMatch(looked.body.detail, /header x-trello-webhook/);
  const basic = await create({ scheme: "basic", options: { user: "shop" } });
  assertMatch((await send(basic, { body: {} })).headers.get("www-authenticate")!, /^Basic realm=/);
});

Deno.test("a secret of the sender is entered later, and until then the source says why it refuses", async () => {
  const source = await create({ preset: "hubspot", secret: null });
  assertEquals([source.secrets, "secret" in source], [[], false]);
  const body = JSON.stringify([{ subscriptionType: "contact.creation" }]);
  const post = () => {
    const at = String(Date.now());
    // The address as the sender was given it, whatever the proxy before us calls it.
    const signature = hmac("client-secret-of-hubspot", `POST${source.url}${body}${at}`, "base64");
    return send(source, {
      headers: { "x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": at },
      body,
    });
  };
  assertProblem(await post(), 401, "WEBHOOK_SIGNATURE_INVALID");
  await eventually(async () => (await sources(`/${source.id}`)).body.last_refused_reason === "secret_missing");
  const given = await sources(`/${source.id}/rotate`, { body: { secret: "client-secret-of-hubspot" } });
  assertEquals([given.status, given.body.secrets.length], [200, 1]);
  const accepted = await post();
  assertEquals([accepted.status, accepted.body.eventType], [200, "contact.creation"]);
});

Deno.test("Asana's secret comes with its handshake, once; Notion's too, and an admin sees it once", async () => {
  const asana = await create({ preset: "asana" });
  const shake = (secret: string) => send(asana, { headers: { "x-hook-secret": secret } });
  const first = await shake("b537207f20cbfa02357cf448134da559");
  assertEquals([first.status, first.headers.get("x-hook-secret")], [200, "b537207f20cbfa02357cf448134da559"]);
  const second = await shake("00000000000000000000000000000000");
  assertProblem(second, 401, "WEBHOOK_SIGNATURE_MISSING");
  assertEquals(second.headers.get("x-hook-secret"), null);
  const body = '{"events":[]}';
  const headers = { "x-hook-signature": hmac("b537207f20cbfa02357cf448134da559", body) };
  assertEquals((await send(asana, { headers, body })).status, 200);
  const known = await sources(`/${asana.id}/reveal`, { method: "POST" });
  assertProblem(known, 409, "CONFLICT");

  const notion = await create({ preset: "notion" });
  const token = "secret_tMrlL1qK5vuQAh1b6cZG";
  const before = await eventCount();
  assertProblem(await send(notion, { body: { id: "1" } }), 401, "WEBHOOK_SIGNATURE_MISSING");
  assertEquals((await send(notion, { body: { verification_token: token } })).status, 200);
  assertStrictEquals(await eventCount(), before);
  assertProblem(
    await send(notion, { body: { verification_token: `${token}2` } }),
    401,
    "WEBHOOK_SIGNATURE_MISSING",
  );
  assertEquals((await sources(`/${notion.id}`)).body.secrets[0].is_unseen, true);
  const reveal = (as = admin) => sources(`/${notion.id}/reveal`, { headers: as, method: "POST" });
  assertProblem(await reveal(member), 403, "ROLE_INSUFFICIENT");
  const seen = await reveal();
  assertEquals([seen.status, seen.body, seen.headers.get("cache-control")], [200, { secret: token }, "no-store"]);
  assertProblem(await reveal(), 409, "CONFLICT");
  const event = '{"id":"e1","type":"page.created"}';
  const sent = await send(notion, { headers: { "x-notion-signature": `sha256=${hmac(token, event)}` }, body: event });
  assertEquals([sent.status, sent.body.eventType], [200, "page.created"]);
  assert(!JSON.stringify(world.logs).includes(token));
});

Deno.test("a key in the address or in the body is not stored, and flows see method and address of the sender", async () => {
  const key = "a-key-of-ours-1234567";
  const graph = await create({ preset: "microsoft_graph", secret: key });
  const body = { value: [{ clientState: key, changeType: "updated", n: "9007199254740993" }] };
  assertEquals((await send(graph, { body })).status, 202);
  const form = await create({ scheme: "api_key", options: { body_path: "token" }, secret: key });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  assertEquals((await send(form, { headers, body: `token=${key}&text=a+b` })).status, 200);
  const inQuery = await create({ scheme: "api_key", options: { query: "k" }, secret: key, name: "in-query" });
  const flow = await ask(`${world.url(UW)}/ui/flows`, {
    headers: admin,
    body: {
      name: "From the query",
      trigger_event_types: ["custom:in-query"],
      conditions: { type: "ALL", rules: [{ field: "$.delivery.method", operator: "==", value: "PUT" }] },
      actions: [{ operation_id: "createNewTag", body: { name: "$.delivery.remote_address" } }],
    },
  });
  assertEquals(flow.status, 201, JSON.stringify(flow.body));
  const put = await send(inQuery, { method: "PUT", query: `?k=${key}&n=1`, body: {} });
  assertEquals(put.status, 200);
  await eventually(async () => {
    const { executions } = (await ask(`${world.url(UW)}/ui/flows/${flow.body.id}/executions`, { headers: admin })).body;
    return executions[0]?.status === "COMPLETED";
  });
  const tags = world.simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/tags"));
  assertEquals(tags.map(({ body }) => JSON.parse(body).name), ["127.0.0.1"]);
  const rows = await world.database.db.sql<{ text: string; query: Json }[]>`
    select convert_from(body, 'UTF8') as text, query from event order by id desc limit 3`;
  assertEquals(rows.map(({ query }) => query), [{ k: "[redacted]", n: "1" }, null, null]);
  assertEquals(rows[1]!.text, "token=%5Bredacted%5D&text=a+b");
  assertEquals(JSON.parse(rows[2]!.text).value[0].clientState, "[redacted]");
  assert(!JSON.stringify([rows, world.logs]).includes(key));
});

Deno.test("the commands of the page about sources do what it says, and its table has every sender", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/sources.md", import.meta.url));
  const [block, ...more] = shellBlocks(page);
  assertEquals(more, []);
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", block!.replaceAll("http://localhost:8001", world.url(UW))],
    env: { KEY: OPERATOR_KEY, WORKSPACE: world.workspaceId },
  }).output();
  const printed = new TextDecoder().decode(stdout);
  assert(success, new TextDecoder().decode(stderr));
  const { status, eventType } = JSON.parse(printed);
  assertEquals([status, eventType], ["received", "invoice.paid"], printed);
  const { senders }: Senders = (await ask(`${world.url(UW)}/ui/senders`, { headers: admin })).body;
  for (const { label, preset, scheme } of senders) {
    const row = page.split("\n").find((line) => line.startsWith(`| ${label} `));
    assert(row?.includes(`\`${preset}\``) && row.includes(`\`${scheme}\``), `${label}: ${row}`);
  }
});

/** What a person may type into a field that has no choices. */
const TYPED: Record<string, string> = {
  header: "X-Signature",
  query: "sig",
  body_path: "proof.value",
  prefix: "v1=",
  "elements.signature": "v1",
  "elements.timestamp": "t",
  signed: "{timestamp}.{body}",
  signed_fields: "Message, MessageId",
  timestamp_header: "X-Time",
  timestamp_path: "sent.at",
  tolerance_seconds: "600",
  body_sha256_query: "digest",
  secret_prefix: "whsec_",
  id_header: "X-Id, X-Other-Id",
  id_path: "id",
  type_header: "X-Type",
  type_path: "type",
  user: "shop",
};
/** What another field needs beside it, or in its place. */
const BESIDE: Record<string, Record<string, string>> = {
  query: { header: "" },
  body_path: { header: "" },
  prefix: { "elements.signature": "" },
  "elements.timestamp": { "elements.signature": "v1", signed: "{timestamp}.{body}" },
  "elements.separator": { "elements.signature": "v1" },
  "elements.assign": { "elements.signature": "v1" },
  signed: { timestamp_header: "X-Time" },
  signed_fields: { signed: "{body}{fields}" },
  timestamp_header: { signed: "{timestamp}.{body}" },
  timestamp_format: { signed: "{timestamp}.{body}", timestamp_header: "X-Time" },
  secret_prefix: { secret_encoding: "base64" },
  allow_unsigned_body: { signed: "{id}{timestamp}", timestamp_header: "X-Time", id_header: "X-Id" },
};

Deno.test("each choice of each form makes a source", async () => {
  const senders: Senders = (await ask(`${world.url(UW)}/ui/senders`, { headers: member })).body;
  const pair = (kind: string) =>
    kind === "rsa_sha256"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : kind === "ecdsa_sha256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
  const pems = Object.fromEntries(["rsa_sha256", "ecdsa_sha256", "ed25519"].map((scheme) => [
    scheme,
    pair(scheme).publicKey.export({ type: "spki", format: "pem" }).toString().trim(),
  ]));
  // As the route reads it; over the route once for each kind.
  const submit = (draft: SourceDraft, words: string) => {
    const request = newSourceOf(senders, draft);
    try {
      return parseNewSource(request);
    } catch (error) {
      throw new Error(`${words}: ${JSON.stringify((error as AppError).details)} of ${JSON.stringify(request)}`);
    }
  };
  for (const { key } of kindsOf(senders)) {
    const sender = senders.senders.find(({ preset }) => preset === key);
    const form = senders.schemes.find(({ scheme }) => scheme === (sender?.scheme ?? key.slice("scheme:".length)))!;
    const isSignature = form.fields.some(({ name }) => name === "signed");
    const secret = pems[form.scheme] ??
      (form.scheme === "standard_webhooks" || sender?.preset === "airtable"
        ? Buffer.alloc(32, 5).toString("base64")
        : "a secret of the sender");
    const draft = draftOf(senders, key, "form");
    const needed: Record<string, string> = {
      ...(isSignature && !sender && { header: "X-Signature" }),
      ...(form.fields.some(({ required }) => required) && { user: "shop" }),
      ...(sender?.own_text && { signed: draft.values.signed!.replace(sender.own_text, "8PT5") }),
    };
    const base = { ...draft, values: { ...draft.values, ...needed } };
    const given: SourceDraft = { ...base, secretWay: "given", secret };
    assertEquals(submit(given, key).secret, form.secret === "none" ? undefined : secret, key);
    assertEquals(submit({ ...base, secretWay: "later" }, key).secret, undefined);
    if (form.secret === "made" && sender?.secret_from !== "handshake") {
      assert(submit({ ...base, secretWay: "made" }, key).secret);
    }
    const made = await sources("", { body: newSourceOf(senders, given) });
    assertEquals(made.status, 201, `${key}: ${JSON.stringify(made.body)}`);
    assertEquals((await sources(`/${made.body.id}`, { method: "DELETE" })).status, 200);
    if (sender) continue;
    for (const field of form.fields) {
      const choices = field.kind === "choice"
        ? field.choices!
        : [field.kind === "boolean" ? "true" : TYPED[field.name]!];
      for (const choice of choices) {
        const values = { ...base.values, ...BESIDE[field.name], [field.name]: choice };
        const { definition } = submit({ ...base, values, secretWay: "later" }, `${key} with ${field.name} ${choice}`);
        const [whole, part] = field.name.split(".");
        const options: Json = definition.options;
        const stored = part === undefined ? options[whole!] : options[whole!][part];
        const expected = field.kind === "list" ? choice.split(", ") : field.kind === "boolean" ? true : choice;
        const asText = (value: unknown) => String(value).toLowerCase();
        assertEquals(asText(stored), asText(expected), `${key}: ${field.name}`);
      }
    }
  }
});
