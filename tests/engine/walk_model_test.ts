/**
 * A model of the walk: random plans whose tries end at random, a process that dies between any two awaits, and a person who
 * cancels, pauses and resumes between any two, against a ledger of what was sent. Nothing is sent once its end is recorded,
 * no end is recorded without what belongs to it, and no call begins after a cancel or during a pause.
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Action, ActionResult } from "../../src/engine/action.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { MAX_OUTPUT_BYTES } from "../../src/engine/outputs.ts";
import type { ActionStep } from "../../src/engine/plan.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunControl } from "../../src/runs/control.ts";
import { readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** How a try ends; delays are of an hour, so that what was recorded of them shows. */
const OUTCOMES = ["done", "refused", "fault", "fault_later", "put_off", "put_off_unnamed"] as const;
type Outcome = typeof OUTCOMES[number];
const HOUR_MS = 3_600_000;
/** Histories that are tried; more by MODEL_RUNS. */
const RUNS = Number(Deno.env.get("MODEL_RUNS") ?? 40);

/** More than a step's row holds. */
const LARGE_TEXT = "x".repeat(33_000);

function resultOf(outcome: Outcome, { path, large }: { path: string; large: boolean }): ActionResult {
  const fault = (retryable: boolean) => new AppError("UPSTREAM_FAILED", `Cannot call ${path}`, { retryable });
  switch (outcome) {
    case "done":
      return done({ id: path, text: large ? LARGE_TEXT : "" });
    case "refused":
      return { outcome: "failed", error: fault(false), httpStatus: 400 };
    case "fault":
      return { outcome: "failed", error: fault(true), httpStatus: 500 };
    case "fault_later":
      return { outcome: "failed", error: fault(true), httpStatus: 503, retryAfterMs: HOUR_MS };
    case "put_off":
      return { outcome: "snooze", delayMs: HOUR_MS, reason: "429", httpStatus: 429 };
    case "put_off_unnamed":
      return { outcome: "snooze", reason: "429", httpStatus: 429 };
  }
}

interface StepModel {
  action: "outside" | "inside";
  maxAttempts: number;
  onUncertain: ActionStep["onUncertain"];
  /** Its output is kept by itself. */
  large: boolean;
  /** Of the first tries; later ones are done. */
  outcomes: Outcome[];
}

const steps: fc.Arbitrary<StepModel[]> = fc.array(
  fc.record({
    action: fc.constantFrom("outside" as const, "outside" as const, "inside" as const),
    maxAttempts: fc.integer({ min: 1, max: 3 }),
    onUncertain: fc.constantFrom("retry" as const, "stop" as const),
    large: fc.boolean(),
    outcomes: fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 3 },
);
/** How many awaits each process lives through, one after another; then come processes that do not die. */
const lives = fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 6 });

/** What a person asks for, one in each process, at its n-th await. */
interface Wish {
  at: number;
  wish: "cancel" | "pause" | "resume";
}
const wishes: fc.Arbitrary<Wish[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 1, max: 10 }),
    wish: fc.constantFrom("cancel" as const, "pause" as const, "pause" as const, "resume" as const),
  }),
  { maxLength: 4 },
);

class Crash extends Error {}

/** A process that dies at its n-th await: from then on it records nothing and sends nothing. `onAwait` is told of each. */
function createProcess(awaits: number, onAwait: (count: number) => Promise<void>) {
  let left = awaits;
  let count = 0;
  const live = <T>(work: () => Promise<T>): Promise<T> => left <= 0 ? Promise.reject(new Crash()) : work();
  /** The process may die before the work and, its effect outside done, after it. */
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    left--;
    await onAwait(++count);
    const result = await live(work);
    left--;
    await onAwait(++count);
    return await live(() => Promise.resolve(result));
  };
  return { step, dead: () => left <= 0 };
}

interface Ledger {
  /** Of each path, the key and outcome of each send, in order. */
  sends: Map<string, { key: string; outcome: Outcome }[]>;
  /** Paths whose end was seen in the journal. */
  ended: Set<string>;
  /** Paths that must not be sent any more: their answer was never recorded. */
  barred: Set<string>;
  /** As the person was last answered. */
  person: { cancelled: boolean; paused: boolean };
}

