/** Tests of what one run may come to, and of what it costs to go on with a run that has come far (src/engine/run_limits.ts). */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { RUN_LIMITS, STEPS_PER_WALK } from "../../src/engine/run_limits.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { heldMs } from "../support/own_time.ts";
import { branchOf, loopOf, once, parallelOf, pathsOf, transform, tryOf } from "./plans.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine } from "./setup.ts";
import { planOf as testSteps, sleepFor, WAITING_KINDS } from "./waiting_kinds.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const ITEMS = 10_000;

/** A run that stands in a loop of so many items, of which all but `left` are over. */
async function addFarRun(db: Database, items: number, left: number, counted: object = {}): Promise<string> {
  for (const table of ["job", "step", "output", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const list = Array.from({ length: items }, (_, index) => index);
  const each = loopOf("each", [once("call", { input: "$.loop.item" })], { over: "$.webhook.list", onError: "collect" });
  const runId = await addRun(db, { steps: [each, once("after", { input: "$.steps.each.output" })], event: { list } });
  const begun = items - left;
  const decision = JSON.stringify({ count: items, on_error: "collect", items: list });
  const progress = JSON.stringify({
    begun,
    open: [],
    failed: 1,
    steps: begun,
    tries: begun,
    outputBytes: begun,
    ...counted,
  });
  await db.sql`
    insert into step (installation_id, run_id, path, kind, parent_path, decision, progress, state)
    select installation_id, id, 'root/each', 'loop', 'root', ${decision}::text::jsonb, ${progress}::text::jsonb, 'running'
    from run`;
  await db.sql`
    insert into step (installation_id, run_id, path, kind, parent_path, state, output, error_code, error_message)
    select installation_id, run.id, 'root/each#' || n || part, kind, case kind when 'item' then 'root/each' end,
      case n when 7 then 'failed' else 'completed' end, case when n <> 7 then to_jsonb(n) end,
      case n when 7 then 'UPSTREAM_REJECTED' end, case n when 7 then 'refused' end
    from run, generate_series(0, ${begun - 1}::int) n, (values ('', 'item'), ('/call', 'action')) as rows (part, kind)`;
  return runId;
}

/** The shortest of three. */
async function loadMs(db: Database, runId: string) {
  const [run] = await db.sql<{ id: number }[]>`select installation_id as id from run`;
  const journal = createJournal(db, systemClock);
  const times: number[] = [];
  let paths: string[] = [];
  for (let time = 0; time < 3; time++) {
    times.push(
      await heldMs(async () => {
        paths = (await journal.load({ installationId: run!.id, runId }))!.steps.map(({ path }) => path);
      }),
    );
  }
  return { ms: Math.min(...times), paths };
}

Deno.test("a run with 10,000 items that are over goes on by reading what is open, and gives what all of them came to", () =>
  withDatabase(async (db) => {
    const near = await loadMs(db, await addFarRun(db, 30, 3));
    const runId = await addFarRun(db, ITEMS, 3);
    const far = await loadMs(db, runId);
    assert(far.ms < 3 * near.ms + 100, `${far.ms} ms, of 27 items ${near.ms}`);
    assertEquals(far.paths, ["root/each"]);
    const action = fakeAction(({ input }) => done(input));
    const { next } = setUpEngine(db, [action], { maxOutputBytes: 1_000_000 });
    await next();
    const { state, error_message } = await readRun(db, runId);
    assertEquals([state, error_message], ["completed", null]);
    assertEquals(pathsOf(action), [...[9_997, 9_998, 9_999].map((index) => `root/each#${index}/call`), "root/after"]);
    const { outputs, ...counts } = action.calls.at(-1)!.input as { outputs: (number | null)[] };
    assertEquals(counts, {
      total: ITEMS,
      completed: ITEMS - 1,
      failed: 1,
      errors: [{ index: 7, code: "UPSTREAM_REJECTED", message: "refused" }],
    } as object);
    assertEquals(outputs, Array.from({ length: ITEMS }, (_, index) => index === 7 ? null : index));
  }));

Deno.test("a run ends with its reason at each of its limits, though a try and a loop would go on", () =>
  withDatabase(async (db) => {
    for (
      const [key, what] of [["steps", "50000 steps"], ["tries", "100000 times"], [
        "outputBytes",
        "268435456 bytes",
      ]] as const
    ) {
      const runId = await addFarRun(db, 20, 3, { [key]: RUN_LIMITS[key] - 2 });
      const action = fakeAction(() => done("xyz"));
      await setUpEngine(db, [action]).next();
      const { state, error_code, error_message } = await readRun(db, runId);
      assertEquals([state, error_code], ["failed", "RUN_LIMIT_REACHED"], key);
      assert(error_message!.includes(what), error_message!);
      assert(action.calls.length <= 2, `${action.calls.length} calls`);
      const [{ open } = { open: 0 }] = await db.sql<{ open: number }[]>`
        select count(*)::int as open from step where state = 'running'`;
      assertEquals(open, 0);
    }
    const wide = (id: string, steps: PlanStep[]) => parallelOf(id, Array.from({ length: 40 }, () => steps));
    const deep = (depth: number): PlanStep =>
      depth === 0 ? once("call") : branchOf(`b${depth}`, { otherwise: [deep(depth - 1)] });
    const plans: [PlanStep[], string][] = [
      [[wide("outer", [wide("inner", testSteps(sleepFor("sleep", 60_000)))])], "1000 branches and items"],
      [[tryOf("guard", [deep(9)], { onError: [] })], "10 deep"],
    ];
    for (const [steps, what] of plans) {
      for (const table of ["job", "step", "run"]) await db.sql.unsafe(`delete from ${table}`);
      const runId = await addRun(db, { steps });
      const action = fakeAction();
      await setUpEngine(db, [action], { kinds: WAITING_KINDS }).next();
      const { state, error_code, error_message } = await readRun(db, runId);
      assertEquals([state, error_code, action.calls.length], ["failed", "RUN_LIMIT_REACHED", 0]);
      assert(error_message!.includes(what), error_message!);
    }
    for (const table of ["job", "step", "run"]) await db.sql.unsafe(`delete from ${table}`);
    const late = await addRun(db, { steps: [once("call")] });
    await db.sql`update run set created_at = now() - interval '401 days'`;
    await setUpEngine(db, [fakeAction()]).next();
    assertEquals((await readRun(db, late)).error_code, "RUN_LIMIT_REACHED");
  }));

Deno.test("a walk of many steps gives its job back between them, and takes few records where nothing is called", () =>
  withDatabase(async (db) => {
    const list = Array.from({ length: 3_000 }, (_, index) => index);
    const runId = await addRun(db, {
      steps: [
        loopOf("each", [transform("double", "{{ multiply(loop.item, 2) }}")], { over: "$.webhook.list", atOnce: 10 }),
      ],
      event: { list },
    });
    let records = 0;
    const { next } = setUpEngine(db, [], {
      maxOutputBytes: 1_000_000,
      journal: (real) => ({ ...real, record: (entry) => (records++, real.record(entry)) }),
    });
    let walks = 0;
    for (; (await readRun(db, runId)).state !== "completed"; walks++) {
      await makeDue(db);
      assertEquals(await next(), { kind: "settled", rescheduled: walks === 0 });
    }
    assertEquals(walks, 2);
    assert(records < 120, `${records} records`);
    const { steps } = await readRun(db, runId);
    const each = steps.find(({ path }) => path === "root/each")!.output as { outputs: unknown };
    assertEquals(each.outputs, list.map((one) => 2 * one));
  }));

Deno.test("docs/steps.md: what a run may come to is what the code says", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/steps.md", import.meta.url));
  const table = page.split(/^## /m).find((part) => part.startsWith("What a run may come to"))!;
  const { wallMs, ...counts } = RUN_LIMITS;
  for (const limit of [...Object.values(counts), wallMs / 86_400_000, STEPS_PER_WALK]) {
    const written = limit.toLocaleString("en-US");
    assert(table.includes(`${written} `), `${written} is not named`);
  }
});
