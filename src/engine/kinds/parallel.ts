/** Several lists of steps at the same time, until as many have completed as the join wants, or no more can. */

import { AppError } from "../../base/errors.ts";
import { completeComposite, type Composite, decide, endComposite, endedBefore } from "../decision.ts";
import { createFrame, type Frame } from "../frame.ts";
import { cancelItem, outputsOf, walkItem } from "../item.ts";
import { mergeParked } from "../parked.ts";
import type { Join, ParallelStep } from "../plan.ts";
import { recall, recallList } from "../recall.ts";
import type { RunCounts } from "../run_limits.ts";
import { walkTogether } from "../together.ts";
import type { Ended, StepDeps, StepEnd, Walk, Walker } from "../walk.ts";

/** Branches that are walked at once; each of the calls in them has a slot of the run, too. */
const AT_ONCE = 20;

/** JSON: when the branches have to be over, in milliseconds since 1970; null: at no time. `untils`: each its own. */
interface Limit {
  until: number | null;
  untils?: (number | null)[];
}

/**
 * Its output is {completed, failed, outputs}; `outputs` is null where they come to more than 16 MB. Once the join is decided,
 * or a branch has ended or cancelled the run, no further step begins in the other branches; what they have called is awaited and
 * recorded, what they wait for is cancelled.
 */
export const walkParallel: Walker<ParallelStep> = async (step, path, walk, deps) => {
  const composite: Composite = { kind: step.kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) {
    if (over.kind === "completed") recall(step, path, walk);
    return over;
  }
  const { timeLimitMs, timeLimitsMs } = step;
  const limit = await decide(composite, (): Limit => {
    const after = (ms: number | null | undefined) => ms == null ? null : deps.clock.now() + ms;
    return { until: after(timeLimitMs), ...(timeLimitsMs && { untils: timeLimitsMs.map(after) }) };
  });
  const join = createJoin(step);
  const branches = step.branches.map((steps, index): Branch => ({
    steps,
    path: `${path}#${index}`,
    frame: createFrame(walk.frame),
    counts: walk.counts.part(),
  }));
  let last: Ended | undefined;
  const halted = (): Ended | undefined => {
    const decided = join.decided();
    if (decided) return { kind: "cancelled", reason: decided.reason };
    return last ?? walk.halted?.();
  };
  const ends = await walkTogether(
    branches.map((branch, index) => async () => {
      const until = limit.untils?.[index] ?? limit.until;
      const end = await walkBranch(branch, { join, until, halted, walk, deps });
      join.add(end);
      if (end.kind === "over") last = { kind: "cancelled", reason: "the run ended" };
      else if (end.kind === "cancelled") last ??= end;
      return end;
    }),
    { atOnce: step.atOnce ?? AT_ONCE },
  );
  const stopped = ends.find(({ kind }) => kind === "over");
  if (stopped) return endComposite(composite, stopped);
  const decided = join.decided();
  const cancelled = ends.find(({ kind }) => kind === "cancelled");
  if (!decided && !cancelled) return mergeParked(ends)!;
  branches.forEach((branch, index) => {
    if (ends[index]!.kind === "parked") cancelItem({ ...branch, walk }, decided?.reason ?? "the run was cancelled");
  });
  if (!decided) return endComposite(composite, cancelled!);
  if (!decided.met) return endComposite(composite, failureOf(ends, step));
  const given = ends.map((end) => end.kind === "completed" ? end.output : null);
  const outputs = await outputsOf(walk, given, deps);
  const completed = [...ends.keys()].filter((index) => ends[index]!.kind === "completed");
  for (const index of completed) walk.frame.results.push(...branches[index]!.frame.results);
  const failed = ends.flatMap((end, index) =>
    end.kind === "failed" ? [{ index, code: end.error.code, message: end.error.message }] : []
  );
  return completeComposite(composite, { completed, failed, outputs }, { maxBytes: deps.maxOutputBytes });
};

interface Branch {
  steps: ParallelStep["branches"][number];
  path: string;
  frame: Frame;
  counts: RunCounts;
}

async function walkBranch(
  branch: Branch,
  { join, until, halted: haltedAround, walk, deps }: {
    join: ReturnType<typeof createJoin>;
    until: number | null;
    /** Why no further step of any branch begins. */
    halted(): Ended | undefined;
    walk: Walk;
    deps: StepDeps;
  },
): Promise<StepEnd> {
  const { steps, path, frame } = branch;
  const ended = endedBefore(walk, path);
  if (ended?.kind === "completed") recallList(steps, path, { history: walk.history, frame });
  if (ended) return ended;
  const isLate = () => until !== null && deps.clock.now() >= until;
  const halted = (): Ended | undefined =>
    haltedAround() ?? (isLate() ? { kind: "cancelled", reason: "its time is over" } : undefined);
  const { end, counts } = await walkItem({ steps, path, frame, halted, endOf }, walk, deps);
  branch.counts = counts;
  return end;

  function endOf(end: StepEnd): StepEnd {
    if (until === null || (end.kind !== "parked" && end.kind !== "cancelled")) return end;
    if (end.kind === "parked" && !isLate()) return { ...end, until: Math.min(until, end.until ?? Infinity) };
    if (!isLate() || join.decided()) return end;
    const error = new AppError("RUN_LIMIT_REACHED", "Cannot go on with the branch: its time is over");
    walk.draft.add({ waits: { cancelled: [{ path, reason: "its time is over" }] } });
    return { kind: "failed", error, at: path };
  }
}

/** What the branches come to together; undefined while more can change it. */
function createJoin({ branches: { length: count }, join, endTogether }: ParallelStep) {
  const wanted = wantedOf(join, count);
  let completed = 0;
  let failed = 0;
  return {
    add({ kind }: StepEnd) {
      if (kind === "completed") completed++;
      if (kind === "failed") failed++;
    },
    decided(): { met: boolean; reason: string } | undefined {
      if (completed >= wanted) return { met: true, reason: "the other branches were enough" };
      if (endTogether && completed + failed < count) return undefined;
      return failed > count - wanted ? { met: false, reason: "another branch failed" } : undefined;
    },
  };
}

function wantedOf(join: Join, count: number): number {
  if (join === "all") return count;
  if (join === "any") return 1;
  return join === "majority" ? Math.floor(count / 2) + 1 : Math.min(count, join.atLeast);
}

/** That of the first branch that failed. */
function failureOf(ends: readonly StepEnd[], { endTogether: names }: ParallelStep): StepEnd {
  const failed = ends.flatMap((end, index) => end.kind === "failed" ? [{ ...end, index }] : []);
  const { index: _, ...first } = failed[0]!;
  if (!names) return first;
  const why = failed.map(({ index, error }) => `${names[index]}: ${error.message}`).join("; ");
  const message = `${failed.length} of ${ends.length} parallel steps failed: ${why}`;
  return { ...first, error: new AppError(first.error.code, message) };
}
