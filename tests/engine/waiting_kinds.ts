/** Kinds of steps that only tests know: wait for a key, sleep, all of some steps at once, and a run that is started and awaited. */

import { systemClock } from "../../src/base/clock.ts";
import { cancelOpen, decide, endComposite, endedBefore } from "../../src/engine/decision.ts";
import { createFrame } from "../../src/engine/frame.ts";
import { mergeParked } from "../../src/engine/parked.ts";
import type { ActionStep, PlanStep } from "../../src/engine/plan.ts";
import { walkStep } from "../../src/engine/step.ts";
import { walkTogether } from "../../src/engine/together.ts";
import { waitForSignal, waitUntil } from "../../src/engine/wait.ts";
import type { Walker } from "../../src/engine/walk.ts";
import type { Database } from "../../src/db/db.ts";
import { type RunStart, startRun } from "../../src/flows/triggers/start.ts";
import { childKey } from "../../src/signals/signal.ts";

/** Type of the things that "await" waits for. */
export const TYPE = "test";

/** Completes with what came under `key`, or with "too late". */
export interface AwaitStep {
  kind: "await";
  id: string;
  key: string;
  withinMs?: number;
  condition?: unknown;
}

export interface SleepStep {
  kind: "sleep";
  id: string;
  ms: number;
}

/** Completes with what completes first of them. */
export interface AnyStep {
  kind: "any";
  id: string;
  steps: TestStep[];
}

/** Walks all of them at once, and completes with their outputs; the first failure is its own. */
export interface AllStep {
  kind: "all";
  id: string;
  steps: (PlanStep | AwaitStep | SleepStep | AllStep | AnyStep)[];
}

export type TestStep = AllStep["steps"][number];

const awaitKey: Walker<AwaitStep> = async (step, path, walk, { clock }) => {
  const { kind, key, withinMs, condition } = step;
  const composite = { kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) return over;
  const end = await waitForSignal(composite, { clock, reason: `waits for ${key}` }, () => ({
    on: [{ type: TYPE, key, ...(condition !== undefined && { condition }) }],
    ...(withinMs !== undefined && { until: clock.now() + withinMs }),
  }));
  if ("kind" in end) return end;
  return endComposite(composite, { kind: "completed", output: "came" in end ? end.came.value : "too late" });
};

const sleep: Walker<SleepStep> = async ({ kind, ms }, path, walk, { clock }) => {
  const composite = { kind, path, walk };
  const parked = endedBefore(walk, path) ??
    await waitUntil(composite, { clock, reason: `sleeps ${ms} ms` }, () => clock.now() + ms);
  return parked ?? endComposite(composite, { kind: "completed", output: null });
};

const all: Walker<AllStep> = async ({ kind, steps }, path, walk, deps) => {
  const composite = { kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) return over;
  const ends = await walkTogether(
    steps.map((step) => () => walkStep(step as PlanStep, path, { ...walk, frame: createFrame(walk.frame) }, deps)),
    { atOnce: 3 },
  );
  const failed = ends.find(({ kind }) => kind === "failed");
  if (failed) return endComposite(composite, failed);
  return mergeParked(ends) ??
    endComposite(composite, {
      kind: "completed",
      output: ends.map((end) => end.kind === "completed" ? end.output : null),
    });
};

/** Starts a run of the flow, once, and completes with how that ended. */
export function childKind(db: Database, flow: RunStart["flow"]): [string, Walker] {
  const child: Walker<{ kind: "child" }> = async ({ kind }, path, walk, { clock }) => {
    const composite = { kind, path, walk };
    const over = endedBefore(walk, path);
    if (over) return over;
    const { id: runId, installationId } = walk.run;
    const key = childKey({ runId, path });
    const reason = "waits for another run";
    const end = await waitForSignal(composite, { clock, reason }, () => ({ on: [{ type: "child", key }] }));
    if (!("kind" in end)) {
      return endComposite(composite, { kind: "completed", output: "came" in end && end.came.value });
    }
    if (end.kind !== "parked") return end;
    // The wait is there before the run, so that its end finds it.
    await walk.draft.commit();
    const start: RunStart = { installationId, flow, kind: "flow", key, input: null, parent: { runId, path, depth: 0 } };
    await db.scoped({ installationIds: [installationId] }, (sql) => startRun(sql, start));
    return end;
  };
  return ["child", child as Walker];
}

/** Walks all of them at once, and completes with the output of the first that does; the rest is cancelled. */
const any: Walker<AnyStep> = async ({ kind, steps }, path, walk, deps) => {
  const composite = { kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) return over;
  const ends = await walkTogether(
    steps.map((step) => () => walkStep(step as PlanStep, path, { ...walk, frame: createFrame(walk.frame) }, deps)),
    { atOnce: 3 },
  );
  const first = ends.findIndex(({ kind }) => kind === "completed");
  if (first === -1) return mergeParked(ends) ?? endComposite(composite, ends[0]!);
  await decide(composite, () => ({ first: steps[first]!.id }));
  for (const [place, { id }] of steps.entries()) {
    if (ends[place]!.kind === "parked") cancelOpen(walk, `${path}/${id}`, `${steps[first]!.id} was first`);
  }
  return endComposite(composite, ends[first]!);
};

export const WAITING_KINDS: ReadonlyMap<string, Walker> = new Map<string, Walker>([
  ["await", awaitKey as Walker],
  ["sleep", sleep as Walker],
  ["all", all as Walker],
  ["any", any as Walker],
]);

/** As a plan holds them. */
export function planOf(...steps: TestStep[]): ActionStep[] {
  return steps as ActionStep[];
}

export const waitFor = (id: string, fields: Partial<AwaitStep> = {}): AwaitStep => ({
  kind: "await",
  id,
  key: id,
  ...fields,
});
export const sleepFor = (id: string, ms: number): SleepStep => ({ kind: "sleep", id, ms });
export const anyOf = (id: string, ...steps: TestStep[]): AnyStep => ({ kind: "any", id, steps });
export const allOf = (id: string, ...steps: TestStep[]): AllStep => ({ kind: "all", id, steps });

/** Looks again and again, for 10 s. */
export async function eventually<T>(look: () => Promise<T>, what: string): Promise<NonNullable<T>> {
  const endMs = systemClock.monotonicMs() + 10_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (systemClock.monotonicMs() > endMs) throw new Error(`Cannot see ${what}`);
    await systemClock.sleep(20);
  }
}
