/**
 * The contract suite of the queue (src/queue/queue.ts): each adapter runs it in a test file of its own. What one cannot do is
 * skipped with a reason, and the reason stands in the test's name.
 */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { orderContract } from "./contract_order.ts";
import { type ContractTest, LEASE_MS, type OpenQueue, type QueueWorld } from "./contract_world.ts";

export interface QueueAdapter {
  /** For the names of the tests: "postgres". */
  name: string;
  /** The queue without jobs. */
  open(): Promise<OpenQueue>;
  /** Names of tests, each with the reason why this adapter cannot keep it. */
  skip?: Readonly<Record<string, string>>;
}

export function queueContract({ name: adapter, open, skip = {} }: QueueAdapter): void {
  const unknown = new Set(Object.keys(skip));
  const test: ContractTest = (name, body) => {
    unknown.delete(name);
    const reason = skip[name];
    Deno.test({
      name: `${adapter}: ${name}${reason === undefined ? "" : ` (skipped: ${reason})`}`,
      ignore: reason !== undefined,
      fn: async () => {
        const opened = await open();
        try {
          await body(worldOf(opened));
        } finally {
          await opened.stop();
        }
      },
    });
  };
  publishContract(test);
  leaseContract(test);
  orderContract(test);
  if (unknown.size > 0) throw new Error(`Cannot skip what the contract does not have: ${[...unknown]}`);
}

function worldOf(opened: OpenQueue): QueueWorld {
  const claim: QueueWorld["claim"] = (owner = "worker-1", options = {}) =>
    opened.queue.claim({ limit: 100, leaseMs: LEASE_MS, ...options, owner });
  const claimOne: QueueWorld["claimOne"] = async (owner, options) => {
    const [job, ...more] = await claim(owner, { ...options, limit: 1 });
    assert(job, "no job may be claimed");
    assertEquals(more.length, 0);
    return job;
  };
  return { ...opened, claim, claimOne };
}

const ids = (jobs: { id: number }[]) => jobs.map(({ id }) => id).sort((a, b) => a - b);

/** How jobs come in: with the transaction that is their cause. */
function publishContract(test: ContractTest): void {
  test("a job is there when the transaction that published it has committed, and never after a rollback", async ({ db, publish, claim }) => {
    const failed = db.transaction(async (sql) => {
      await publish(sql, { kind: "coverage", installationId: 1 });
      throw new Error("rolled back");
    });
    await assertRejectsLike(failed, /rolled back/);
    assertEquals(await claim(), []);
    await db.transaction((sql) => publish(sql, { kind: "coverage", installationId: 1 }));
    const [job, ...more] = await claim();
    assertEquals([job?.kind, job?.installationId, job?.payload, more], ["coverage", 1, {}, []]);
  });

  test("publishing what waits already adds nothing, and only ever brings it forward", async ({ db, queue, publish, claim, stored }) => {
    await publish(db.sql, { kind: "coverage", installationId: 1, delayMs: 60_000 });
    await publish(db.sql, { kind: "coverage", installationId: 1, delayMs: 90_000 });
    assertEquals((await stored()).map(({ due_in_ms }) => due_in_ms <= 60_000), [true]);
    await publish(db.sql, { kind: "coverage", installationId: 1 });
    // Another kind, installation or payload is another job.
    await publish(db.sql, { kind: "bootstrap", installationId: 1 });
    await publish(db.sql, { kind: "coverage", installationId: 2 });
    await publish(db.sql, { kind: "coverage", installationId: 1, payload: { remove: true } });
    assertEquals((await stored()).length, 4);
    const jobs = await claim();
    assertEquals(jobs.length, 4);
    // One that is worked on may have read what changed before.
    await publish(db.sql, { kind: "bootstrap", installationId: 1 });
    const again = await claim();
    assertEquals(again.map(({ kind }) => kind), ["bootstrap"]);
    for (const job of [...jobs, ...again]) await queue.settle(job, { kind: "done" });
    assertEquals(await stored(), []);
  });
}

