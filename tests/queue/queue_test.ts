/** Tests of src/queue/postgres.ts: leases and fencing, the states a job ends in, times and wake-ups. */

import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

async function world() {
  const { db, url, stop } = await testDatabase();
  const queue = createPostgresQueue(db, systemClock);
  const claim = (owner = "worker-1", options: { limit?: number; leaseMs?: number } = {}) =>
    queue.claim({ limit: 100, leaseMs: 30_000, ...options, owner });
  const claimOne = async (owner?: string, options?: { leaseMs?: number }): Promise<Job> => {
    const [job, ...more] = await claim(owner, { ...options, limit: 1 });
    assert.ok(job, "no job is due");
    assert.equal(more.length, 0);
    return job;
  };
  return { db, url, stop, queue, claim, claimOne };
}

const ids = (jobs: { id: number }[]) => jobs.map(({ id }) => id).sort((a, b) => a - b);

Deno.test("claim() gives a due job whole and skips it while it is leased", async () => {
  const { db, stop, claim } = await world();
  const [id] = await addJobs(db, { installationId: 7, kind: "run" });
  const [job] = await claim("worker-1");
  const { payload, ...rest } = job!;
  assert.deepEqual(rest, {
    id: id!,
    kind: "run",
    installationId: 7,
    attempt: 0,
    rescues: 0,
    fence: 1,
    traceparent: null,
    ordered: false,
    generation: null,
  });
  assert.deepEqual(payload, { number: 1 });
  assert.deepEqual(await claim("worker-2"), []);
  await stop();
});

Deno.test("claim() takes the oldest due jobs up to its limit, and none that is due later", async () => {
  const { db, stop, claim } = await world();
  await addJobs(db, { dueInMs: 60_000 });
  const late = await addJobs(db, { dueInMs: -1_000, count: 2 });
  const older = await addJobs(db, { dueInMs: -9_000, count: 2 });
  assert.deepEqual(ids(await claim("worker-1", { limit: 3 })), ids([late[0]!, ...older].map((id) => ({ id }))));
  assert.deepEqual(ids(await claim("worker-1", { limit: 3 })), [late[1]]);
  await stop();
});

Deno.test("claim() takes over a job whose lease ended, and the first owner can record nothing more", async () => {
  const { db, stop, queue, claimOne } = await world();
  await addJobs(db);
  const stale = await claimOne("worker-1", { leaseMs: 0 });
  const job = await claimOne("worker-2");
  assert.deepEqual([job.id, job.fence, job.attempt, job.rescues], [stale.id, stale.fence + 1, 0, 1]);
  for (const kind of ["done", "cancel", "discard", "retry", "snooze"] as const) {
    await assert.rejects(queue.settle(stale, { kind, reason: "late", delayMs: 0 }), { code: "LEASE_LOST" });
  }
  assert.deepEqual(await queue.renew([stale], 30_000), new Set([stale.id]));
  assert.deepEqual(await queue.renew([job], 30_000), new Set());
  const [row] = await readJobs(db);
  assert.deepEqual([row!.state, row!.leased_by, row!.reason], ["executing", "worker-2", null]);
  await queue.settle(job, { kind: "done" });
  await assert.rejects(queue.settle(job, { kind: "done" }), { code: "LEASE_LOST" });
  await stop();
});

Deno.test("settle() closes or reschedules a job as its outcome says", async () => {
  const { db, stop, queue, claim } = await world();
  await addJobs(db, { count: 5 });
  const jobs = (await claim()).sort((a, b) => a.id - b.id);
  await Promise.all([
    queue.settle(jobs[0]!, { kind: "done" }),
    queue.settle(jobs[1]!, { kind: "retry", delayMs: 60_000, reason: "failed" }),
    queue.settle(jobs[2]!, { kind: "snooze", delayMs: 60_000, reason: "rate_budget" }),
    queue.settle(jobs[3]!, { kind: "cancel", reason: "not wanted" }),
    queue.settle(jobs[4]!, { kind: "discard", reason: "hopeless" }),
  ]);
  const rows = await readJobs(db);
  assert.deepEqual(rows.map(({ id, state, attempt, reason, finished }) => ({ id, state, attempt, reason, finished })), [
    { id: jobs[1]!.id, state: "retryable", attempt: 1, reason: "failed", finished: false },
    { id: jobs[2]!.id, state: "scheduled", attempt: 0, reason: "rate_budget", finished: false },
    { id: jobs[3]!.id, state: "cancelled", attempt: 0, reason: "not wanted", finished: true },
    { id: jobs[4]!.id, state: "discarded", attempt: 0, reason: "hopeless", finished: true },
  ]);
  assert.ok(rows.every(({ leased_by }) => leased_by === null));
  for (const { due_in_ms } of rows.slice(0, 2)) assert.ok(due_in_ms > 30_000 && due_in_ms <= 60_000, `${due_in_ms}`);
  assert.deepEqual(await claim(), [], "neither finished nor later jobs are claimed");
  await stop();
});

