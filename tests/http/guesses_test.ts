/** Guesses at the doors: what strangers send costs no query, fills no place of known senders, and refuses no one else. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { randomBytes } from "node:crypto";
import type { Database } from "../../src/db/db.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { stopSharedDatabase, type TestDatabase, testDatabase } from "../support/database.ts";
import { OPERATOR_KEY, startWorld, type World } from "../support/world.ts";
import { type Answer, ask, assertProblem } from "./door.ts";

const PROFILE = "universal_webhook";
const ADDON_KEY = "universal-webhook-api";
const EVENTS = ["NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "NEW_PROJECT"];
const WORKSPACES = 100;

interface Sender {
  workspaceId: string;
  event: string;
  token: string;
}

let database: TestDatabase;
let world: World;
let senders: Sender[];
const env: Record<string, string> = {
  ENCRYPTION_KEYS: newKey("test"),
  // Nothing but the doors: every query is of a request. The database is the test's own.
  ROLE: "listen",
  DATABASE_URL: "postgres://localhost/unused",
  PROFILES: PROFILE,
  UW_ENABLE_CUSTOM_WEBHOOKS: "true",
  API_RATE_LIMIT_RPS: "1000",
};
/** Transactions and statements that the program began. */
let queries = 0;

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  database = { ...database, db: counted(database.db) };
  world = await startWorld({ env, database });
  env.CLOCKIFY_PUBLIC_KEY = world.simulator.publicKeyPem;
  env.ALLOWED_API_DOMAINS = world.simulator.url;
  senders = (await Promise.all(Array.from({ length: WORKSPACES }, (_, n) => install(`guessed-${n}`)))).flat();
});
Deno.test.afterAll(async () => {
  await world.stop();
  await database.stop();
  await stopSharedDatabase();
});

function counted(db: Database): Database {
  const count = <T extends unknown[], R>(work: (...args: T) => R) => (...args: T): R => {
    queries++;
    return work(...args);
  };
  return {
    ...db,
    scoped: count(db.scoped),
    scopedStatement: count(db.scopedStatement),
    transaction: count(db.transaction),
  };
}

/** The add-on in a workspace of its own: the tokens of its webhooks. */
async function install(workspaceId: string): Promise<Sender[]> {
  const { simulator } = world;
  const names = { addonKey: ADDON_KEY, workspaceId, addonId: `addon-of-${workspaceId}` };
  const tokens = await Promise.all(
    EVENTS.map((event) => simulator.signToken({ kind: "webhook", ...names, claims: { jti: event } })),
  );
  const { status, body } = await ask(`${world.url(PROFILE)}/lifecycle/installed`, {
    headers: { "x-addon-lifecycle-token": await simulator.signToken({ kind: "lifecycle", ...names }) },
    body: {
      ...names,
      apiUrl: simulator.apiUrl,
      authToken: await simulator.signToken({ kind: "installation", ...names, userId: "owner" }),
      webhooks: EVENTS.map((event, n) => ({
        path: `/webhooks/clockify/${event}`,
        webhookType: "ADDON",
        authToken: tokens[n],
      })),
    },
  });
  assertEquals(status, 200, JSON.stringify(body));
  return EVENTS.map((event, n) => ({ workspaceId, event, token: tokens[n]! }));
}

function deliver(base: string, { workspaceId, event, token }: Sender, headers = {}): Promise<Answer> {
  return ask(`${base}/webhooks/clockify/${event}`, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": event, ...headers },
    body: { id: crypto.randomUUID(), workspaceId },
  });
}

/** A guess of the kind that comes cheapest, and one that costs a signature's verification. */
function guess(base: string, n: number, headers = {}): Promise<Answer> {
  const [header, payload, signature] = senders[n % senders.length]!.token.split(".");
  const claims = { ...JSON.parse(atob(payload!.replaceAll("-", "+").replaceAll("_", "/"))), n };
  const kinds = [
    () => deliver(base, { ...senders[0]!, token: randomBytes(24).toString("base64url") }, headers),
    () => {
      const forged = btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      return deliver(base, { ...senders[0]!, token: `${header}.${forged}.${signature}` }, headers);
    },
    () => ask(`${base}/webhooks/custom/shop-${guessedKey()}`, { body: {}, headers }),
  ];
  return kinds[n % kinds.length]!();
}

function guessedKey(): string {
  return [...randomBytes(26)].map((byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte % 32]).join("");
}

