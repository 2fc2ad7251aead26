/**
 * A model of runs that wait: random plans of calls, waits, sleeps and steps at once; two workers whose every read, record and
 * call waits for its turn, who die and whose leases end; signals, answers, the passing of time and a person between any two of
 * these. Held against a ledger of what was sent and brought: no wake-up is missed, no signal is lost or taken twice, an accepted
 * answer counts, no step is sent after its end or before its time, and the run comes to its end.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Action } from "../../src/engine/action.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, done, readRun, setUpEngine, step } from "../engine/setup.ts";
import { planOf, type TestStep, WAITING_KINDS } from "../engine/waiting_kinds.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { answer, personOver, send } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Histories that are tried; more by MODEL_RUNS. */
const RUNS = Number(Deno.env.get("MODEL_RUNS") ?? 40);
const HOUR_MS = 3_600_000;
const OUTCOMES = ["done", "refused", "fault", "fault_later", "put_off"] as const;
type Outcome = typeof OUTCOMES[number];

type Leaf =
  | { kind: "call"; maxAttempts: number; outcomes: Outcome[] }
  | { kind: "await"; key: string; ends: boolean }
  | { kind: "sleep" };
type Node = Leaf | { kind: "all"; nodes: Leaf[] };

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      maxAttempts: fc.integer({ min: 2, max: 3 }),
      outcomes: fc.array(fc.constantFrom(...OUTCOMES), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("await" as const),
      key: fc.constantFrom("x", "y"),
      ends: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const) }) },
);
const plans: fc.Arbitrary<Node[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: leaf },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("all" as const),
        nodes: fc.array(leaf, { minLength: 1, maxLength: 3 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 3 },
);

type Move =
  | { move: "claim" | "turn" | "die"; worker: 0 | 1 }
  | { move: "signal"; key: string }
  /** In time: one that began before the wait's end, and is committed now. */
  | { move: "answer"; place: number; inTime: boolean }
  | { move: "lease_over" | "time" | "pause" | "resume" | "cancel" }
  /** A whole walk, with something in the midst of it. */
  | { move: "walk"; worker: 0 | 1; turns: number; inner: Exclude<Move, { move: "walk" }> | null };

const worker = fc.constantFrom(0 as const, 1 as const);
const brought: fc.Arbitrary<Exclude<Move, { move: "walk" }>> = fc.oneof(
  fc.record({ move: fc.constant("signal" as const), key: fc.constantFrom("x", "y") }),
  fc.record({ move: fc.constant("answer" as const), place: fc.integer({ min: 0, max: 5 }), inTime: fc.boolean() }),
);
const others: fc.Arbitrary<Exclude<Move, { move: "walk" }>> = fc.record({
  move: fc.constantFrom("lease_over" as const, "time" as const, "pause" as const, "resume" as const),
});
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ move: fc.constant("claim" as const), worker }) },
    { weight: 10, arbitrary: fc.record({ move: fc.constant("turn" as const), worker }) },
    { weight: 4, arbitrary: brought },
    { weight: 4, arbitrary: others },
    { weight: 1, arbitrary: fc.record({ move: fc.constant("die" as const), worker }) },
    { weight: 1, arbitrary: fc.record({ move: fc.constantFrom("cancel" as const) }) },
    {
      weight: 10,
      arbitrary: fc.record({
        move: fc.constant("walk" as const),
        worker,
        turns: fc.integer({ min: 0, max: 4 }),
        inner: fc.oneof(
          { weight: 2, arbitrary: fc.constant(null) },
          { weight: 4, arbitrary: brought },
          { weight: 2, arbitrary: others },
        ),
      }),
    },
  ),
  { minLength: 5, maxLength: 30 },
);

class Death extends Error {}

interface Ledger {
  /** Of each call's path, how many were made. */
  calls: Map<string, number>;
  /** Accepted, by what they brought. */
  brought: Map<string, { key: string; path: string | null }>;
}

