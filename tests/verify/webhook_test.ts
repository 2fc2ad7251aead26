/** Tests of src/verify/webhook.ts and verified_cache.ts: genuine, foreign, forged and repeated deliveries, and floods of them. */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { AppError } from "../../src/base/errors.ts";
import { createGuessGuard } from "../../src/limits/guesses.ts";
import { createKeySource, type KeySource } from "../../src/verify/keys.ts";
import { tokenSha256 } from "../../src/verify/token.ts";
import {
  createWebhookVerifier,
  normalisePath,
  requireWorkspace,
  type StoredWebhook,
  type VerifiedDelivery,
  type WebhookRequest,
} from "../../src/verify/webhook.ts";
import {
  ADDON_ID,
  ADDON_KEY,
  base64Url,
  CLAIMS,
  mint,
  noGuard,
  NOW_S,
  platform,
  refused,
  stranger,
  testClock,
  WORKSPACE,
} from "./mint.ts";

const PATH = "/webhooks/clockify/NEW_TIME_ENTRY";
const TOKEN = mint("webhook", { jti: "new-time-entry" });
const OTHER_PATH = "/webhooks/clockify/NEW_PROJECT";
const OTHER_TOKEN = mint("webhook", { jti: "new-project" });

const request = (changes: Partial<WebhookRequest> = {}): WebhookRequest => ({
  token: TOKEN,
  profileKey: "api_studio",
  addonKey: ADDON_KEY,
  path: PATH,
  headerEvent: "NEW_TIME_ENTRY",
  pathEvent: "NEW_TIME_ENTRY",
  address: "203.0.113.7",
  guesses: noGuard,
  ...changes,
});

/** A verifier over one stored installation, with counters of what a verification costs. */
async function setUp(options: { maxCached?: number } = {}) {
  const clock = testClock();
  const pinned = await createKeySource({ pem: platform.pem, clock });
  const counts = { keys: 0, lookups: 0, looks: 0 };
  const keys: KeySource = {
    ...pinned,
    verificationKeys() {
      counts.keys++;
      return pinned.verificationKeys();
    },
  };
  const stored = new Map<string, StoredWebhook>();
  const store = (path: string, token: string, changes: Partial<StoredWebhook> = {}) =>
    stored.set(`api_studio ${WORKSPACE} ${ADDON_ID} ${path}`, {
      installationId: 1,
      generation: 1,
      tokenSha256: tokenSha256(token),
      event: path.split("/").at(-1)!,
      ...changes,
    });
  store(PATH, TOKEN);
  store(OTHER_PATH, OTHER_TOKEN);
  /** While set, lookups say `reached` and answer what they had found once `opened` resolves. */
  const gate: { current?: { reached(): void; opened: Promise<void> } } = {};
  const verifier = createWebhookVerifier({
    keys,
    clock,
    known: {
      has: (sha256) => [...stored.values()].some((one) => Buffer.from(one.tokenSha256).equals(sha256)),
      add: () => {},
      refresh: () => Promise.resolve(void counts.looks++),
    },
    async lookup({ profileKey, workspaceId, addonId, path }) {
      counts.lookups++;
      const found = stored.get(`${profileKey} ${workspaceId} ${addonId} ${path}`);
      gate.current?.reached();
      await gate.current?.opened;
      return found;
    },
    maxCached: options.maxCached,
  });
  return { clock, counts, stored, store, gate, verifier };
}

Deno.test("verify() gives the stored installation, then the same at once without a key operation", async () => {
  const { verifier, counts } = await setUp();
  const first = verifier.verify(request());
  assert(first instanceof Promise);
  const expected = {
    installationId: 1,
    generation: 1,
    workspaceId: WORKSPACE,
    addonId: ADDON_ID,
    eventType: "NEW_TIME_ENTRY",
  };
  assertEquals(await first, expected);
  for (let i = 0; i < 3; i++) {
    const again = verifier.verify(request());
    assert(!(again instanceof Promise));
    assertEquals(again, expected);
  }
  assertEquals(counts, { keys: 1, lookups: 1, looks: 0 });
});

