/**
 * A model of plans of all kinds: branches, tries, parallel steps, loops, while-loops, ends, variables and calls in each other,
 * walked by processes that die between any two of their records and calls, while the event that started the run changes. No step
 * is sent after its end, what was decided or has ended stays as it is, and a run that dies comes to where it would have come.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Action, ActionResult } from "../../src/engine/action.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import type { Join, LoopStep, PlanStep } from "../../src/engine/plan.ts";
import { readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { branchOf, endOf, idIs, loopOf, parallelOf, setVars, transform, tryOf } from "./plans.ts";
import { addRun, done, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Histories that are tried; more by MODEL_RUNS. */
const RUNS = Number(Deno.env.get("MODEL_RUNS") ?? 30);

/** How the sends of a call end: those of the first kinds once, and then it is done. */
type Outcome = "done" | "fault" | "put_off" | "refused";
type Node =
  | { kind: "call"; outcome: Outcome; large: boolean }
  | { kind: "transform" | "vars" }
  | { kind: "end"; fails: boolean }
  | { kind: "branch"; taken: number; lists: Node[][] }
  | { kind: "try"; body: Node[]; onError: Node[] | null; last: Node[] }
  | { kind: "parallel"; branches: Node[][]; join: Join }
  | { kind: "loop"; items: number; atOnce: number; onError: LoopStep["onError"]; body: Node[] }
  | { kind: "while"; rounds: number; body: Node[] };

const leaf: fc.Arbitrary<Node> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      outcome: fc.constantFrom<Outcome>("done", "done", "done", "fault", "put_off", "refused"),
      large: fc.nat(4).map((n) => n === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("transform" as const, "vars" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), fails: fc.boolean() }) },
);

function nodes(depth: number, maxLength = 3): fc.Arbitrary<Node[]> {
  if (depth === 0) return fc.array(leaf, { maxLength: 2 });
  const below = nodes(depth - 1);
  return fc.array(
    fc.oneof(
      { weight: 3, arbitrary: leaf },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("branch" as const),
          taken: fc.nat(3),
          lists: fc.array(below, { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("try" as const),
          body: below,
          onError: fc.option(below),
          last: below,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("parallel" as const),
          branches: fc.array(below, { minLength: 2, maxLength: 3 }),
          join: fc.constantFrom<Join>("all", "all", "any", "majority", { atLeast: 2 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("loop" as const),
          items: fc.nat(4),
          atOnce: fc.integer({ min: 1, max: 3 }),
          onError: fc.constantFrom("stop" as const, "continue" as const, "collect" as const),
          body: below,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("while" as const), rounds: fc.nat(3), body: below }),
      },
    ),
    { minLength: 1, maxLength },
  );
}

const lives = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 });

