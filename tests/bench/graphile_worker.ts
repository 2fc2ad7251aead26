/**
 * The peer: graphile-worker on the same server, with a task that does nothing but note when it starts.
 *
 * Environment: DATABASE_URL. Commands: {drain: jobs} answers {seconds}; {pickUps: jobs, ratePerSecond} answers {ms: [...]},
 * the time from addJob() having committed to the task's start.
 */

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { serveCommands } from "./child.ts";

const connectionString = Deno.env.get("DATABASE_URL")!;
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();

/** Settings its documentation names for throughput: jobs are fetched and completed in groups. */
const THROUGHPUT = {
  worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
} as const;

async function drain({ drain: count }: { drain: number }) {
  for (let made = 0; made < count; made += 1_000) {
    await utils.addJobs(
      Array.from({ length: Math.min(1_000, count - made) }, () => ({ identifier: "noop", payload: {} })),
    );
  }
  const last = Promise.withResolvers<void>();
  let left = count;
  const noop = () => {
    if (--left === 0) last.resolve();
  };
  const began = performance.now();
  const runner = await run({
    connectionString,
    logger,
    noHandleSignals: true,
    concurrency: 24,
    maxPoolSize: 10,
    taskList: { noop },
    preset: THROUGHPUT,
  });
  await last.promise;
  const seconds = (performance.now() - began) / 1000;
  await runner.stop();
  return { seconds };
}

async function pickUps({ pickUps: count, ratePerSecond }: { pickUps: number; ratePerSecond: number }) {
  const committedMs: number[] = [];
  const startedMs: number[] = [];
  const all = Promise.withResolvers<void>();
  const noop = (payload: unknown) => {
    const { number } = payload as { number: number };
    startedMs[number] = performance.now();
    // The keys of an array with holes are those that are set.
    if (number === count - 1) setTimeout(all.resolve, 200);
  };
  const runner = await run({
    connectionString,
    logger,
    noHandleSignals: true,
    concurrency: 24,
    maxPoolSize: 10,
    taskList: { noop },
  });
  const began = performance.now();
  let made = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      while (made < count && began + made * 1000 / ratePerSecond <= performance.now()) {
        const number = made++;
        void utils.addJob("noop", { number }).then(() => committedMs[number] = performance.now());
      }
      if (made < count) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await all.promise;
  await runner.stop();
  return { ms: startedMs.map((at, number) => Math.max(0, at - committedMs[number]!)) };
}

await serveCommands({
  ready: { ready: true },
  handle: (command) => command.drain ? drain(command) : pickUps(command),
  end: async () => {
    await utils.release();
  },
});
