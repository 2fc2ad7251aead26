/**
 * Tests of the queue's lanes (migrations/0026_queue_lanes.sql, src/queue/lanes.ts): whatever happens at the same moment, a job
 * that may be claimed is never behind a lane that says otherwise, and none waits for an earlier one that has ended.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { systemClock } from "../../src/base/clock.ts";
import { type Database, retryRolledBack } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { enqueueOnce, insertJobs } from "../../src/queue/enqueue.ts";
import { pauseLane } from "../../src/queue/lanes.ts";
import { openJobOfRun } from "../../src/queue/open_jobs.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { addJobs } from "../db/rows.ts";
import { DATABASE_KIND, stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const LEASE_MS = 30_000;
/** On the embedded database all share one session, so there is less to come between. */
const ROUNDS = DATABASE_KIND === "postgres" ? 300 : 60;

/** `others`: pools of other processes; the embedded database has one for all. */
async function withQueue(body: (world: { db: Database; others: Database[] }) => Promise<void>) {
  const { db, url, stop } = await testDatabase();
  const others = [1, 2, 3].map(() => url ? openPostgres({ url, poolSize: 2, applicationName: "timewire-tests" }) : db);
  try {
    await body({ db, others });
  } finally {
    for (const other of others) if (other !== db) await other.stop();
    await stop();
  }
}

/**
 * Jobs that their lane would hide, and blocked ones whose key has none that may be claimed, without a hint for the next claim:
 * both are lost until something else happens. And keys of which two may be claimed at once.
 */
async function lostJobs({ sql }: Database) {
  const hidden = await sql`
    select job.id, job.kind, job.due_at, lane.next_due_at from job
    left join queue_lane lane on lane.installation_id = job.installation_id and lane.kind = job.kind
    where job.finished_at is null and not job.blocked
      and (lane.next_due_at is null or lane.next_due_at > greatest(job.due_at, lane.not_before))
      and not exists (
        select 1 from queue_hint hint where hint.installation_id = job.installation_id and hint.kind = job.kind
          and hint.due_at <= job.due_at)`;
  const stuck = await sql`
    select job.id, job.order_key from job
    where job.finished_at is null and job.blocked and not exists (
      select 1 from job head where head.installation_id = job.installation_id and head.order_key = job.order_key
        and head.finished_at is null and not head.blocked)
      and not exists (
        select 1 from queue_hint hint
        where hint.installation_id = job.installation_id and hint.order_key = job.order_key)`;
  const abreast = await sql`
    select installation_id, order_key from job where finished_at is null and not blocked and order_key is not null
    group by 1, 2 having count(*) > 1`;
  return [...hidden, ...stuck, ...abreast].map((row) => ({ ...row }));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test(`a job that comes in while its lane is found empty is claimed: no wake-up is lost in ${ROUNDS} rounds`, () =>
  withQueue(async ({ db, others }) => {
    const queues = others.map((other) => createPostgresQueue(other, systemClock));
    const publish = (other: Database, round: number) =>
      other.transaction(async (sql) => {
        await sql`
          ${insertJobs(sql)}
          select 'event', installation_id, null, jsonb_build_object('round', ${round}::int, 'of', installation_id), null, null
          from unnest(array[1, 2]) as installation_id`;
        // The job is not seen while its transaction is open: a claimer then finds the lane empty.
        if (round % 3 > 0) await pause(round % 3);
      });
    const work = async (queue: typeof queues[number], worker: number) => {
      const jobs = await queue.claim({ limit: 4, owner: `worker-${worker}`, leaseMs: LEASE_MS });
      for (const job of jobs) await queue.settle(job, { kind: "done" });
      if (jobs.length === 0) await queue.nextDueMs();
      return jobs.length;
    };
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all([
        publish(others[0]!, round),
        work(queues[1]!, 1),
        work(queues[2]!, 2),
        publish(others[0]!, round),
        work(queues[1]!, 1),
        work(queues[2]!, 2),
      ]);
      for (const queue of queues) await queue.nextDueMs();
      assertEquals(await lostJobs(db), [], `round ${round}`);
    }
    for (let empty = 0; empty < 2;) empty = await work(queues[1]!, 1) === 0 ? empty + 1 : 0;
    assertEquals([...await db.sql`select id from job`], []);
  }));

