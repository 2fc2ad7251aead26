/** Runs written straight into the tables, and an engine over them whose actions and claims the test decides. */

import { assertEquals } from "@std/assert";
import type { Action, ActionCall, ActionResult } from "../../src/engine/action.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { OnPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import type { FindEntities } from "../../src/engine/entity_lookup.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { type ActionStep, planOf, type PlanStep } from "../../src/engine/plan.ts";
import { allAttempts } from "../../src/flows/store/attempts.ts";
import { createEngine } from "../../src/engine/run.ts";
import type { StepDeps, Walker } from "../../src/engine/walk.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job, JobOutcome } from "../../src/queue/queue.ts";
import { noTracing } from "../../src/telemetry/tracing.ts";
import { addInstallation, passDelays } from "../db/rows.ts";

const LEASE_MS = 30_000;

/** An action step that calls `fake`, retried at once. */
export function step(id: string, fields: Partial<ActionStep> = {}): ActionStep {
  const retry = { maxAttempts: 3, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
  return { kind: "action", id, action: "fake", input: {}, retry, onUncertain: "retry", ...fields };
}

export interface FakeAction extends Action {
  calls: ActionCall[];
}

/** An action in memory: answers as `answer` says, or done with null, and remembers its calls. */
export function fakeAction(
  answer: (call: ActionCall, count: number) => ActionResult | Promise<ActionResult> = () => done(null),
): FakeAction {
  const calls: ActionCall[] = [];
  return {
    type: "fake",
    effect: "external",
    calls,
    describe: ({ input }) => ({ input }),
    run: async (call) => await answer(call, calls.push(call)),
  };
}

export function done(output: unknown): ActionResult {
  return { outcome: "done", output, httpStatus: 200 };
}

/** A waiting run of a plan with these steps, and its job; the run's id. */
export async function addRun(
  db: Database,
  { steps, event = { id: "entity-1" } }: { steps: PlanStep[]; event?: unknown },
): Promise<string> {
  const installationId = await addInstallation(db);
  const plan = JSON.stringify(planOf(steps));
  const [row] = await db.sql<{ id: string }[]>`
    with plan as (
      insert into plan (installation_id, body) values (${installationId}, ${plan}::text::jsonb) returning id
    ), event as (
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
      values (${installationId}, nextval('event_id_seq'), 'workspace-1', 'NEW_TAG', 'tag:1', 'request-1', '{}',
        ${new TextEncoder().encode(JSON.stringify(event))})
      returning id
    ), run as (
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
      select gen_random_uuid(), ${installationId}, 'workspace-1', 1, 1, plan.id, event.id, 'pending' from plan, event
      returning id
    ), job as (
      insert into job (kind, installation_id, payload)
      select 'run', ${installationId}, jsonb_build_object('run_id', run.id) from run
    )
    select id from run`;
  return row!.id;
}

export interface EngineSetup {
  maxOutputBytes?: number;
  /** Stands between the engine and the real journal. */
  journal?(real: Journal): Journal;
  onPoint?: OnPoint;
  /** Kinds of steps that only tests know. */
  kinds?: ReadonlyMap<string, Walker>;
  findEntities?: FindEntities;
  waitRoom?: StepDeps["waitRoom"];
  hasOthers?(): boolean;
  /** The engine's; the system's unless given. */
  clock?: Clock;
}

/** An engine over the real queue and journal. */
export function setUpEngine(db: Database, actions: readonly Action[], options: EngineSetup = {}) {
  const { maxOutputBytes = 10_000, journal = (real: Journal) => real } = options;
  const queue = createPostgresQueue(db, systemClock);
  const facts: { kind: string; outcome?: string; state?: string; errorCode?: string; retryInMs?: number }[] = [];
  const engine = createEngine({
    journal: journal(createJournal(db, systemClock)),
    actions: new Map(actions.map((action) => [action.type, action])),
    clock: options.clock ?? systemClock,
    tracing: noTracing,
    observer: {
      stepAttempted: ({ outcome, errorCode, retryInMs }) => facts.push({ kind: "step", outcome, errorCode, retryInMs }),
      runFinished: ({ state, errorCode }) => facts.push({ kind: "run", state, errorCode }),
    },
    maxOutputBytes,
    onPoint: options.onPoint,
    kinds: options.kinds,
    findEntities: options.findEntities,
    waitRoom: options.waitRoom,
    hasOthers: options.hasOthers,
  });

  /** Claims the one job that is due. */
  async function claim(owner = "worker-1"): Promise<Job> {
    const jobs = await queue.claim({ limit: 10, owner, leaseMs: LEASE_MS });
    assertEquals(jobs.length, 1, "one job is due");
    return jobs[0]!;
  }
  const advance = (job: Job, signal = new AbortController().signal): Promise<JobOutcome> =>
    engine.advance(job, { signal, owner: "worker-1", leaseMs: LEASE_MS });
  return { engine, facts, claim, advance, next: async () => await advance(await claim()) };
}

/** Makes every open job due, as if its lease had ended or its delay had passed. */
export async function makeDue({ sql }: Database): Promise<void> {
  await passDelays({ sql });
}

/** What the tables say about a run. */
export async function readRun({ sql }: Database, runId: string) {
  const [run] = await sql<{ state: string; error_code: string | null; error_message: string | null }[]>`
    select state, error_code, error_message from run where id = ${runId}`;
  const steps = await sql<
    { path: string; state: string; attempts: number; output: unknown; error_code: string | null }[]
  >`
    select path, state, attempts, output, error_code from step where run_id = ${runId} order by path`;
  const tries = await sql<
    { path: string; number: number; state: string; error_code: string | null; request: unknown }[]
  >`
    select path, number, state, error_code, request from ${
    allAttempts(sql)
  } attempt where run_id = ${runId} order by path, number`;
  return { ...run!, steps: steps.map((row) => ({ ...row })), tries: tries.map((row) => ({ ...row })) };
}