function statuses(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** A process that has just started over the same database: it remembers nothing that it verified. */
async function restarted<T>(
  work: (base: string) => Promise<T>,
  more: Record<string, string> = {},
): Promise<T> {
  const again = await startWorld({ env: { ...env, ...more }, database });
  try {
    return await work(again.url(PROFILE));
  } finally {
    await again.stop();
  }
}

Deno.test("right after a start 100 workspaces send 3 deliveries each at once: none is refused, for a few queries", async () => {
  await restarted(async (base) => {
    const before = queries;
    const answers = await Promise.all(senders.map((sender) => deliver(base, sender)));
    assertEquals(statuses(answers), { 200: 300 });
    // Look-ups travel together, and so do the deliveries that are stored.
    assert(queries - before < 150, `${queries - before} queries`);
  });
});

Deno.test("100 connections with guesses keep no genuine delivery out, right after a start and later", async () => {
  await restarted(async (base) => {
    const end = { reached: false };
    const guesses: Answer[] = [];
    const strangers = Array.from({ length: 100 }, async (_, at) => {
      for (let n = at; !end.reached; n += 100) guesses.push(await guess(base, n));
    });
    for (let round = 0; round < 2; round++) {
      // As many as come while each stranger waits for an answer.
      while (guesses.length < 100 * (round + 1)) await Promise.race([deliver(base, senders[0]!), ...strangers]);
      const answers = await Promise.all(senders.map((sender) => deliver(base, sender)));
      assertEquals(statuses(answers), { 200: 300 });
    }
    end.reached = true;
    await Promise.all(strangers);
    assertEquals(
      Object.keys(statuses(guesses)).filter((status) => !["401", "404", "429", "503"].includes(status)),
      [],
    );
  });
});

Deno.test("a guess costs no query: all of a second share one look at what other instances stored", async () => {
  await restarted(async (base) => {
    const [before, startedMs] = [queries, performance.now()];
    const answers = await Promise.all(Array.from({ length: 240 }, (_, n) => guess(base, n)));
    const seconds = (performance.now() - startedMs) / 1000;
    assertEquals(Object.keys(statuses(answers)).sort(), ["401", "404"]);
    // One for tokens and one for sources; the embedded database, which no other instance has, is asked more often.
    const looks = database.db.kind === "embedded" ? 10 : 1;
    // Beside them the audit is looked at for what is to be sealed, once a second, and gauges are read after the start.
    const others = 2 * (seconds + 2);
    assert(queries - before <= 2 * (looks * seconds + 1) + others, `${queries - before} queries in ${seconds} s`);
  });
});

Deno.test("a token and a source that another instance stored a moment ago are known", async () => {
  await restarted(async (base) => {
    const [sender] = await install(`elsewhere-${crypto.randomUUID()}`);
    assertEquals((await deliver(base, sender!)).status, 200);
    const source = await ask(`${world.url(PROFILE)}/ui/sources?workspace_id=${sender!.workspaceId}`, {
      headers: { "x-api-key": OPERATOR_KEY },
      body: { name: "open", scheme: "none", allow_unsigned: true },
    });
    assertEquals(source.status, 201, JSON.stringify(source.body));
    const { pathname } = new URL(source.body.url);
    assertEquals((await ask(base + pathname, { body: {} })).status, 200);
    assertEquals((await ask(world.url(PROFILE) + pathname, { body: {} })).status, 200, "the one that made it");
  });
});

Deno.test("an address that guesses is refused before any key is tried; genuine senders and logins behind it are not", async () => {
  await restarted(async (base) => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    const bad = from("203.0.113.9");
    const refused = await Promise.all(Array.from({ length: 60 }, (_, n) => guess(base, n, bad)));
    assert(refused.every(({ status }) => [401, 404, 429].includes(status)));
    for (let n = 0; n < 3; n++) assertProblem(await guess(base, n, bad), 429, "RATE_LIMITED");
    assertEquals(statuses(await Promise.all(senders.map((sender) => deliver(base, sender, bad)))), { 200: 300 });
    assertEquals((await guess(base, 1, from("203.0.113.10"))).status, 401, "another address");
    const metrics = (await ask(`${base}/metrics`)).body;
    assertMatch(metrics, /^rate_limited_total\{service="universal-webhook",scope="guess"\} [1-9]/m);
    // An IPv6 network of 64 bits is one sender's.
    await Promise.all(Array.from({ length: 60 }, (_, n) => guess(base, n, from(`2001:db8:1:2::${n + 1}`))));
    assertProblem(await guess(base, 1, from("2001:db8:1:2:ffff::1")), 429, "RATE_LIMITED");
    assertEquals((await guess(base, 1, from("2001:db8:1:3::1"))).status, 401, "the next network");
  }, { TRUSTED_PROXIES: "127.0.0.1" });
});

Deno.test("1,100 garbage logins keep no good one out, whether it is new, known or an operator's", async () => {
  const { workspaceId } = senders[0]!;
  const names = { addonKey: ADDON_KEY, workspaceId, addonId: `addon-of-${workspaceId}` };
  const login = (userId: string) =>
    world.simulator.signToken({ kind: "user", ...names, userId, workspaceRole: "OWNER" });
  const [known, fresh] = await Promise.all([login("known"), login("fresh")]);
  await restarted(async (base) => {
    const list = (headers: Record<string, string>) => ask(`${base}/ui/flows?workspace_id=${workspaceId}`, { headers });
    assertEquals((await list({ "x-addon-token": known })).status, 200);
    const [header, payload] = known.split(".");
    const garbage = (n: number): Record<string, string> =>
      [
        { "x-addon-token": "garbage" },
        { "x-addon-token": `${header}.${payload}.${randomBytes(256).toString("base64url")}` },
        { authorization: `Bearer ${header}.${payload}.${randomBytes(256).toString("base64url")}` },
        { "x-api-key": "garbage" },
      ][n % 4]!;
    const answers: Answer[] = [];
    const connections = Array.from({ length: 50 }, async (_, at) => {
      for (let n = at; n < 1_100; n += 50) answers.push(await list(garbage(n)));
    });
    await Promise.all(connections);
    assertEquals(Object.keys(statuses(answers)).sort(), ["401", "429"], JSON.stringify(statuses(answers)));
    const flood = Array.from({ length: 100 }, (_, n) => list(garbage(n)));
    const good: Record<string, string>[] = [
      { "x-addon-token": known },
      { "x-addon-token": fresh },
      { "x-api-key": OPERATOR_KEY },
    ];
    for (const headers of good) {
      assertEquals((await list(headers)).status, 200, JSON.stringify(Object.keys(headers)));
    }
    const after = statuses(await Promise.all(flood));
    // What an address may fail comes back at 17 a second.
    assert(
      (after[429] ?? 0) >= 50 && Object.keys(after).every((status) => ["401", "429"].includes(status)),
      JSON.stringify(after),
    );
  });
});