/** Who holds a job and until when, how it ends, and what is known of the jobs that wait. */
function leaseContract(test: ContractTest): void {
  test("claim() gives a due job whole and skips it while it is leased", async ({ claim, add }) => {
    const [id] = await add({ installationId: 7, kind: "run" });
    const [job] = await claim("worker-1");
    const { payload, ...rest } = job!;
    assertEquals(rest, {
      id: id!,
      kind: "run",
      installationId: 7,
      attempt: 0,
      rescues: 0,
      fence: 1,
      traceparent: null,
      ordered: false,
      generation: null,
      wakes: 0,
    });
    assertEquals(payload, { number: 1 });
    assertEquals(await claim("worker-2"), []);
  });

  test("claim() takes the oldest due jobs up to its limit, and none that is due later", async ({ claim, add }) => {
    await add({ dueInMs: 60_000 });
    const late = await add({ dueInMs: -1_000, count: 2 });
    const older = await add({ dueInMs: -9_000, count: 2 });
    assertEquals(ids(await claim("worker-1", { limit: 3 })), ids([late[0]!, ...older].map((id) => ({ id }))));
    assertEquals(ids(await claim("worker-1", { limit: 3 })), [late[1]]);
  });

  test("claim() takes over a job whose lease ended, and the first owner can record nothing more", async ({ queue, claimOne, add, stored }) => {
    await add();
    const stale = await claimOne("worker-1", { leaseMs: 0 });
    const job = await claimOne("worker-2");
    assertEquals([job.id, job.fence, job.attempt, job.rescues], [stale.id, stale.fence + 1, 0, 1]);
    for (const kind of ["done", "cancel", "discard", "retry", "snooze"] as const) {
      await assertRejectsLike(queue.settle(stale, { kind, reason: "late", delayMs: 0 }), { code: "LEASE_LOST" });
    }
    assertEquals(await queue.renew([stale], 30_000), new Set([stale.id]));
    assertEquals(await queue.renew([job], 30_000), new Set());
    const [row] = await stored();
    assertEquals([row!.state, row!.leased_by, row!.reason], ["executing", "worker-2", null]);
    await queue.settle(job, { kind: "done" });
    await assertRejectsLike(queue.settle(job, { kind: "done" }), { code: "LEASE_LOST" });
  });

  test("settle() closes or reschedules a job as its outcome says", async ({ queue, claim, add, stored }) => {
    await add({ count: 5 });
    const jobs = (await claim()).sort((a, b) => a.id - b.id);
    await Promise.all([
      queue.settle(jobs[0]!, { kind: "done" }),
      queue.settle(jobs[1]!, { kind: "retry", delayMs: 60_000, reason: "failed" }),
      queue.settle(jobs[2]!, { kind: "snooze", delayMs: 60_000, reason: "rate_budget" }),
      queue.settle(jobs[3]!, { kind: "cancel", reason: "not wanted" }),
      queue.settle(jobs[4]!, { kind: "discard", reason: "hopeless" }),
    ]);
    const rows = await stored();
    assertEquals(
      rows.map(({ id, state, attempt, reason, finished }) => ({ id, state, attempt, reason, finished })),
      [
        { id: jobs[1]!.id, state: "retryable", attempt: 1, reason: "failed", finished: false },
        { id: jobs[2]!.id, state: "scheduled", attempt: 0, reason: "rate_budget", finished: false },
        { id: jobs[3]!.id, state: "cancelled", attempt: 0, reason: "not wanted", finished: true },
        { id: jobs[4]!.id, state: "discarded", attempt: 0, reason: "hopeless", finished: true },
      ],
    );
    assert(rows.every(({ leased_by }) => leased_by === null));
    for (const { due_in_ms } of rows.slice(0, 2)) assert(due_in_ms > 30_000 && due_in_ms <= 60_000, `${due_in_ms}`);
    assertEquals(await claim(), [], "neither finished nor later jobs are claimed");
  });

  test("settle() takes any finite delay and any reason", async ({ queue, claimOne, add, clear }) => {
    const cases = [
      { delayMs: 12.5, reason: "a delay with a fraction" },
      { delayMs: 40 * 24 * 3_600_000, reason: "a delay of 40 days" },
      { delayMs: 60_000, reason: "nul \0 and half a pair \ud83d" },
    ];
    const failed: string[] = [];
    for (const outcome of cases) {
      await clear();
      await add();
      const job = await claimOne();
      await queue.settle(job, { kind: "snooze", ...outcome }).catch((error) =>
        failed.push(`${outcome.reason}: ${error}`)
      );
    }
    assertEquals(failed, []);
  });

  test("renew() prolongs the leases that are still held and names the others", async ({ queue, claim, add, stored, giveBack }) => {
    await add({ count: 3 });
    const [kept, released, done] = await claim("worker-1", { leaseMs: 5_000 });
    await giveBack(released!.id);
    await queue.settle(done!, { kind: "done" });
    assertEquals(await queue.renew([kept!, released!, done!], 60_000), new Set([released!.id, done!.id]));
    const row = (await stored()).find(({ id }) => id === kept!.id);
    assert(row!.due_in_ms > 30_000, `${row!.due_in_ms}`);
    assertEquals(await queue.renew([], 60_000), new Set());
  });

  test("release() gives back the claims of one owner, releaseAll() those of every owner, as lost leases", async ({ queue, claim, add }) => {
    await add({ count: 4 });
    const mine = await claim("worker-1", { limit: 2 });
    const others = await claim("worker-2", { limit: 2 });
    await queue.release("worker-1");
    await assertRejectsLike(queue.settle(mine[0]!, { kind: "done" }), { code: "LEASE_LOST" });
    const again = await claim("worker-3");
    assertEquals(ids(again), ids(mine));
    assert(again.every(({ attempt, rescues, fence }) => attempt === 0 && rescues === 0 && fence === 2));
    await queue.releaseAll();
    const all = await claim("worker-4");
    assertEquals(ids(all), ids([...mine, ...others]));
    assert(all.every(({ attempt, rescues }) => attempt === 0 && rescues === 1));
  });

  test("nextDueMs() says when the next job may be claimed, counts() what is there", async ({ queue, claimOne, add }) => {
    assertEquals(await queue.nextDueMs(), undefined);
    assertEquals(await queue.counts(), []);
    await add({ dueInMs: 60_000, count: 2 });
    const later = await queue.nextDueMs();
    assert(later! > 30_000 && later! <= 60_000, `${later}`);
    await add({ kind: "run" });
    assertEquals(await queue.nextDueMs(), 0);
    await queue.settle(await claimOne(), { kind: "discard", reason: "hopeless" });
    assert(await queue.nextDueMs() as number > 30_000, "a finished job is not due");
    const counts = (await queue.counts()).sort((a, b) => a.kind.localeCompare(b.kind));
    assertEquals(counts.map((count) => ({ ...count })), [
      { kind: "event", state: "available", count: 2 },
      { kind: "run", state: "discarded", count: 1 },
    ]);
  });

  test("wake() rings who listens by onWake(), in another process too", async ({ queue, other }) => {
    let ring = () => {};
    const listening = await other.onWake(() => ring());
    for (let round = 0; round < 3; round++) {
      const heard = new Promise<void>((resolve) => ring = resolve);
      queue.wake();
      await heard;
    }
    await listening.stop();
  });
}