/** The plan as the engine has it, and its leaves by their paths. */
function planOfNodes(nodes: Node[]): { steps: TestStep[]; leaves: Map<string, Leaf> } {
  const leaves = new Map<string, Leaf>();
  let count = 0;
  const toStep = (node: Node, parent: string): TestStep => {
    const id = `s${count++}`;
    const path = `${parent}/${id}`;
    if (node.kind === "all") return { kind: "all", id, steps: node.nodes.map((one) => toStep(one, path)) };
    leaves.set(path, node);
    if (node.kind === "sleep") return { kind: "sleep", id, ms: HOUR_MS };
    if (node.kind === "await") {
      return { kind: "await", id, key: node.key, ...(node.ends && { withinMs: HOUR_MS }) };
    }
    const retry = { maxAttempts: node.maxAttempts, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
    return step(id, { retry });
  };
  return { steps: nodes.map((node) => toStep(node, "root")), leaves };
}

/** A process that walks the run; whatever it reads, records or sends waits until it is its turn. */
function createProcess(db: Database, { runId, leaves, ledger, ended }: {
  runId: string;
  leaves: Map<string, Leaf>;
  ledger: Ledger;
  /** The job that it was on is another's by now. */
  ended(job: Job): void;
}) {
  const queue = createPostgresQueue(db, systemClock);
  let gates: PromiseWithResolvers<void>[] = [];
  let active = 0;
  let walk: { job: Job; abort: AbortController; dead: boolean; over: Promise<void> } | undefined;
  let fault: unknown;

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    const own = walk!;
    const gate = Promise.withResolvers<void>();
    if (own.dead) throw new Death();
    gates.push(gate);
    await gate.promise;
    active++;
    try {
      const result = await work();
      if (own.dead) throw new Death();
      return result;
    } finally {
      active--;
    }
  }

  const action: Action = {
    type: "fake",
    effect: "external",
    describe: () => ({}),
    run: ({ stepPath, signal }) =>
      turn(() => {
        signal.throwIfAborted();
        const leaf = leaves.get(stepPath);
        assert(leaf?.kind === "call");
        const count = ledger.calls.get(stepPath) ?? 0;
        ledger.calls.set(stepPath, count + 1);
        return Promise.resolve(resultOf(leaf.outcomes[count] ?? "done", stepPath));
      }),
  };
  const journal = (real: Journal): Journal => ({
    ...real,
    load: (place) => turn(() => real.load(place)),
    readOutputs: (place, ids) => real.readOutputs(place, ids),
    record: (entry) =>
      turn(async () => {
        const begun = entry.attempts?.filter(({ state }) => state === "started").map(({ path }) => path) ?? [];
        const before = await db.sql<{ path: string; over: boolean; early: boolean }[]>`
          select path, state <> 'running' as over, coalesce(due_at > now(), false) as early from step where run_id = ${runId}`;
        await real.record(entry);
        for (const path of begun) {
          const known = before.find((one) => one.path === path);
          assert(!known?.over, `${path} is begun after its end`);
          assert(!known?.early, `${path} is begun before its time`);
        }
      }),
  });
  const { engine } = setUpEngine(db, [action], { journal, kinds: WAITING_KINDS });

  async function advance(own: NonNullable<typeof walk>) {
    try {
      const outcome = await engine.advance(own.job, { signal: own.abort.signal, owner: "w", leaseMs: 30_000 });
      if (outcome.kind !== "settled") await queue.settle(own.job, outcome);
    } catch (error) {
      if (!own.dead && !(error instanceof AppError && error.code === "LEASE_LOST")) fault ??= error;
    }
  }

  /** Until it stands at a gate, or has ended. */
  async function settled() {
    for (let quiet = 0; quiet < 3;) {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      quiet = active > 0 ? 0 : quiet + 1;
    }
    if (fault) throw fault;
  }

  return {
    busy: () => walk !== undefined,
    abandon(job: Job) {
      if (walk && walk.job.id === job.id && walk.job.fence < job.fence) {
        walk.abort.abort(new AppError("LEASE_LOST", "the lease ended"));
      }
    },
    async claim() {
      if (walk) return;
      const [job] = await queue.claim({ limit: 1, owner: "w", leaseMs: 30_000 });
      if (!job) return;
      ended(job);
      const own = walk = { job, abort: new AbortController(), dead: false, over: Promise.resolve() };
      own.over = advance(own).finally(() => {
        if (walk === own) {
          walk = undefined;
          gates = [];
        }
      });
      await settled();
    },
    /** One of what it waits to do. */
    async turn() {
      gates.shift()?.resolve();
      await settled();
    },
    async die() {
      if (!walk) return;
      const { over } = walk;
      walk.dead = true;
      for (const gate of gates.splice(0)) gate.reject(new Death());
      await over;
    },
  };
}

