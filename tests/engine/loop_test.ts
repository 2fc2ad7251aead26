/** Tests of loops over lists and of while-loops (src/engine/kinds/loop.ts). */

import { assert, assertEquals } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { branchOf, endOf, loopOf, once, pathsOf, setVars, transform } from "./plans.ts";
import { addRun, done, type EngineSetup, type FakeAction, fakeAction, makeDue, readRun, setUpEngine } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const refused = (message = "Cannot call: it answered 400") =>
  ({ outcome: "failed", error: new AppError("UPSTREAM_REJECTED", message), httpStatus: 400 }) as const;

/** Answers with its input; refuses the texts "bad" and "worse". */
const echo = (): FakeAction =>
  fakeAction(({ input }) => input === "bad" || input === "worse" ? refused(`no ${input}`) : done(input));

interface Setup extends EngineSetup {
  event?: unknown;
  action?: FakeAction;
}

/** Walks the steps to the end of the run; what came of it. */
async function walk(db: Database, steps: PlanStep[], { event = {}, action = echo(), ...options }: Setup = {}) {
  for (const table of ["job", "step", "output", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const runId = await addRun(db, { steps, event });
  return { action, ...await goOn(db, runId, { action, ...options }) };
}

async function goOn(db: Database, runId: string, { action = echo(), ...options }: Setup = {}) {
  const { next } = setUpEngine(db, [action], { maxOutputBytes: 200_000, ...options });
  let walks = 0;
  for (; !["completed", "failed", "cancelled"].includes((await readRun(db, runId)).state); walks++) {
    assert(walks < 100, "the run does not end");
    await makeDue(db);
    await next().catch((error) => {
      if (error.message !== "a fault of ours") throw error;
    });
  }
  const { state, error_code, error_message, steps: rows } = await readRun(db, runId);
  return {
    runId,
    walks,
    state,
    error: [error_code, error_message],
    output: (path: string) => rows.find((row) => row.path === path)?.output,
    states: Object.fromEntries(rows.map((row) => [row.path, row.state])),
  };
}

const each = (fields: Parameters<typeof loopOf>[2], ...steps: PlanStep[]) =>
  loopOf("each", steps, { over: "$.webhook.list", ...fields });

Deno.test("a loop walks its steps for each item, which they name, in a frame of their own", () =>
  withDatabase(async (db) => {
    const facts = {
      all: "$.loop",
      outer: "$.loop.parent.item",
      shape: "$.steps.shape.output",
      before: "$.steps.before.output",
      none: "$.steps.later.output",
    };
    const inner = loopOf("inner", [once("call", { input: facts })], { over: "$.loop.item.sub" });
    const steps = [
      once("before", { input: "first" }),
      each({}, transform("shape", "{{ loop.item.name }}!"), inner),
      once("later", { input: { out: "$.steps.each.output", lost: "$.steps.shape.output", loop: "$.loop" } }),
    ];
    const { action, state } = await walk(db, steps, {
      event: { list: [{ name: "a", sub: [1, 2] }, { name: "b", sub: [] }] },
    });
    assertEquals(state, "completed");
    assertEquals(pathsOf(action), [
      "root/before",
      "root/each#0/inner#0/call",
      "root/each#0/inner#1/call",
      "root/later",
    ]);
    const parent = { item: { name: "a", sub: [1, 2] }, index: 0, total: 2, is_first: true, is_last: false };
    const second = { item: 2, index: 1, total: 2, is_first: false, is_last: true, parent };
    assertEquals(action.calls[2]!.input, { all: second, outer: parent.item, shape: "a!", before: "first" });
    const last = { total: 2, completed: 2, failed: 0 };
    const calls = action.calls.slice(1, 3).map(({ input }) => input);
    assertEquals(action.calls[3]!.input, {
      out: { ...last, outputs: [{ ...last, outputs: calls }, { total: 0, completed: 0, failed: 0, outputs: [] }] },
    });
  }));

Deno.test("an item that fails stops the loop, is passed over, or is collected", () =>
  withDatabase(async (db) => {
    const event = { list: ["a", "bad", "c", "worse"] };
    const call = once("call", { input: "$.loop.item" });
    for (const atOnce of [1, 3]) {
      const stopped = await walk(db, [each({ atOnce }, call), once("after")], { event });
      assertEquals([stopped.state, stopped.error], ["failed", ["UPSTREAM_REJECTED", "no bad"]]);
      assertEquals([stopped.states["root/each"], stopped.states["root/each#1"], stopped.states["root/each#1/call"]], [
        "failed",
        "failed",
        "failed",
      ]);
      if (atOnce === 1) assertEquals(pathsOf(stopped.action), ["root/each#0/call", "root/each#1/call"]);
      const passed = await walk(db, [each({ atOnce, onError: "continue" }, call)], { event });
      assertEquals(passed.output("root/each"), { total: 4, completed: 2, failed: 2, outputs: ["a", null, "c", null] });
      const collected = await walk(db, [each({ atOnce, onError: "collect" }, call)], { event });
      assertEquals(collected.output("root/each"), {
        ...passed.output("root/each") as object,
        errors: [
          { index: 1, code: "UPSTREAM_REJECTED", message: "no bad" },
          { index: 3, code: "UPSTREAM_REJECTED", message: "no worse" },
        ],
      });
      assertEquals(collected.state, "completed");
    }
    for (const [list, items] of [[null, 0], [undefined, 0], [[], 0], ["text", undefined], [{ a: 1 }, undefined]]) {
      const { state, error, output } = await walk(db, [each({}, call)], { event: { list } });
      assertEquals((output("root/each") as { total: number } | null)?.total, items);
      if (items === undefined) assertEquals([state, error[0]], ["failed", "EXPRESSION_FAILED"]);
    }
    const many = await walk(db, [each({ maxItems: 2 }, call)], { event });
    assertEquals([many.state, many.error[0], many.action.calls.length], ["failed", "RUN_LIMIT_REACHED", 0]);
    const ended = await walk(db, [
      each(
        {},
        branchOf("is", {
          on: "$.loop.item",
          cases: [{ equals: ["c"], steps: [endOf("end", { output: "$.loop.index" })] }],
        }),
      ),
    ], { event });
    assertEquals([ended.state, ended.output("root"), Object.keys(ended.states).length], ["completed", 2, 9]);
  }));

Deno.test("items are walked so many at once, and one that waits keeps its place", () =>
  withDatabase(async (db) => {
    let inProgress = 0;
    let most = 0;
    const waited = new Set<string>();
    const action = fakeAction(async ({ stepPath, input }) => {
      most = Math.max(most, ++inProgress);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inProgress--;
      if (input === "wait" && !waited.has(stepPath)) {
        waited.add(stepPath);
        return { outcome: "snooze", delayMs: 3_600_000, reason: "429" };
      }
      return done(input);
    });
    const list = Array.from({ length: 40 }, (_, index) => index % 10 === 3 ? "wait" : index);
    const { output, walks } = await walk(db, [each({ atOnce: 3 }, once("call", { input: "$.loop.item" }))], {
      event: { list },
      action,
    });
    assertEquals(most, 3);
    assertEquals((output("root/each") as { outputs: unknown[] }).outputs, list);
    // Three wait before the loop stands, then the fourth.
    assertEquals([walks, action.calls.length], [3, 44]);
  }));

Deno.test("a loop goes on over the list that it began with, from where it stood, though event and plan are others by then", () =>
  withDatabase(async (db) => {
    for (const text of ["x", "x".repeat(3_000)]) {
      for (const atOnce of [1, 4]) {
        for (const table of ["job", "step", "output", "run"]) await db.sql.unsafe(`delete from ${table}`);
        const list = Array.from({ length: 90 }, (_, index) => `${index} ${text}`);
        const plan = [
          each({ atOnce }, once("call", { input: "$.loop.item" })),
          once("after", { input: "$.steps.each.output.total" }),
        ];
        const runId = await addRun(db, { steps: plan, event: { list } });
        const action = echo();
        let left = 200;
        const onPoint = (point: string) => {
          if (point !== "before_call" && point !== "after_call") return;
          left--;
          if (left > 0 && left % 37 === 0) throw new Error("a fault of ours");
        };
        await setUpEngine(db, [action], { onPoint, maxOutputBytes: 200_000 }).next().catch(({ message }) =>
          assertEquals(message, "a fault of ours")
        );
        await db.sql`update event set body = '{"list":[]}'`;
        const { state, output, walks } = await goOn(db, runId, { action, onPoint });
        assertEquals(state, "completed");
        assert(walks >= 2, `${walks} walks`);
        const sent = new Map<string, Set<unknown>>();
        for (const { stepPath, input } of action.calls) {
          sent.set(stepPath, (sent.get(stepPath) ?? new Set()).add(input));
        }
        for (let index = 0; index < 90; index++) {
          assertEquals([...sent.get(`root/each#${index}/call`)!], [`${index} ${text}`]);
        }
        // What was in progress at one of the deaths is sent again, nothing else.
        assert(action.calls.length <= 91 + walks * atOnce, `${action.calls.length} calls`);
        assertEquals(output("root/after"), 90);
        const { outputs } = output("root/each") as { outputs: unknown[] } ?? {};
        if (text === "x") assertEquals(outputs, Array.from({ length: 90 }, (_, index) => `${index} x`));
      }
    }
  }));

Deno.test("a while-loop goes on as long as its condition holds, which sees the round before and the variables", () =>
  withDatabase(async (db) => {
    const again = { rules: { not: { field: "$.steps.poll.output.state", operator: "==", value: "ready" } } };
    const states = ["new", "new", "busy", "ready"];
    const polling = () => fakeAction((_, count) => done({ state: states[count - 1] }));
    const poll = loopOf("poll_all", [
      once("poll", { input: "$.loop" }),
      setVars("count", { n: "{{ add(default($.vars.n, 0), 1) }}" }),
    ], {
      while: again,
    });
    const steps = [poll, once("after", { input: { rounds: "$.steps.poll_all.output.total", n: "$.vars.n" } })];
    const { action, output } = await walk(db, steps, { action: polling() });
    assertEquals(pathsOf(action).slice(0, 4), [0, 1, 2, 3].map((round) => `root/poll_all#${round}/poll`));
    assertEquals(action.calls[1]!.input, { item: null, index: 1, total: null, is_first: false, is_last: null });
    assertEquals(action.calls[4]!.input, { rounds: 4 });
    assertEquals((output("root/poll_all") as { outputs: unknown }).outputs, [1, 2, 3, 4].map((n) => ({ n })));

    for (let nth = 1; nth <= 8; nth++) {
      let left = nth;
      let count = 0;
      const action = fakeAction(({ stepPath }) =>
        stepPath === "root/after"
          ? done(null)
          : done({ state: states[Number(/#(\d)/.exec(stepPath)![1])], count: ++count })
      );
      const { output } = await walk(db, steps, {
        action,
        onPoint: (point) => {
          if ((point === "before_call" || point === "after_call") && --left === 0) throw new Error("a fault of ours");
        },
      });
      assertEquals(
        (output("root/poll_all") as { outputs: unknown }).outputs,
        [1, 2, 3, 4].map((n) => ({ n })),
        `${nth}`,
      );
    }
    const endless = loopOf("spin", [], { while: { rules: null }, maxItems: 300 });
    const { state, error } = await walk(db, [endless]);
    assertEquals([state, error], ["failed", ["RUN_LIMIT_REACHED", "Cannot begin another round: 300 are allowed"]]);
    const none = await walk(db, [
      loopOf("spin", [once("call")], { while: { rules: { field: "x", operator: "exists" } } }),
    ]);
    assertEquals(none.output("root/spin"), { total: 0, completed: 0, failed: 0, outputs: [] });
  }));

Deno.test("a person's retry goes on at the item that failed, and begins none again that was passed over", () =>
  withDatabase(async (db) => {
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    const call = once("call", { input: "$.loop.item" });
    const event = { list: ["a", "bad", "c"] };
    const cases: [PlanStep[], string[]][] = [
      [[each({}, call)], ["root/each#1/call", "root/each#2/call"]],
      [[each({ onError: "continue" }, call), once("after", { input: "bad" })], ["root/after"]],
    ];
    for (const [plan, expected] of cases) {
      const { runId, state } = await walk(db, plan, { event });
      assertEquals(state, "failed");
      const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
      await retry(run!.id, runId);
      const action = fakeAction(({ input }) => done(input));
      const after = await goOn(db, runId, { action });
      assertEquals([after.state, pathsOf(action)], ["completed", expected]);
      assert(Object.values(after.states).every((one) => one !== "running"));
    }
  }));
