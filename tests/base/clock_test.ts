/** Durations in memory do not depend on the wall clock: set back by ten minutes, it makes no age and no deadline longer. */

import { assert, assertEquals } from "@std/assert";
import { createPaces } from "../../src/entities/bootstrap/pace.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createBatcher } from "../../src/db/batcher.ts";
import type { Database } from "../../src/db/db.ts";
import { createBodyAccount } from "../../src/http/server/body_account.ts";
import { createHealthProbe } from "../../src/http/server/health.ts";
import { createCredentials } from "../../src/installations/credentials.ts";
import type { Keyring } from "../../src/secrets/encryption.ts";
import { createSettingsSource } from "../../src/installations/settings.ts";
import { createUserTokens } from "../../src/installations/user_tokens.ts";
import { createLimits } from "../../src/limits/limits.ts";
import { createSourceRate } from "../../src/sources/rate.ts";
import { createStreamClient } from "../../src/stream/client.ts";
import { createSeenIds } from "../../src/stream/seen_ids.ts";
import { createKeySource } from "../../src/verify/keys.ts";
import { createVerifiedCache } from "../../src/verify/verified_cache.ts";
import { createFakeClock, type FakeClock, settle } from "../clockify/fake_clock.ts";
import { rsaPair } from "../verify/mint.ts";

const BACK_MS = 600_000;

/** Begins something that lasts `lastsMs`; the answer says whether it is over. */
interface Case {
  lastsMs: number;
  /** How late the end may be seen, where a timer looks for it. Default 0. */
  lateMs?: number;
  begin(clock: FakeClock): Promise<() => boolean | Promise<boolean>>;
}

/** True when the second call makes `count` grow: what was remembered is over. */
function readAgain(state: { reads: number }, read: () => unknown): () => Promise<boolean> {
  return async () => {
    const before = state.reads;
    await read();
    return state.reads > before;
  };
}