Deno.test("verify() shares one verification among concurrent deliveries of a token", async () => {
  const { verifier, counts } = await setUp();
  const results = await Promise.all(Array.from({ length: 500 }, () => verifier.verify(request())));
  assertEquals(new Set(results).size, 1);
  assertEquals(counts, { keys: 1, lookups: 1, looks: 0 });
});

Deno.test("verify() refuses what is missing, repeated, forged or expired", async () => {
  const { verifier } = await setUp();
  const cases = [
    [undefined, "WEBHOOK_SIGNATURE_MISSING", "missing"],
    ["", "WEBHOOK_SIGNATURE_MISSING", "missing"],
    [`${TOKEN}, ${TOKEN}`, "WEBHOOK_SIGNATURE_INVALID", "repeated"],
    ["x".repeat(9_000), "WEBHOOK_SIGNATURE_INVALID", "too_long"],
    ["plain-token", "WEBHOOK_SIGNATURE_INVALID", "malformed"],
    [mint("webhook", {}, { key: stranger.privateKey }), "WEBHOOK_SIGNATURE_INVALID", "signature"],
    [mint("webhook", { exp: NOW_S - 61 }), "WEBHOOK_SIGNATURE_INVALID", "expired"],
    [mint("user"), "WEBHOOK_SIGNATURE_INVALID", "kind"],
    [mint("installation"), "WEBHOOK_SIGNATURE_INVALID", "kind"],
    [mint("webhook", { sub: "other-addon" }), "WEBHOOK_WRONG_ADDON", "wrong_addon"],
  ] as const;
  for (const [token, code, reason] of cases) {
    await refused(() => verifier.verify(request({ token })), { code, reason, secret: token?.slice(-30) });
  }
});

Deno.test("verify() refuses a genuine token that is not the one stored for the path", async () => {
  const { verifier } = await setUp();
  for (const token of [OTHER_TOKEN, mint("lifecycle"), mint("webhook", { jti: "rotated" })]) {
    await refused(() => verifier.verify(request({ token })), {
      code: "WEBHOOK_SIGNATURE_INVALID",
      reason: "not_the_stored_token",
    });
  }
  // Also after the token became known on its own path.
  await verifier.verify(
    request({ token: OTHER_TOKEN, path: OTHER_PATH, headerEvent: "NEW_PROJECT", pathEvent: "NEW_PROJECT" }),
  );
  await refused(() => verifier.verify(request({ token: OTHER_TOKEN })), { code: "WEBHOOK_SIGNATURE_INVALID" });
});

Deno.test("verify() refuses genuine tokens of installations, workspaces and profiles that are not stored", async () => {
  const { verifier } = await setUp();
  await verifier.verify(request());
  for (
    const changes of [
      { token: mint("webhook", { addonId: "an earlier installation" }) },
      { token: mint("webhook", { workspaceId: "another workspace" }) },
      { profileKey: "universal_webhook" },
      { path: "/webhooks/clockify/TAG_UPDATED", headerEvent: "TAG_UPDATED", pathEvent: "TAG_UPDATED" },
    ]
  ) await refused(() => verifier.verify(request(changes)), { code: "INSTALLATION_UNKNOWN" });
});

Deno.test("verify() holds path, header and stored event against each other, known token or not", async () => {
  const { verifier, store } = await setUp();
  const path = "/webhooks/clockify/TAG_UPDATED";
  store(path, TOKEN, { event: "NEW_TAG" });
  for (let known = 0; known < 2; known++) {
    for (const headerEvent of [undefined, "", "NEW_PROJECT", "new_time_entry", "NEW_TIME_ENTRY, NEW_PROJECT"]) {
      await refused(() => verifier.verify(request({ headerEvent })), { code: "WEBHOOK_WRONG_EVENT" });
    }
    for (const headerEvent of ["TAG_UPDATED", "NEW_TAG"]) {
      const misplaced = request({ path, pathEvent: "TAG_UPDATED", headerEvent });
      await refused(() => verifier.verify(misplaced), { code: "WEBHOOK_WRONG_EVENT" });
    }
    await verifier.verify(request());
  }
});

