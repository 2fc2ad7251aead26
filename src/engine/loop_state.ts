/**
 * How far a loop has come: items that are open, those that have begun, and what was counted in those that are over. It is
 * recorded every few items, so that a walk which goes on reads what is open of the run and not its history.
 */

import { completeComposite, type Composite, endComposite, endedBefore } from "./decision.ts";
import type { Frame } from "./frame.ts";
import { cancelItem, outputsOf, walkItem } from "./item.ts";
import type { ItemRecord, Progress } from "./journal.ts";
import type { LoopStep } from "./plan.ts";
import { RunCounts } from "./run_limits.ts";
import type { Ended, StepDeps, StepEnd, Walk } from "./walk.ts";

/** Items that may begin after the progress that is recorded: as many are looked for when the run goes on (runs/load_steps.ts). */
export const ITEMS_AHEAD = 25;
/** Ends that are at hand when the loop is over; those of more are read back, a page at a time. */
const HELD_ENDS = 100;
const PAGE = 500;

/** A loop that is walked. */
export interface Loop {
  composite: Composite;
  step: LoopStep;
  walk: Walk;
  deps: StepDeps;
}

export type LoopState = ReturnType<typeof createLoopState>;

/** As the walk before left it. */
export function createLoopState({ composite, step, walk, deps }: Loop) {
  const { kind, path } = composite;
  const before = walk.history.get(path)?.progress;
  const open = new Set(before?.open);
  const ended = new Set<number>();
  /** Of the items that are over. */
  const counts = new RunCounts();
  if (before) counts.restore(before);
  let begun = before?.begun ?? 0;
  let recorded = begun;
  let failed = before?.failed ?? 0;
  /** Undefined: there are more than are held, or an earlier walk had some. */
  let ends: (ItemRecord | undefined)[] | undefined = before ? undefined : [];

  const pathOf = (index: number) => `${path}#${index}`;

  function progress(): Progress {
    const { steps, tries, outputBytes } = counts;
    return { begun, open: [...open].sort((a, b) => a - b), failed, steps, tries, outputBytes };
  }

  function record(vars?: Progress["vars"]): void {
    recorded = begun;
    walk.draft.add({ step: { kind, path, state: "running", progress: { ...progress(), ...(vars && { vars }) } } });
  }

  /** The next item begins; it is part of the progress that is recorded before its first step. */
  function begin(): number {
    open.add(begun);
    return begun++;
  }

  /** Walks the item, and counts how it ended. */
  async function walkOne(index: number, frame: Frame, halted: () => Ended | undefined): Promise<StepEnd> {
    const at = pathOf(index);
    const known = endedBefore(walk, at);
    await walk.draft.bound();
    const walked = known ? undefined : await walkItem({ steps: step.steps, path: at, frame, halted }, walk, deps);
    const end = known ?? walked!.end;
    if (end.kind === "parked" || end.kind === "over") return end;
    ended.add(index);
    // What ends the loop stays open for a person's retry.
    if (end.kind === "cancelled" || (end.kind === "failed" && step.onError === "stop")) return end;
    open.delete(index);
    const counted = walked?.counts ?? walk.history.get(at)?.progress;
    if (counted) counts.restore(counted);
    if (end.kind === "failed") failed++;
    if (ends) ends[index] = recordOf(at, end);
    if (ends && ends.length > HELD_ENDS) ends = undefined;
    return end;
  }

  async function readEnds(total: number): Promise<(ItemRecord | undefined)[]> {
    await walk.draft.commit();
    const { id: runId, installationId } = walk.run;
    const all: (ItemRecord | undefined)[] = [];
    for (let from = 0; from < total; from += PAGE) {
      const paths = Array.from({ length: Math.min(PAGE, total - from) }, (_, place) => pathOf(from + place));
      all.push(...await walk.outputs.readItems({ runId, installationId }, paths));
    }
    return all;
  }

  /** All items are over. */
  async function end(): Promise<StepEnd> {
    const all = ends ?? await readEnds(begun);
    const given = Array.from({ length: begun }, (_, index) => all[index]?.output ?? null);
    const outputs = await outputsOf(walk, given, deps);
    const output = { total: begun, completed: begun - failed, failed, outputs };
    const errors = all.flatMap((one, index) =>
      one?.state === "failed" ? [{ index, code: one.errorCode, message: one.errorMessage }] : []
    );
    return completeComposite(composite, step.onError === "collect" ? { ...output, errors } : output, {
      maxBytes: deps.maxOutputBytes,
      progress: progress(),
    });
  }

  /** The loop ends as `by` says: the items that are open are cancelled. */
  function stop(by: StepEnd): StepEnd {
    const reason = by.kind === "cancelled" ? by.reason : "another item failed";
    if (by.kind !== "over") {
      for (const index of open) {
        if (!ended.has(index)) cancelItem({ path: pathOf(index), walk, counts: new RunCounts() }, reason);
      }
    }
    return endComposite(composite, by, { progress: progress() });
  }

  return {
    /** Items that have begun and are not over. */
    open,
    /** As many have begun. */
    begun: () => begun,
    /** What the rounds of a while-loop had set when the last of them began. */
    varsBefore: before?.vars,
    pathOf,
    begin,
    record,
    /** Has the progress recorded once so many have begun that a later walk would not look for them. */
    recordInTime: () => begun - recorded > ITEMS_AHEAD && record(),
    recordChange: () => (begun !== before?.begun || open.size !== before.open?.length) && record(),
    walkOne,
    end,
    stop,
  };
}

function recordOf(path: string, end: Ended): ItemRecord {
  const nothing = { path, state: end.kind, output: null, errorCode: null, errorMessage: null };
  if (end.kind === "completed") return { ...nothing, output: end.output };
  return end.kind === "failed" ? { ...nothing, errorCode: end.error.code, errorMessage: end.error.message } : nothing;
}
