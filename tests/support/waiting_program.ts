/**
 * A run that waits, as a child process that kills itself, or stops itself where CRASH_SIGNAL is SIGSTOP: CRASH_AT names the
 * point, of src/base/crash_point.ts or one of its own, and CRASH_NTH how many times it is passed. It makes the run where there
 * is none, walks it, and brings each of KEYS once; what its actions did is a line each in the file LEDGER, and how the run
 * ended stands in the file RESULT. Prints `ready {}`.
 */

import { appendFileSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { addRun, done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { allOf, planOf, sleepFor, waitFor, WAITING_KINDS } from "../engine/waiting_kinds.ts";
import { setUpWorker } from "../queue/setup.ts";
import { outputs, rowsOf, send } from "../signals/setup.ts";
import { readJobs } from "../db/rows.ts";

export type WaitingPoint = CrashPoint | "in_signal" | "after_signal";

const {
  CRASH_AT,
  CRASH_NTH = "1",
  CRASH_SIGNAL = "SIGKILL",
  KEYS,
  LEASE_MS = "1000",
  DATABASE_URL,
  DATA_DIR,
  LEDGER,
  RESULT,
} = Deno.env.toObject();
const keys = (KEYS ?? "go,a,b").split(",").filter((key) => key !== "");
let left = Number(CRASH_NTH);

function onPoint(point: WaitingPoint) {
  if (point !== CRASH_AT || --left > 0) return;
  Deno.kill(Deno.pid, CRASH_SIGNAL as Deno.Signal);
  // The signal comes in a moment: nothing more may happen until then, nor after it, unless the process is continued.
  const from = performance.now();
  while (CRASH_SIGNAL === "SIGKILL" || performance.now() - from < 500);
}

async function open(): Promise<Database> {
  const db = DATABASE_URL
    ? openPostgres({ url: DATABASE_URL, poolSize: 4, applicationName: "timewire-tests" })
    : await openEmbedded({ dataDir: DATA_DIR! });
  await migrateUp(db);
  await db.bind();
  return db;
}

/** In one transaction with the mark that it was: a key comes once, whoever dies. */
async function bring(db: Database, runId: string, key: string): Promise<void> {
  const [sent] = await db.sql`select 1 from meta where key = ${key}`;
  if (sent) return;
  await send(db, runId, key, `${key} came`, async (sql) => {
    await sql`insert into meta (key, value) values (${key}, 'sent')`;
    onPoint("in_signal");
  });
  onPoint("after_signal");
  queue.wake();
}

const db = await open();
const [known] = await db.sql<{ id: string }[]>`select id from run`;
const runId = known?.id ?? await addRun(db, {
  steps: planOf(
    step("first"),
    waitFor("go"),
    allOf("fork", waitFor("a"), waitFor("b", { withinMs: 3_600_000 }), sleepFor("sleeps", 50), step("beside")),
    step("last"),
  ),
});
const action = fakeAction(({ stepPath }) => {
  appendFileSync(LEDGER!, `${stepPath}\n`);
  return done(stepPath);
});
const { engine } = setUpEngine(db, [action], { kinds: WAITING_KINDS, onPoint });
const { worker, queue } = setUpWorker(db, {
  run: engine.advance,
  clock: systemClock,
  owner: crypto.randomUUID(),
  leaseMs: Number(LEASE_MS),
  onPoint,
});
if (db.kind === "embedded") await queue.releaseAll();
console.log("ready {}");
worker.run();
for (const key of keys) {
  await systemClock.sleep(40);
  await bring(db, runId, key);
}
const isOver = async () => ["completed", "failed", "cancelled"].includes((await readRun(db, runId)).state);
while (!await isOver()) await systemClock.sleep(20);
await worker.stop(1_000);
const { state } = await readRun(db, runId);
const jobs = await readJobs(db);
await Deno.writeTextFile(
  RESULT!,
  JSON.stringify({ state, outputs: await outputs(db, runId), ...await rowsOf(db), jobs }),
);
await db.stop();
Deno.exit(0);
