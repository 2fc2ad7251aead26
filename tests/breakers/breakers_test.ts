/** Circuit breakers: when one opens, who sees whether the host is back, and what two processes know of it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import {
  type BreakerChange,
  type Breakers,
  type CallEnd,
  CallPutOff,
  createBreakers,
} from "../../src/breakers/breakers.ts";
import { type Breaker, type BreakerStore, createBreakerStore, waitReason } from "../../src/breakers/store.ts";
import { HOST_POLICY } from "../../src/breakers/policy.ts";
import { count, newWindow, tooMany } from "../../src/breakers/window.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Database } from "../../src/db/db.ts";
import { createFakeClock, type FakeClock } from "../clockify/fake_clock.ts";
import { addInstallation } from "../db/rows.ts";
import { addRun, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const { failures: MIN_FAILURES, windowMs: WINDOW_MS } = HOST_POLICY;
const HOST = "shop.example:8443";
const FAILED: CallEnd = { end: "failed", code: "UPSTREAM_FAILED", httpStatus: 503 };

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

interface Process {
  breakers: Breakers;
  clock: FakeClock;
  /** Statements so far. */
  asked: string[];
  changes: string[];
  notices: string[];
  /** How a call with this end came out: "called", or the wait, to 10 s: the database counts by its own time. */
  call(target: { installationId: number; host: string }, end: CallEnd): Promise<"called" | number>;
  stop(): Promise<void>;
}

async function startProcess(db: Database): Promise<Process> {
  const clock = createFakeClock();
  const asked: string[] = [];
  const changes: string[] = [];
  const notices: string[] = [];
  const real = createBreakerStore(db);
  const store = Object.fromEntries(
    Object.entries(real).map(([name, method]) => [name, (...args: unknown[]) => {
      asked.push(name);
      return (method as (...args: unknown[]) => unknown)(...args);
    }]),
  ) as unknown as BreakerStore;
  const breakers = createBreakers({
    db,
    store,
    clock,
    random: () => 0,
    onChange: ({ state }) => void changes.push(state),
    onFault: (error) => {
      throw error;
    },
  });
  const { stop } = await breakers.follow(({ state }: BreakerChange) => void notices.push(state));
  asked.length = 0;
  return {
    breakers,
    clock,
    asked,
    changes,
    notices,
    stop,
    call: async (target, end) => {
      const made = await breakers.guard(target, () => Promise.resolve(end), (one) => one);
      return made instanceof CallPutOff ? Math.round(made.waitMs / 10_000) * 10_000 : "called";
    },
  };
}

Deno.test("the window opens at 10 failures that are half of a minute's calls, and forgets", () => {
  const of = (failed: number, answered: number) => {
    const window = newWindow(0);
    for (let i = 0; i < failed; i++) count(window, "failed", { nowMs: 1_000 });
    for (let i = 0; i < answered; i++) count(window, "answered", { nowMs: 1_000 });
    return tooMany(window);
  };
  assertEquals([of(MIN_FAILURES - 1, 0), of(MIN_FAILURES, 0), of(10, 10), of(10, 11)], [0, 10, 10, 0]);
  const window = newWindow(0);
  for (let i = 0; i < 9; i++) count(window, "failed", { nowMs: 0 });
  count(window, "failed", { nowMs: WINDOW_MS * 0.7 });
  assertEquals(tooMany(window), 10, "half a window before counts too");
  count(window, "failed", { nowMs: WINDOW_MS * 3 });
  assertEquals(tooMany(window), 0);
});

