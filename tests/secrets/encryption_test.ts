/** Tests of src/secrets/encryption.ts: round trips, damage, wrong places, key change and key check. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { AppError, type ErrorCode } from "../../src/base/errors.ts";
import {
  createKeyCheck,
  createKeyring,
  keyIdOf,
  newKey,
  type SealContext,
  verifyKeyCheck,
} from "../../src/secrets/encryption.ts";

const KEY_A = newKey("a");
const KEY_B = newKey("b_2026-11");
const CONTEXT: SealContext = { installation: "42", column: "auth_token" };
const keyring = await createKeyring(KEY_A);

async function fails(attempt: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error = await attempt.then(() => undefined, (reason) => reason);
  assert(error instanceof AppError, `expected ${code}, got ${error ?? "no error"}`);
  assertEquals(error.code, code, error.message);
  return error;
}

Deno.test("open() gives back what seal() took", async () => {
  const context = fc.record({ installation: fc.string(), column: fc.string() });
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 300 }), context, async (text, where) => {
      const sealed = await keyring.seal(text, where);
      assertMatch(sealed, /^v1\.a\.[\w-]{16}\.[\w-]{22,}$/);
      assertStrictEquals(await keyring.open(sealed, where), text);
    }),
    { examples: [["\ufeffBOM", CONTEXT], ["", CONTEXT]] },
  );
});

Deno.test("seal() uses a fresh nonce each time", async () => {
  const sealed = await Promise.all(Array.from({ length: 500 }, () => keyring.seal("same", CONTEXT)));
  assertEquals(new Set(sealed.map((text) => text.split(".")[2])).size, 500);
});

Deno.test("seal() refuses text that UTF-8 cannot hold", async () => {
  await fails(keyring.seal("\ud800", CONTEXT), "ENCRYPTED_VALUE_INVALID");
});

Deno.test("open() refuses a value with any flipped bit", async () => {
  const parts = (await keyring.seal("the token", CONTEXT)).split(".") as [string, string, string, string];
  for (const at of [2, 3]) {
    const bytes = Buffer.from(parts[at]!, "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const text = parts.with(at, flipped.toString("base64url")).join(".");
      await fails(keyring.open(text, CONTEXT), "ENCRYPTED_VALUE_INVALID");
    }
  }
});

Deno.test("open() refuses a value with any changed, missing or added character", async () => {
  const sealed = await keyring.seal("the token!", CONTEXT);
  const letter = fc.constantFrom(..."AQgwZ09-_.= +/v1a");
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length - 1), letter, fc.nat(2), async (at, character, how) => {
      const changed = sealed.slice(0, at) + (how === 0 ? "" : character) + sealed.slice(how === 2 ? at : at + 1);
      fc.pre(changed !== sealed);
      const error = await keyring.open(changed, CONTEXT).then(() => undefined, (reason) => reason);
      assert(error instanceof AppError, changed);
      assert(["ENCRYPTED_VALUE_INVALID", "ENCRYPTION_KEY_UNKNOWN"].includes(error.code));
    }),
    { numRuns: 300 },
  );
  for (const text of ["", "plain text", "v1", "v1.a..", `${sealed}.x`, `${sealed}=`, sealed.replace("v1", "v2")]) {
    await fails(keyring.open(text, CONTEXT), "ENCRYPTED_VALUE_INVALID");
  }
});

Deno.test("open() refuses a value in another installation, column or under another key id", async () => {
  const sealed = await keyring.seal("the token", CONTEXT);
  const context = fc.record({ installation: fc.string(), column: fc.string() });
  await fc.assert(
    fc.asyncProperty(context, async (where) => {
      fc.pre(where.installation !== CONTEXT.installation || where.column !== CONTEXT.column);
      await fails(keyring.open(sealed, where), "ENCRYPTED_VALUE_INVALID");
    }),
    {
      examples: [
        [{ ...CONTEXT, installation: "43" }],
        [{ ...CONTEXT, column: "webhook_token" }],
        [{ installation: CONTEXT.column, column: CONTEXT.installation }],
        [{ installation: '42","column":"auth_token', column: "" }],
      ],
    },
  );
  const renamed = await createKeyring(KEY_A.replace("a:", "c:"));
  await fails(renamed.open(sealed.replace("v1.a.", "v1.c."), CONTEXT), "ENCRYPTED_VALUE_INVALID");
});

Deno.test("open() refuses a value in another row of its column, and takes one from before values were bound to rows", async () => {
  const first = { ...CONTEXT, row: "1" };
  const sealed = await keyring.seal("the secret", first);
  assertEquals(await keyring.open(sealed, first), "the secret");
  await fails(keyring.open(sealed, { ...CONTEXT, row: "2" }), "ENCRYPTED_VALUE_INVALID");
  await fails(keyring.open(sealed, CONTEXT), "ENCRYPTED_VALUE_INVALID");
  assertEquals(await keyring.open(await keyring.seal("older", CONTEXT), first), "older");
});

Deno.test("the first key seals and all keys open, so a key can be changed", async () => {
  const sealed = await keyring.seal("the token", CONTEXT);
  const both = await createKeyring(`${KEY_B}, ${KEY_A}`);
  assertEquals(await both.open(sealed, CONTEXT), "the token");
  assertEquals(both.primaryKeyId, "b_2026-11");
  assertEquals(both.keyIds, ["b_2026-11", "a"]);
  const renewed = await both.seal("the token", CONTEXT);
  assertEquals(keyIdOf(renewed), "b_2026-11");
  const error = await fails(keyring.open(renewed, CONTEXT), "ENCRYPTION_KEY_UNKNOWN");
  assertMatch(error.message, /"b_2026-11"/);
});

Deno.test("createKeyring() names the entry at fault, never key material", async () => {
  const material = KEY_A.slice(2);
  const cases: [string, RegExp][] = [
    ["", /it is empty/],
    [" , ", /it is empty/],
    [material, /entry 1 has no valid id/],
    [`${KEY_B},a b:${material}`, /entry 2 has no valid id/],
    [`${"x".repeat(33)}:${material}`, /entry 1 has no valid id/],
    [`a:${material.slice(4)}`, /key "a" is not base64 of 32 bytes/],
    [`a:${material.slice(0, -2)}!!`, /key "a" is not base64 of 32 bytes/],
    [`a:${Buffer.alloc(16).toString("base64")}`, /key "a" is not base64 of 32 bytes/],
    [`${KEY_A},${KEY_A}`, /entry 2 repeats the id "a"/],
  ];
  for (const [text, message] of cases) {
    const error = await fails(createKeyring(text), "CONFIG_INVALID");
    assertMatch(error.message, message);
    assert(!error.message.includes(material.slice(4, 12)));
  }
  assertThrowsLike(() => newKey("no id"), { code: "CONFIG_INVALID" });
});

Deno.test("verifyKeyCheck() refuses a keyring that cannot open the stored data", async () => {
  const stored = await createKeyCheck(keyring);
  await verifyKeyCheck(keyring, stored);
  await verifyKeyCheck(await createKeyring(`${KEY_B},${KEY_A}`), stored);
  await fails(verifyKeyCheck(await createKeyring(KEY_B), stored), "ENCRYPTION_KEY_UNKNOWN");
  await fails(verifyKeyCheck(await createKeyring(newKey("a")), stored), "ENCRYPTED_VALUE_INVALID");
  await fails(verifyKeyCheck(keyring, "garbage"), "ENCRYPTED_VALUE_INVALID");
});
