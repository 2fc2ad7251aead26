/** Tests of what a retry says that it will keep and begin with, against what it then does, wherever a nested run has failed. */

import { assertEquals } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import { planOf, type PlanStep } from "../../src/engine/plan.ts";
import { actionSteps } from "../../src/runs/plan_steps.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { bare } from "../../src/runs/retry_steps.ts";
import { branchOf, loopOf, once, parallelOf, pathsOf, tryOf } from "../engine/plans.ts";
import { addRun, done, fakeAction, readRun, setUpEngine } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const holds = { rules: { field: "$.webhook.id", operator: "exists", value: true } };
const STEPS: PlanStep[] = [
  once("a"),
  branchOf("which", {
    cases: [
      { if: { rules: { field: "$.webhook.gone", operator: "exists", value: true } }, steps: [once("never")] },
      {
        if: holds,
        steps: [
          once("b"),
          loopOf("each", [
            once("c"),
            loopOf("inner", [once("d")], { over: [1, 2], onError: "stop" }),
            once("e"),
          ], { over: ["x", "y"], atOnce: 1 }),
          once("f"),
        ],
      },
    ],
    otherwise: [once("neither")],
  }),
  parallelOf("both", [[once("p"), once("q")], [once("r")]]),
  tryOf("careful", [once("t"), once("u")], { finally: [once("v")] }),
  tryOf("handled", [once("w")], { onError: [once("x"), once("y")], finally: [once("z")] }),
  once("last"),
];
const NUMBERS = new Map(actionSteps(planOf(STEPS).root).map(({ path }, place) => [bare(path), place + 1]));

/** A run that has failed at this path, with what was called of it before. */
async function failedAt(db: Database, path: string, also: string[] = []): Promise<{ runId: string; called: string[] }> {
  const runId = await addRun(db, { steps: STEPS, event: { id: "e1" } });
  const error = new AppError("UPSTREAM_FAILED", "Cannot call");
  const action = fakeAction(({ stepPath }) =>
    stepPath === path || also.includes(stepPath) ? { outcome: "failed", error } : done({ stepPath })
  );
  await setUpEngine(db, [action]).next();
  return { runId, called: pathsOf(action) };
}

Deno.test("what a retry of a nested run says it keeps is not called again, and it begins with the step that it names", async () => {
  const { db, stop } = await testDatabase();
  const { retry, choices } = createRunRetry({
    db,
    wake: () => {},
    onRetried: () => {},
    openInput: (_, input) => Promise.resolve(input),
  });
  const all = (await failedAt(db, "")).called;
  assertEquals(all.length, 20, all.join(" "));
  const faults = [...all.map((path) => [path, []] as const), ["root/handled#1/y", ["root/handled#0/w"]] as const];
  for (const [path, also] of faults) {
    const { runId, called } = await failedAt(db, path, [...also]);
    const { state, steps } = await readRun(db, runId);
    if (path === "root/handled#0/w") {
      assertEquals(state, "completed");
      continue;
    }
    assertEquals(state, "failed", path);
    const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
    const said = (await choices(run!.id, runId))!.same;
    const completed = steps.filter(({ path, state }) => state === "completed" && called.includes(path)).map((one) =>
      one.path
    );
    assertEquals(said.kept, completed.length, path);
    await retry(run!.id, runId);
    const action = fakeAction(({ stepPath }) => done({ stepPath }));
    await setUpEngine(db, [action]).next();
    assertEquals((await readRun(db, runId)).state, "completed", path);
    const again = pathsOf(action);
    assertEquals(again.filter((one) => completed.includes(one)), [], path);
    assertEquals([said.fromStep, path], [NUMBERS.get(bare(again[0]!))!, path]);
    assertEquals(new Set([...called, ...again]), new Set([...all, ...called]), path);
  }
  await stop();
});

Deno.test("with the present version finished steps must stand where they stood and say the same; what is not begun may be another", async () => {
  const { db, stop } = await testDatabase();
  const { choices } = createRunRetry({
    db,
    wake: () => {},
    onRetried: () => {},
    openInput: (_, input) => Promise.resolve(input),
  });
  const plan = (fields: { b?: PlanStep; d?: PlanStep; first?: PlanStep[]; never?: PlanStep[] }) => [
    once("a"),
    branchOf("which", {
      cases: [
        {
          if: { rules: { field: "$.webhook.gone", operator: "exists", value: true } },
          steps: fields.never ?? [once("no")],
        },
        {
          if: holds,
          steps: [
            ...fields.first ?? [],
            fields.b ?? once("b"),
            loopOf("each", [once("c"), fields.d ?? once("d")], { over: [1, 2] }),
          ],
        },
      ],
    }),
    once("last"),
  ];
  const runId = await addRun(db, { steps: plan({}), event: { id: "e1" } });
  const error = new AppError("UPSTREAM_FAILED", "Cannot call");
  const action = fakeAction(({ stepPath }) =>
    stepPath === "root/which#1/each#1/d" ? { outcome: "failed", error } : done({})
  );
  await setUpEngine(db, [action]).next();
  const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
  const present = async (steps: PlanStep[]) => {
    const body = JSON.stringify(planOf(steps));
    await db.sql`
      with made as (insert into plan (installation_id, body) values (${run!.id}, ${body}::text::jsonb) returning id)
      insert into flow (installation_id, id, workspace_id, name, enabled, definition, plan_id)
      overriding system value select ${run!.id}, 1, 'workspace-1', 'Flow', true, '{}', id from made
      on conflict (id) do update set plan_id = excluded.plan_id, version = flow.version + 1`;
    const { kept, fromStep, changed, refusal } = (await choices(run!.id, runId))!.present;
    return [kept, fromStep, changed, refusal?.text];
  };
  const other = { input: { other: true } };
  assertEquals(await present(plan({})), [5, 5, [], undefined]);
  assertEquals(await present(plan({ never: [once("no", other), once("more")] })), [5, 6, [
    "root/which#0/no",
    "root/which#0/more",
  ], undefined]);
  const words = (step: number, version: number) => `step ${step}, which finished, is another one in version ${version}`;
  assertEquals((await present(plan({ b: once("b", other) })))[3], words(3, 3));
  assertEquals((await present(plan({ first: [once("new")] })))[3], words(3, 4));
  // It has finished for the first item.
  assertEquals((await present(plan({ d: once("d", other) })))[3], words(5, 5));
  // What stood in the first item of a loop stands in the first case of a branch: the same path, and another step.
  const each = (of: PlanStep) =>
    plan({}).map((step) =>
      step.kind === "branch"
        ? {
          ...step,
          cases: step.cases.map((one, place) => place === 1 ? { ...one, steps: [...one.steps.slice(0, -1), of] } : one),
        }
        : step
    );
  const cases = [{ if: holds, steps: [once("c"), once("d")] }];
  assertEquals((await present(each(branchOf("each", { cases }))))[3], words(4, 6));
  // Nothing in it has finished, but the loop has begun.
  await db.sql`
    delete from step where run_id = ${runId} and path like 'root/which#1/each#%' and kind = 'action' and state = 'completed'`;
  assertEquals(
    (await present(each(branchOf("each", { cases }))))[3],
    'step "each", which has begun as loop, is branch in version 7',
  );
  await stop();
});
