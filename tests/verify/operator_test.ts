/** Tests of src/verify/operator.ts. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findOperator, parseOperatorKeys, usableFrom } from "../../src/verify/operator.ts";
import { refused } from "./mint.ts";

const KEY = "k".repeat(32);
const OTHER = "o:".repeat(16);

Deno.test("findOperator() names the operator whose key it is, and nobody else", () => {
  const operators = parseOperatorKeys(`anna:${KEY}, ben:${OTHER},`);
  assertEquals(findOperator(operators, KEY), "anna");
  assertEquals(findOperator(operators, OTHER), "ben");
  for (const header of [undefined, "", KEY.slice(1), `${KEY}k`, `anna:${KEY}`]) {
    assertEquals(findOperator(operators, header), undefined);
  }
  assertEquals(findOperator(parseOperatorKeys(""), ""), undefined);
  assert(!JSON.stringify(operators).includes(KEY));
});

Deno.test("usableFrom() leaves a key of this machine to requests of this machine", () => {
  const [anna, ben] = parseOperatorKeys(`anna:${KEY},ben:${OTHER}`);
  const operators = [{ ...anna!, loopbackOnly: true as const }, ben!];
  for (const address of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(
      findOperator(usableFrom({ remoteAddress: address, isForwarded: false }, operators), KEY),
      "anna",
      address,
    );
    // A proxy on this machine passes on what comes from elsewhere.
    const forwarded = usableFrom({ remoteAddress: address, isForwarded: true }, operators);
    assertEquals([findOperator(forwarded, KEY), findOperator(forwarded, OTHER)], [undefined, "ben"], address);
  }
  for (const address of ["10.0.0.1", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "0.0.0.0", ""]) {
    const usable = usableFrom({ remoteAddress: address, isForwarded: false }, operators);
    assertEquals([findOperator(usable, KEY), findOperator(usable, OTHER)], [undefined, "ben"], address);
  }
});

Deno.test("parseOperatorKeys() names the entry at fault, never a key", async () => {
  const cases: [string, RegExp][] = [
    [`anna:${KEY},${OTHER.replaceAll(":", "")}`, /entry 2 has no valid name/],
    [`:${KEY}`, /entry 1 has no valid name/],
    [`a b:${KEY}`, /entry 1 has no valid name/],
    [`anna:${KEY.slice(1)}`, /entry 1 has a key of 31 characters, at least 32/],
    [`anna:${KEY}é`, /outside ASCII/],
    [`anna:${KEY},anna:${OTHER}`, /entry 2 repeats a name/],
    [`anna:${KEY},ben:${KEY}`, /entry 2 repeats a key/],
  ];
  for (const [text, message] of cases) {
    const error = await refused(() => parseOperatorKeys(text), { code: "CONFIG_INVALID", secret: "kkkk" });
    assertMatch(error.message, message);
  }
});
