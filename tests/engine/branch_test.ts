/** Tests of branches, tries, ends, variables and transforms (src/engine/kinds). */

import { assertEquals } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { branchOf, endOf, idIs, once, pathsOf, setVars, transform, tryOf } from "./plans.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

/** Answers with the path; those whose id begins with "bad" are refused. */
const echo = () =>
  fakeAction(({ stepPath, input }) =>
    /\/bad[^/]*$/.test(stepPath)
      ? { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "Cannot call: it answered 400"), httpStatus: 400 }
      : done({ at: stepPath, input })
  );

/** Walks the steps from an empty database; what came of it. */
async function walk(db: Database, steps: PlanStep[], event: unknown = { id: "entity-1" }) {
  for (const table of ["job", "step", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const runId = await addRun(db, { steps, event });
  const action = echo();
  await setUpEngine(db, [action], { maxOutputBytes: 100_000 }).next();
  const { state, error_code, error_message, steps: rows } = await readRun(db, runId);
  const outputs = Object.fromEntries(rows.map((row) => [row.path, row.output]));
  const states = Object.fromEntries(rows.map((row) => [row.path, row.state]));
  return { runId, action, state, error: [error_code, error_message], outputs, states, paths: pathsOf(action) };
}

Deno.test("a branch takes the first case that fits, by condition or value, and its steps are named behind it", () =>
  withDatabase(async (db) => {
    const cases = [
      { name: "first", if: idIs("a"), steps: [once("one")] },
      { if: idIs("b"), steps: [once("two"), transform("shape", { from: "$.steps.two.output.at" })] },
    ];
    const after = once("after", {
      input: { one: "$.steps.one.output.at", shape: "$.steps.shape.output", by: "$.steps.size.output" },
    });
    const plan = [branchOf("size", { cases, otherwise: [once("other")] }), after];
    const first = await walk(db, plan, { id: "a" });
    assertEquals(first.paths, ["root/size#0/one", "root/after"]);
    assertEquals(first.action.calls[1]!.input, { one: "root/size#0/one", by: { taken: 0, name: "first" } });
    const second = await walk(db, plan, { id: "b" });
    assertEquals(second.paths, ["root/size#1/two", "root/after"]);
    assertEquals(second.action.calls[1]!.input, { shape: { from: "root/size#1/two" }, by: { taken: 1, name: null } });
    const none = await walk(db, plan, { id: "c" });
    assertEquals(none.paths, ["root/size#2/other", "root/after"]);
    assertEquals(none.outputs["root/size"], { taken: null, name: null });

    const byValue = [
      branchOf("which", {
        on: "$.webhook.kind",
        cases: [{ equals: ["x", 1], steps: [once("x")] }, { equals: [null], steps: [once("nothing")] }],
      }),
    ];
    for (const [kind, path] of [["x", "#0/x"], ["1", "#0/x"], [undefined, "#1/nothing"], ["y", undefined]]) {
      assertEquals((await walk(db, byValue, { kind })).paths, path === undefined ? [] : [`root/which${path}`]);
    }
    const faulty = await walk(db, [branchOf("size", { on: "{{ number('x') }}", cases: [{ equals: [1], steps: [] }] })]);
    assertEquals([faulty.state, faulty.error[0], faulty.states], ["failed", "EXPRESSION_FAILED", {
      "root/size": "failed",
    }]);
  }));

Deno.test("a branch that was taken stays taken, with its paths, though event and plan say otherwise by then", () =>
  withDatabase(async (db) => {
    const plan = (extra: object[]) => [
      branchOf("size", {
        cases: [{ if: idIs("a"), steps: [once("one")] }, ...extra as []],
        otherwise: [once("other"), once("then")],
      }),
      once("after", { input: "$.steps.other.output.at" }),
    ];
    const runId = await addRun(db, { steps: plan([]), event: { id: "z" } });
    const action = fakeAction(({ stepPath }) => done({ at: stepPath }));
    let calls = 0;
    const dying = setUpEngine(db, [action], {
      onPoint: (point) => {
        if (point === "before_call" && ++calls === 2) throw new Error("a fault of ours");
      },
    });
    await dying.next().catch(({ message }) => assertEquals(message, "a fault of ours"));
    await db.sql`update event set body = '{"id":"a"}'`;
    const { body } = (await db.sql<{ body: { root: { steps: PlanStep[] } } }[]>`select body from plan`)[0]!;
    body.root.steps = plan([{ if: idIs("b"), steps: [] }]);
    await db.sql`update plan set body = ${JSON.stringify(body)}::text::jsonb`;
    await makeDue(db);
    await setUpEngine(db, [action]).next();
    assertEquals((await readRun(db, runId)).state, "completed");
    assertEquals(pathsOf(action), ["root/size#1/other", "root/size#1/then", "root/after"]);
    assertEquals(action.calls.at(-1)!.input, "root/size#1/other");
  }));

Deno.test("a try goes on with on_error, which sees the failure, and walks finally whatever came", () =>
  withDatabase(async (db) => {
    const see = {
      code: "$.error.code",
      text: "{{ error.message }} in {{ error.step }}",
      before: "$.steps.good.output.at",
    };
    const body = [once("good"), branchOf("deep", { cases: [{ if: idIs("a"), steps: [once("bad")] }] })];
    const guard = (fields: object) => tryOf("guard", body, { finally: [once("tidy")], ...fields });
    const after = once("after", {
      input: { guard: "$.steps.guard.output", mended: "$.steps.mend.output.at", gone: "$.error.code" },
    });
    const error = { code: "UPSTREAM_REJECTED", message: "Cannot call: it answered 400", step: "bad" };

    const handled = await walk(db, [guard({ onError: [once("mend", { input: see })] }), after], { id: "a" });
    assertEquals(handled.paths.map((path) => path.replace("root/guard", "")), [
      "#0/good",
      "#0/deep#0/bad",
      "#1/mend",
      "#2/tidy",
      "root/after",
    ]);
    assertEquals(handled.action.calls[2]!.input, {
      code: error.code,
      text: `${error.message} in bad`,
      before: "root/guard#0/good",
    });
    assertEquals(handled.action.calls[4]!.input, { guard: { failed: true, error }, mended: "root/guard#1/mend" });
    assertEquals([handled.state, handled.states["root/guard#0/deep#0/bad"]], ["completed", "failed"]);

    const fine = await walk(db, [guard({ onError: [once("mend")] }), after], { id: "b" });
    assertEquals(fine.outputs["root/guard"], { failed: false, error: null });
    assertEquals(fine.paths.length, 3);
    const unhandled = await walk(db, [guard({}), after], { id: "a" });
    assertEquals([unhandled.state, unhandled.error], ["failed", [error.code, error.message]]);
    assertEquals(unhandled.paths.at(-1), "root/guard#2/tidy");
    const worse = await walk(db, [guard({ onError: [once("bad2")], finally: [once("bad3")] })], { id: "a" });
    assertEquals([worse.state, worse.paths.length, worse.states["root/guard#2/bad3"]], ["failed", 4, "failed"]);
  }));

Deno.test("an end ends the run wherever it stands, after finally, with its words and the run's output", () =>
  withDatabase(async (db) => {
    const nested = (end: PlanStep) => [
      tryOf("outer", [
        tryOf("inner", [branchOf("deep", { otherwise: [end, once("never")] })], { finally: [once("tidy")] }),
      ], {
        onError: [once("never2")],
        finally: [once("tidy2")],
      }),
      once("never3"),
    ];
    const good = await walk(db, nested(endOf("stop", { message: "enough", output: { id: "$.webhook.id" } })), {
      id: "x",
    });
    assertEquals([good.state, good.error], ["completed", [null, null]]);
    assertEquals(good.paths, ["root/outer#0/inner#2/tidy", "root/outer#2/tidy2"]);
    assertEquals(good.outputs.root, { id: "x" });
    assertEquals([...new Set(Object.values(good.states))], ["completed"]);

    const bad = await walk(db, nested(endOf("stop", { outcome: "failure", message: "no {{webhook.id}}" })), {
      id: "x",
    });
    assertEquals([bad.state, bad.error], ["failed", ["FLOW_ENDED_RUN", "no x"]]);
    assertEquals(bad.paths, good.paths);
    assertEquals((await readJobs(db))[0]!.reason, "no x");
    assertEquals([bad.states["root/outer"], bad.states["root/outer#0/inner#0/deep#0/stop"]], ["failed", "failed"]);

    const large = "x".repeat(40_000);
    const kept = await walk(db, [endOf("stop", { output: large })]);
    assertEquals([kept.state, kept.outputs.root], ["completed", null]);
    const [output] = await db.sql<{ body: string }[]>`
      select body from output join step on step.run_id = output.run_id and step.output_ref = output.id
      where path = 'root' and step.run_id = ${kept.runId}`;
    assertEquals(output!.body, JSON.stringify(large));
  }));

Deno.test("a run that dies anywhere on its way to an end goes on to the same end", () =>
  withDatabase(async (db) => {
    for (let nth = 1; nth <= 3; nth++) {
      for (const table of ["job", "step", "run"]) await db.sql.unsafe(`delete from ${table}`);
      const runId = await addRun(db, {
        steps: [
          tryOf("guard", [once("good"), endOf("stop", { output: "{{ $.steps.good.output.n }}" })], {
            finally: [once("tidy")],
          }),
          once("never"),
        ],
      });
      let serial = 0;
      const action = fakeAction(({ stepPath }) => done({ at: stepPath, n: ++serial }));
      let left = nth;
      await setUpEngine(db, [action], {
        onPoint: (point) => {
          if ((point === "after_call" || point === "before_run_end") && --left === 0) {
            throw new Error("a fault of ours");
          }
        },
      }).next().catch(({ message }) => assertEquals(message, "a fault of ours"));
      await makeDue(db);
      await setUpEngine(db, [action]).next();
      const { state, steps } = await readRun(db, runId);
      const output = (path: string) => steps.find((one) => one.path === path)?.output;
      assertEquals([state, output("root")], ["completed", (output("root/guard#0/good") as { n: number }).n]);
      assertEquals(pathsOf(action).includes("root/never"), false);
    }
  }));

Deno.test("variables are found at $.vars by the steps behind, and take one record with the next call", () =>
  withDatabase(async (db) => {
    const { action, outputs } = await walk(db, [
      setVars("start", { n: 1, who: "$.webhook.id" }),
      branchOf("deep", { otherwise: [setVars("more", { n: "{{ add($.vars.n, 1) }}", __proto__x: 1 })] }),
      once("see", { input: "$.vars" }),
    ]);
    assertEquals(action.calls[0]!.input, { n: 2, who: "entity-1", __proto__x: 1 });
    assertEquals(outputs["root/start"], { n: 1, who: "entity-1" });
    const large = await walk(db, [setVars("start", { n: "x".repeat(33_000) })]);
    assertEquals([large.state, large.error[0]], ["failed", "STEP_OUTPUT_TOO_LARGE"]);
    assertEquals((await walk(db, [transform("none", "$.webhook.none")])).outputs["root/none"], null);
  }));

Deno.test("a person's retry goes on where the run failed: not with what a try has dealt with", () =>
  withDatabase(async (db) => {
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    const cases: [PlanStep[], string[]][] = [
      [[tryOf("guard", [once("good"), once("bad")], { finally: [once("tidy")] }), once("after")], [
        "root/guard#0/bad",
        "root/after",
      ]],
      [[tryOf("guard", [once("bad")], { onError: [once("bad2")] }), once("after")], [
        "root/guard#1/bad2",
        "root/after",
      ]],
      [[tryOf("guard", [once("bad")], { onError: [] }), once("bad2")], ["root/bad2"]],
      [[branchOf("deep", { otherwise: [once("bad")] })], ["root/deep#0/bad"]],
    ];
    for (const [plan, expected] of cases) {
      const { runId, state } = await walk(db, plan);
      assertEquals(state, "failed");
      const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
      await retry(run!.id, runId);
      const action = fakeAction(({ stepPath }) => done(stepPath));
      await setUpEngine(db, [action]).next();
      assertEquals(pathsOf(action), expected);
      const after = await readRun(db, runId);
      assertEquals([after.state, after.steps.filter((one) => one.state === "running")], ["completed", []]);
    }
  }));
