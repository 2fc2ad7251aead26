/**
 * The program under load: start() of src/app/start.ts as the entry calls it, configured by the environment, with four actions:
 * "noop" does nothing but note when it starts, "slow" takes `ms`, "large" gives an output of `bytes`, "wait" is put off by an
 * hour until the waits are over.
 *
 * Ready: {port, operatorPort, pid}. Commands: {note: true} begins to note times (what is noted costs memory, so the other rows go without), of
 * the installations that `installationIds` names, or all; {release: true} ends the slow calls and answers {most}, how many were at once; {drain: runs, steps} starts the worker of a ROLE=listen process and answers {seconds} once that
 * many runs are finished; {work: true} starts that worker and answers at once; {pickUps: count} answers {ms: [...]}, the time from commit to first action of the last `count`
 * events; {endWaits: true} ends the waits; {memory: true} collects garbage and answers {rss, heap} in bytes; {sweep: true} sweeps and answers with a SweepResult; {cpu: true} answers the CPU time used so far, {seconds}.
 */

import process from "node:process";
import type { Action } from "../../src/engine/action.ts";
import { systemClock } from "../../src/base/clock.ts";
import { loadConfig } from "../../src/config/load.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { start } from "../../src/app/start.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { serveCommands } from "./child.ts";

const committedMs = new Map<string, number>();
const startedMs = new Map<string, number>();
let noting = false;
let onAction = () => {};

const noop: Action = {
  type: "noop",
  effect: "none",
  describe: () => null,
  run: ({ input }) => {
    const { entity } = input as { entity: string };
    if (noting && !startedMs.has(entity)) startedMs.set(entity, performance.now());
    onAction();
    return Promise.resolve({ outcome: "done", output: null });
  },
};

let release = Promise.withResolvers<void>();
let slowCalls = 0;
let mostSlow = 0;

const slow: Action = {
  type: "slow",
  effect: "external",
  describe: () => null,
  run: async ({ input, signal }) => {
    mostSlow = Math.max(mostSlow, ++slowCalls);
    const { ms } = input as { ms: number };
    await Promise.race([release.promise, systemClock.sleep(ms, signal)]).finally(() => slowCalls--);
    return { outcome: "done", output: null };
  },
};

const large: Action = {
  type: "large",
  effect: "external",
  describe: () => null,
  // What no compression makes small, as images and archives are.
  run: ({ input }) => {
    const text = crypto.getRandomValues(new Uint8Array(48_000)).toBase64();
    const { bytes } = input as { bytes: number };
    return Promise.resolve({ outcome: "done", output: text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes) });
  },
};

let waits = true;

const wait: Action = {
  type: "wait",
  effect: "external",
  describe: () => null,
  run: () =>
    Promise.resolve(
      waits ? { outcome: "snooze", delayMs: 3_600_000, reason: "waits" } : { outcome: "done", output: null },
    ),
};

function endWaits() {
  waits = false;
  return Promise.resolve({});
}

async function memory() {
  // What ended a moment ago is let go in several turns.
  for (let times = 0; times < 3; times++) {
    (globalThis as unknown as { gc(): void }).gc();
    await systemClock.sleep(100);
  }
  const { rss, heapUsed } = Deno.memoryUsage();
  return { rss, heap: heapUsed };
}

function releaseSlow() {
  const most = mostSlow;
  release.resolve();
  release = Promise.withResolvers();
  mostSlow = 0;
  return Promise.resolve({ most });
}

const loaded = loadConfig(Deno.env.toObject());
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const { config } = loaded;
// The production level, its lines made as always; only what went wrong is shown.
const log = createLogger({
  ...config.log,
  clock: systemClock,
  write: (line) => line.includes('"level":"INFO"') ? undefined : console.error(line.trimEnd()),
});
const serving = await start({ config, clock: systemClock, log, actions: [noop, slow, large, wait] });

/** Notes when the transaction of each delivery was known to be committed. */
function noteCommits(
  ingest: (typeof serving.core.listeners)[number]["app"]["webhooks"]["ingest"],
  installationIds: readonly number[] | undefined,
) {
  const { receive } = ingest;
  ingest.receive = async (delivery) => {
    const receipt = await receive(delivery);
    if (installationIds?.includes(delivery.installationId) === false) return receipt;
    committedMs.set(delivery.entityKey!.slice(delivery.entityKey!.indexOf(":") + 1), performance.now());
    return receipt;
  };
}

function note({ installationIds }: { installationIds?: number[] }) {
  noting = true;
  for (const { app } of serving.core.listeners) noteCommits(app.webhooks.ingest, installationIds);
  return Promise.resolve({});
}

/** Starts the worker. */
function work() {
  for (const worker of serving.core.workers) worker.run();
  return Promise.resolve({});
}

/** Runs the worker until `runs` runs of `steps` steps are finished. */
async function drain({ drain: runs, steps }: { drain: number; steps: number }) {
  const lastAction = Promise.withResolvers<void>();
  let left = runs * steps;
  onAction = () => {
    if (--left === 0) lastAction.resolve();
  };
  const began = performance.now();
  await work();
  await lastAction.promise;
  // The table is asked only now: while the worker is busy it would take from what is measured.
  const db = openPostgres({ url: Deno.env.get("DATABASE_URL")!, poolSize: 1, applicationName: "timewire-bench" });
  while ((await db.sql`select 1 from job where kind in ('event', 'run') limit 1`).length > 0) {
    await systemClock.sleep(1);
  }
  const seconds = (performance.now() - began) / 1000;
  const [row] = await db.sql<{ count: number }[]>`select count(*)::int as count from run where state = 'completed'`;
  await db.stop();
  return { seconds, completed: row!.count };
}

/** Waits for the actions of all events that were committed, then gives the time between the two. */
async function pickUps() {
  while (startedMs.size < committedMs.size) await systemClock.sleep(10);
  // An action may start before the acknowledgement's promise went through: that counts as 0.
  const ms = [...committedMs].map(([entity, at]) => Math.max(0, startedMs.get(entity)! - at));
  committedMs.clear();
  startedMs.clear();
  return { ms };
}

await serveCommands({
  ready: { port: serving.ports.universal_webhook, operatorPort: serving.operatorPort, pid: Deno.pid },
  handle: (command) => {
    if (command.drain) return drain(command);
    if (command.work) return work();
    if (command.note) return note(command);
    if (command.release) return releaseSlow();
    if (command.endWaits) return endWaits();
    if (command.memory) return memory();
    if (command.sweep) return serving.core.retention[0]!.tick().then((result) => ({ ...result }));
    if (command.backup) return serving.core.backups!.tick().then(() => ({}));
    if (command.pickUps) return pickUps();
    const { user, system } = process.cpuUsage();
    return Promise.resolve({ seconds: (user + system) / 1e6 });
  },
  end: () => serving.stop(),
});