Deno.test(`a job that comes in while the one before it ends is claimed: none stays blocked in ${ROUNDS} rounds`, () =>
  withQueue(async ({ db, others }) => {
    const queues = others.map((other) => createPostgresQueue(other, systemClock));
    const publish = (other: Database, keys: string[]) =>
      other.transaction(async (sql) => {
        await sql`
          ${insertJobs(sql)}
          select 'event', 1, null, '{}', null, key from unnest(string_to_array(${keys.join()}, ',')) as key`;
        await pause(Math.random() * 2);
      });
    const ends = ["done", "cancel", "discard", "retry", "snooze"] as const;
    const lost: number[] = [];
    const work = async (queue: typeof queues[number], worker: number) => {
      const jobs = await queue.claim({ limit: 3, owner: `worker-${worker}`, leaseMs: LEASE_MS });
      await Promise.all(jobs.map(async (job) => {
        const kind = ends[Math.floor(Math.random() * ends.length)]!;
        try {
          await queue.settle(job, { kind, delayMs: 0, reason: "test" });
        } catch (error) {
          if ((error as { code?: unknown }).code !== "LEASE_LOST") throw error;
          lost.push(job.id);
        }
      }));
      return jobs.length;
    };
    const withdrawn = new Set<number>();
    // It locks any job, a claimed one too, before it looks at the key: the database may have to end it, or who ends the one before.
    const withdraw = async (other: Database) => {
      const rows = await retryRolledBack(() =>
        other.sql<{ id: number }[]>`
          delete from job where id in (
            select id from job where finished_at is null order by random() limit 1 for update) returning id`
      );
      for (const { id } of rows) withdrawn.add(id);
    };
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all([
        publish(others[0]!, ["a", "b"]),
        work(queues[1]!, 1),
        publish(db, ["b", "a", "a"]),
        work(queues[2]!, 2),
        ...(round % 4 === 0 ? [withdraw(others[1]!)] : []),
      ]);
      assertEquals(await lostJobs(db), [], `round ${round}`);
    }
    assertEquals(lost.filter((id) => !withdrawn.has(id)), [], "a claim ends by a withdrawal alone");
    const left = new Set(
      (await db.sql<{ id: number }[]>`select id from job where finished_at is null`).map(({ id }) => id),
    );
    while (left.size > 0) {
      const jobs = await queues[0]!.claim({ limit: 100, owner: "worker-0", leaseMs: LEASE_MS });
      assert(jobs.length > 0, `${left.size} jobs are stuck`);
      for (const job of jobs) {
        await queues[0]!.settle(job, { kind: "done" });
        left.delete(job.id);
      }
    }
    assertEquals([...await db.sql`select * from queue_hint`], []);
  }));

type Command =
  | { do: "add"; key: string | undefined; dueInMs: number; kind: "event" | "run" }
  | { do: "claim"; limit: number; leaseMs: number }
  | { do: "settle"; kind: "done" | "retry" | "snooze" | "discard"; delayMs: number }
  | { do: "withdraw" | "release" | "look" | "renew" };

Deno.test("over any history a lane is never later than its jobs, and of each order key one may be claimed", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    const delayMs = fc.constantFrom(-1_000, 0, 60_000);
    const command: fc.Arbitrary<Command> = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("add" as const),
          key: fc.constantFrom(undefined, "a", "b"),
          dueInMs: delayMs,
          kind: fc.constantFrom("event" as const, "run" as const),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("claim" as const),
          limit: fc.integer({ min: 1, max: 4 }),
          leaseMs: fc.constantFrom(0, LEASE_MS),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("settle" as const),
          kind: fc.constantFrom("done" as const, "retry" as const, "snooze" as const, "discard" as const),
          delayMs,
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("withdraw", "release", "look", "renew") }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await db.sql`delete from job`;
        const held: Job[] = [];
        for (const one of commands) {
          if (one.do === "add") {
            await addJobs(db, { orderKey: one.key, dueInMs: one.dueInMs, kind: one.kind, count: 2 });
          } else if (one.do === "claim") {
            held.push(...await queue.claim({ limit: one.limit, owner: "worker-1", leaseMs: one.leaseMs }));
          } else if (one.do === "settle") {
            const job = held.shift();
            await (job && queue.settle(job, { kind: one.kind, delayMs: one.delayMs, reason: "test" }).catch(() => {}));
          } else if (one.do === "withdraw") {
            await db.sql`delete from job where id = (select max(id) from job where finished_at is null)`;
          } else if (one.do === "release") await queue.release("worker-1");
          else if (one.do === "renew") await queue.renew(held, LEASE_MS);
          else await queue.nextDueMs();
          assertEquals(await lostJobs(db), [], JSON.stringify(one));
        }
      }),
      { numRuns: 40 },
    );
  }));

Deno.test("a job that another program wrote has its lane, and one that a killed claim left behind is found again", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    await db.sql`insert into job (kind, installation_id, payload) values ('event', 5, '{}'), ('run', 5, '{}')`;
    assertEquals((await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 0 })).length, 2);
    assertEquals(await queue.nextDueMs(), 0, "their leases have ended");
    // As when the process ends before its lanes are raised: they are looked at in vain, once.
    await db.sql`delete from job`;
    await db.sql`update queue_lane set next_due_at = 'epoch'`;
    assertEquals(await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 0 }), []);
    assertEquals(await queue.nextDueMs(), undefined);
    await db.transaction((sql) => enqueueOnce(sql, { kind: "coverage", installationId: 5, delayMs: 60_000 }));
    const dueMs = await queue.nextDueMs();
    assert(dueMs! > 30_000 && dueMs! <= 60_000, `${dueMs}`);
    await db.transaction((sql) => enqueueOnce(sql, { kind: "coverage", installationId: 5 }));
    assertEquals(await queue.nextDueMs(), 0, "brought forward");
  }));

