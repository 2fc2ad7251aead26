/** Tests of the presets by each sender's published example, or one that another program made (libraries_test.ts has their own). */

import { Buffer } from "node:buffer";
import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import json from "../../fixtures/senders.json" with { type: "json" };
import { readFields } from "../../src/sources/body_fields.ts";
import { customType, deliveryIdentity } from "../../src/sources/delivery_facts.ts";
import { newSecret, secretFault } from "../../src/sources/keys.ts";
import { PRESETS, SENDERS } from "../../src/sources/senders.ts";
import { SETUP_STEPS } from "../../src/sources/setup_steps.ts";
import { ask, definitionOf, URL_OF_SOURCE, type Vector } from "./ask.ts";

interface PublishedVector extends Vector {
  /** Where it is from. */
  origin: string;
  /** The type and the id that are read, where the sender names them. */
  type?: string;
  id?: string;
}

const vectors = json as unknown as PublishedVector[];

const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });

/** Another secret of the same form. */
function otherSecret(vector: Vector): string {
  const definition = definitionOf(vector.sender, vector.options);
  const made = newSecret(definition);
  if (made !== undefined && !vector.secret.startsWith("whpk_")) return made;
  const { scheme } = definition;
  const { publicKey } = scheme === "rsa_sha256"
    ? otherRsa
    : scheme === "ecdsa_sha256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" });
  return scheme === "standard_webhooks" ? `whpk_${der.subarray(-32).toString("base64")}` : der.toString("base64");
}

for (const [index, vector] of vectors.entries()) {
  Deno.test(`${index} ${vector.sender}: ${vector.origin}`, () => {
    const verdict = ask(vector);
    assertEquals(verdict.ok, true, JSON.stringify(verdict));
    const body = Buffer.from(vector.body);
    const definition = definitionOf(vector.sender, vector.options);
    const headers = new Headers(vector.headers);
    const fields = readFields(body, headers.get("content-type"));
    if (vector.type !== undefined) assertEquals(customType(definition, { headers, json: fields }), vector.type);
    const signedId = verdict.ok ? verdict.deliveryId : undefined;
    const { entityKey } = deliveryIdentity({ sourceId: 1, definition, signedId }, {
      method: "POST",
      headers,
      json: fields,
      body,
      search: "",
    });
    if (vector.id !== undefined) assertEquals(entityKey, `delivery:1:${vector.id}`);

    assertEquals(ask(vector, { secret: otherSecret(vector) }), { ok: false, fault: "proof_wrong" });
    if (!("body_path" in definition.options)) assertEquals(ask(vector, { headers: {} }).ok, false);
    const changed = Buffer.from(body);
    const at = changed.lastIndexOf("e");
    changed[at] = "f".charCodeAt(0);
    const isBodySigned = definition.scheme !== "jwt_hs256" && !("allow_unsigned_body" in definition.options);
    assertEquals(ask(vector, { body: changed }).ok, !isBodySigned, "another body");
    if (isDated(vector)) {
      const { tolerance_seconds } = definition.options as { tolerance_seconds: number };
      const late = (seconds: number) => ask(vector, { nowMs: Date.parse(vector.now) + seconds * 1_000 });
      assertEquals(late(tolerance_seconds).ok && late(1 - tolerance_seconds).ok, true);
      assertEquals(late(tolerance_seconds + 1), { ok: false, fault: "timestamp_old" });
      assertEquals(late(-tolerance_seconds - 1), { ok: false, fault: "timestamp_future" });
    }
    const { url = URL_OF_SOURCE } = vector;
    const { signed = "" } = definition.options as { signed?: string };
    if (/\{(url|query_and_form)\}/.test(signed)) {
      assertEquals(ask(vector, { url: `${url}${url.includes("?") ? "&" : "?"}more=1` }).ok, false, "another address");
    }
  });
}

function isDated(vector: Vector): boolean {
  const { scheme, options } = definitionOf(vector.sender, vector.options);
  if (scheme === "standard_webhooks") return true;
  const { timestamp_header, timestamp_path, elements } = options as Record<string, string | undefined> & {
    elements?: { timestamp?: string };
  };
  return (timestamp_header ?? timestamp_path ?? elements?.timestamp) !== undefined;
}

Deno.test("each signing sender has an example, and each preset a secret of the form that its note states", () => {
  const shown = new Set(vectors.map(({ sender }) => sender));
  for (const preset of PRESETS) {
    const { scheme, ownText, secretFrom } = SENDERS[preset];
    const isSigned = !["api_key", "basic", "none"].includes(scheme);
    assertEquals(shown.has(preset), isSigned, preset);
    if (ownText) continue;
    const definition = definitionOf(preset);
    assertStrictEquals(definition.preset, preset);
    const made = newSecret(definition);
    if (secretFrom === "us") assertStrictEquals(secretFault(definition, made!), undefined, preset);
  }
});

Deno.test("each sender's set-up enters the address once, and the secret where its maker says", () => {
  const wanted = { us: "secret", sender: "theirs", handshake: undefined, none: undefined };
  for (const preset of PRESETS) {
    const values = SETUP_STEPS[preset].map(({ value }) => value);
    assertEquals(values.filter((value) => value === "address").length, 1, preset);
    const secret = wanted[SENDERS[preset].secretFrom];
    if (secret) assertEquals(values.filter((value) => value === "secret" || value === "theirs"), [secret], preset);
    for (const { value, fixed } of SETUP_STEPS[preset]) assertEquals(value === "fixed", fixed !== null, preset);
  }
});

Deno.test("an address that leaves its body unsigned is refused: Twilio's body of another type without its digest", () => {
  const vector = vectors.find(({ sender, url }) => sender === "twilio" && url?.includes("bodySHA256"))!;
  const signedBy = (url: string) => ({
    ...vector.headers,
    "x-twilio-signature": createHmac("sha1", vector.secret).update(url).digest("base64"),
  });
  assertEquals(ask(vector, { body: Buffer.from("{}") }), { ok: false, fault: "body_unsigned" });
  const bare = ask(vector, { url: URL_OF_SOURCE, headers: signedBy(URL_OF_SOURCE) });
  assertEquals(bare, { ok: false, fault: "body_unsigned" });
  assertEquals(ask(vector, { url: URL_OF_SOURCE, headers: signedBy(URL_OF_SOURCE), body: new Uint8Array() }).ok, true);
});

Deno.test("a public key is taken as PEM, certificate, DER and raw, and no other kind, size or private one", () => {
  const own = generateKeyPairSync("ed25519");
  const der = own.publicKey.export({ type: "spki", format: "der" });
  const discord = definitionOf("discord");
  const forms = [
    own.publicKey.export({ type: "spki", format: "pem" }).toString(),
    der.toString("base64"),
    der.subarray(-32).toString("hex"),
    der.subarray(-32).toString("base64"),
  ];
  for (const form of forms) assertStrictEquals(secretFault(discord, form), undefined, form);
  const pemOf = ({ publicKey }: { publicKey: KeyObject }) =>
    publicKey.export({ type: "spki", format: "pem" }).toString();
  const { secret: certificate } = vectors.find(({ sender }) => sender === "sns")!;
  const sns = definitionOf("sns");
  assertStrictEquals(secretFault(sns, certificate), undefined);
  const refused = [
    pemOf(otherRsa),
    own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate,
    "00".repeat(31),
    "",
    "x".repeat(9_000),
  ];
  for (const text of refused) assert(secretFault(discord, text) !== undefined, text.slice(0, 40));
  assert(secretFault(sns, pemOf(generateKeyPairSync("rsa", { modulusLength: 1_024 }))) !== undefined);
});
