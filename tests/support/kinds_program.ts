/**
 * A run of steps that hold others, as a child process that kills itself: CRASH_AT names the point of src/base/crash_point.ts, and
 * CRASH_NTH how many times it is passed. It makes the run where there is none, and walks it to its end; what its actions did is a
 * line each in the file LEDGER, and how the run ended stands in the file RESULT. Prints `ready {}`.
 */

import { appendFileSync } from "node:fs";
import { AppError } from "../../src/base/errors.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { addRun, done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { branchOf, endOf, loopOf, once, parallelOf, setVars, tryOf } from "../engine/plans.ts";
import { setUpWorker } from "../queue/setup.ts";
import { readJobs } from "../db/rows.ts";

const { CRASH_AT, CRASH_NTH = "1", DATABASE_URL, DATA_DIR, LEDGER, RESULT } = Deno.env.toObject();
let left = Number(CRASH_NTH);

function onPoint(point: CrashPoint) {
  if (point !== CRASH_AT || --left > 0) return;
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes in a moment: nothing more may happen until then.
  while (true);
}

const db = DATABASE_URL
  ? openPostgres({ url: DATABASE_URL, poolSize: 4, applicationName: "timewire-tests" })
  : await openEmbedded({ dataDir: DATA_DIR! });
await migrateUp(db);
await db.bind();

const rounds = { rules: { not: { field: "$.vars.round", operator: ">=", value: 2 } } };
const [known] = await db.sql<{ id: string }[]>`select id from run`;
const runId = known?.id ?? await addRun(db, {
  steps: [
    branchOf("size", { cases: [{ if: { rules: { field: "list", operator: "exists" } }, steps: [once("big")] }] }),
    loopOf("each", [once("item", { input: "$.loop.item" })], { over: "$.webhook.list", atOnce: 2 }),
    loopOf("again", [setVars("count", { round: "{{ add(default($.vars.round, 0), 1) }}" }), once("round")], {
      while: rounds,
    }),
    tryOf("guard", [once("bad")], { onError: [once("mend", { input: "$.error.step" })], finally: [once("tidy")] }),
    parallelOf("both", [[step("late")], [once("left"), once("right")]]),
    endOf("end", { output: { items: "$.steps.each.output.outputs", rounds: "$.steps.again.output.total" } }),
    once("never"),
  ],
  event: { list: ["a", "b", "c"] },
});
let isLate = false;
const action = fakeAction(({ stepPath, input }) => {
  appendFileSync(LEDGER!, `${stepPath}\n`);
  if (stepPath.endsWith("/bad")) return { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "refused") };
  if (!stepPath.endsWith("/late") || isLate) return done(input);
  isLate = true;
  return { outcome: "snooze", delayMs: 100, reason: "429" };
});
const { engine } = setUpEngine(db, [action], { onPoint });
const { worker, queue } = setUpWorker(db, {
  run: engine.advance,
  clock: systemClock,
  owner: crypto.randomUUID(),
  leaseMs: 1_000,
  onPoint,
});
if (db.kind === "embedded") await queue.releaseAll();
console.log("ready {}");
worker.run();
const isOver = async () => ["completed", "failed", "cancelled"].includes((await readRun(db, runId)).state);
while (!await isOver()) await systemClock.sleep(20);
await worker.stop(1_000);
const { state, steps } = await readRun(db, runId);
await Deno.writeTextFile(RESULT!, JSON.stringify({ state, steps, jobs: await readJobs(db) }));
await db.stop();
Deno.exit(0);