/** The plan of the nodes, and of each call's id how its sends end. */
function planOfNodes(top: Node[]) {
  const calls = new Map<string, { outcome: Outcome; large: boolean }>();
  let count = 0;
  let certain = true;
  let before: string | undefined;
  const retry = { maxAttempts: 3, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
  const list = (all: Node[]): PlanStep[] => all.flatMap(toSteps);
  function toSteps(node: Node): PlanStep[] {
    const id = `s${count++}`;
    switch (node.kind) {
      case "call": {
        calls.set(id, node);
        const input = { item: "$.loop.item", vars: "$.vars", ...(before && { before: `$.steps.${before}.output.at` }) };
        before = id;
        return [step(id, { retry, input })];
      }
      case "transform":
        return [transform(id, { at: id, index: "$.loop.index", before: before && `$.steps.${before}.output.at` })];
      case "vars":
        return [setVars(id, { last: id, index: "$.loop.index" })];
      case "end":
        return [endOf(id, { outcome: node.fails ? "failure" : "success", message: id, output: "$.vars" })];
      case "branch": {
        const steps = node.lists.map(list);
        const cases = steps.slice(1).map((one, index) => ({
          if: node.taken === index ? idIs("entity-1") : idIs("other"),
          steps: one,
        }));
        return [branchOf(id, { cases, otherwise: steps[0]! })];
      }
      case "try": {
        const body = list(node.body);
        return [tryOf(id, body, { ...(node.onError && { onError: list(node.onError) }), finally: list(node.last) })];
      }
      case "parallel":
        certain = false;
        return [parallelOf(id, node.branches.map(list), { join: node.join })];
      case "loop": {
        if (node.atOnce > 1) certain = false;
        const over = Array.from({ length: node.items }, (_, index) => `{{ concat(webhook.id, "${index}") }}`);
        return [loopOf(id, list(node.body), { over, atOnce: node.atOnce, onError: node.onError })];
      }
      case "while": {
        const counted = setVars(`${id}n`, { [id]: `{{ add(default($.vars.${id}, 0), 1) }}` });
        const not = { field: `$.vars.${id}`, operator: ">=", value: node.rounds };
        return [loopOf(id, [counted, ...list(node.body)], { while: { rules: { not } }, maxItems: 9 })];
      }
    }
  }
  const steps = list(top);
  return { steps, calls, certain };
}

function resultOf(outcome: Outcome, sends: number, { path, large }: { path: string; large: boolean }): ActionResult {
  const fault = (retryable: boolean) => new AppError("UPSTREAM_FAILED", `Cannot call ${path}`, { retryable });
  if (outcome === "refused") return { outcome: "failed", error: fault(false) };
  if (sends === 1 && outcome === "fault") return { outcome: "failed", error: fault(true) };
  if (sends === 1 && outcome === "put_off") return { outcome: "snooze", delayMs: 3_600_000, reason: "429" };
  return done({ at: path, text: large ? "x".repeat(33_000) : "" });
}

type Row = { path: string; kind: string; state: string; output: unknown; decision: unknown };

/** In place of a kept output its name, without the attempt that gave it. */
async function rowsOf(db: Database, runId: string): Promise<Map<string, Row>> {
  const rows = await db.sql<(Row & { ref: string | null })[]>`
    select path, kind, state, output, output_ref as ref, decision from step where run_id = ${runId}`;
  return new Map(
    rows.map(({ ref, ...row }) => [row.path, { ...row, output: ref?.replace(/@\d+$/, "") ?? row.output }]),
  );
}

/** Walks a run of the plan to its end, in processes that live through so many awaits. */
async function walkThrough(
  db: Database,
  { steps, calls }: ReturnType<typeof planOfNodes>,
  { deaths, changes }: { deaths: number[]; changes: boolean },
) {
  for (const table of ["job", "output", "attempt", "step", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const runId = await addRun(db, { steps });
  const sent = new Map<string, string[]>();
  const broken: unknown[] = [];
  let rows = new Map<string, Row>();
  for (let life = 0; (await readJobs(db)).some(({ finished }) => !finished); life++) {
    assert(life < 80, "the run does not end");
    let left = deaths[life] ?? Infinity;
    const live = async <T>(work: () => Promise<T>): Promise<T> => {
      if (--left <= 0) throw new AppError("LEASE_LOST", "the process is dead");
      const result = await work();
      if (--left <= 0) throw new AppError("LEASE_LOST", "the process is dead");
      return result;
    };
    const known = rows;
    const action: Action = {
      type: "fake",
      effect: "external",
      describe: () => ({}),
      run: (call) =>
        live(() => {
          const { stepPath: path, input } = call;
          const inputs = sent.get(path) ?? [];
          sent.set(path, [...inputs, JSON.stringify(input)]);
          if (["completed", "failed", "cancelled"].includes(known.get(path)?.state ?? "")) {
            broken.push(new Error(`${path} was sent after its end was recorded`));
          }
          const { outcome, large } = calls.get(path.split("/").at(-1)!)!;
          return Promise.resolve(resultOf(outcome, inputs.length + 1, { path, large }));
        }),
    };
    const journal = (real: Journal): Journal => ({
      ...real,
      record: (entry) => live(() => real.record(entry)),
      load: (place) => live(() => real.load(place)),
      readItems: (place, paths) => live(() => real.readItems(place, paths)),
    });
    await makeDue(db);
    const { next } = setUpEngine(db, [action], { journal, maxOutputBytes: 1_000_000 });
    await next().catch((error) => {
      if (error.code !== "LEASE_LOST") throw error;
    });
    if (broken.length > 0) throw broken[0];
    const now = await rowsOf(db, runId);
    for (const [path, row] of rows) {
      if (row.decision !== null) assertEquals(now.get(path)!.decision, row.decision, `the decision of ${path}`);
      if (row.state !== "running") assertEquals(now.get(path), row, `the end of ${path}`);
    }
    rows = now;
    if (changes) await db.sql`update event set body = ${new TextEncoder().encode(`{"id":"other${life}"}`)}`;
  }
  const run = await readRun(db, runId);
  assertEquals([...rows.values()].filter(({ state }) => state === "running"), [], "nothing is left open");
  for (const { path, kind } of rows.values()) {
    if (kind !== "branch") continue;
    const lists = new Set(
      [...rows.keys()].flatMap((one) => one.startsWith(`${path}#`) ? [one.slice(path.length).split("/")[0]] : []),
    );
    assert(lists.size <= 1, `${path} took ${[...lists].join()}`);
  }
  for (const [path, inputs] of sent) {
    if (!changes) assertEquals(new Set(inputs).size, 1, `${path} was sent with ${inputs.join()}`);
    assert(inputs.length <= 2 + deaths.length, `${path} was sent ${inputs.length} times`);
  }
  return { run, rows };
}

async function checkPlan(db: Database, top: Node[], deaths: number[], changes: boolean) {
  const plan = planOfNodes(top);
  const died = await walkThrough(db, plan, { deaths, changes });
  if (changes || !plan.certain) return;
  const whole = await walkThrough(db, plan, { deaths: [], changes: false });
  assertEquals(
    [died.run.state, died.run.error_code, died.run.error_message],
    [whole.run.state, whole.run.error_code, whole.run.error_message],
  );
  assertEquals([...died.rows.values()].sort(byPath), [...whole.rows.values()].sort(byPath));
}

function byPath(one: Row, other: Row): number {
  return one.path < other.path ? -1 : 1;
}

Deno.test("over any plan of all kinds, deaths and changes of its event, what ended or was decided stays, and the run comes to its end", async () => {
  const { db, stop } = await testDatabase();
  try {
    await fc.assert(
      fc.asyncProperty(
        nodes(2),
        lives,
        fc.boolean(),
        async (top, deaths, changes) => await checkPlan(db, top, deaths, changes),
      ),
      { numRuns: RUNS },
    );
  } finally {
    await stop();
  }
});
