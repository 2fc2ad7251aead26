/** Tests of the parts in words, and of the backlog they tell of. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { createBacklogStore, describeHealth, type HealthFacts, type PartHealth } from "../../src/overview/health.ts";
import { addInstallation, addJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const NOW_MS = Date.UTC(2026, 10, 21, 8);
const ago = (seconds: number) => new Date(NOW_MS - seconds * 1_000);

const WELL: HealthFacts = {
  database: { answer: "ok", kind: "postgres", place: "db.internal:5432/timewire" },
  migrations: "ok",
  keys: "ok",
  signatureChecked: true,
  backlog: { waiting: 0, oldestDueAt: null, executing: 2 },
  worker: { concurrency: 8 },
  secondsSinceRetention: 600,
  installedForMs: 86_400_000,
  redis: "ok",
  token: { keyId: "k1", keyConfigured: true, receivedAt: ago(7_200) },
  active: true,
  nowMs: NOW_MS,
};

function part(name: string, facts: Partial<HealthFacts>, whole = true): PartHealth {
  const found = describeHealth({ ...WELL, ...facts }, { whole }).find((one) => one.name === name);
  assert(found, name);
  return found;
}

Deno.test("describeHealth() of a program that works says ok of every part", () => {
  const parts = describeHealth(WELL, { whole: true });
  assertEquals(parts.map(({ state }) => state), parts.map(() => "ok"));
  assertEquals(parts.map(({ name }) => name), [
    "Database",
    "Migrations",
    "Verification keys",
    "Signature check",
    "Queue",
    "Worker",
    "Retention",
    "Redis",
    "Clockify token",
  ]);
});

Deno.test("describeHealth() shows members what the database is, not where", () => {
  assertEquals(part("Database", {}).detail, "PostgreSQL, db.internal:5432/timewire");
  assertNotMatch(JSON.stringify(describeHealth(WELL, { whole: false })), /db\.internal|5432/);
});

Deno.test("describeHealth() says what is wrong with each part", () => {
  const waits = (seconds: number, waiting = 3) => ({ backlog: { waiting, oldestDueAt: ago(seconds), executing: 0 } });
  const cases: [name: string, facts: Partial<HealthFacts>, state: PartHealth["state"], detail: RegExp][] = [
    ["Database", { database: { ...WELL.database, answer: "error: unreachable" } }, "bad", /^error: unreachable$/],
    ["Migrations", { migrations: "missing: 12" }, "bad", /12/],
    ["Verification keys", { keys: "error: no verification key" }, "bad", /no verification key/],
    ["Signature check", { signatureChecked: false }, "bad", /accepted without a signature/],
    ["Queue", waits(5, 1), "ok", /^1 job waits, the oldest for 5 seconds$/],
    ["Queue", waits(90), "warn", /^3 jobs wait, the oldest for 1 minute$/],
    ["Queue", waits(601, 10_000), "bad", /^10000 and more jobs wait/],
    ["Worker", { worker: undefined }, "off", /only receives/],
    ["Retention", { secondsSinceRetention: undefined }, "warn", /No sweep/],
    ["Retention", { secondsSinceRetention: undefined, installedForMs: 60_000 }, "ok", /expected each hour/],
    ["Retention", { secondsSinceRetention: 9_000 }, "warn", /2 hours ago/],
    ["Redis", { redis: "off" }, "off", /memory/],
    ["Redis", { redis: "away: budgets are per instance" }, "warn", /away/],
    ["Clockify token", { token: undefined }, "bad", /None is stored/],
    ["Clockify token", { token: { ...WELL.token!, keyConfigured: false } }, "bad", /"k1", which is not configured/],
    ["Clockify token", { active: false }, "off", /switched off/],
  ];
  for (const [name, facts, state, detail] of cases) {
    const found = part(name, facts);
    assertStrictEquals(found.state, state, JSON.stringify(found));
    assertMatch(found.detail, detail);
  }
});

Deno.test("backlog() counts what is due of its installation, apart from what is held or due later", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const store = createBacklogStore(db);
  assertEquals(await store.backlog(installationId), { waiting: 0, oldestDueAt: null, executing: 0 });
  await addJobs(db, { installationId, count: 2, dueInMs: -5_000 });
  await addJobs(db, { installationId, dueInMs: 60_000 });
  const [held] = await addJobs(db, { installationId, dueInMs: 60_000 });
  await db.sql`update job set state = 'executing' where id = ${held!}`;
  await addJobs(db, { installationId: await addInstallation(db), dueInMs: -90_000 });
  const { waiting, oldestDueAt, executing } = await store.backlog(installationId);
  const [row] = await db.sql<{ due_at: Date }[]>`
    select min(due_at) as due_at from job where installation_id = ${installationId}`;
  assertEquals([waiting, oldestDueAt, executing], [2, row!.due_at, 1]);
  await stop();
});