function resultOf(outcome: Outcome, path: string) {
  const fault = (retryable: boolean) => new AppError("UPSTREAM_FAILED", `Cannot call ${path}`, { retryable });
  switch (outcome) {
    case "done":
      return done(path);
    case "refused":
      return { outcome: "failed", error: fault(false) } as const;
    case "fault":
      return { outcome: "failed", error: fault(true) } as const;
    case "fault_later":
      return { outcome: "failed", error: fault(true), retryAfterMs: HOUR_MS } as const;
    case "put_off":
      return { outcome: "snooze", delayMs: HOUR_MS, reason: "429" } as const;
  }
}

async function checkHistory(db: Database, nodes: Node[], history: Move[]) {
  for (const table of ["job", "step", "wait", "signal", "run"]) await db.sql.unsafe(`delete from ${table}`);
  const { steps, leaves } = planOfNodes(nodes);
  const runId = await addRun(db, { steps: planOf(...steps) });
  const ledger: Ledger = { calls: new Map(), brought: new Map() };
  const workers = [0, 1].map(() =>
    createProcess(db, {
      runId,
      leaves,
      ledger,
      ended: (job) => workers.forEach((one) => one.abandon(job)),
    })
  );
  const person = personOver(db);
  let serial = 0;

  const bring = async (key: string, path: string | null) => {
    const value = `${key} ${serial++}`;
    try {
      if (path === null) await send(db, runId, key, value);
      else await answer(db, runId, path, key, value);
      ledger.brought.set(value, { key, path });
    } catch (error) {
      if (!(error instanceof AppError) || !["CONFLICT", "NOT_FOUND"].includes(error.code)) throw error;
    }
  };
  const ask = async (wish: "pause" | "resume" | "cancel") => {
    await person[wish](runId).catch((error) => {
      if (!(error instanceof AppError) || error.code !== "CONFLICT") throw error;
    });
  };
  const openWaits = () =>
    db.sql<{ path: string; key: string }[]>`
      select path, match_key as key from wait where run_id = ${runId} order by path`;

  async function act(move: Move) {
    switch (move.move) {
      case "claim":
        return await workers[move.worker]!.claim();
      case "turn":
        return await workers[move.worker]!.turn();
      case "die":
        return await workers[move.worker]!.die();
      case "signal":
        return await bring(move.key, null);
      case "answer": {
        const waits = await openWaits();
        const wait = waits[move.place % Math.max(1, waits.length)];
        if (!wait) return;
        const ends = await db.sql<{ at: Date | null }[]>`select expires_at as at from wait where path = ${wait.path}`;
        if (move.inTime) await db.sql`update wait set expires_at = null where path = ${wait.path}`;
        await bring(wait.key, wait.path);
        await db.sql`update wait set expires_at = ${ends[0]!.at}::timestamptz where path = ${wait.path}`;
        return;
      }
      case "lease_over":
        return void await db.sql`update job set due_at = now() where state = 'executing'`;
      case "time": {
        await db.sql`update wait set expires_at = now() - interval '1 second' where expires_at is not null`;
        await db.sql`update step set decision = '{"until": 0}' where kind = 'sleep' and state = 'running'`;
        await db.sql`update step set due_at = null`;
        await db.sql`
          update job set due_at = now() where state <> 'executing' and due_at < now() + interval '2 hours'`;
        return;
      }
      case "walk": {
        const one = workers[move.worker]!;
        await one.claim();
        for (let turns = 0; one.busy(); turns++) {
          assert(turns < 300, "the walk does not end");
          if (turns === move.turns && move.inner) await act(move.inner);
          await one.turn();
        }
        return;
      }
      default:
        return await ask(move.move);
    }
  }

  for (const move of history) {
    await act(move);
    await checkNow(db, runId);
  }
  // Nothing more happens but what has to: the run comes to its end.
  for (const one of workers) await one.die();
  for (let round = 0; (await readJobs(db)).some(({ finished }) => !finished); round++) {
    assert(round < 40, "the run does not end");
    await ask("resume");
    for (const { key, path } of await openWaits()) await bring(key, path);
    await act({ move: "time" });
    await db.sql`update job set due_at = now() where state = 'executing'`;
    await act({ move: "walk", worker: 0, turns: 0, inner: null });
    await checkNow(db, runId);
  }
  await checkEnd(db, { runId, leaves, ledger });
}

