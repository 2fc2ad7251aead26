/** Tests of plain webhook tokens in src/verify/webhook.ts: looked up by hash and event, cached like the signed ones. */

import { assertEquals, assertRejects } from "@std/assert";
import { tokenSha256 } from "../../src/verify/token.ts";
import { createWebhookVerifier, type VerifiedDelivery, type WebhookRequest } from "../../src/verify/webhook.ts";
import { ADDON_ID, ADDON_KEY, clock, keys, mint, noGuard, refused, WORKSPACE } from "../verify/mint.ts";

const TOKEN = "Wib3BVVTR6UWgrB9bwZKcGeZSpAwyJOp";
const PATH = "/webhooks/clockify/NEW_TAG";
const STORED = { installationId: 7, generation: 2, workspaceId: WORKSPACE, addonId: ADDON_ID };

function setUp() {
  const asked: string[] = [];
  const verifier = createWebhookVerifier({
    keys,
    clock,
    known: {
      has: (sha256) => tokenSha256(TOKEN).every((byte, index) => byte === sha256[index]),
      add: () => {},
      refresh: () => Promise.resolve(),
    },
    lookup: () => Promise.resolve(undefined),
    lookupPlain: ({ profileKey, tokenSha256: hash, eventType }) => {
      asked.push(eventType);
      const fits = profileKey === "api_studio" && eventType === "NEW_TAG" &&
        tokenSha256(TOKEN).every((byte, index) => byte === hash[index]);
      return Promise.resolve(fits ? STORED : undefined);
    },
  });
  const request = (changes: Partial<WebhookRequest> = {}): WebhookRequest => ({
    token: TOKEN,
    profileKey: "api_studio",
    addonKey: ADDON_KEY,
    path: PATH,
    headerEvent: "NEW_TAG",
    pathEvent: "NEW_TAG",
    address: "203.0.113.7",
    guesses: noGuard,
    ...changes,
  });
  return { asked, verifier, request };
}

Deno.test("verify() takes a plain token on its event's path and on the bare one, and knows it at once afterwards", async () => {
  const { asked, verifier, request } = setUp();
  assertEquals(await verifier.verify(request()), { ...STORED, eventType: "NEW_TAG" });
  const again = verifier.verify(request()) as VerifiedDelivery;
  assertEquals(again.installationId, 7);
  const bare = verifier.verify(request({ path: "/webhooks/clockify", pathEvent: undefined }));
  assertEquals((await bare).eventType, "NEW_TAG");
  assertEquals(asked, ["NEW_TAG"]);
  verifier.forget(7);
  await verifier.verify(request());
  assertEquals(asked.length, 2);
});

Deno.test("verify() refuses a plain token of nobody, of another event or add-on, and with another event in the header", async () => {
  const { verifier, request } = setUp();
  const other = { path: "/webhooks/clockify/TAG_UPDATED", pathEvent: "TAG_UPDATED", headerEvent: "TAG_UPDATED" };
  for (const changes of [{ token: TOKEN.toLowerCase() }, other, { profileKey: "universal_webhook" }]) {
    await refused(() => verifier.verify(request(changes)), { code: "WEBHOOK_SIGNATURE_INVALID", reason: "malformed" });
  }
  await verifier.verify(request());
  await refused(() => verifier.verify(request({ headerEvent: "TAG_UPDATED" })), { code: "WEBHOOK_WRONG_EVENT" });
  await refused(() => verifier.verify(request({ headerWorkspaceId: "other" })), { code: "WEBHOOK_WRONG_WORKSPACE" });
});

Deno.test("verify() asks the database for no token that cannot be a plain one", async () => {
  const { asked, verifier, request } = setUp();
  for (const token of [mint("webhook"), "short", "x".repeat(257), "with blank in the token", "a.b"]) {
    await assertRejects(async () => await verifier.verify(request({ token })));
  }
  assertEquals(asked, []);
});
