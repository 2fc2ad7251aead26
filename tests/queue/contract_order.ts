/** What each queue promises of whose turn it is: order within a key, fairness between installations, no job for two workers. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Job, Queue } from "../../src/queue/queue.ts";
import { BACKGROUND } from "../../src/queue/shares.ts";
import { type ContractTest, LEASE_MS } from "./contract_world.ts";

type Command =
  | { do: "claim"; limit: number; leaseMs: number }
  | { do: "settle"; pick: number; kind: "done" | "retry" | "snooze" | "cancel" | "discard" }
  | { do: "add"; key: string | undefined }
  | { do: "release" };

export function orderContract(test: ContractTest): void {
  test("claim() gives the second job of a key only after the first is finished", async ({ queue, add }) => {
    const claim = (leaseMs = LEASE_MS) => queue.claim({ limit: 10, owner: "worker-1", leaseMs });
    const [first] = await add({ orderKey: "tag:1" });
    const [second] = await add({ orderKey: "tag:1" });
    const [otherKey] = await add({ orderKey: "tag:2" });
    const [otherTenant] = await add({ orderKey: "tag:1", installationId: 2 });
    const [keyless] = await add();
    const claimed = await claim();
    assertEquals(new Set(claimed.map(({ id }) => id)), new Set([first, otherKey, otherTenant, keyless]));
    assertEquals(claimed.map(({ ordered }) => ordered).sort(), [false, true, true, true]);

    await queue.settle(claimed.find(({ id }) => id === first)!, { kind: "retry", delayMs: 0, reason: "failed" });
    const [again] = await claim(0);
    assertStrictEquals(again!.id, first, "a retry keeps its place");
    const [rescued] = await claim();
    assertStrictEquals(rescued!.id, first, "so does a job whose lease ended");
    await queue.settle(rescued!, { kind: "discard", reason: "hopeless" });
    assertEquals((await claim()).map(({ id }) => id), [second]);
  });

  test("claim() keeps the order of every key over any interleaving of claims, outcomes, ended leases and releases", async ({ queue, add: addJobs, clear }) => {
    const key = fc.constantFrom(undefined, "a", "b");
    const command: fc.Arbitrary<Command> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("claim" as const),
          limit: fc.integer({ min: 1, max: 4 }),
          leaseMs: fc.constantFrom(0, LEASE_MS),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("settle" as const),
          pick: fc.nat(20),
          kind: fc.constantFrom(
            "done" as const,
            "done" as const,
            "retry" as const,
            "snooze" as const,
            "cancel" as const,
            "discard" as const,
          ),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("add" as const), key }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 6 }),
        fc.array(command, { maxLength: 25 }),
        async (keys, commands) => {
          await clear();
          /** Unfinished jobs with their key; and every claim ever given, newest last. */
          const open = new Map<number, string | undefined>();
          const claims: Job[] = [];
          const fences = new Map<number, number>();
          const add = async (orderKey: string | undefined) => open.set((await addJobs({ orderKey }))[0]!, orderKey);

          async function claim(limit: number, leaseMs: number): Promise<Job[]> {
            const jobs = await queue.claim({ limit, owner: "worker-1", leaseMs });
            assert(jobs.length <= limit);
            for (const job of jobs) {
              assert(open.has(job.id), "claimed a finished job");
              const earlier = [...open].filter(([id, orderKey]) =>
                id < job.id && orderKey && orderKey === open.get(job.id)
              );
              assertEquals(earlier, [], `claimed job ${job.id} before an earlier one of its key`);
              assert(job.fence > (fences.get(job.id) ?? 0), "the fence rises with every claim");
              fences.set(job.id, job.fence);
            }
            claims.push(...jobs);
            return jobs;
          }

          async function settle(job: Job, kind: (Command & { do: "settle" })["kind"]) {
            const outcome = { kind, delayMs: 0, reason: "test" };
            const recorded = await queue.settle(job, outcome).then(() => true, (error) => {
              assertEquals(error.code, "LEASE_LOST");
              return false;
            });
            if (recorded) assertStrictEquals(job.fence, fences.get(job.id), "only the newest claim records");
            if (recorded && kind !== "retry" && kind !== "snooze") open.delete(job.id);
          }

          for (const orderKey of keys) await add(orderKey);
          for (const command of commands) {
            if (command.do === "claim") await claim(command.limit, command.leaseMs);
            else if (command.do === "add") await add(command.key);
            else if (command.do === "release") await queue.release("worker-1");
            else if (claims.length > 0) await settle(claims[command.pick % claims.length]!, command.kind);
          }
          await queue.releaseAll();
          while (open.size > 0) {
            const jobs = await claim(10, LEASE_MS);
            assert(jobs.length > 0, `jobs ${[...open.keys()]} are stuck`);
            for (const job of jobs) await settle(job, "done");
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("claim() serves another installation's one job in the first batch, beside 1,000 of one", async ({ queue, add }) => {
    await add({ installationId: 1, count: 1_000, dueInMs: -60_000 });
    const [single] = await add({ installationId: 2 });
    const jobs = await queue.claim({ limit: 10, owner: "worker-1", leaseMs: LEASE_MS });
    assertEquals(jobs.length, 10);
    assert(jobs.some(({ id }) => id === single));
  });

  test("claim() shares a batch evenly: none gets a second job while another has none", async ({ queue, add, clear }) => {
    const amounts = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(amounts, fc.integer({ min: 1, max: 20 }), async (amounts, limit) => {
        await clear();
        for (const [installationId, count] of amounts.entries()) await add({ installationId, count });
        const jobs = await queue.claim({ limit, owner: "worker-1", leaseMs: LEASE_MS });
        const got = amounts.map((_, tenant) => jobs.filter(({ installationId }) => installationId === tenant).length);
        assertEquals(jobs.length, Math.min(limit, amounts.reduce((sum, count) => sum + count, 0)));
        for (const [tenant, count] of amounts.entries()) {
          if (got[tenant]! < count) {
            assert(Math.max(...got) - got[tenant]! <= 1, `limit ${limit}: ${got} of ${amounts}`);
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test("claim() with `held` gives an installation no more than stay free, and a newcomer always its one", async ({ queue, add, clear }) => {
    const amounts = fc.array(
      fc.record({ count: fc.integer({ min: 0, max: 12 }), held: fc.integer({ min: 0, max: 8 }) }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(amounts, fc.integer({ min: 1, max: 20 }), async (amounts, limit) => {
        await clear();
        for (const [installationId, { count }] of amounts.entries()) {
          if (count > 0) await add({ installationId, count });
        }
        const held = new Map(amounts.flatMap(({ held }, tenant) => held > 0 ? [[tenant, held]] : []));
        const jobs = await queue.claim({ limit, owner: "worker-1", leaseMs: LEASE_MS, held });
        // As a worker gives its slots, one by one to who holds the fewest.
        const due = amounts.map(({ held }) => held);
        let free = limit;
        for (;;) {
          const next = amounts.map((_, tenant) => tenant)
            .filter((tenant) => due[tenant]! - amounts[tenant]!.held < amounts[tenant]!.count)
            .sort((a, b) => due[a]! - due[b]!)[0];
          if (next === undefined || due[next]! >= free) break;
          due[next]!++;
          free--;
        }
        const got = amounts.map(({ held }, tenant) =>
          held + jobs.filter(({ installationId }) => installationId === tenant).length
        );
        assertEquals(jobs.length, limit - free);
        // Who of those that hold as many gets the last one is a matter of age.
        assertEquals(got.toSorted((a, b) => a - b), due.toSorted((a, b) => a - b), `limit ${limit}`);
      }),
      { numRuns: 30 },
    );
  });

  test("claim() with `held` counts background work of all installations as one holder's, and shares it evenly", async ({ queue, add }) => {
    const claim = (held: Map<number, number>, limit = 9) =>
      queue.claim({ limit, owner: "worker-1", leaseMs: LEASE_MS, held });
    const kinds = (jobs: Job[]) => jobs.map(({ kind, installationId }) => `${kind} ${installationId}`).sort();
    for (let installationId = 1; installationId <= 20; installationId++) {
      await add({ installationId, kind: "bootstrap", dueInMs: -1_000 - installationId, count: 2 });
    }
    const first = await claim(new Map());
    assertEquals(first.length, 5, "half of 9");
    assertEquals(
      new Set(first.map(({ installationId }) => installationId)).size,
      5,
      "none a second before others a first",
    );
    assertEquals(await claim(new Map([[BACKGROUND, 5]]), 4), []);
    await add({ installationId: 7, kind: "run" });
    await add({ installationId: 30 });
    assertEquals(kinds(await claim(new Map([[BACKGROUND, 5]]), 4)), ["event 30", "run 7"]);
    const next = await claim(new Map([[BACKGROUND, 3], [7, 1], [30, 1]]), 4);
    assertEquals(next.map(({ kind }) => kind), ["bootstrap"]);
  });

  test("claim() of many workers at once gives no job twice and leaves none", async ({ queue, other, add }) => {
    for (const installationId of [1, 2, 3]) await add({ installationId, count: 60 });
    const worker = async (owner: string, queue: Queue) => {
      const taken: number[] = [];
      for (let empty = 0; empty < 3;) {
        const jobs = await queue.claim({ limit: 7, owner, leaseMs: LEASE_MS });
        // A claim may find nothing while another has the rows locked, so one empty answer is not the end.
        empty = jobs.length === 0 ? empty + 1 : 0;
        taken.push(...jobs.map(({ id }) => id));
      }
      return taken;
    };
    const taken =
      (await Promise.all([1, 2, 3, 4, 5].map((number) => worker(`worker-${number}`, number % 2 ? queue : other))))
        .flat();
    assertEquals(taken.length, 180);
    assertEquals(new Set(taken).size, 180);
  });
}
