/** An item of a loop or a branch of a parallel step: steps with a frame of their own, and a record of how they ended. */

import { Buffer } from "node:buffer";
import { type Composite, endComposite } from "./decision.ts";
import type { Frame } from "./frame.ts";
import { KeptOutput } from "./outputs.ts";
import type { PlanStep } from "./plan.ts";
import type { RunCounts } from "./run_limits.ts";
import { walkList } from "./step.ts";
import { isWithin } from "./step_path.ts";
import { countJson } from "./turns.ts";
import { createWorkBudget, WORK } from "./work_budget.ts";
import { type Ended, endWaits, type StepDeps, type StepEnd, type Walk } from "./walk.ts";

/** Of an output beside what the items gave. */
const MAX_FRAME_BYTES = 1_000;

export interface Item {
  steps: readonly PlanStep[];
  /** As in `root/each#17`. */
  path: string;
  /** Of what its steps can name. */
  frame: Frame;
  /** Asked before each step: why it goes no further. */
  halted(): Ended | undefined;
  /** Another end than the one that its steps gave. */
  endOf?(end: StepEnd): StepEnd;
}

/** Walks the steps of the item, unless it has ended before. */
export async function walkItem(item: Item, walk: Walk, deps: StepDeps): Promise<{ end: StepEnd; counts: RunCounts }> {
  const { steps, path, frame, halted, endOf = (end) => end } = item;
  const counts = countsBefore(walk, path);
  counts.add("open", 1);
  const work = createWorkBudget(WORK.run, "the steps of one item or branch");
  const end = endOf(await walkList(steps, path, { ...walk, frame, counts, halted, work }, deps));
  walk.turn.work -= WORK.run - work.left;
  if (end.kind !== "parked") counts.add("open", -1);
  if (end.kind === "cancelled") cancelBegun(path, walk, end.reason);
  return { end: endItem({ path, walk, counts }, end), counts };
}

/** Adds the end of an item to the record of its run; what is open in it ends with it. */
export function endItem(
  { path, walk, counts }: { path: string; walk: Walk; counts: RunCounts },
  end: StepEnd,
): StepEnd {
  const { steps, tries, outputBytes } = counts;
  const composite: Composite = { kind: "item", path, walk };
  return endComposite(composite, end, { progress: { steps, tries, outputBytes } });
}

/** Cancels an item that has begun and is not needed any more. */
export function cancelItem({ path, walk, counts }: Parameters<typeof endItem>[0], reason: string): void {
  endItem({ path, walk, counts }, { kind: "cancelled", reason });
  walk.draft.add({ waits: { ...endWaits(walk, path), cancelled: [{ path, reason }] } });
}

/** Steps of the item that earlier walks began, and which this one came not to. */
function cancelBegun(path: string, walk: Walk, reason: string): void {
  const isOpen = [...walk.history.values()].some((step) => step.state === "running" && isWithin(step.path, path));
  if (isOpen) walk.draft.add({ waits: { cancelled: [{ path, reason }] } });
}

/** Counts of an item, with those of earlier walks. */
function countsBefore({ counts, history }: Walk, path: string): RunCounts {
  const part = counts.part();
  for (const step of history.values()) {
    if (!isWithin(step.path, path)) continue;
    part.restore({ steps: 1, tries: step.attempts, outputBytes: 0 });
    if (step.progress) part.restore(step.progress);
  }
  return part;
}

/** What the items gave, each in its place; null where that comes to more than a step's output may have. */
export async function outputsOf(
  walk: Pick<Walk, "run" | "outputs">,
  given: readonly unknown[],
  { maxOutputBytes }: Pick<StepDeps, "maxOutputBytes">,
): Promise<unknown[] | null> {
  const kept = given.reduce((sum: number, one) => sum + (one instanceof KeptOutput ? one.bytes : 0), 0);
  if (kept > maxOutputBytes) return null;
  const values = await walk.outputs.read(walk.run, given);
  const bytes = Buffer.byteLength(JSON.stringify(values));
  countJson(bytes);
  return bytes > maxOutputBytes - MAX_FRAME_BYTES ? null : values;
}
