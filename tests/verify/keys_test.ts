/** Tests of src/verify/keys.ts: PEM lists, and a JWKS URL that rotates, fails and comes back. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import { CLOCKIFY_PUBLIC_KEY, createKeySource, type KeyFetch, parsePemKeys } from "../../src/verify/keys.ts";
import { verifyPlatformToken } from "../../src/verify/token.ts";
import { ADDON_KEY, mint, platform, refused, rsaPair, stranger, testClock } from "./mint.ts";

const URL = "https://keys.example/jwks";

/** A JWKS endpoint in a variable. */
function jwksDouble(...pairs: { jwk: Record<string, unknown> }[]) {
  const state = {
    pairs,
    answer: undefined as { status: number; body: string } | undefined,
    gate: undefined as Promise<void> | undefined,
    calls: [] as { url: string; timeoutMs: number; maxBytes: number }[],
  };
  const fetch: KeyFetch = async (url, { timeoutMs, maxBytes }) => {
    state.calls.push({ url, timeoutMs, maxBytes });
    await state.gate;
    const listed = JSON.stringify({ keys: state.pairs.map(({ jwk }) => jwk) });
    const { status, body } = state.answer ?? { status: 200, body: listed };
    if (status === 0) throw new AppError("UPSTREAM_TIMEOUT", "Cannot fetch: no answer within 5 s");
    return { status, body: new TextEncoder().encode(body) };
  };
  return Object.assign(state, { fetch });
}

Deno.test("createKeySource() uses Clockify's published key when nothing is set", async () => {
  const source = await createKeySource({ clock: testClock() });
  assertEquals((await source.verificationKeys()).length, 1);
  assertEquals(source.ready(), { ready: true, keys: 1 });
  assertEquals((await parsePemKeys(CLOCKIFY_PUBLIC_KEY)).length, 1);
});

Deno.test("parsePemKeys() reads several blocks, also with literal \\n", async () => {
  assertEquals((await parsePemKeys(platform.pem + stranger.pem)).length, 2);
  assertEquals((await parsePemKeys(platform.pem.replaceAll("\n", "\\n"))).length, 1);
});

Deno.test("parsePemKeys() names the block that is bad", async () => {
  const pkcs8 = platform.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const cases: [string, RegExp][] = [
    ["", /no PEM block found/],
    [`${platform.pem} and more`, /outside the 1 complete/],
    [platform.pem + "-----BEGIN PUBLIC KEY-----\nAAAA\n", /outside the 1 complete/],
    [`${platform.pem}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n`, /PEM block 2 of 2 is not an RSA/],
    [platform.pem + pkcs8, /PEM block 2 of 2 is a PRIVATE KEY/],
    [rsaPair(1024).pem, /PEM block 1 of 1 has 1024 bits/],
    [platform.pem.repeat(9), /9 PEM blocks, at most 8/],
  ];
  for (const [text, message] of cases) {
    const error = await refused(() => parsePemKeys(text), { code: "CONFIG_INVALID" });
    assertMatch(error.message, message);
    assert(!error.message.includes("MII"));
  }
});

Deno.test("two pinned keys are both accepted while a key changes", async () => {
  const clock = testClock();
  const keys = await createKeySource({ pem: platform.pem + stranger.pem, clock });
  const deps = { keys, addonKey: ADDON_KEY, clock, place: "webhook" } as const;
  await verifyPlatformToken(mint("webhook"), deps);
  await verifyPlatformToken(mint("webhook", {}, { key: stranger.privateKey }), deps);
});

Deno.test("JWKS keys are fetched once per 10 minutes, with time and size limit", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  await Promise.all([source.verificationKeys(), source.verificationKeys(), source.ready()]);
  clock.nowMs += 9 * 60_000;
  await source.verificationKeys();
  assertEquals(jwks.calls, [{ url: URL, timeoutMs: 5_000, maxBytes: 65_536 }]);
  clock.nowMs += 60_001;
  await source.verificationKeys();
  assertEquals(jwks.calls.length, 2);
});

Deno.test("a slow JWKS URL delays nobody who can be served with held keys", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  await source.verificationKeys();
  clock.nowMs += 11 * 60_000;
  const { promise, resolve } = Promise.withResolvers<void>();
  jwks.gate = promise;
  assertEquals((await source.verificationKeys()).length, 1);
  assertEquals(jwks.calls.length, 2);
  resolve();
  await source.newerKeys(await source.verificationKeys());
});

