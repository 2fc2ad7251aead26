import assert from "node:assert/strict";
import { isSecretName, REDACTED, redactHeaders, redactText } from "../../src/telemetry/redact.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

Deno.test("isSecretName() knows the names of requirement L220 in every spelling and leaves flags and kinds alone", () => {
  const secret = ["token", "authToken", "auth_token", "addon_token", "addonToken", "password", "secret", "api_key"];
  const headers = [
    "apikey",
    "Authorization",
    "X-Addon-Token",
    "Clockify-Signature",
    "signature",
    "cookie",
    "X-API-Key",
  ];
  for (const name of [...secret, ...headers, "X-Addon-Lifecycle-Token", "encryption_keys"]) {
    assert.ok(isSecretName(name), name);
  }
  for (const name of ["token_configured", "tokenKind", "workspaceId", "idempotency-key", "signature_switch"]) {
    assert.ok(!isSecretName(name), name);
  }
});

Deno.test("redactHeaders() replaces secret headers by name and tokens by their look", () => {
  const headers = new Headers({
    "Clockify-Signature": JWT,
    "X-Addon-Lifecycle-Token": "abc",
    "X-Api-Key": "k",
    Cookie: "a=b",
    Referer: `https://x.test/?auth_token=${JWT}`,
    "clockify-webhook-event-type": "NEW_TAG",
  });
  assert.deepEqual(redactHeaders(headers), {
    "clockify-signature": REDACTED,
    "clockify-webhook-event-type": "NEW_TAG",
    "cookie": REDACTED,
    "referer": `https://x.test/?auth_token=${REDACTED}`,
    "x-addon-lifecycle-token": REDACTED,
    "x-api-key": REDACTED,
  });
});

Deno.test("redactHeaders() takes a header named __proto__ without harm", () => {
  const kept = redactHeaders([["__proto__", "x"], ["a", "b"]]);
  assert.equal(kept.a, "b");
  assert.equal(Object.getPrototypeOf(kept), Object.prototype);
});

Deno.test("redactText() masks tokens, credentials, mail addresses and long hex, and keeps Clockify ids", () => {
  assert.equal(redactText(`got ${JWT}.`), `got ${REDACTED}.`);
  assert.equal(redactText("cut eyJhbGciOiJSUzI1NiJ9"), `cut ${REDACTED}`);
  assert.equal(redactText("Bearer abcdefgh12345678"), `Bearer ${REDACTED}`);
  assert.equal(redactText("postgresql://me:hunter2@db:5432/x"), `postgresql://${REDACTED}@db:5432/x`);
  assert.equal(redactText("https://x.test/?a=1&auth_token=abc"), `https://x.test/?a=1&auth_token=${REDACTED}`);
  assert.equal(redactText("mail jane.doe@example.com now"), `mail ${REDACTED} now`);
  assert.equal(redactText("key 0123456789abcdef0123456789ABCDEF"), `key ${REDACTED}`);
  assert.equal(redactText("entry 64a687e29ae1f428e7ebe303"), "entry 64a687e29ae1f428e7ebe303");
});
