/** Tests of the outer form of a backup: what was altered, moved or cut off does not open, and no other key opens it. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { assertRejectsLike } from "../support/assert_like.ts";
import { openChunks, sealChunks } from "../../src/backup/chunks.ts";
import { newKey } from "../../src/secrets/encryption.ts";

const KEY = newKey("b1");
/** Three chunks: two whole ones and a rest. */
const CONTENT = new Uint8Array(262_144 * 2 + 1_000).map((_, index) => index % 251);

async function* inPieces(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.byteLength; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(pieces));
}

const sealed = await Array.fromAsync(sealChunks(inPieces(CONTENT, 70_001), KEY));
const open = (parts: Uint8Array[], keys = KEY) => joined(openChunks(ReadableStream.from(parts), keys));

Deno.test("sealChunks() and openChunks() give the content back, in pieces of any length, under any key of the list", async () => {
  assertEquals(sealed.length, 4, "the first line and three chunks");
  const whole = await joined(ReadableStream.from(sealed));
  const same = (one: Uint8Array, other: Uint8Array) => assert(Buffer.from(one).equals(other));
  same(await joined(openChunks(inPieces(whole, 9_973), `${newKey("new")},${KEY}`)), CONTENT);
  for (const content of [CONTENT.subarray(0, 0), CONTENT.subarray(0, 262_144)]) {
    same(await open(await Array.fromAsync(sealChunks(inPieces(content, 262_144), KEY))), content);
  }
});

Deno.test("openChunks() refuses what was altered, left out, repeated, moved, cut off or added, at every place", async () => {
  const [line, first, second, last] = sealed as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const altered = (part: Uint8Array, at: number) => part.map((byte, index) => index === at ? byte ^ 1 : byte);
  const other = await Array.fromAsync(sealChunks(inPieces(CONTENT, 70_001), KEY));
  const cases: Record<string, Uint8Array[]> = {
    "a bit of a chunk": [line, first, altered(second, 1_000), last],
    "a bit of a tag": [line, first, second, altered(last, last.byteLength - 1)],
    "a length": [line, altered(first, 3), second, last],
    "a chunk left out": [line, first, last],
    "the first left out": [line, second, last],
    "a chunk repeated": [line, first, first, second, last],
    "chunks moved": [line, second, first, last],
    "cut off behind a chunk": [line, first, second],
    "cut off within a chunk": [line, first, second, last.subarray(0, 500)],
    "cut off within a length": [line, first, second, last.subarray(0, 2)],
    "nothing behind the line": [line],
    "nothing": [],
    "something added": [...sealed, new Uint8Array([0])],
    "another backup behind it": [...sealed, ...other],
    "a chunk of another backup": [line, first, other[2]!, last],
    "the line of another backup": [other[0]!, first, second, last],
    "another file": [new TextEncoder().encode("-- PostgreSQL database dump\n"), first],
  };
  for (const [what, parts] of Object.entries(cases)) {
    await assertRejectsLike(
      open(parts),
      { code: "ENCRYPTED_VALUE_INVALID", message: /^Cannot read the backup: / },
      what,
    );
  }
});

Deno.test("openChunks() names the key that is missing or another one, before it gives anything", async () => {
  const given: Uint8Array[] = [];
  const attempt = async (keys: string) => {
    for await (const piece of openChunks(ReadableStream.from(sealed), keys)) given.push(piece);
  };
  await assertRejectsLike(attempt(newKey("b2")), {
    code: "CONFLICT",
    message: 'Cannot open the backup: it was made with the key "b1", which BACKUP_KEYS does not have',
  });
  await assertRejectsLike(attempt(newKey("b1")), {
    code: "CONFLICT",
    message: 'Cannot open the backup: BACKUP_KEYS has another key under "b1" than the one it was made with',
  });
  assertEquals(given, []);
});