async function checkWalk(db: Database, models: StepModel[], deaths: number[], asked: Wish[]) {
  await db.sql`delete from job`;
  const ids = models.map((_, index) => `s${index}`);
  const runId = await addRun(db, {
    steps: models.map(({ action, maxAttempts, onUncertain }, index) => {
      const retry = { maxAttempts, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
      const input = index === 0 ? {} : { before: `$.action_${index}_result.id` };
      return step(ids[index]!, { action, onUncertain, retry, input });
    }),
  });
  const modelOf = (path: string) => models[ids.indexOf(path.replace("root/", ""))]!;
  const person = { cancelled: false, paused: false };
  const ledger: Ledger = { sends: new Map(), ended: new Set(), barred: new Set(), person };
  const crashes = [...deaths];
  const left = [...asked];
  const ask = await askerOf(db, runId, ledger);

  for (let life = 0; (await readJobs(db)).some(({ finished }) => !finished); life++) {
    assert(life < 60, "the run does not end");
    const wish = left.shift();
    let granted = false;
    const process = createProcess(crashes.shift() ?? Infinity, async (count) => {
      if (count === wish?.at) granted = await ask(wish.wish);
    });
    // Nobody asks any more: what is paused goes on.
    if (!wish && person.paused) await ask("resume");
    const sentNow = new Map<string, Outcome>();
    // What an action throws is how its step fails: the engine would take it for that.
    const broken: unknown[] = [];
    /** Paths whose start is recorded; a call that a person stops between its record and its first byte is in progress. */
    const begun = new Set<string>();
    const check = (rules: () => void) => {
      try {
        rules();
      } catch (error) {
        broken.push(error);
      }
    };
    const actions = (["outside", "inside"] as const).map((type): Action => ({
      type,
      effect: type === "outside" ? "external" : "none",
      describe: () => ({}),
      run: ({ stepPath, idempotencyKey, input }) => {
        const place = ids.indexOf(stepPath.replace("root/", ""));
        check(() => {
          assertEquals(input, place === 0 ? {} : { before: `root/${ids[place - 1]}` }, "the result before it is there");
          assert(begun.has(stepPath) || modelOf(stepPath).action === "inside", `${stepPath} began without a record`);
        });
        return process.step(() => {
          check(() => {
            assert(!ledger.ended.has(stepPath), `${stepPath} was sent after its end was recorded`);
            assert(!ledger.barred.has(stepPath), `${stepPath} was sent again, its first send being uncertain`);
            assert(!sentNow.has(stepPath), `${stepPath} was sent twice in one walk`);
          });
          const sends = ledger.sends.get(stepPath) ?? [];
          ledger.sends.set(stepPath, sends);
          const outcome = modelOf(stepPath).outcomes[sends.length] ?? "done";
          sends.push({ key: idempotencyKey, outcome });
          sentNow.set(stepPath, outcome);
          return Promise.resolve(resultOf(outcome, { path: stepPath, large: modelOf(stepPath).large }));
        });
      },
    }));
    const journal = (real: Journal): Journal => ({
      ...real,
      record: (entry) =>
        process.step(async () => {
          const before = { ...person };
          await real.record(entry);
          for (const { path, state } of entry.attempts ?? []) {
            if (state !== "started") continue;
            begun.add(path);
            check(() =>
              assertEquals(before, { cancelled: false, paused: false }, `${path} began after a cancel or pause`)
            );
          }
        }),
    });
    const { claim, advance } = setUpEngine(db, actions, { journal, maxOutputBytes: MAX_OUTPUT_BYTES });
    await makeDue(db);
    const before = await readRun(db, runId);
    const ended = await advance(await claim()).then(() => true, (error) => {
      if (!(error instanceof Crash) && !(person.cancelled && error.code === "LEASE_LOST")) throw error;
      return false;
    });
    if (broken.length > 0) throw broken[0];
    assert(ended || process.dead() || person.cancelled);
    await checkRecords(db, { runId, before, sentNow, ledger, modelOf, disturbed: granted || person.paused });
  }

  const run = await readRun(db, runId);
  const [letter, ...more] = await readJobs(db);
  assertEquals(more, []);
  assertEquals(run.state === "cancelled", person.cancelled);
  if (run.state === "cancelled") {
    assertEquals(letter, undefined);
    const states = run.steps.map(({ state }) => state);
    assert(states.every((state, index) => state === "completed" || (state === "cancelled" && !states[index + 1])));
    assert(run.tries.every(({ state }) => state !== "started"), "what was under way is uncertain");
  } else if (run.state === "completed") {
    assertEquals(letter, undefined);
    assertEquals(run.steps.map(({ path, state }) => [path, state]), ids.map((id) => [`root/${id}`, "completed"]));
  } else {
    assertEquals([run.state, letter!.state, letter!.reason], ["failed", "discarded", run.error_message]);
    assertEquals([run.steps.at(-1)!.state, run.steps.at(-1)!.error_code], ["failed", run.error_code]);
    assert(run.steps.slice(0, -1).every(({ state }) => state === "completed"));
  }
  const kept = await db.sql<{ path: string | null; whole: boolean }[]>`
    select step.path, output.bytes = step.output_bytes and octet_length(output.body) = output.bytes as whole
    from output full join (select * from step where run_id = ${runId} and output_ref is not null) step
      on step.run_id = output.run_id and step.output_ref = output.id
    where output.run_id = ${runId} or output.run_id is null order by step.path`;
  assertEquals(
    kept.map(({ path, whole }) => [path, whole]),
    run.steps.filter(({ path, state }) => state === "completed" && modelOf(path).large).map(({ path }) => [path, true]),
    "a kept output is there with the end of its step, and only then",
  );
  for (const [path, sends] of ledger.sends) {
    assertEquals([...new Set(sends.map(({ key }) => key))], [`${runId}/${path}`]);
    const tries = run.tries.filter((one) => one.path === path);
    const { maxAttempts } = modelOf(path);
    assert(tries.filter(({ state }) => state === "failed").length <= maxAttempts);
    assert(tries.length <= maxAttempts + deaths.length, "waits have no rows of their own");
  }
}

/** Asks for something as a person does, and notes in the ledger how it was answered; true where it was granted. */
async function askerOf(db: Database, runId: string, { person }: Ledger) {
  const { wake, sayWithdrawn } = createPostgresQueue(db, systemClock);
  const control = createRunControl({ db, wake, sayWithdrawn });
  const [row] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
  return async (wish: Wish["wish"]): Promise<boolean> => {
    try {
      await control[wish](row!.id, runId, { kind: "user", name: "user-1" });
    } catch (error) {
      assertEquals((error as AppError).code, "CONFLICT");
      return false;
    }
    if (wish === "cancel") Object.assign(person, { cancelled: true, paused: false });
    else person.paused = wish === "pause";
    // A pause of a run that ends with its present call ends with it.
    return true;
  };
}

/** What a walk left behind, whether its process lived or died: each end whole, or not there. */
async function checkRecords(
  db: Database,
  { runId, before, sentNow, ledger, modelOf, disturbed }: {
    runId: string;
    before: Awaited<ReturnType<typeof readRun>>;
    sentNow: Map<string, Outcome>;
    ledger: Ledger;
    modelOf(path: string): StepModel;
    /** A person asked for something meanwhile: the job may wait for that. */
    disturbed: boolean;
  },
) {
  const after = await readRun(db, runId);
  const [job] = await readJobs(db);
  const over = ["completed", "failed", "cancelled"].includes(after.state);
  if (after.state === "completed" || after.state === "failed") ledger.person.paused = false;
  const isEnded = ({ state }: { state: string }) => state === "completed" || state === "failed";
  for (const { path } of after.steps.filter(isEnded)) ledger.ended.add(path);
  if (after.steps.some(({ state }) => state === "failed")) {
    assertEquals(after.state, "failed", "a failure ends its run");
  }
  assertStrictEquals(job === undefined || job.finished, over, "the run and its job end together");

  const put = (run: typeof after) =>
    run.tries.filter(({ state }) => state === "failed" || state === "snoozed").map(({ path, number, state }) =>
      `${path} ${number} ${state}`
    );
  const last = [...sentNow].at(-1);
  if (job?.state === "executing") {
    const known = new Set(put(before));
    assertEquals(
      put(after).filter((one) => !known.has(one)),
      [],
      "no failure or wait is recorded without its delay",
    );
    // The process died: of the last send it is not known how it ended.
    if (last && !ledger.ended.has(last[0]) && modelOf(last[0]).action === "outside") {
      if (modelOf(last[0]).onUncertain === "stop") ledger.barred.add(last[0]);
    }
  } else if (job && !job.finished && !disturbed) {
    const [, outcome] = last!;
    assertStrictEquals(job.state, outcome.startsWith("put_off") ? "scheduled" : "retryable");
    if (outcome === "fault_later" || outcome === "put_off") assert(job.due_in_ms > HOUR_MS / 2, "the delay is kept");
  }
}

Deno.test("over any plan, outcomes, deaths of the process and wishes of a person no step is sent after its end, and no end is recorded in part", async () => {
  const { db, stop } = await testDatabase();
  try {
    await fc.assert(
      fc.asyncProperty(
        steps,
        lives,
        wishes,
        async (models, deaths, asked) => await checkWalk(db, models, deaths, asked),
      ),
      {
        numRuns: RUNS,
        examples: [
          // The failure is recorded, and the process dies before anything else is.
          [[{ action: "outside", maxAttempts: 1, onUncertain: "stop", large: false, outcomes: ["refused"] }], [6], []],
          [
            [{ action: "outside", maxAttempts: 3, onUncertain: "retry", large: true, outcomes: ["fault_later"] }],
            [6],
            [],
          ],
          [
            [{ action: "outside", maxAttempts: 1, onUncertain: "stop", large: false, outcomes: ["put_off"] }],
            [6, 6, 5],
            [],
          ],
        ],
      },
    );
  } finally {
    await stop();
  }
});