Deno.test("on the bare path the header names the event, and the token must be the one of that event's path", async () => {
  const { verifier } = await setUp();
  const bare = (headerEvent: string | undefined, token = TOKEN) =>
    verifier.verify(request({ path: "/webhooks/clockify/", pathEvent: undefined, headerEvent, token }));
  for (let known = 0; known < 2; known++) {
    assertEquals((await bare("NEW_TIME_ENTRY")).eventType, "NEW_TIME_ENTRY");
    assertEquals((await bare("NEW_PROJECT", OTHER_TOKEN)).eventType, "NEW_PROJECT");
    await refused(() => bare("NEW_PROJECT"), { code: "WEBHOOK_SIGNATURE_INVALID", reason: "not_the_stored_token" });
    for (const event of [undefined, "", "../x", "NEW_PROJECT?x"]) {
      await refused(() => bare(event), { code: "WEBHOOK_WRONG_EVENT" });
    }
  }
});

Deno.test("a workspace named by header or body must be the token's", async () => {
  const { verifier } = await setUp();
  for (let known = 0; known < 2; known++) {
    await refused(() => verifier.verify(request({ headerWorkspaceId: "other" })), { code: "WEBHOOK_WRONG_WORKSPACE" });
    const delivery = await verifier.verify(request({ headerWorkspaceId: WORKSPACE }));
    for (const named of [undefined, null, WORKSPACE]) requireWorkspace(delivery, named);
    for (const named of ["other", 7, {}]) {
      await refused(() => requireWorkspace(delivery, named), { code: "WEBHOOK_WRONG_WORKSPACE" });
    }
  }
});

Deno.test("a known token is verified anew after 60 s, and refused once it has expired", async () => {
  const { verifier, clock, counts, store } = await setUp();
  const token = mint("webhook", { exp: NOW_S + 90 });
  store(PATH, token);
  await verifier.verify(request({ token }));
  clock.nowMs += 59_999;
  assert(!(verifier.verify(request({ token })) instanceof Promise));
  clock.nowMs += 1;
  await verifier.verify(request({ token }));
  assertEquals(counts.keys, 2);
  clock.nowMs += 59_000;
  assert(!(verifier.verify(request({ token })) instanceof Promise));
  clock.nowMs += 31_000;
  await refused(() => verifier.verify(request({ token })), { code: "WEBHOOK_SIGNATURE_INVALID", reason: "expired" });
});

Deno.test("forget() drops one installation's tokens, also one that is being verified", async () => {
  const { verifier, stored, store, gate } = await setUp();
  store(OTHER_PATH, OTHER_TOKEN, { installationId: 2 });
  const other = request({ token: OTHER_TOKEN, path: OTHER_PATH, headerEvent: "NEW_PROJECT", pathEvent: "NEW_PROJECT" });
  await verifier.verify(request());
  await verifier.verify(other);
  verifier.forget(1);
  assert(!(verifier.verify(other) instanceof Promise));

  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  gate.current = { reached: reached.resolve, opened: opened.promise };
  const early = verifier.verify(request());
  await reached.promise;
  gate.current = undefined;
  store(PATH, TOKEN, { generation: 2 });
  verifier.forget(1);
  assertEquals((await verifier.verify(request())).generation, 2, "does not join the earlier verification");
  opened.resolve();
  assertEquals((await early).generation, 1);
  const known = verifier.verify(request()) as VerifiedDelivery;
  assertEquals(known.generation, 2, "the earlier result was not kept");

  verifier.forget(1);
  stored.clear();
  await refused(() => verifier.verify(request()), { code: "INSTALLATION_UNKNOWN" });
});

Deno.test("failures are not kept: an installation that appears later is found", async () => {
  const { verifier, stored, store } = await setUp();
  stored.clear();
  await refused(() => verifier.verify(request()), { code: "INSTALLATION_UNKNOWN" });
  store(PATH, TOKEN);
  await verifier.verify(request());
});