Deno.test("settle() takes any finite delay and any reason", async () => {
  const { db, stop, queue, claimOne } = await world();
  const cases = [
    { delayMs: 12.5, reason: "a delay with a fraction" },
    { delayMs: 40 * 24 * 3_600_000, reason: "a delay of 40 days" },
    { delayMs: 60_000, reason: "nul \0 and half a pair \ud83d" },
  ];
  const failed: string[] = [];
  for (const outcome of cases) {
    await db.sql`delete from job`;
    await addJobs(db);
    const job = await claimOne();
    await queue.settle(job, { kind: "snooze", ...outcome }).catch((error) =>
      failed.push(`${outcome.reason}: ${error}`)
    );
  }
  assert.deepEqual(failed, []);
  await stop();
});

Deno.test("renew() prolongs the leases that are still held and names the others", async () => {
  const { db, stop, queue, claim } = await world();
  await addJobs(db, { count: 3 });
  const [kept, released, done] = await claim("worker-1", { leaseMs: 5_000 });
  await db.sql`update job set state = 'available' where id = ${released!.id}`;
  await queue.settle(done!, { kind: "done" });
  assert.deepEqual(await queue.renew([kept!, released!, done!], 60_000), new Set([released!.id, done!.id]));
  const row = (await readJobs(db)).find(({ id }) => id === kept!.id);
  assert.ok(row!.due_in_ms > 30_000, `${row!.due_in_ms}`);
  assert.deepEqual(await queue.renew([], 60_000), new Set());
  await stop();
});

Deno.test("release() gives back the claims of one owner, releaseAll() those of every owner, as lost leases", async () => {
  const { db, stop, queue, claim } = await world();
  await addJobs(db, { count: 4 });
  const mine = await claim("worker-1", { limit: 2 });
  const others = await claim("worker-2", { limit: 2 });
  await queue.release("worker-1");
  await assert.rejects(queue.settle(mine[0]!, { kind: "done" }), { code: "LEASE_LOST" });
  const again = await claim("worker-3");
  assert.deepEqual(ids(again), ids(mine));
  assert.ok(again.every(({ attempt, rescues, fence }) => attempt === 0 && rescues === 0 && fence === 2));
  await queue.releaseAll();
  const all = await claim("worker-4");
  assert.deepEqual(ids(all), ids([...mine, ...others]));
  assert.ok(all.every(({ attempt, rescues }) => attempt === 0 && rescues === 1));
  await stop();
});

Deno.test("nextDueMs() tells when the next job may be claimed, counts() what is there", async () => {
  const { db, stop, queue, claimOne } = await world();
  assert.equal(await queue.nextDueMs(), undefined);
  assert.deepEqual(await queue.counts(), []);
  await addJobs(db, { dueInMs: 60_000, count: 2 });
  const later = await queue.nextDueMs();
  assert.ok(later! > 30_000 && later! <= 60_000, `${later}`);
  await addJobs(db, { kind: "run" });
  assert.equal(await queue.nextDueMs(), 0);
  await queue.settle(await claimOne(), { kind: "discard", reason: "hopeless" });
  assert.ok(await queue.nextDueMs() as number > 30_000, "a finished job is not due");
  const counts = (await queue.counts()).sort((a, b) => a.kind.localeCompare(b.kind));
  assert.deepEqual(counts.map((count) => ({ ...count })), [
    { kind: "event", state: "available", count: 2 },
    { kind: "run", state: "discarded", count: 1 },
  ]);
  await stop();
});

Deno.test("counts() looks at a bounded number of jobs, however many there are", async () => {
  const { db, stop, queue } = await world();
  await db.sql`
    insert into job (kind, installation_id, state, payload, finished_at)
    select 'event', 1, case when n % 2 = 0 then 'available' else 'discarded' end, '{}',
      case when n % 2 = 1 then now() end
    from generate_series(1, 45000) as n`;
  const counts = (await queue.counts()).sort((a, b) => a.state.localeCompare(b.state));
  assert.deepEqual(counts.map(({ state, count }) => [state, count]), [["available", 20_000], ["discarded", 20_000]]);
  await stop();
});

Deno.test("wake() rings who listens by onWake(), on a server from another pool too", async () => {
  const { db, url, stop, queue } = await world();
  const other = url ? openPostgres({ url, poolSize: 2, applicationName: "timewire-tests" }) : db;
  let ring = () => {};
  const listening = await createPostgresQueue(other, systemClock).onWake(() => ring());
  for (let round = 0; round < 3; round++) {
    const heard = new Promise<void>((resolve) => ring = resolve);
    queue.wake();
    await heard;
  }
  await listening.stop();
  if (other !== db) await other.stop();
  await stop();
});