/** What holds at any moment. */
async function checkNow(db: Database, runId: string) {
  const [run] = await db.sql<
    { open: boolean; paused: boolean; jobs: number; idle: boolean; due: boolean; came: boolean }[]
  >`
    select state in ('pending', 'running', 'waiting') as open, paused_at is not null as paused,
      (select count(*)::int from job where finished_at is null) as jobs,
      coalesce((select bool_and(state <> 'executing') from job where finished_at is null), true) as idle,
      coalesce((select bool_or(due_at <= now()) from job where finished_at is null), false) as due,
      exists (
        select from signal join wait on wait.run_id = signal.run_id and wait.match_type = signal.match_type
          and wait.match_key = signal.match_key and coalesce(signal.path, wait.path) = wait.path
        where signal.run_id = run.id) as came
    from run where id = ${runId}`;
  assertEquals(run!.jobs, run!.open ? 1 : 0, "an open run has its job, and a job its open run");
  if (run!.open && run!.idle && run!.came && !run!.paused) assert(run!.due, "what came wakes the run");
  if (run!.paused) assert(!run!.idle || !run!.due, "a paused run is not walked");
}

async function checkEnd(db: Database, { runId, leaves, ledger }: {
  runId: string;
  leaves: Map<string, Leaf>;
  ledger: Ledger;
}) {
  const run = await readRun(db, runId);
  const [{ count } = { count: 0 }] = await db.sql<{ count: number }[]>`select count(*)::int as count from wait`;
  assertEquals(count, 0, "no wait is left");
  const left = await db.sql<{ value: string; path: string | null }[]>`select value, path from signal`;
  const taken = new Set<string>();
  // Of a wait whose process died when it had recorded what came, and whose run was ended before another went on.
  const decided = await db.sql<{ path: string; value: string }[]>`
    select path, decision #>> '{came,value}' as value from step where run_id = ${runId} and decision ? 'came'`;
  for (const [path, leaf] of leaves) {
    const found = run.steps.find((one) => one.path === path);
    if (run.state === "completed") assertEquals(found?.state, "completed", path);
    if (leaf.kind !== "await" || !found) continue;
    const came = decided.find((one) => one.path === path)?.value;
    if (found.state !== "completed") {
      if (came === undefined) continue;
      assertEquals([run.state === "completed", found.state], [false, "cancelled"], path);
    } else if (came !== undefined) {
      assertEquals(found.output, came, "what was decided is what the step gave");
    }
    if (found.state === "completed" && found.output === "too late") {
      assert(leaf.ends, `${path} has no end of its own`);
      for (const one of ledger.brought.values()) assert(one.path !== path, `${path} was answered`);
      continue;
    }
    const value = came ?? String(found.output);
    const from = ledger.brought.get(value);
    assert(from && from.key === leaf.key && (from.path ?? path) === path, `${path} got ${value}`);
    assert(!taken.has(value), `${value} was taken twice`);
    taken.add(value);
  }
  const kept = new Set(left.map(({ value }) => value));
  for (const [value, { path }] of ledger.brought) {
    if (path === null) assert(taken.has(value) !== kept.has(value), `${value} is taken or kept, and not both`);
    else if (run.state === "completed") assert(taken.has(value), `${value} was accepted`);
  }
  if (run.state === "failed") assertEquals(run.error_code, "UPSTREAM_FAILED");
  if (run.state === "cancelled") assert(run.tries.every(({ state }) => state !== "started"));
}

Deno.test("over any plan, deaths, leases, signals, answers and wishes of a person no wake-up is missed and nothing that came is lost", async () => {
  const { db, stop } = await testDatabase();
  try {
    await fc.assert(
      fc.asyncProperty(plans, moves, async (nodes, history) => await checkHistory(db, nodes, history)),
      {
        numRuns: RUNS,
        examples: [
          ...[1, 2].map((turns): [Node[], Move[]] => [
            // An answer that was accepted in time is committed while a walk ends the wait for its time.
            [{ kind: "await", key: "x", ends: true }],
            [
              { move: "walk", worker: 0, turns: 0, inner: null },
              { move: "time" },
              { move: "walk", worker: 1, turns, inner: { move: "answer", place: 0, inTime: true } },
            ],
          ]),
          // What came is recorded, its process dies before the step's end is, and a person cancels the run.
          [
            [{
              kind: "all",
              nodes: [{ kind: "await", key: "y", ends: false }, { kind: "call", maxAttempts: 2, outcomes: ["done"] }],
            }],
            [
              { move: "walk", worker: 0, turns: 0, inner: { move: "signal", key: "y" } },
              { move: "claim", worker: 0 },
              { move: "turn", worker: 0 },
              { move: "turn", worker: 0 },
              { move: "die", worker: 0 },
              { move: "cancel" },
            ],
          ],
        ],
      },
    );
  } finally {
    await stop();
  }
});
