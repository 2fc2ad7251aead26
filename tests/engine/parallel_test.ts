/** Tests of steps at the same time (src/engine/kinds/parallel.ts). */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { Join, ParallelStep, PlanStep } from "../../src/engine/plan.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { branchOf, endOf, loopOf, once, parallelOf, pathsOf, setVars, tryOf } from "./plans.ts";
import { addRun, done, type EngineSetup, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";
import { planOf as testSteps, waitFor, WAITING_KINDS } from "./waiting_kinds.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const HOUR_MS = 3_600_000;

/** How long "slower" takes: until the step of this id has begun, and an hour by a clock of its own. */
interface Slower {
  beside: string;
  passHour(): void;
}

/** By the id of the step: bad is refused, late_ waits an hour at first, slow takes 50 ms; the others answer with their path. */
function answering(slower?: Slower) {
  const late = new Set<string>();
  const begun = Promise.withResolvers<void>();
  return fakeAction(async ({ stepPath }) => {
    const id = stepPath.split("/").at(-1)!;
    if (id === slower?.beside) begun.resolve();
    if (id === "slower") await begun.promise.then(slower?.passHour);
    else if (id.startsWith("slow")) await new Promise((resolve) => setTimeout(resolve, 50));
    if (id.startsWith("bad")) return { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", `no ${id}`) };
    if (id.startsWith("late") && !late.has(stepPath)) {
      late.add(stepPath);
      return { outcome: "snooze", delayMs: HOUR_MS, reason: "429" };
    }
    return done(stepPath);
  });
}

/** One walk of the steps; more with `next`. */
async function walk(db: Database, steps: PlanStep[], { slower, ...options }: EngineSetup & { slower?: Slower } = {}) {
  for (const table of ["job", "step", "wait", "signal", "output", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const runId = await addRun(db, { steps });
  const action = answering(slower);
  const { next } = setUpEngine(db, [action], { maxOutputBytes: 200_000, kinds: WAITING_KINDS, ...options });
  await next();
  return { runId, action, next: async () => (await makeDue(db), await next()), ...await seen(db, runId) };
}

async function seen(db: Database, runId: string) {
  const { state, error_message, steps } = await readRun(db, runId);
  const states = Object.fromEntries(steps.map((row) => [row.path.replace("root/both", ""), row.state]));
  return { state, error: error_message, states, output: steps.find(({ path }) => path === "root/both")?.output };
}

const both = (join: Join, ...branches: PlanStep[][]) => parallelOf("both", branches, { join });

Deno.test("a parallel step completes with as many branches as its join wants, whose steps are named behind it", () =>
  withDatabase(async (db) => {
    const good = [once("a"), setVars("own", { v: 1 })];
    const after = once("after", {
      input: { a: "$.steps.a.output", b: "$.steps.b.output", v: "$.vars.v", out: "$.steps.both.output" },
    });
    const all = await walk(db, [both("all", good, [once("b")]), after]);
    assertEquals(all.action.calls.at(-1)!.input, {
      a: "root/both#0/a",
      b: "root/both#1/b",
      out: { completed: [0, 1], failed: [], outputs: [{ v: 1 }, "root/both#1/b"] },
    });
    const cases: [Join, string[], number[] | string][] = [
      ["all", ["a", "bad1", "b"], "no bad1"],
      ["any", ["bad1", "a", "bad2"], [1]],
      ["any", ["bad1", "bad2"], "no bad1"],
      ["majority", ["a", "bad1", "b"], [0, 2]],
      ["majority", ["a", "bad1"], "no bad1"],
      [{ atLeast: 2 }, ["bad1", "a", "b", "bad2"], [1, 2]],
      [{ atLeast: 3 }, ["bad1", "a", "b", "bad2"], "no bad1"],
      [{ atLeast: 9 }, ["a", "b"], [0, 1]],
    ];
    for (const [join, ids, expected] of cases) {
      const { state, error, output } = await walk(db, [both(join, ...ids.map((id) => [once(id)]))]);
      if (typeof expected === "string") assertEquals([state, error], ["failed", expected], JSON.stringify(join));
      else {
        assertEquals([state, (output as { completed: unknown }).completed], ["completed", expected]);
        const failed = (output as { failed: { index: number }[] }).failed;
        assertEquals(failed.map(({ index }) => ids[index]), ids.filter((id) => id.startsWith("bad")));
      }
    }
  }));

Deno.test("once the join is decided no step begins in the others, calls in progress are recorded, and what waits is cancelled", () =>
  withDatabase(async (db) => {
    const branches = [
      [once("a")],
      [once("slow"), once("never")],
      testSteps(waitFor("go")),
      [tryOf("guard", [loopOf("each", [step("late")], { over: ["$.webhook.id"] })], { finally: [once("never2")] })],
    ];
    const { state, states, output, action } = await walk(db, [both("any", ...branches), once("after")]);
    assertEquals([state, pathsOf(action).includes("root/after")], ["completed", true]);
    assertEquals(pathsOf(action).filter((path) => path.includes("never")), []);
    const rest = Object.entries(states).filter(([path]) => /^#[123]/.test(path) && path !== "#1/slow");
    assertEquals([...new Set(rest.map(([, one]) => one))], ["cancelled"]);
    for (const path of ["#1", "#2", "#2/go", "#3", "#3/guard#0/each#0/late"]) assert(path in states, path);
    assertEquals(["", "#0", "#0/a", "#1/slow"].map((path) => states[path]), new Array(4).fill("completed"));
    assertEquals(output, { completed: [0], failed: [], outputs: ["root/both#0/a", null, null, null] });
    assertEquals(await db.sql`select 1 from wait`.then((rows) => rows.length), 0);
  }));

Deno.test("branches that wait go on by themselves, also after a death, and the others' results stay", () =>
  withDatabase(async (db) => {
    const after = once("after", { input: { a: "$.steps.a.output", late: "$.steps.late.output" } });
    const plan = [both("all", [once("a")], [step("late"), once("b")]), after];
    const first = await walk(db, plan);
    assertEquals([first.state, first.states["#0"], first.states["#1/late"]], ["waiting", "completed", "running"]);
    await first.next();
    assertEquals((await seen(db, first.runId)).state, "completed");
    assertEquals(pathsOf(first.action), [
      "root/both#0/a",
      "root/both#1/late",
      "root/both#1/late",
      "root/both#1/b",
      "root/after",
    ]);
    assertEquals(first.action.calls.at(-1)!.input, { a: "root/both#0/a", late: "root/both#1/late" });
  }));

Deno.test("a branch that is not over in time fails; a call in progress then is awaited", () =>
  withDatabase(async (db) => {
    const limited = (fields: Partial<ParallelStep>, ...branches: PlanStep[][]) =>
      parallelOf("both", branches, { timeLimitMs: HOUR_MS, ...fields });
    let passedMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passedMs };
    const passHour = () => void (passedMs += HOUR_MS);
    const slow = await walk(
      db,
      [limited({ join: "any" }, [once("slower"), once("never")], [once("a"), once("b")])],
      { clock, slower: { beside: "b", passHour } },
    );
    assertEquals([slow.state, (slow.output as { completed: number[] }).completed], ["completed", [1]]);
    const late = await walk(db, [
      tryOf("guard", [limited({}, [once("slower"), once("never")], [once("a")])], {
        onError: [once("mend", { input: "$.error" })],
      }),
    ], { clock, slower: { beside: "a", passHour } });
    assertEquals(late.action.calls.at(-1)!.input, {
      code: "RUN_LIMIT_REACHED",
      message: "Cannot go on with the branch: its time is over",
      step: "both",
    });
    const waits = await walk(db, [limited({ join: "any" }, testSteps(waitFor("go")))], { clock });
    assertEquals(waits.state, "waiting");
    passHour();
    await waits.next();
    const { state, states, error } = await seen(db, waits.runId);
    assertEquals([state, error, states["#0"], states["#0/go"]], [
      "failed",
      "Cannot go on with the branch: its time is over",
      "failed",
      "cancelled",
    ]);
  }));

Deno.test("an end in a branch ends the run; a failure there is retried by a person with what was cancelled beside it", () =>
  withDatabase(async (db) => {
    const ended = await walk(db, [
      both("all", [once("a"), endOf("end", { output: 7 })], testSteps(waitFor("go")), [once("slow"), once("never")]),
      once("after"),
    ]);
    const [root] = await db.sql`select output from step where path = 'root'`;
    assertEquals([ended.state, root!.output, ended.states["#1/go"], ended.states["#1"]], [
      "completed",
      7,
      "cancelled",
      undefined,
    ]);
    assertEquals(pathsOf(ended.action).sort(), ["root/both#0/a", "root/both#2/slow"]);
    assertEquals([ended.states["#2/slow"], ended.states["#2"]], ["completed", "cancelled"]);

    const failed = await walk(db, [
      both("all", [once("bad")], [branchOf("deep", { otherwise: [step("late"), once("b")] })]),
      once("after"),
    ]);
    assertEquals([failed.state, failed.states["#1"], failed.states["#1/deep#0/late"]], [
      "failed",
      "cancelled",
      "cancelled",
    ]);
    const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${failed.runId}`;
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    await retry(run!.id, failed.runId);
    const action = fakeAction(({ stepPath }) => done(stepPath));
    await makeDue(db);
    await setUpEngine(db, [action]).next();
    const { state, states } = await seen(db, failed.runId);
    assertEquals([state, pathsOf(action).sort()], ["completed", [
      "root/after",
      "root/both#0/bad",
      "root/both#1/deep#0/b",
      "root/both#1/deep#0/late",
    ]]);
    assert(Object.values(states).every((one) => one === "completed"));
  }));
