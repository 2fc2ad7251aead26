/** Idempotency keys in the table: one claim at a time, one answer, kept with the work or not at all. */

import { assert, assertEquals, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { INSTALLATION_ROOM } from "../../src/idempotency/room.ts";
import {
  type Claim,
  createIdempotencyKeys,
  type IdempotencyKeys,
  type KeyPlace,
  MAX_ANSWER_BYTES,
  type StoredAnswer,
} from "../../src/idempotency/store.ts";
import { createKeyring, type Keyring, newKey } from "../../src/secrets/encryption.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { textsHolding } from "../support/text_columns.ts";

Deno.test.afterAll(stopSharedDatabase);

const MAX_KEYS = 10;
const MAX_STORED_BYTES = 1_000_000;

const ANSWER: StoredAnswer = { status: 201, headers: { location: "/x/1" }, body: '{"secret":"MARK-secret-1"}' };
const REQUEST = "MARK-request";

interface Scene {
  db: Database;
  keyring: Keyring;
  keys: IdempotencyKeys;
  place: KeyPlace;
  claim(place?: KeyPlace, request?: string): Promise<Claim>;
  /** As if so long had passed. */
  age(place: KeyPlace, interval: string): Promise<void>;
}

function withKeys(name: string, body: (scene: Scene) => Promise<void>) {
  Deno.test(name, async () => {
    const { db, stop } = await testDatabase();
    try {
      const keyring = await createKeyring(newKey("test"));
      const keys = createIdempotencyKeys({ db, keyring, clock: systemClock, limits: INSTALLATION_ROOM });
      const place = { installationId: await addInstallation(db), keySha256: "a".repeat(64) };
      const claim: Scene["claim"] = async (at = place, request = REQUEST) => {
        const found = await keys.claim(at, request);
        assert("claim" in found);
        return found.claim;
      };
      const age: Scene["age"] = async ({ installationId, keySha256 }, interval) => {
        await db.sql`
          update idempotency_key set created_at = created_at - ${interval}::text::interval,
            claimed_until = claimed_until - ${interval}::text::interval
          where installation_id = ${installationId} and key_sha256 = ${keySha256}`;
      };
      await body({ db, keyring, keys, place, claim, age });
    } finally {
      await stop();
    }
  });
}

const keepIn = ({ db, keys }: Scene, claim: Claim, answer = ANSWER) =>
  db.scoped({ installationIds: [claim.installationId] }, (sql) => keys.keepWithin(sql, claim, answer));

withKeys("a claimed key is in use until it has its answer, which every later request gets", async (scene) => {
  const { keys, place, claim } = scene;
  const mine = await claim();
  await assertRejectsLike(keys.claim(place, REQUEST), {
    code: "IDEMPOTENCY_KEY_IN_USE",
    details: { retryInMs: 1_000 },
  });
  await assertRejectsLike(keys.claim(place, "another"), { code: "IDEMPOTENCY_KEY_REUSED" });
  await keepIn(scene, mine);
  assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER });
  await assertRejectsLike(keys.claim(place, "another"), { code: "IDEMPOTENCY_KEY_REUSED" });
});

withKeys("what was done under a claim that another took is rolled back", async (scene) => {
  const { db, keys, place, claim, age } = scene;
  const late = await claim();
  await age(place, "30 seconds");
  const next = await claim();
  await assertRejectsLike(
    db.scoped({ installationIds: [place.installationId] }, async (sql) => {
      await sql`insert into stored_bytes (installation_id, bytes) values (${place.installationId}, 1)`;
      await keys.keepWithin(sql, late, ANSWER);
    }),
    { code: "IDEMPOTENCY_KEY_IN_USE" },
  );
  assertEquals((await db.sql`select 1 from stored_bytes`).length, 0);
  await keys.release(late);
  await keys.keep(late, { ...ANSWER, status: 404 });
  await assertRejectsLike(keys.claim(place, REQUEST), { code: "IDEMPOTENCY_KEY_IN_USE" }, "the other goes on");
  await keepIn(scene, next);
  assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER });
});

withKeys("a claim that ran out and that nobody took may still keep its answer", async (scene) => {
  const { keys, place, claim, age } = scene;
  const mine = await claim();
  await age(place, "1 hour");
  await keepIn(scene, mine);
  assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER });
});

withKeys("an answer is kept once: neither a second one nor a release changes it", async (scene) => {
  const { keys, place, claim } = scene;
  const mine = await claim();
  await keepIn(scene, mine);
  await keys.keep(mine, { ...ANSWER, status: 404 });
  await keys.release(mine);
  await keys.releaseAll();
  await assertRejectsLike(keepIn(scene, mine), { code: "IDEMPOTENCY_KEY_IN_USE" });
  assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER });
});

withKeys("a released key is free, for any request; so are all after releaseAll()", async ({ keys, claim }) => {
  await keys.release(await claim());
  await claim(undefined, "another");
  await keys.releaseAll();
  await claim();
});

