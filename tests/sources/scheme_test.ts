/** Tests of the verification schemes: published vectors, what each refuses, and that no changed bit passes. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { parseNewSource, parseRotation, patchSource } from "../../src/sources/definition.ts";
import { newSecret, secretFault } from "../../src/sources/keys.ts";
import type { Rules } from "../../src/sources/scheme.ts";
import type { SourceRequest, SourceSecret, Verdict } from "../../src/sources/verdict.ts";
import { proofPlace, verifySource } from "../../src/sources/verify.ts";
import type { AppError } from "../../src/base/errors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function rulesOf(fields: Record<string, unknown>): Rules {
  return parseNewSource({ name: "test", ...fields }).definition;
}

interface Sent extends Partial<Pick<SourceRequest, "method" | "url" | "body">> {
  rules: Rules;
  headers: Record<string, string>;
  secrets: SourceSecret[];
  nowMs: number;
}

function verdictOf(
  { rules, headers, method = "POST", url = "https://x.example/", body, secrets, nowMs }: Sent,
): Verdict {
  return verifySource(rules, { request: { headers: new Headers(headers), method, url, body }, secrets, nowMs });
}

/** What the senders publish, or (Stripe: openssl; Shopify: SQLPage's tests) what another implementation printed. */
const VECTORS: Record<string, Sent & { body: Uint8Array }> = {
  standard_webhooks: {
    rules: rulesOf({ preset: "standard_webhooks" }),
    headers: {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body: bytes('{"test": 2432232314}'),
    secrets: [{ value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
    nowMs: 1_614_265_330_000,
  },
  github: {
    rules: rulesOf({ preset: "github" }),
    headers: { "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
    body: bytes("Hello, World!"),
    secrets: [{ value: "It's a Secret to Everybody" }],
    nowMs: 0,
  },
  stripe: {
    rules: rulesOf({ preset: "stripe" }),
    headers: {
      "stripe-signature": "t=1700000000,v1=236d428f80d6c8a93d200ee8f979a79b742d7504334606c1f254d5739b3221c5,v0=00",
    },
    body: bytes('{"id":"evt_1","type":"charge.succeeded"}'),
    secrets: [{ value: "whsec_test_secret_of_stripe" }],
    nowMs: 1_700_000_000_000,
  },
  shopify: {
    rules: rulesOf({ preset: "shopify" }),
    headers: { "x-shopify-hmac-sha256": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw=" },
    body: bytes('{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}'),
    secrets: [{ value: "test-webhook-secret" }],
    nowMs: 0,
  },
  slack: {
    rules: rulesOf({ preset: "slack" }),
    headers: {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
    body: bytes(
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V" +
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=" +
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554" +
        "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    ),
    secrets: [{ value: "8f742231b10e8888abcd99yyyzzz85a5" }],
    nowMs: 1_531_420_618_000,
  },
};
const PROOF: Record<string, readonly string[]> = {
  standard_webhooks: ["webhook-id", "webhook-timestamp", "webhook-signature"],
  github: ["x-hub-signature-256"],
  stripe: ["stripe-signature"],
  shopify: ["x-shopify-hmac-sha256"],
  slack: ["x-slack-request-timestamp", "x-slack-signature"],
};

for (const [name, sent] of Object.entries(VECTORS)) {
  Deno.test(`verifySource() takes the published example of ${name}, and with another secret refuses it`, () => {
    const { deliveryId, ...verdict } = verdictOf(sent) as { deliveryId?: string; ok: boolean };
    assertEquals(verdict, { ok: true });
    assertStrictEquals(deliveryId, name === "standard_webhooks" ? "msg_p5jXN8AQM9LWM0D4loKWxJek" : undefined);
    const other = newSecret(sent.rules)!;
    assertEquals(verdictOf({ ...sent, secrets: [{ value: other }] }), { ok: false, fault: "proof_wrong" });
    assertEquals(verdictOf({ ...sent, secrets: [] }).ok, false);
    assertEquals(verdictOf({ ...sent, headers: {} }).ok, false);
  });

  Deno.test(`verifySource() refuses the example of ${name} with any one bit changed`, () => {
    const changed = fc.record({ place: fc.constantFrom("body", ...PROOF[name]!), at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(changed, ({ place, at, bit }) => {
        const source = place === "body" ? sent.body : bytes(sent.headers[place]!);
        const copy = source.slice();
        copy[at % copy.length]! ^= 1 << bit;
        const text = String.fromCharCode(...copy);
        // What Headers refuse or trim never comes to us as it was made.
        fc.pre(place === "body" || /^[\x21-\x7e\x80-\xff][\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff]$/.test(text));
        // The other elements of Stripe's list are not part of the signature.
        fc.pre(!(name === "stripe" && place !== "body") || at % copy.length < "t=1700000000,v1=".length + 64);
        const verdict = verdictOf(
          place === "body" ? { ...sent, body: copy } : { ...sent, headers: { ...sent.headers, [place]: text } },
        );
        assertEquals(verdict.ok, false, `${place} ${text}`);
      }),
      { numRuns: 400 },
    );
  });
}

Deno.test("a timestamp outside the tolerance is refused on both sides, and one without form too", () => {
  for (const name of ["standard_webhooks", "stripe", "slack"]) {
    const sent = VECTORS[name]!;
    const at = (seconds: number) => verdictOf({ ...sent, nowMs: sent.nowMs + seconds * 1000 });
    assertEquals(at(300).ok && at(-300).ok, true, name);
    assertEquals(at(301), { ok: false, fault: "timestamp_old" });
    assertEquals(at(-301), { ok: false, fault: "timestamp_future" });
  }
  const sent = VECTORS.standard_webhooks!;
  for (const timestamp of ["", "0x1", "1e9", "-1", "1614265330.0", "01614265330", "99999999999999999999"]) {
    const verdict = verdictOf({ ...sent, headers: { ...sent.headers, "webhook-timestamp": timestamp } });
    assertEquals(verdict.ok, false, timestamp);
  }
});

Deno.test("of a list of signatures any may fit, as while the sender changes its secret", () => {
  const sent = VECTORS.standard_webhooks!;
  const right = sent.headers["webhook-signature"]!;
  const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;
  const list = (text: string) => verdictOf({ ...sent, headers: { ...sent.headers, "webhook-signature": text } });
  assertEquals(list(`${wrong} ${right}`).ok, true);
  assertEquals(list(`v1a,${right.slice(3)} ${right}`).ok, true);
  assertEquals(list(`v1a,${right.slice(3)}`), { ok: false, fault: "proof_malformed" });
  assertEquals(list(wrong), { ok: false, fault: "proof_wrong" });
  assertEquals(list(`${`${wrong} `.repeat(10)}${right}`), { ok: false, fault: "proof_wrong" });

  const stripe = VECTORS.stripe!;
  const header = stripe.headers["stripe-signature"]!;
  const [, signature] = /v1=(\w+)/.exec(header)!;
  const two = `t=1700000000,v1=${"0".repeat(64)},v1=${signature}`;
  assertEquals(verdictOf({ ...stripe, headers: { "stripe-signature": two } }).ok, true);
  const dated = `${header},t=1700000001`;
  assertEquals(verdictOf({ ...stripe, headers: { "stripe-signature": dated } }), {
    ok: false,
    fault: "timestamp_malformed",
  });
});

Deno.test("the older secret is valid until its end and not at it", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 10 ** 12 }), fc.integer({ min: -1000, max: 1000 }), (end, offset) => {
    const { rules, headers, body, secrets: [{ value } = { value: "" }] } = VECTORS.github!;
    const secrets = [{ value: newSecret(rules)! }, { value, expiresAtMs: end }];
    assertEquals(verdictOf({ rules, headers, body, secrets, nowMs: end + offset }).ok, offset < 0);
  }));
});

Deno.test("basic compares user and password, api_key the whole header", () => {
  const value = "a password: with a colon";
  const basic = rulesOf({ scheme: "basic", options: { user: "shop" }, secret: value });
  const ask = (rules: Rules, headers: Record<string, string>) =>
    verdictOf({ rules, headers, body: bytes(""), secrets: [{ value }], nowMs: 0 });
  const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  assertEquals(ask(basic, login(`shop:${value}`)).ok, true);
  for (const text of [`Shop:${value}`, `shop:${value} `, "shop:", "shop", value]) {
    assertEquals(ask(basic, login(text)), { ok: false, fault: "proof_wrong" }, text);
  }
  assertEquals(ask(basic, { authorization: `Bearer ${value}` }), { ok: false, fault: "proof_malformed" });
  assertEquals(ask(basic, {}), { ok: false, fault: "proof_missing" });

  const key = rulesOf({ scheme: "api_key", options: { header: "Authorization", prefix: "Bearer " }, secret: value });
  assertEquals(ask(key, { authorization: `Bearer ${value}` }).ok, true);
  assertEquals(ask(key, { authorization: value }), { ok: false, fault: "proof_wrong" });
  assertEquals(ask(key, { "x-api-key": value }), { ok: false, fault: "proof_missing" });
  assertEquals(ask(rulesOf({ scheme: "none", allow_unsigned: true }), {}).ok, true);
  assertEquals([basic, key].map((rules) => proofPlace(rules).header), ["authorization", "authorization"]);
});

Deno.test("an HMAC of any template, encoding and prefix is taken as its sender makes it", () => {
  const shape = fc.record({
    encoding: fc.constantFrom("hex" as const, "base64" as const),
    prefix: fc.constantFrom(undefined, "sha256=", "v1:"),
    signed: fc.constantFrom("{body}", "{timestamp}.{body}", "v0:{timestamp}:{body}", "{timestamp}{body}"),
    body: fc.uint8Array({ maxLength: 200 }),
    capitals: fc.boolean(),
  });
  fc.assert(fc.property(shape, ({ encoding, prefix, signed, body, capitals }) => {
    const dated = signed.includes("{timestamp}");
    const options = { header: "X-Sig", encoding, prefix, signed, ...(dated && { timestamp_header: "X-Time" }) };
    const rules = rulesOf({ scheme: "hmac_sha256", options });
    const before = signed.replace("{timestamp}", "1700000000").replace("{body}", "");
    const digest = createHmac("sha256", "0123456789abcdef").update(before).update(body).digest(encoding);
    const signature = encoding === "hex" && capitals ? digest.toUpperCase() : digest;
    const headers = { "x-sig": `${prefix ?? ""}${signature}`, "x-time": "1700000000" };
    const secrets = [{ value: "0123456789abcdef" }];
    assertEquals(verdictOf({ rules, headers, body, secrets, nowMs: 1_700_000_000_000 }), { ok: true });
  }));
});

/** Paths of the faults that the input is refused for. */
function faultsOf(attempt: () => unknown): string[] {
  let paths: string[] | undefined;
  assertThrowsLike(attempt, (error: AppError) => {
    assertEquals(error.code, "REQUEST_INVALID");
    paths = (error.details.faults as { path: string }[]).map(({ path }) => path);
    return true;
  });
  return paths!;
}

Deno.test("what a source cannot be is refused with the place of the fault", () => {
  const hmac = { name: "x", scheme: "hmac_sha256" };
  const header = "X-Sig";
  const cases: [Record<string, unknown>, string][] = [
    [{ scheme: "none", name: "x" }, "allow_unsigned"],
    [{ scheme: "none", name: "x", allow_unsigned: true, secret: "0123456789abcdef" }, "secret"],
    [{ name: "x" }, "scheme"],
    [{ name: "x", preset: "github", scheme: "basic" }, "scheme"],
    [{ name: "x", preset: "netscape" }, "preset"],
    [{ name: "X", preset: "github" }, "name"],
    [{ name: "a".repeat(51), preset: "github" }, "name"],
    [{ name: "x-abcdefghijklmnop", preset: "github" }, "name"],
    [{ ...hmac, options: {} }, "options.header"],
    [{ ...hmac, options: { header: "no header" } }, "options.header"],
    [{ ...hmac, options: { header, surprise: 1 } }, "options.surprise"],
    [{ ...hmac, options: { header, signed: "{timestamp}.{body}" } }, "options.signed"],
    [{ ...hmac, options: { header, timestamp_header: "X-Time" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "{body}{body}" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "nothing" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "{body}{host}" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "{body}{" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "{url}" } }, "options.signed"],
    [{ ...hmac, options: { header, signed: "{id}{body}" } }, "options.id_header"],
    [
      { ...hmac, options: { header, signed: "{id}", id_path: "id", allow_unsigned_body: true } },
      "options.allow_unsigned_body",
    ],
    [{ ...hmac, options: { header, signed: "{fields}" } }, "options.signed_fields"],
    [{ ...hmac, options: { header, query: "sig" } }, "options.header"],
    [{ ...hmac, options: { header, secret_prefix: "whsec_" } }, "options.secret_prefix"],
    [{ ...hmac, options: { header, secret_encoding: "hex" }, secret: "not hexadecimal" }, "secret"],
    [{ ...hmac, options: { header, secret_encoding: "hex" }, secret: "00ff" }, "secret"],
    [{ ...hmac, options: { header, timestamp_path: "at", timestamp_header: "X-Time" } }, "options.timestamp_header"],
    [{ name: "x", scheme: "ed25519", options: { header } }, "secret"],
    [
      { name: "x", scheme: "ed25519", options: { header, secret_encoding: "hex" }, secret: null },
      "options.secret_encoding",
    ],
    [{ name: "x", preset: "discord", secret: "0123456789abcdef" }, "secret"],
    [{ name: "x", preset: "paypal", secret: null }, "options.signed"],
    [{ name: "x", scheme: "api_key", options: { header, body_path: "key" } }, "options.header"],
    [{ ...hmac, options: { header, tolerance_seconds: 3601 } }, "options.tolerance_seconds"],
    [{ ...hmac, options: { header }, secret: "short" }, "secret"],
    [{ name: "x", scheme: "standard_webhooks", secret: "whsec_c2hvcnQ=" }, "secret"],
    [{ name: "x", preset: "github", rate_per_second: 0 }, "rate_per_second"],
    [{ name: "x", preset: "github", max_body_bytes: 6_000_000 }, "max_body_bytes"],
    [{ name: "x", preset: "github", answer: { status: 302 } }, "answer.status"],
    [{ name: "x", preset: "github", answer: { status: 204, body: "x" } }, "answer.body"],
    [{ name: "x", preset: "github", answer: { content_type: "text/html" } }, "answer.content_type"],
    [{ name: "x", preset: "github", answer: { body: "ä".repeat(2_049) } }, "answer.body"],
    [{ name: "x", preset: "github", surprise: 1 }, "surprise"],
  ];
  for (const [input, path] of cases) assertEquals(faultsOf(() => parseNewSource(input)), [path]);
  for (const input of [null, [], "text", 1]) assertEquals(faultsOf(() => parseNewSource(input)), [""]);

  const { definition } = parseNewSource({ name: "x", preset: "github" });
  assertEquals(faultsOf(() => patchSource(definition, { name: "y", scheme: "none" })), ["name", "scheme"]);
  assertEquals(faultsOf(() => patchSource(definition, { secret: "0123456789abcdef" })), ["secret"]);
  assertEquals(faultsOf(() => patchSource(definition, { options: {} })), ["options.header"]);
  assertEquals(patchSource(definition, { enabled: false }).enabled, false);
  assertEquals(faultsOf(() => patchSource(definition, { options: { ...definition.options, signed: "{" } })), [
    "options.signed",
  ]);
  assertEquals(faultsOf(() => parseRotation(rulesOf({ scheme: "none", allow_unsigned: true }), {})), [""]);
  assertEquals(faultsOf(() => parseRotation(definition, { overlap_hours: 169 })), ["overlap_hours"]);
  assertEquals(faultsOf(() => parseRotation(rulesOf({ preset: "discord", secret: null }), {})), ["secret"]);
});

Deno.test("newSecret() makes what secretFault() takes, different each time", () => {
  const header = "x-sig";
  const sources = [
    { scheme: "standard_webhooks" },
    { scheme: "hmac_sha256", options: { header } },
    { scheme: "hmac_sha1", options: { header, secret_encoding: "base64", secret_prefix: "whsec_" } },
    { scheme: "hmac_sha512", options: { header, secret_encoding: "hex" } },
    { scheme: "hmac_sha512", options: { header, secret_encoding: "base64url" } },
    { scheme: "basic", options: { user: "u" } },
    { scheme: "api_key" },
    { scheme: "jwt_hs256" },
  ];
  for (const rules of sources.map(rulesOf)) {
    const secret = newSecret(rules)!;
    assertEquals(secretFault(rules, secret), undefined);
    assertNotStrictEquals(secret, newSecret(rules));
  }
});

Deno.test("without its body a request is judged by what headers and address say", () => {
  const early = (name: string, headers: Record<string, string>) => {
    const { rules, secrets, nowMs } = VECTORS[name]!;
    const verdict = verdictOf({ rules, secrets, nowMs, headers });
    return verdict.ok ? "ok" : verdict.fault;
  };
  const { headers } = VECTORS.slack!;
  assertEquals(early("slack", headers), "body_missing");
  assertEquals(early("slack", { ...headers, "x-slack-request-timestamp": "1531420000" }), "timestamp_old");
  assertEquals(early("slack", {}), "proof_missing");
  const inBody = rulesOf({
    scheme: "api_key",
    options: { body_path: "value.0.clientState" },
    secret: "0123456789abcdef",
  });
  const ask = (body?: string, type = "application/json") =>
    verdictOf({
      rules: inBody,
      headers: { "content-type": type },
      body: body === undefined ? undefined : bytes(body),
      secrets: [{ value: "0123456789abcdef" }],
      nowMs: 0,
    });
  assertEquals(ask(), { ok: false, fault: "body_missing" });
  assertEquals(ask('{"value":[{"clientState":"0123456789abcdef"}]}'), { ok: true });
  assertEquals(ask('{"value":[{"clientState":"0123456789abcdeF"}]}'), { ok: false, fault: "proof_wrong" });
  assertEquals(ask('{"value":[]}'), { ok: false, fault: "proof_missing" });
  assertEquals(ask("0123456789abcdef", "text/plain"), { ok: false, fault: "proof_missing" });
});

Deno.test("proof and key may be in the address, times in three forms, and secrets are decoded as they are given", () => {
  const at = Date.parse("2026-01-02T03:04:05Z");
  const forms = { seconds: String(at / 1_000), milliseconds: String(at + 7), iso8601: "2026-01-02T05:04:05.5+02:00" };
  for (const [timestamp_format, time] of Object.entries(forms)) {
    const options = { query: "sig", encoding: "base64url", signed: "{timestamp}|{body}", timestamp_header: "x-time" };
    const secret = Buffer.alloc(16, 9);
    const rules = rulesOf({
      scheme: "hmac_sha512",
      options: { ...options, timestamp_format, secret_encoding: "hex" },
      secret: secret.toString("hex"),
    });
    const digest = createHmac("sha512", secret).update(`${time}|text`).digest("base64url");
    const sent = {
      rules,
      headers: { "x-time": time },
      body: bytes("text"),
      secrets: [{ value: secret.toString("hex") }],
      nowMs: at,
    };
    assertEquals(verdictOf({ ...sent, url: `https://x.example/a?sig=${digest}` }), { ok: true }, timestamp_format);
    assertEquals(verdictOf({ ...sent, url: `https://x.example/a?sig=${digest}==` }), { ok: true }, "with its padding");
    assertEquals(verdictOf({ ...sent, url: "https://x.example/a" }), { ok: false, fault: "proof_missing" });
    for (const malformed of ["2026-01-02", "now", `${time} `.repeat(2), "-1", "2026-13-02T03:04:05Z"]) {
      const refused = verdictOf({
        ...sent,
        headers: { "x-time": malformed },
        url: `https://x.example/a?sig=${digest}`,
      });
      assertEquals(refused, { ok: false, fault: "timestamp_malformed" }, malformed);
    }
  }
  const waiting = rulesOf({ preset: "stripe", secret: null });
  const headers = VECTORS.stripe!.headers;
  const verdict = verdictOf({ ...VECTORS.stripe!, rules: waiting, headers, secrets: [] });
  assertEquals(verdict, { ok: false, fault: "secret_missing" });
});
