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
import type { Walker } from "../../src/engine/walk.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { NO_CANCELS } from "../../src/flows/triggers/gated_start.ts";
import { createRunFlow, runFlowAction } from "../../src/flows/triggers/run_flow.ts";
import { addRun, done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { branchOf, endOf, loopOf, once, parallelOf, setVars, tryOf } from "../engine/plans.ts";
import { addChildFlow } from "../flows/child_flow.ts";
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
const planned = [
  branchOf("size", { cases: [{ if: { rules: { field: "list", operator: "exists" } }, steps: [once("big")] }] }),
  loopOf("each", [once("item", { input: "$.loop.item" })], { over: "$.webhook.list", atOnce: 2 }),
  loopOf("again", [setVars("count", { round: "{{ add(default($.vars.round, 0), 1) }}" }), once("round")], {
    while: rounds,
  }),
  tryOf("guard", [once("bad")], { onError: [once("mend", { input: "$.error.step" })], finally: [once("tidy")] }),
  parallelOf("both", [[step("late")], [once("left"), once("right")]]),
  step("call", { action: "run_flow" }),
  endOf("end", {
    output: {
      items: "$.steps.each.output.outputs",
      rounds: "$.steps.again.output.total",
      other: "$.steps.call.output.state",
    },
  }),
  once("never"),
];

async function begin(): Promise<string> {
  const added = await addRun(db, { steps: planned, event: { list: ["a", "b", "c"] } });
  const index = planned.findIndex(({ id }) => id === "call");
  await addChildFlow(db, { runId: added, index, steps: [once("only")] });
  return added;
}

const [known] = await db.sql<{ id: string }[]>`select id from run where parent_run_id is null`;
const runId = known?.id ?? await begin();
let isLate = false;
const action = fakeAction(({ stepPath, input }) => {
  appendFileSync(LEDGER!, `${stepPath}\n`);
  if (stepPath.endsWith("/bad")) return { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "refused") };
  if (!stepPath.endsWith("/late") || isLate) return done(input);
  isLate = true;
  return { outcome: "snooze", delayMs: 100, reason: "429" };
});
const kinds = new Map<string, Walker>([[
  "action:run_flow",
  createRunFlow({
    db,
    cancels: NO_CANCELS,
    budget: createRunBudget({ perMinute: 60_000, clock: systemClock }),
    wake: () => queue.wake(),
  }) as Walker,
]]);
const { engine } = setUpEngine(db, [action, runFlowAction], { onPoint, kinds });
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