Deno.test("a host that keeps failing is called by one at a time to see, in all processes; one that answers costs no statement", () =>
  withDatabase(async (db) => {
    const target = { installationId: await addInstallation(db), host: HOST };
    const other = { installationId: await addInstallation(db), host: HOST };
    const [one, two] = [await startProcess(db), await startProcess(db)];
    const due = () => db.sql`update breaker set probe_at = now() - interval '1 second'`;
    const heard = async (process: Process, count: number) =>
      void (await eventually(() => Promise.resolve(process.notices.length >= count)));
    try {
      for (let i = 0; i < 50; i++) assertEquals(await one.call(target, { end: "answered" }), "called");
      await one.clock.advance(WINDOW_MS * 2);
      for (let i = 0; i < MIN_FAILURES - 1; i++) assertEquals(await one.call(target, FAILED), "called");
      assertEquals(await one.call(target, { end: "unknown" }), "called");
      assertEquals(one.asked, []);
      assertEquals(await one.call(target, FAILED), "called");
      assertEquals(one.asked, ["open", "waitMs"]);
      assertEquals(await one.call(target, FAILED), 30_000);
      assertEquals(await one.call(other, FAILED), "called", "another installation's calls are its own");
      await heard(two, 1);
      assertEquals(await two.call(target, FAILED), 30_000);
      const [row] = await one.breakers.list(target.installationId);
      assertEquals([row!.host, row!.state, row!.failures, row!.openings, row!.errorCode, row!.httpStatus], [
        HOST,
        "open",
        10,
        1,
        "UPSTREAM_FAILED",
        503,
      ]);

      // Due: of both together one makes the call; it fails, and the wait is twice as long.
      await due();
      await Promise.all([one.clock.advance(5_000), two.clock.advance(5_000)]);
      const ends = await Promise.all([one.call(target, FAILED), two.call(target, FAILED), one.call(target, FAILED)]);
      assertEquals(ends.filter((end) => end === "called").length, 1, JSON.stringify(ends));
      await Promise.all([one.clock.advance(5_000), two.clock.advance(5_000)]);
      assertEquals([await one.call(target, FAILED), await two.call(target, FAILED)], [60_000, 60_000]);

      // While another makes the one call, which may be over soon, the others come back within seconds.
      await due();
      assert(await createBreakerStore(db).claimProbe(target));
      await two.clock.advance(5_000);
      const off = await two.breakers.guard(target, () => Promise.resolve(FAILED), (one) => one);
      assert(off instanceof CallPutOff && off.waitMs > 4_000 && off.waitMs <= 5_000, JSON.stringify(off));
      await createBreakerStore(db).settleProbe(target, "unknown");
      await db.sql`update breaker set probe_at = now() + interval '60 seconds'`;

      // A process that starts now knows it.
      const three = await startProcess(db);
      assertEquals(await three.call(target, FAILED), 60_000);
      await three.stop();

      // A call that says nothing gives the right back; one that is answered closes it for all.
      await due();
      await Promise.all([one.clock.advance(5_000), two.clock.advance(5_000)]);
      assertEquals(await one.call(target, { end: "unknown" }), "called");
      assertEquals(await one.call(target, { end: "answered" }), "called");
      // Its own notices come to a process too, and each looks once at what it heard of late.
      for (const process of [one, two]) await heard(process, one.changes.length + two.changes.length);
      assertEquals(await two.call(target, FAILED), "called");
      assertEquals(await one.call(target, { end: "answered" }), "called");
      assertEquals((await one.breakers.list(target.installationId))[0]!.state, "closed");
      one.asked.length = two.asked.length = 0;
      for (const process of [one, two]) await process.call(target, { end: "answered" });
      assertEquals([one.asked, two.asked], [[], []]);
      assertEquals(one.changes.slice(-2), ["half_open", "closed"]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  }));

Deno.test("what an action throws counts where the host did not answer; without a database calls are made", () =>
  withDatabase(async (db) => {
    const clock = createFakeClock();
    const faults: unknown[] = [];
    const broken = new Proxy({} as BreakerStore, {
      get: () => () => Promise.reject(new Error("the database is away")),
    });
    const breakers = createBreakers({
      db,
      store: broken,
      clock,
      onChange: () => {},
      onFault: (error) => void faults.push(error),
    });
    const target = { installationId: 1, host: HOST };
    const call = (code: "HOST_NOT_ALLOWED" | "UPSTREAM_TIMEOUT") =>
      breakers.guard(target, () => Promise.reject(new AppError(code, "Cannot call")), () => ({ end: "answered" }))
        .catch((error: AppError) => error.code);
    for (let i = 0; i < 30; i++) assertEquals(await call("HOST_NOT_ALLOWED"), "HOST_NOT_ALLOWED");
    assertEquals(faults, []);
    for (let i = 0; i < 12; i++) assertEquals(await call("UPSTREAM_TIMEOUT"), "UPSTREAM_TIMEOUT");
    assert(faults.length > 0);
  }));

Deno.test("a step waits without using up an attempt while the breaker is open; its reset wakes it, and no other", () =>
  withDatabase(async (db) => {
    const store = createBreakerStore(db);
    let isOpen = true;
    const action = fakeAction(({ input }) =>
      (input as { waits: boolean }).waits && isOpen
        ? { outcome: "snooze", delayMs: 600_000, reason: waitReason(HOST), code: "UPSTREAM_UNREACHABLE" }
        : { outcome: "failed", error: new AppError("UPSTREAM_FAILED", "503", { retryable: true }) }
    );
    const retry = { maxAttempts: 3, initialDelayMs: 600_000, maxDelayMs: 600_000, multiplier: 1, jitter: false };
    const waiting = await addRun(db, { steps: [step("only", { input: { waits: true } })] });
    const failing = await addRun(db, { steps: [step("only", { input: { waits: false }, retry })] });
    const { advance } = setUpEngine(db, [action]);
    const queue = createPostgresQueue(db, systemClock);
    for (const job of await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 })) await advance(job);
    const [{ installation_id }] = await db.sql<
      [{ installation_id: number }]
    >`select installation_id from run where id = ${waiting}`;
    await db.sql`update run set installation_id = ${installation_id}`;
    const before = await readRun(db, waiting);
    assertEquals([before.state, before.steps[0]!.attempts, before.tries[0]!.state], ["waiting", 0, "snoozed"]);

    await store.open({ installationId: installation_id, host: HOST }, { failures: 10, code: "UPSTREAM_FAILED" });
    const [{ id }] = await store.list(installation_id) as [Breaker];
    assertEquals(await store.reset(installation_id + 1_000, id, "u"), undefined);
    const done = await store.reset(installation_id, id, "u");
    assertEquals([done?.wasOpen, done?.breaker.state, done?.breaker.resetBy], [true, "closed", "u"]);
    assertEquals((await store.reset(installation_id, id, "v"))?.wasOpen, false);
    const due = await db.sql<{ run_id: string; soon: boolean }[]>`
      select run_id, due_at < now() + interval '10 seconds' as soon from job order by id`;
    assertEquals(due.map(({ run_id, soon }) => [run_id, soon]), [[waiting, true], [failing, false]]);
    isOpen = false;
    await db.sql`update job set due_at = now() where run_id = ${waiting}`;
    for (const job of await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 })) await advance(job);
    const after = await readRun(db, waiting);
    assertEquals(after.tries.map(({ number, state }) => [number, state]), [[1, "failed"]]);
    assertMatch(waitReason(HOST), /shop\.example:8443/);
  }));
