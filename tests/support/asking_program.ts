/**
 * A run that waits for two events and for a person, as a child process that kills itself: CRASH_AT names the point, of
 * src/base/crash_point.ts or one of its own, and CRASH_NTH how many times it is passed. It makes the run where there is none,
 * walks it, delivers each event once its wait is there, and decides once the link was sent; what its actions did is a line each in the
 * file LEDGER, and how the run ended stands in the file RESULT. Prints `ready {}`.
 */

import { appendFileSync } from "node:fs";
import { createDecisions } from "../../src/approvals/decide.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { systemClock } from "../../src/base/clock.ts";
import { toAppError } from "../../src/base/errors.ts";
import type { Database, TransactionSql } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { createEventWaits } from "../../src/flows/triggers/event_waits.ts";
import { readJobs } from "../db/rows.ts";
import { done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { addWaitingRun, approvalStep, deliver, dispatchOver, waitForEvent } from "../flows/event_waits_setup.ts";
import { setUpWorker } from "../queue/setup.ts";
import { installationOf, outputs, rowsOf } from "../signals/setup.ts";

/** in: done and not committed; after: committed and nothing behind it. */
export type AskingPoint = CrashPoint | `${"in" | "after"}_${"waits" | "dispatch" | "decision"}`;

const { CRASH_AT, CRASH_NTH = "1", DATABASE_URL, DATA_DIR, LEDGER, RESULT } = Deno.env.toObject();
let left = Number(CRASH_NTH);

function onPoint(point: AskingPoint) {
  if (point !== CRASH_AT || --left > 0) return;
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes in a moment: nothing more may happen until then.
  for (;;);
}

async function open(): Promise<Database> {
  const db = DATABASE_URL
    ? openPostgres({ url: DATABASE_URL, poolSize: 4, applicationName: "timewire-tests" })
    : await openEmbedded({ dataDir: DATA_DIR! });
  await migrateUp(db);
  await db.bind();
  return db;
}

/** The same database, with a point before and after the commit of each transaction that changes something. */
function pointed(db: Database, name: "waits" | "dispatch" | "decision"): Database {
  const scoped: Database["scoped"] = async (scope, work, options) => {
    let changes = false;
    const given = await db.scoped(scope, async (sql) => {
      const result = await work(sql);
      changes = await hasChanged(sql);
      if (changes) onPoint(`in_${name}`);
      return result;
    }, options);
    if (changes) onPoint(`after_${name}`);
    return given;
  };
  return { ...db, scoped };
}

async function hasChanged(sql: TransactionSql): Promise<boolean> {
  const [row] = await sql<{ has: boolean }[]>`select pg_current_xact_id_if_assigned() is not null as has`;
  return row!.has;
}

const db = await open();
const [known] = await db.sql<{ id: string }[]>`select id from run`;
const runId = known?.id ?? await addWaitingRun(db, [
  step("first"),
  waitForEvent("made", "NEW_CLIENT"),
  waitForEvent("again", "NEW_CLIENT"),
  approvalStep("manager", { ask: [step("mail")], approved: [step("thank")] }),
  step("last"),
]);
const action = fakeAction(({ stepPath }) => {
  appendFileSync(LEDGER!, `${stepPath}\n`);
  return done(stepPath);
});
const { engine } = setUpEngine(db, [action], { onPoint });
const { worker, queue } = setUpWorker(db, {
  event: dispatchOver(pointed(db, "dispatch"), engine),
  run: engine.advance,
  handlers: { waits: createEventWaits({ db: pointed(db, "waits"), wake: () => queue.wake() }) },
  clock: systemClock,
  owner: crypto.randomUUID(),
  leaseMs: 1_000,
  onPoint,
});
const decisions = createDecisions({ db: pointed(db, "decision"), wake: () => queue.wake() });
if (db.kind === "embedded") await queue.releaseAll();
console.log("ready {}");
worker.run();

const installationId = await installationOf(db, runId);
const isOver = async () => ["completed", "failed", "cancelled"].includes((await readRun(db, runId)).state);
while (!await isOver()) {
  const { waits } = await rowsOf(db);
  for (const id of ["made", "again"]) {
    const [sent] = await db.sql`select 1 from meta where key = ${id}`;
    if (sent || !waits.includes(`root/${id}`)) continue;
    await deliver(db, runId, { type: "NEW_CLIENT", body: { id } });
    await db.sql`insert into meta (key, value) values (${id}, 'sent')`;
    queue.wake();
  }
  const [asked] = await db.sql<{ id: string }[]>`select id from approval where state = 'open'`;
  const by = { person: "user-1", roles: [], isAdmin: false };
  // Once the link was sent, also by a process that is gone.
  const isSent = (await Deno.readTextFile(LEDGER!).catch(() => "")).includes("#3/mail");
  if (asked && isSent) {
    await decisions.decide(installationId, asked.id, { by, decision: "approve", note: null }).catch((error) => {
      if (toAppError(error).code !== "CONFLICT") throw error;
    });
  }
  await systemClock.sleep(20);
}
await worker.stop(1_000);
const approvals = await db.sql`select state, decided_by as by from approval`;
const { state } = await readRun(db, runId);
const jobs = (await readJobs(db)).filter(({ kind }) => kind !== "event");
await Deno.writeTextFile(
  RESULT!,
  JSON.stringify({ state, outputs: await outputs(db, runId), ...await rowsOf(db), jobs, approvals: [...approvals] }),
);
await db.stop();
Deno.exit(0);
