/** Tests of src/verify/known_hashes.ts and hash_set.ts: what is stored is known, a guess is not, and looks are few. */

import { assert, assertEquals, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { createHashSet } from "../../src/verify/hash_set.ts";
import { type HashReads, loadKnownHashes } from "../../src/verify/known_hashes.ts";
import { tokenSha256 } from "../../src/verify/token.ts";
import { createFakeClock, settle } from "../clockify/fake_clock.ts";

const prefix = (token: string) => tokenSha256(token).subarray(0, 8);

Deno.test("a hash set holds a million hashes in some 16 MB, all of them and no other", () => {
  const bytes = ({ heapUsed, external }: Deno.MemoryUsage) => heapUsed + external;
  const all = new Uint8Array(8 * 1_000_000);
  for (let at = 0; at < all.length; at += 65_536) crypto.getRandomValues(all.subarray(at, at + 65_536));
  const fill = () => {
    const set = createHashSet();
    const before = bytes(Deno.memoryUsage());
    for (let at = 0; at < all.length; at += 80_000) set.add(all.subarray(at, at + 80_000));
    return { set, grown: bytes(Deno.memoryUsage()) - before };
  };
  // What tests before it left to be collected is counted too, in one of several looks.
  const looks = Array.from({ length: 3 }, fill);
  const { set } = looks[0]!;
  assertEquals(set.size(), 1_000_000);
  for (let at = 0; at < all.length; at += 8) {
    if (!set.has(all.subarray(at, at + 8))) fail(`hash ${at / 8} is not there`);
  }
  const guess = new Uint8Array(32);
  for (let n = 0; n < 100_000; n++) if (set.has(crypto.getRandomValues(guess))) fail("a guess is there");
  const grown = Math.min(...looks.map(({ grown }) => grown));
  assert(grown < 48 * 1_048_576, `${grown} bytes`);
});

Deno.test("a hash set knows a hash of zeros, a hash within a larger buffer, and each one once", () => {
  const set = createHashSet();
  const zeros = new Uint8Array(32);
  assertEquals(set.has(zeros), false);
  for (let round = 0; round < 2; round++) set.add(zeros.subarray(0, 8));
  set.add(prefix("a"));
  assertEquals([set.size(), set.has(zeros), set.has(tokenSha256("a")), set.has(tokenSha256("b"))], [
    2,
    true,
    true,
    false,
  ]);
});

/** A database of hashes by the second in which they were stored. */
function setUp() {
  const clock = createFakeClock();
  const stored: { token: string; atMs: number }[] = [];
  const asked: number[] = [];
  const state: { fails?: Error } = {};
  const joined = (tokens: typeof stored) => new Uint8Array(tokens.flatMap(({ token }) => [...prefix(token)]));
  const at = () => new Date(clock.now());
  const reads: HashReads = {
    all: async function* () {
      for (const one of stored.slice()) yield await Promise.resolve({ prefixes: joined([one]), at: at() });
    },
    since: (since) => {
      asked.push(clock.monotonicMs());
      if (state.fails) return Promise.reject(state.fails);
      return Promise.resolve({ prefixes: joined(stored.filter(({ atMs }) => atMs > since.getTime())), at: at() });
    },
  };
  const store = (token: string, agoMs = 0) => stored.push({ token, atMs: clock.now() - agoMs });
  return { clock, asked, state, store, load: () => loadKnownHashes({ reads, clock, everyMs: 1_000, lookMs: 2_000 }) };
}

Deno.test("what was stored before and by this process is known at once, what others stored after the next look", async () => {
  const { clock, asked, store, load } = setUp();
  store("old", 1_000_000);
  store("new");
  const known = await load();
  const has = (token: string) => known.has(tokenSha256(token));
  assertEquals(["old", "new", "own", "other"].map(has), [true, true, false, false]);
  known.add(tokenSha256("own"));
  store("other");
  // Committed late: stamped before the read above, and not seen by it.
  store("late", 30_000);
  assertEquals(["own", "other", "late"].map(has), [true, false, false]);
  await known.refresh();
  assertEquals(["own", "other", "late"].map(has), [true, true, true]);
  assertEquals(asked.length, 1);
  assertEquals(known.size(), 5);
  await clock.advance(0);
});

Deno.test("however many ask, there is one look a second, and each began after it was asked for", async () => {
  const { clock, asked, store, load } = setUp();
  const known = await load();
  await Promise.all(Array.from({ length: 100 }, () => known.refresh()));
  assertEquals(asked, [0]);
  let done = 0;
  for (let ms = 0; ms < 3_000; ms += 10) {
    void known.refresh().then(() => done++);
    if (ms === 500) store("other");
    await clock.advance(10);
    if (ms === 980) assertEquals(known.has(tokenSha256("other")), false);
  }
  await settle();
  assertEquals(asked, [0, 1_000, 2_000, 3_000]);
  assert(known.has(tokenSha256("other")));
  assertEquals(done, 300);
});

Deno.test("a look that fails is reported to those who wait for it, and the next one finds all that came meanwhile", async () => {
  const { clock, state, store, load } = setUp();
  store("old");
  const known = await load();
  state.fails = new Error("away");
  store("other");
  await assertRejectsLike(known.refresh(), { message: "away" });
  state.fails = undefined;
  const again = known.refresh();
  await clock.advance(100_000);
  await again;
  assert(known.has(tokenSha256("other")));
});
