/** Tests of walks that the database leaves in the lurch: no step fails for it, and what was done is not done once more. */

import { assertEquals, assertRejects } from "@std/assert";
import type { Journal } from "../../src/engine/journal.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** As the driver throws where the server is being stopped. */
const gone = () => Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" });

/** Fails each call of one name the first time that it is made. */
function failing() {
  const failed = new Set<string>();
  return <T>(name: string, real: () => T | Promise<T>): Promise<T> => {
    if (failed.has(name)) return Promise.resolve(real());
    failed.add(name);
    return Promise.reject(gone());
  };
}

Deno.test("where the database is gone while a template is filled, the walk is done again, and no step has failed", async () => {
  const { db, stop } = await testDatabase();
  const tag = '{{ cache.tag("urgent").id }}';
  const steps: PlanStep[] = [
    step("large"),
    step("looks", { input: { tag } }),
    step("names", { input: { all: "$.steps.large.output" } }),
    { kind: "wait", id: "pause", until: '{{ cache.tag("start").id }}' } as PlanStep,
    step("last"),
  ];
  const runId = await addRun(db, { steps });
  const action = fakeAction(({ stepPath }) => done(stepPath === "root/large" ? { text: "x".repeat(40_000) } : "made"));
  const first = failing();
  const walk = () =>
    setUpEngine(db, [action], {
      maxOutputBytes: 100_000,
      journal: (real: Journal) => ({
        ...real,
        readOutputs: (...args: Parameters<Journal["readOutputs"]>) => first("outputs", () => real.readOutputs(...args)),
      }),
      findEntities: (_, queries) =>
        first(queries[0]!.key, () =>
          queries.map(() => ({ matches: 1, entity: { id: "2020-01-01T00:00:00Z" } } as never))),
    }).next();
  for (let times = 0; times < 3; times++) {
    await assertRejects(walk, Error, "terminating connection");
    assertEquals((await readRun(db, runId)).state, "running");
    await makeDue(db);
  }
  await walk();
  const run = await readRun(db, runId);
  assertEquals([run.state, run.error_message], ["completed", null]);
  assertEquals(action.calls.map(({ stepPath }) => stepPath), ["root/large", "root/looks", "root/names", "root/last"]);
  await stop();
});

Deno.test("an action that does not reach the database is attempted again", async () => {
  const { db, stop } = await testDatabase();
  const runId = await addRun(db, { steps: [step("asks")] });
  const action = fakeAction((_, count) => count === 1 ? Promise.reject(gone()) : done("made"));
  const { next } = setUpEngine(db, [action]);
  await next();
  await makeDue(db);
  await next();
  const { state, tries } = await readRun(db, runId);
  assertEquals([state, tries.map(({ state, error_code }) => [state, error_code])], ["completed", [
    ["failed", "DATABASE_UNAVAILABLE"],
    ["succeeded", null],
  ]]);
  await stop();
});