Deno.test("pauseLane() keeps one kind of an installation's jobs back, and then lets a few at a time be claimed", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    const claim = async () =>
      (await queue.claim({ limit: 10, owner: "worker-1", leaseMs: LEASE_MS })).map(({ kind, installationId }) =>
        `${kind} ${installationId}`
      ).sort();
    await addJobs(db, { installationId: 1, count: 7 });
    await addJobs(db, { installationId: 1, kind: "run" });
    await addJobs(db, { installationId: 2 });
    await pauseLane(db, { installationId: 1, kind: "event", delayMs: 60_000, limit: 3 });
    assertEquals(await claim(), ["event 2", "run 1"]);
    await addJobs(db, { installationId: 1 });
    assertEquals(await claim(), [], "nor one that comes meanwhile");
    assert(await queue.nextDueMs() as number > 20_000, "the lease of the others");
    await db.sql`update queue_lane set not_before = now(), next_due_at = now() where kind = 'event'`;
    const given = [];
    for (let round = 0; round < 4; round++) given.push((await claim()).length);
    assertEquals(given, [3, 3, 2, 0]);
    await addJobs(db, { installationId: 1, count: 5 });
    assertEquals((await claim()).length, 5, "once it has been empty");
  }));

Deno.test("20,000 jobs that wait for an earlier one of their key cost a claim nothing", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    const count = 20_000;
    await addJobs(db, { installationId: 1, orderKey: "entity:1", count });
    const claim = () => queue.claim({ limit: 10, owner: "worker-1", leaseMs: LEASE_MS });
    const [head, ...more] = await claim();
    assert(head);
    assertEquals(more, []);
    const [{ blocked }] = await db.sql<[{ blocked: number }]>`select count(*)::int as blocked from job where blocked`;
    assertEquals(blocked, count - 1);
    await addJobs(db, { installationId: 2 });
    assertEquals((await claim()).map(({ installationId }) => installationId), [2]);
    await queue.settle(head, { kind: "done" });
    assertEquals((await claim()).map(({ id }) => id), [head.id + 1]);
  }));

Deno.test("claim() takes installations by turns: with fewer slots than installations each gets one before any gets two", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    for (let installationId = 1; installationId <= 9; installationId++) await addJobs(db, { installationId, count: 5 });
    const given: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      const jobs = await queue.claim({ limit: 2, owner: "worker-1", leaseMs: LEASE_MS });
      given.push(...jobs.map(({ installationId }) => installationId));
    }
    const counts = Map.groupBy(given, (id) => id);
    assertEquals(
      [...counts].map(([id, { length }]) => [id, length]).sort(),
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => [id, 2]),
    );
  }));

Deno.test("claim() with what is held gives no installation more than stays free, and others first", () =>
  withQueue(async ({ db }) => {
    const queue = createPostgresQueue(db, systemClock);
    await addJobs(db, { installationId: 1, count: 20 });
    const claim = (limit: number, held: [number, number][]) =>
      queue.claim({ limit, owner: "worker-1", leaseMs: LEASE_MS, held: new Map(held) });
    assertEquals((await claim(8, [])).length, 4, "the n-th while n are free after it");
    assertEquals((await claim(4, [[1, 4]])).length, 0);
    await addJobs(db, { installationId: 2, count: 20 });
    assertEquals((await claim(4, [[1, 4]])).map(({ installationId }) => installationId), [2, 2]);
    assertEquals((await claim(1, [[1, 5], [2, 2], [3, 9]])).length, 0);
    await addJobs(db, { installationId: 3 });
    assertEquals((await claim(1, [[1, 5], [2, 2]])).map(({ installationId }) => installationId), [3]);
  }));

Deno.test("the open job of a run is found by an index, also below row-level security", async () => {
  await withQueue(async ({ db }) => {
    await db.sql`
      insert into job (kind, installation_id, payload)
      select 'run', 1, jsonb_build_object('run_id', gen_random_uuid()) from generate_series(1, 2000)`;
    await db.sql`analyze job`;
    const runId = "00000000-0000-4000-8000-000000000007";
    const plan = await db.scoped({ installationIds: [1] }, (sql) =>
      sql<Record<string, string>[]>`
        explain (costs off) select open.due_at
        from (select ${runId}::uuid as id, 1::bigint as installation_id, 'waiting' as state) run
        left join lateral (${openJobOfRun(sql)}) open on true`);
    const text = plan.map((row) => Object.values(row)[0]).join("\n");
    assertMatch(text, /job_open_run[^]*Index Cond: .*run_id/);
  });
});