withKeys(
  "an answer that the transaction of the work rolls back was never kept",
  async ({ db, keys, place, claim, age }) => {
    const mine = await claim();
    await assertRejectsLike(
      db.scoped({ installationIds: [place.installationId] }, async (sql) => {
        await keys.keepWithin(sql, mine, ANSWER);
        throw new Error("later");
      }),
      /later/,
    );
    await assertRejectsLike(keys.claim(place, REQUEST), { code: "IDEMPOTENCY_KEY_IN_USE" });
    await age(place, "30 seconds");
    await claim();
  },
);

withKeys("a key stands for its request for 24 hours", async (scene) => {
  const { place, claim, age, keys } = scene;
  await keepIn(scene, await claim());
  await age(place, "23 hours 59 minutes");
  assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER });
  await age(place, "1 minute");
  await claim(place, "another");
});

withKeys("of many claims at once one is given", async ({ keys, place }) => {
  const found = await Promise.allSettled(Array.from({ length: 20 }, () => keys.claim(place, REQUEST)));
  assertEquals(found.filter(({ status }) => status === "fulfilled").length, 1);
  for (const one of found) if (one.status === "rejected") assertEquals(one.reason.code, "IDEMPOTENCY_KEY_IN_USE");
});

withKeys("installations have their own keys, and a scope sees no other's", async (scene) => {
  const { db, keys, place, claim } = scene;
  const other = { ...place, installationId: await addInstallation(db) };
  await keepIn(scene, await claim());
  await claim(other, "another");
  await keys.release(await claim({ ...other, keySha256: "b".repeat(64) }));
  const seen = await db.scoped(
    { installationIds: [other.installationId] },
    (sql) => sql`select 1 from idempotency_key`,
  );
  assertEquals(seen.length, 1);
  const mine = await claim({ ...place, keySha256: "c".repeat(64) });
  await assertRejectsLike(
    db.scoped({ installationIds: [other.installationId] }, (sql) => keys.keepWithin(sql, mine, ANSWER)),
    { code: "IDEMPOTENCY_KEY_IN_USE" },
    "the transaction of another installation keeps nothing",
  );
});

withKeys("request and answer are sealed", async (scene) => {
  await keepIn(scene, await scene.claim());
  assertEquals(await textsHolding(scene.db, ["MARK-secret-1", "MARK-request"]), []);
});

withKeys("of an answer that is too large the fact alone is kept", async (scene) => {
  const { keys, place, claim } = scene;
  await keepIn(scene, await claim(), { ...ANSWER, body: "ä".repeat(MAX_ANSWER_BYTES / 2) });
  const next = { ...place, keySha256: "b".repeat(64) };
  await keepIn(scene, await claim(next), { ...ANSWER, body: `${"ä".repeat(MAX_ANSWER_BYTES / 2)}.` });
  const [fits, large] = [await keys.claim(place, REQUEST), await keys.claim(next, REQUEST)];
  assert("answer" in fits && fits.answer.body?.length === MAX_ANSWER_BYTES / 2);
  assertEquals(large, { answer: { ...ANSWER, body: null } });
});

withKeys(
  "an installation has so many keys, and so many bytes of answers; those that ended do not count",
  async (scene) => {
    const { db, keyring, place, claim } = scene;
    const keys = createIdempotencyKeys({
      db,
      keyring,
      clock: systemClock,
      limits: { keys: MAX_KEYS, bytes: MAX_STORED_BYTES },
    });
    const { installationId } = place;
    await keepIn(scene, await claim());
    const fill = (rows: number, bytes: number) =>
      db.sql`
      insert into idempotency_key (installation_id, key_sha256, claim, sealed, created_at)
      select ${installationId}, n::text, gen_random_uuid(), repeat('x', ${bytes}::int), now() - interval '23 hours'
      from generate_series(1, ${rows}::int) n`;
    const next = (n: number) => keys.claim({ installationId, keySha256: `next ${n}` }, REQUEST);
    await fill(MAX_KEYS - 2, 1);
    assert("claim" in await next(1));
    const refused = await next(2).then(() => fail("it was not refused"), (error) => error);
    assertEquals(refused.code, "RATE_LIMITED");
    assert(
      refused.details.retryInMs > 3_500_000 && refused.details.retryInMs <= 3_600_000,
      String(refused.details.retryInMs),
    );
    assertEquals(await keys.claim(place, REQUEST), { answer: ANSWER }, "what is there is answered all the same");
    assert(
      "claim" in await keys.claim({ ...place, installationId: await addInstallation(db) }, REQUEST),
      "others go on",
    );
    await db.sql`update idempotency_key set created_at = now() - interval '24 hours' where key_sha256 = '1'`;
    assert("claim" in await next(3));
    await db.sql`delete from idempotency_key where sealed like 'x%'`;
    await fill(2, MAX_STORED_BYTES / 2);
    await assertRejectsLike(next(4), { code: "RATE_LIMITED" });
  },
);

withKeys("between two counts the keys that are added here count as well", async ({ db, keyring, place }) => {
  const keys = createIdempotencyKeys({ db, keyring, clock: systemClock, limits: { keys: 100, bytes: 1_000_000 } });
  const { installationId } = place;
  const claimed = async () => {
    for (let n = 0;; n++) {
      const made = await keys.claim({ installationId, keySha256: `one of many ${n}` }, REQUEST).catch(({ code }) =>
        code
      );
      if (made === "RATE_LIMITED") return n;
    }
  };
  assertEquals(await claimed(), 100);
});