/** Well-formed, of nobody's hand. */
function forge(count: number): string[] {
  const [header, , signature] = TOKEN.split(".");
  return Array.from(
    { length: count },
    (_, n) => `${header}.${base64Url(JSON.stringify({ ...CLAIMS.webhook, n }))}.${signature}`,
  );
}

Deno.test("a flood of forged tokens is bounded, asks the database nothing and keeps no stored token out", async () => {
  const { verifier, counts, store } = await setUp({ maxCached: 2 });
  const genuine = Array.from({ length: 300 }, (_, n) => {
    const [path, token] = [`/webhooks/clockify/EVENT_${n}`, mint("webhook", { n })];
    store(path, token);
    return request({ path, token, headerEvent: `EVENT_${n}`, pathEvent: `EVENT_${n}` });
  });
  const attempts = Promise.allSettled(forge(2_000).map(async (token) => await verifier.verify(request({ token }))));
  // More at once than there are places, after all of the strangers: each waits for its turn, and none is refused.
  const deliveries = await Promise.all(genuine.map((one) => verifier.verify(one)));
  assertEquals(deliveries.length, 300);
  const errors = (await attempts).map((attempt) =>
    attempt.status === "rejected" ? attempt.reason as AppError : undefined
  );
  const overloaded = errors.filter((error) => error?.code === "OVERLOADED");
  assertEquals(errors.filter((error) => error?.code === "WEBHOOK_SIGNATURE_INVALID").length, 4 + 256);
  assertEquals(overloaded.length, 2_000 - 260);
  assert(overloaded.every((error) => error?.retryable));
  assertEquals(counts, { keys: 260 + 300, lookups: 300, looks: 0 });
});

Deno.test("past its failures an address's unknown tokens are refused before any key is tried, its stored ones never", async () => {
  const { verifier, counts, clock } = await setUp();
  const guesses = createGuessGuard({ clock, refusal: "too many", onRefused: () => {} });
  for (const token of forge(20)) {
    await refused(() => verifier.verify(request({ token, guesses })), { code: "WEBHOOK_SIGNATURE_INVALID" });
  }
  const keys = counts.keys;
  for (const token of [...forge(40).slice(20), "x".repeat(32), "no token", mint("webhook", { jti: "new" })]) {
    await refused(() => verifier.verify(request({ token, guesses })), { code: "RATE_LIMITED" });
  }
  assertStrictEquals(counts.keys, keys);
  assertEquals((await verifier.verify(request({ guesses }))).installationId, 1);
  await refused(
    () => verifier.verify(request({ token: mint("webhook", { jti: "new" }), guesses, address: "203.0.113.8" })),
    {
      code: "WEBHOOK_SIGNATURE_INVALID",
      reason: "not_the_stored_token",
    },
  );
});

Deno.test("the cache is bounded: the longest kept token gives way", async () => {
  const { verifier, store } = await setUp({ maxCached: 2 });
  const requests = ["TAG_UPDATED", "NEW_TAG", "TAG_DELETED"].map((event) => {
    const [path, token] = [`/webhooks/clockify/${event}`, mint("webhook", { event })];
    store(path, token);
    return request({ path, token, headerEvent: event, pathEvent: event });
  });
  for (const one of requests) await verifier.verify(one);
  assertEquals(requests.map((one) => verifier.verify(one) instanceof Promise), [true, false, false]);
});

Deno.test("normalisePath() gives one spelling", () => {
  const cases = {
    "/webhooks/clockify/X": [
      "https://addon.example/webhooks/clockify/X",
      "//webhooks/clockify/X",
      "webhooks/clockify/X",
      "/webhooks//clockify/X/",
      "HTTP://addon.example:8000//webhooks/clockify/X/?a=1#b",
      "/webhooks/clockify/X?next=/y",
    ],
    "/": ["", "/", "//", "https://addon.example", "https://addon.example?x=/y"],
    "/a b": ["/a b"],
  };
  for (const [expected, spellings] of Object.entries(cases)) {
    for (const text of [expected, ...spellings]) {
      assertStrictEquals(normalisePath(text), expected, text);
    }
  }
});
