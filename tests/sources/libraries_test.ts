/** Tests of the presets by the senders' own libraries: what one signs we accept, and what one refuses we refuse. */

import { Buffer } from "node:buffer";
import { createHmac, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { sign as signAsGithub, verify as verifyAsGithub } from "@octokit/webhooks-methods";
import { EventWebhook } from "@sendgrid/eventwebhook";
import { isValidSlackRequest } from "@slack/bolt/verify";
import { verifyKey } from "discord-interactions";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import {
  getExpectedBodyHash,
  getExpectedTwilioSignature,
  validateRequest,
  validateRequestWithBody,
} from "twilio/webhooks";
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { SourceFault, Verdict } from "../../src/sources/verdict.ts";
import { ask, URL_OF_SOURCE } from "./ask.ts";

const AT_SECONDS = 1_700_000_000;
const NOW = new Date(AT_SECONDS * 1_000).toISOString();
const BODY = '{"id":"evt_1","type":"invoice.paid","note":"Zürich"}';
const CHANGED = BODY.replace("evt_1", "evt_2");
/** 32 bytes, as Standard Webhooks and Svix spell them. */
const WHSEC = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

Deno.test("Standard Webhooks and Svix: what their libraries sign is accepted", () => {
  for (
    const [sender, family, webhook] of [
      ["standard_webhooks", "webhook", new Webhook(WHSEC)],
      ["svix", "svix", new SvixWebhook(WHSEC)],
    ] as const
  ) {
    const headers = {
      [`${family}-id`]: "msg_1",
      [`${family}-timestamp`]: String(AT_SECONDS),
      [`${family}-signature`]: webhook.sign("msg_1", new Date(AT_SECONDS * 1_000), BODY),
    };
    const vector = { sender, secret: WHSEC, headers, body: BODY, now: NOW };
    assertEquals(ask(vector), { ok: true, deliveryId: "msg_1" });
    assertEquals(ask({ ...vector, body: CHANGED }), { ok: false, fault: "proof_wrong" });
  }
});

Deno.test("GitHub: what Octokit's library signs is accepted, and both refuse another body", async () => {
  const secret = "a secret of ours";
  const signature = await signAsGithub(secret, BODY);
  for (const body of [BODY, CHANGED]) {
    const isGenuine = await verifyAsGithub(secret, body, signature);
    assertStrictEquals(isGenuine, body === BODY);
    const headers = { "x-hub-signature-256": signature };
    assertStrictEquals(ask({ sender: "github", secret, headers, body, now: NOW }).ok, isGenuine);
  }
});

Deno.test("Stripe: what its library signs is accepted, with an older secret's signature beside it too", async () => {
  const secret = "whsec_a_secret_of_stripe";
  const { webhooks } = new Stripe("sk_test_none");
  const header = await webhooks.generateTestHeaderStringAsync({ payload: BODY, secret, timestamp: AT_SECONDS });
  const older = await webhooks.generateTestHeaderStringAsync({
    payload: BODY,
    secret: "whsec_another",
    timestamp: AT_SECONDS,
  });
  const both = `${older},${header.slice(header.indexOf("v1="))}`;
  for (const signature of [header, both]) {
    const vector = { sender: "stripe", secret, headers: { "stripe-signature": signature }, body: BODY, now: NOW };
    assertEquals(ask(vector), { ok: true });
    assertEquals(ask({ ...vector, body: CHANGED }), { ok: false, fault: "proof_wrong" });
    // Without its tolerance: the library has no clock to hand in.
    assertEquals((await webhooks.constructEventAsync(BODY, signature, secret, 0)).id, "evt_1");
  }
  const old = { sender: "stripe", secret, headers: { "stripe-signature": older }, body: BODY, now: NOW };
  assertEquals(ask(old), { ok: false, fault: "proof_wrong" });
});

Deno.test("Slack: what is accepted, Bolt accepts, and what is refused it refuses", () => {
  const secret = "8f742231b10e8888abcd99yyyzzz85a5";
  const at = Math.floor(Date.now() / 1_000);
  const body = "token=a&command=%2Fweather&text=94070";
  const v0 = createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex");
  for (const [signature, sent] of [[`v0=${v0}`, body], [`v0=${v0}`, `${body}&more=1`], [v0, body]] as const) {
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": String(at) };
    const isGenuine = isValidSlackRequest({
      signingSecret: secret,
      body: sent,
      headers: { "x-slack-signature": signature, "x-slack-request-timestamp": at },
    });
    assertStrictEquals(isGenuine, signature !== v0 && sent === body);
    const vector = { sender: "slack", secret, headers, body: sent, now: new Date(at * 1_000).toISOString() };
    assertStrictEquals(ask(vector).ok, isGenuine);
  }
});

Deno.test("Twilio: what its library signs is accepted: forms, names given twice, and bodies by their digest", () => {
  const secret = "12345678901234567890123456789012";
  const type = "application/x-www-form-urlencoded";
  const fields = { To: "+15017122661", Body: "a b & ü", Files: ["b.jpg", "a.jpg"] };
  const form = new URLSearchParams([["To", fields.To], ["Files", "b.jpg"], ["Body", fields.Body], ["Files", "a.jpg"]]);
  const signature = getExpectedTwilioSignature(secret, URL_OF_SOURCE, fields);
  const vector = {
    sender: "twilio",
    secret,
    headers: { "content-type": type, "x-twilio-signature": signature },
    body: form.toString(),
    now: NOW,
  };
  assertEquals(ask(vector), { ok: true });
  assertStrictEquals(validateRequest(secret, signature, URL_OF_SOURCE, { ...fields, To: "+1" }), false);
  assertEquals(ask({ ...vector, body: vector.body.replace("%2B1", "%2B4") }), { ok: false, fault: "proof_wrong" });

  const url = `${URL_OF_SOURCE}?bodySHA256=${getExpectedBodyHash(BODY)}`;
  const headers = {
    "content-type": "application/json",
    "x-twilio-signature": getExpectedTwilioSignature(secret, url, {}),
  };
  for (const body of [BODY, CHANGED]) {
    const isGenuine = validateRequestWithBody(secret, headers["x-twilio-signature"], url, body);
    assertStrictEquals(isGenuine, body === BODY);
    assertStrictEquals(ask({ sender: "twilio", secret, headers, body, now: NOW, url }).ok, isGenuine);
  }
});

Deno.test("monday.com's apps: a token that jose makes is accepted at its address until it ends, and no other is", async () => {
  const secret = "signing secret of an app";
  const verdictOn = async (claims: JWTPayload, { alg = "HS256", key = secret, url = URL_OF_SOURCE } = {}) => {
    const token = alg === "none"
      ? new UnsecuredJWT(claims).encode()
      : await new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
    return ask({ sender: "monday_app", secret, headers: { authorization: token }, body: BODY, now: NOW, url });
  };
  const claims = { accountId: 1, aud: URL_OF_SOURCE, iat: AT_SECONDS - 10, exp: AT_SECONDS + 290 };
  assertEquals(await verdictOn(claims), { ok: true });
  assertEquals(await verdictOn(claims, { url: `${URL_OF_SOURCE}?board=1` }), { ok: true });
  const refused = (fault: SourceFault): Verdict => ({ ok: false, fault });
  assertEquals(await verdictOn({ ...claims, exp: AT_SECONDS - 61 }), refused("timestamp_old"));
  assertEquals(await verdictOn({ aud: URL_OF_SOURCE }), refused("timestamp_missing"));
  assertEquals(await verdictOn({ ...claims, aud: `${URL_OF_SOURCE}x` }), refused("proof_wrong"));
  assertEquals(await verdictOn({ exp: claims.exp }), refused("proof_wrong"));
  assertEquals(await verdictOn(claims, { key: "another secret of an app" }), refused("proof_wrong"));
  for (const alg of ["HS512", "none"]) assertEquals(await verdictOn(claims, { alg }), refused("proof_malformed"));
  for (const authorization of ["a.b.c", "Bearer x", `${"a".repeat(5_000)}.b.c`]) {
    const vector = { sender: "monday_app", secret, headers: { authorization }, body: BODY, now: NOW };
    assertEquals(ask(vector), refused("proof_malformed"));
  }
});

Deno.test("Discord and SendGrid: what their libraries accept is accepted, and what they refuse is refused", async () => {
  const own = generateKeyPairSync("ed25519");
  const raw = own.publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  const at = String(AT_SECONDS);
  const discord = sign(null, Buffer.from(at + BODY), own.privateKey).toString("hex");
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = curve.publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const pem = curve.privateKey.export({ type: "pkcs8", format: "pem" });
  const sendgrid = sign("sha256", Buffer.from(at + BODY), createPrivateKey(pem)).toString("base64");
  const eventWebhook = new EventWebhook();
  const ecdsa = eventWebhook.convertPublicKeyToECDSA(key);
  for (const body of [BODY, CHANGED]) {
    const isGenuine = body === BODY;
    assertStrictEquals(await verifyKey(body, discord, at, raw), isGenuine);
    assertStrictEquals(eventWebhook.verifySignature(ecdsa, body, sendgrid, at), isGenuine);
    const headers = { "x-signature-ed25519": discord, "x-signature-timestamp": at };
    assertStrictEquals(ask({ sender: "discord", secret: raw, headers, body, now: NOW }).ok, isGenuine);
    const others = {
      "x-twilio-email-event-webhook-signature": sendgrid,
      "x-twilio-email-event-webhook-timestamp": at,
    };
    assertStrictEquals(ask({ sender: "sendgrid", secret: key, headers: others, body, now: NOW }).ok, isGenuine);
  }
});
