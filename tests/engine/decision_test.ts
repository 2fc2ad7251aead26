/** Tests of src/engine/decision.ts by a kind of step that only tests know: it takes one of its steps, and walks it twice. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { decide, endComposite, endedBefore } from "../../src/engine/decision.ts";
import type { ActionStep } from "../../src/engine/plan.ts";
import { walkStep } from "../../src/engine/step.ts";
import type { StepEnd, Walker } from "../../src/engine/walk.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { createFlowStore } from "../../src/flows/store/store.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

interface ChoiceStep {
  kind: "choice";
  id: string;
  steps: ActionStep[];
}

/** Takes the step that `pick` names; counts how often it was asked. */
function choice(pick: () => string) {
  let asked = 0;
  const walker: Walker<ChoiceStep> = async ({ kind, steps }, path, walk, deps) => {
    const composite = { kind, path, walk };
    const recorded = walk.history.get(path);
    if (recorded?.state === "completed") return { kind: "completed", output: recorded.output };
    const taken = await decide(composite, () => {
      asked++;
      return { taken: pick() };
    });
    let end: StepEnd = { kind: "completed", output: null };
    for (const one of steps.filter(({ id }) => id === taken.taken)) end = await walkStep(one, path, walk, deps);
    return endComposite(composite, end);
  };
  return { kinds: new Map([["choice", walker as Walker]]), asked: () => asked };
}

const plan = (steps: ActionStep[]) => [{ kind: "choice", id: "which", steps } as unknown as ActionStep, step("after")];

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const rows = ({ sql }: Database) =>
  sql<Record<string, unknown>[]>`
    select path, kind, parent_path, decision, action, state, attempts from step order by path`;

Deno.test("a decision is made once: a walk that was cut off goes on with it, though it would be another now", () =>
  withDatabase(async (db) => {
    let now = "left";
    const { kinds, asked } = choice(() => now);
    const runId = await addRun(db, { steps: plan([step("left"), step("right")]) });
    const action = fakeAction(() => done("x"));
    const dying = setUpEngine(db, [action], {
      kinds,
      onPoint: (point) => {
        if (point === "after_call") throw new Error("a fault of ours");
      },
    });
    await dying.next().catch(() => {});
    assertEquals((await rows(db)).map((row) => ({ ...row })), [
      {
        path: "root/which",
        kind: "choice",
        parent_path: "root",
        decision: { taken: "left" },
        action: null,
        state: "running",
        attempts: 0,
      },
      {
        path: "root/which/left",
        kind: "action",
        parent_path: null,
        decision: null,
        action: "fake",
        state: "running",
        attempts: 1,
      },
    ]);
    now = "right";
    await makeDue(db);
    await setUpEngine(db, [action], { kinds }).next();
    const { state, steps } = await readRun(db, runId);
    assertEquals([state, asked()], ["completed", 1]);
    assertEquals(steps.map((one) => [one.path, one.state]), [
      ["root/after", "completed"],
      ["root/which", "completed"],
      ["root/which/left", "completed"],
    ]);
    assertEquals(
      new Set(action.calls.map(({ idempotencyKey }) => idempotencyKey.slice(37))),
      new Set([
        "root/which/left",
        "root/after",
      ]),
    );
    const [run] = await db.sql<{ installation_id: number; flow_id: number }[]>`select * from run`;
    await createRunInspector(db).inspect(run!.installation_id, runId);
    const { executions } = await createFlowStore(db).executions(run!.installation_id, run!.flow_id, {
      limit: 1,
      offset: 0,
    });
    assertEquals(executions[0]!.steps.map(({ path }) => path), ["root/which/left", "root/after"]);
  }));

Deno.test("a decision without a step is recorded with its end, in one record; a null is a decision too", () =>
  withDatabase(async (db) => {
    for (const taken of ["none", null as unknown as string]) {
      await db.sql`delete from job`;
      await db.sql`delete from step`;
      const { kinds, asked } = choice(() => taken);
      const runId = await addRun(db, { steps: plan([step("left")]) });
      await setUpEngine(db, [fakeAction()], { kinds }).next();
      assertEquals([(await readRun(db, runId)).state, asked()], ["completed", 1]);
      const [, which] = await rows(db);
      assertEquals([which!.state, which!.decision], ["completed", { taken }]);
    }
  }));

Deno.test("what has ended is never recorded otherwise, whatever a walk that comes later says of it", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only"), step("next")] });
    const action = fakeAction(() => done("first"));
    const { claim, advance } = setUpEngine(db, [action], {
      journal: (real) => ({
        ...real,
        record: async (entry) => {
          await real.record(entry);
          if (!entry.steps?.some(({ path, state }) => path === "root/only" && state === "completed") || entry.close) {
            return;
          }
          for (const state of ["running", "failed"] as const) {
            const late = { path: "root/only", action: "fake", state, attempts: 9, output: "late" };
            await real.record({ job: entry.job, runId, steps: [late] });
          }
        },
      }),
    });
    await advance(await claim());
    const { state, steps } = await readRun(db, runId);
    assertEquals([state, steps.find(({ path }) => path === "root/only")], ["completed", {
      path: "root/only",
      state: "completed",
      attempts: 1,
      output: "first",
      error_code: null,
    }]);
    assert(action.calls.length === 2);
  }));

Deno.test("a step that ends its run as cancelled leaves the reason, no dead letter, and the end of what holds it", () =>
  withDatabase(async (db) => {
    const stop: Walker<{ kind: "stop" }> = (_step, path, walk) =>
      Promise.resolve(
        endedBefore(walk, path) ??
          endComposite({ kind: "stop", path, walk }, { kind: "cancelled", reason: "the plan says so" }),
      );
    const kinds = new Map([["stop", stop as Walker], ...choice(() => "end").kinds]);
    const end = { kind: "stop", id: "end" } as unknown as ActionStep;
    const runId = await addRun(db, { steps: plan([end]) });
    const action = fakeAction();
    const { next, facts } = setUpEngine(db, [action], { kinds });
    await next();
    const { state, error_code, error_message, steps } = await readRun(db, runId);
    assertEquals([state, error_code, error_message], ["cancelled", null, "the plan says so"]);
    assertEquals(steps.map((one) => [one.path, one.state]), [
      ["root/which", "cancelled"],
      ["root/which/end", "cancelled"],
    ]);
    assertEquals([await readJobs(db), action.calls.length], [[], 0]);
    assertEquals(facts.map((fact) => fact.state), ["cancelled"]);
    // As a walk finds it that comes later.
    await db.sql`update run set state = 'pending'`;
    await db.sql`update step set state = 'running' where path = 'root/which'`;
    await db
      .sql`insert into job (kind, installation_id, payload) select 'run', installation_id, jsonb_build_object('run_id', id) from run`;
    await setUpEngine(db, [action], { kinds }).next();
    assertEquals((await readRun(db, runId)).error_message, "the plan says so");
  }));