const CASES: Record<string, Case> = {
  "the deadline of a batch": {
    lastsMs: 4_000,
    lateMs: 250,
    begin: (clock) => {
      const batcher = createBatcher<{ name: string }, void>({
        purpose: "test",
        clock,
        maxItems: 1,
        maxInFlight: 1,
        maxWaitMs: 4_000,
        flush: () => new Promise(() => {}),
      });
      let over = false;
      batcher.submit({ name: "one" }).catch(({ code }) => over = code === "DATABASE_UNAVAILABLE");
      return Promise.resolve(() => over);
    },
  },
  "settings that are remembered": {
    lastsMs: 10_000,
    begin: async (clock) => {
      const state = { reads: 0 };
      const source = createSettingsSource({
        clock,
        defaults: {} as never,
        read: () => Promise.resolve(void state.reads++),
      });
      const look = () => Promise.resolve(source.logLevel(1));
      await look();
      return readAgain(state, look);
    },
  },
  "credentials that are remembered": {
    lastsMs: 10_000,
    begin: async (clock) => {
      const state = { reads: 0 };
      const found = {
        workspaceId: "w1",
        sealed: new Uint8Array(),
        hosts: { backendUrl: "https://api.clockify.me/api" },
      };
      const store = { findSealedToken: () => Promise.resolve(state.reads++ >= 0 && found) } as never;
      const keyring = { open: () => Promise.resolve("token") } as unknown as Keyring;
      const { get } = createCredentials({ clock, store, keyring });
      await get(1);
      return readAgain(state, () => get(1));
    },
  },
  "a token that was verified": {
    lastsMs: 60_000,
    begin: async (clock) => {
      const cache = createVerifiedCache<string>({ clock, maxAgeMs: 60_000, maxCached: 9 });
      await cache.load("key", () => Promise.resolve({ value: "who", expiresAtMs: Infinity }));
      return () => cache.get("key") === undefined;
    },
  },
  "a verified token that ends sooner": {
    lastsMs: 20_000,
    begin: async (clock) => {
      const cache = createVerifiedCache<string>({ clock, maxAgeMs: 60_000, maxCached: 9 });
      await cache.load("key", () => Promise.resolve({ value: "who", expiresAtMs: clock.now() + 20_000 }));
      return () => cache.get("key") === undefined;
    },
  },
  "a user's token": {
    lastsMs: 29 * 60_000,
    begin: async (clock) => {
      const state = { reads: 0 };
      const tokens = createUserTokens({
        clock,
        api: {
          exchangeUserToken: () =>
            Promise.resolve({ kind: "ok" as const, status: 200, data: `token ${state.reads++}` } as never),
        } as never,
        verify: () =>
          Promise.resolve({ userId: "u", workspaceId: "w", expiresAtMs: clock.now() + 30 * 60_000 } as never),
      });
      const get = () =>
        tokens.get({
          installation: { workspaceId: "w", token: "t", addonKey: "k" } as never,
          userId: "u",
          maxWaitMs: 100,
          signal: new AbortController().signal,
        });
      assertEquals((await get()).kind, "ok");
      return readAgain(state, get);
    },
  },
  "keys of a JWKS URL": {
    lastsMs: 10 * 60_000,
    begin: async (clock) => {
      const state = { reads: 0 };
      const body = new TextEncoder().encode(JSON.stringify({ keys: [rsaPair().jwk] }));
      const source = await createKeySource({
        clock,
        jwks: { url: "https://keys.example/", fetch: () => Promise.resolve({ status: 200, body, n: state.reads++ }) },
      });
      await source.verificationKeys();
      return readAgain(state, async () => {
        await source.verificationKeys();
        await settle();
      });
    },
  },
  "the probe of the database": {
    lastsMs: 1_000,
    begin: async (clock) => {
      const state = { reads: 0 };
      const scopedStatement = () => Promise.resolve([{ readonly: false }]);
      const db = { sql: () => Promise.resolve(void state.reads++), scopedStatement } as unknown as Database;
      const { database } = createHealthProbe({ db, keys: {} as never, clock });
      await database();
      return readAgain(state, database);
    },
  },
  "a limit that was reached": {
    lastsMs: 1_000,
    begin: (clock) => {
      const budget = createLimits({ clock }).budget({ name: "test", ratePerSecond: 1, burst: 1 });
      assertEquals(budget.take("key"), 0);
      return Promise.resolve(() => budget.take("key") === 0);
    },
  },
  "the limit of a custom source": {
    lastsMs: 1_000,
    begin: (clock) => {
      const rate = createSourceRate(clock);
      const take = () => rate.take({ id: 1, ratePerSecond: 1 });
      for (let taken = 0; taken < 10; taken++) take();
      return Promise.resolve(() => {
        try {
          take();
          return true;
        } catch {
          return false;
        }
      });
    },
  },
  "the distance between requests of a reading": {
    lastsMs: 1_025,
    begin: async (clock) => {
      const pace = createPaces(clock)("key", 1);
      await pace(() => Promise.resolve({ ok: true }));
      let over = false;
      clock.setBack(BACK_MS);
      void pace(() => Promise.resolve({ ok: true })).then(() => over = true);
      return () => over;
    },
  },
  "a body that is under way": {
    lastsMs: 30_000,
    lateMs: 1_000,
    begin: (clock) => {
      let over = false;
      createBodyAccount({ clock, totalBytes: 1 }).open("").within(new Promise(() => {})).catch(() => over = true);
      return Promise.resolve(() => over);
    },
  },
  "a reader of the stream that takes nothing": {
    lastsMs: 60_000,
    begin: (clock) => {
      let over = false;
      const client = createStreamClient({ clock, onClosed: () => over = true });
      client.push({ event: "events", data: "{}" });
      return Promise.resolve(() => {
        client.tick();
        return over;
      });
    },
  },
  "the time in which a late event may appear": {
    lastsMs: 5_000,
    begin: (clock) => {
      const seen = createSeenIds({ clock, floor: 0 });
      seen.add(7);
      return Promise.resolve(() => seen.floor() === 7);
    },
  },
};

for (const [name, { lastsMs, lateMs = 0, begin }] of Object.entries(CASES)) {
  Deno.test(`a wall clock set back by ten minutes does not lengthen ${name}`, async () => {
    const clock = createFakeClock();
    const isOver = await begin(clock);
    await clock.advance(lastsMs / 2);
    clock.setBack(BACK_MS);
    await clock.advance(lastsMs / 2 - 1);
    assertEquals(await isOver(), false, "not before its time");
    await clock.advance(1 + lateMs);
    await settle();
    assertEquals(await isOver(), true, "at its time");
  });
}

Deno.test("the system's monotonic time counts whole milliseconds and never goes back", async () => {
  const before = systemClock.monotonicMs();
  await systemClock.sleep(5);
  const after = systemClock.monotonicMs();
  assert(Number.isInteger(before) && after > before, `${before} ${after}`);
});
