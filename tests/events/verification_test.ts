/** Tests of what is told about the proof of an event's sender. */

import { assert, assertMatch, assertStrictEquals } from "@std/assert";
import { verificationOf } from "../../src/events/verification.ts";

Deno.test("how an event was verified is told from what is stored of it", () => {
  const cases: [
    headers: string[],
    source: [name: string, scheme: string | null] | null,
    checks: boolean,
    due: string,
  ][] = [
    [["clockify-signature", "host"], null, true, "verified"],
    [["x-webhook-signature", "host"], null, true, "verified"],
    [["x-addon-signature", "host"], null, true, "verified"],
    [["host"], null, true, "unverified"],
    [["clockify-signature", "host"], null, false, "unverified"],
    [["x-timewire-source"], null, true, "polled"],
    [["x-timewire-source"], null, false, "polled"],
    [["x-timewire-source", "host", "clockify-signature"], null, true, "verified"],
    [["x-timewire-source"], ["shop", "api_key"], true, "custom"],
    [["host"], ["shop", "none"], true, "custom"],
    [["host"], ["shop", null], true, "custom"],
  ];
  for (const [names, source, requireSignature, due] of cases) {
    const headers = Object.fromEntries(
      names.map((name) => [name, name === "x-timewire-source" ? "poll" : "[redacted]"]),
    );
    const [customSource, customScheme] = source ?? [null, null];
    const { result, text } = verificationOf({ headers, customSource, customScheme, foundBy: null }, {
      requireSignature,
    });
    assertStrictEquals(result, due, names.join());
    assert(text.length > 0);
  }
  const found = { headers: { "x-timewire-source": "reconcile" }, customSource: null, customScheme: null };
  for (const foundBy of ["delivery_log", "entity_feed"] as const) {
    const { result, text } = verificationOf({ ...found, foundBy }, { requireSignature: true });
    assertStrictEquals(result, "reconciled");
    assertMatch(text, /no delivery was received$/);
  }
  const none = { headers: {}, customSource: "shop", customScheme: "none", foundBy: null };
  assertMatch(verificationOf(none, { requireSignature: true }).text, /requires no signature/);
});