Deno.test("a new JWKS key is live at the next unknown token, the retired one refused, at most one fetch per 30 s", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const keys = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  const deps = { keys, addonKey: ADDON_KEY, clock, place: "webhook" } as const;
  const old = mint("webhook");
  const renewed = mint("webhook", {}, { key: stranger.privateKey });
  await verifyPlatformToken(old, deps);

  jwks.pairs = [stranger];
  await refused(() => verifyPlatformToken(renewed, deps), { code: "WEBHOOK_SIGNATURE_INVALID", reason: "signature" });
  assertEquals(jwks.calls.length, 1, "the first fetch was less than 30 s ago");

  clock.nowMs += 30_000;
  await Promise.all([verifyPlatformToken(renewed, deps), verifyPlatformToken(renewed, deps)]);
  await refused(() => verifyPlatformToken(old, deps), { code: "WEBHOOK_SIGNATURE_INVALID", reason: "signature" });
  assertEquals(jwks.calls.length, 2);
});

Deno.test("forged tokens cause one fetch per cooldown, however many come", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  const tried = await source.verificationKeys();
  for (let second = 0; second < 60; second++) {
    clock.nowMs += 1_000;
    await Promise.all(Array.from({ length: 20 }, async () => source.newerKeys(await source.verificationKeys())));
  }
  assertEquals(tried.length, 1);
  assertEquals(jwks.calls.length, 3, "at start, after 30 s and after 60 s");
});

Deno.test("held JWKS keys serve through an outage of 24 h, not longer, and a failed fetch is not repeated at once", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  await source.verificationKeys();
  for (
    const answer of [{ status: 500, body: "" }, { status: 200, body: "<html>" }, { status: 200, body: '{"keys":[]}' }]
  ) {
    jwks.answer = answer;
    clock.nowMs += 60 * 60_000;
    assertEquals((await source.verificationKeys()).length, 1);
    await source.newerKeys(await source.verificationKeys());
    assertMatch((source.ready()).reason ?? "", /Cannot fetch keys/);
  }
  jwks.answer = { status: 0, body: "" };
  clock.nowMs += 21 * 60 * 60_000;
  const error = await refused(() => source.verificationKeys(), { code: "UPSTREAM_UNREACHABLE" });
  assertEquals(error.retryable, true);
  const calls = jwks.calls.length;
  assertEquals((source.ready()).ready, false);
  assertEquals(jwks.calls.length, calls);

  jwks.answer = undefined;
  clock.nowMs += 30_000;
  assertEquals(source.ready().ready, false, "starts the fetch, does not wait for it");
  await source.verificationKeys();
  assertEquals(source.ready(), { ready: true, keys: 1 });
});

Deno.test("pinned keys work beside a JWKS URL that never answered", async () => {
  const clock = testClock();
  const jwks = jwksDouble();
  jwks.answer = { status: 0, body: "" };
  const source = await createKeySource({ pem: platform.pem, jwks: { url: URL, fetch: jwks.fetch }, clock });
  assertEquals((await source.verificationKeys()).length, 1);
});

Deno.test("JWKS entries for other uses, algorithms and sizes are left out, and no more than 8 keys are taken", async () => {
  const clock = testClock();
  const jwks = jwksDouble(
    { jwk: { ...platform.jwk, use: "enc" } },
    { jwk: { ...platform.jwk, alg: "RS512" } },
    { jwk: { ...platform.jwk, key_ops: ["encrypt"] } },
    { jwk: { kty: "oct", k: "c2VjcmV0" } },
    { jwk: { kty: "RSA", n: "!!", e: 3 } },
    { jwk: null as unknown as Record<string, unknown> },
    rsaPair(1024),
    ...Array.from({ length: 9 }, () => platform),
  );
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  assertEquals((await source.verificationKeys()).length, 8);
});

Deno.test("a clock set back does not stop fetches", async () => {
  const clock = testClock();
  const jwks = jwksDouble(platform);
  const source = await createKeySource({ jwks: { url: URL, fetch: jwks.fetch }, clock });
  await source.verificationKeys();
  clock.nowMs -= 3_600_000;
  await source.newerKeys(await source.verificationKeys());
  assertEquals(jwks.calls.length, 1, "not more often than each 30 s either");
  clock.nowMs += 30_000;
  await source.newerKeys(await source.verificationKeys());
  assertEquals(jwks.calls.length, 2);
});
