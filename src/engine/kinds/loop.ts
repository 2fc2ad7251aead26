/** Steps for each item of a list, or as long as a condition holds (while_rounds.ts). */

import { AppError } from "../../base/errors.ts";
import { type Composite, decide, endComposite, endedBefore, failureOf } from "../decision.ts";
import { fill } from "../evaluate.ts";
import { createFrame } from "../frame.ts";
import { kindOf } from "../faults.ts";
import { type ListPlace, openList, placeList } from "../loop_list.ts";
import type { Loop } from "../loop_state.ts";
import type { LoopStep } from "../plan.ts";
import type { Walk, Walker } from "../walk.ts";
import { walkItems } from "./loop_items.ts";
import { walkRounds } from "./while_rounds.ts";

/** JSON: what the loop goes over. `on_error` is read by who begins the run again (runs/reopen_steps.ts). */
interface Over extends ListPlace {
  /** Null: as long as its condition holds. */
  count: number | null;
  on_error: LoopStep["onError"];
}

/**
 * Its output is {total, completed, failed, outputs}, with `errors` where it collects them; `outputs` is null where they come to
 * more than 16 MB. Nothing, and a missing path, is a list without items; anything but a list is a failure.
 */
export const walkLoop: Walker<LoopStep> = async (step, path, walk, deps) => {
  const composite: Composite = { kind: step.kind, path, walk };
  const ended = endedBefore(walk, path);
  if (ended) return ended;
  let over: Over;
  try {
    over = await decide(composite, () => begin(step, path, walk));
  } catch (error) {
    return endComposite(composite, { kind: "failed", error: failureOf(error) });
  }
  // Its items are read back from where they are kept.
  if (over.pieces) await walk.draft.commit();
  const { count } = over;
  const loop: Loop = { composite, step, walk, deps };
  if (count === null) return await walkRounds(loop);
  const itemOf = openList(over, path, walk);
  return await walkItems(loop, {
    count,
    frameOf: async (index) => {
      const item = await itemOf(index);
      return createFrame(walk.frame, {
        item,
        index,
        total: count,
        is_first: index === 0,
        is_last: index === count - 1,
      });
    },
  });
};

async function begin({ over, maxItems, onError }: LoopStep, path: string, walk: Walk): Promise<Over> {
  if (over === undefined) return { count: null, on_error: onError };
  const list = await fill(walk, over) ?? [];
  if (!Array.isArray(list)) {
    throw new AppError("EXPRESSION_FAILED", `Cannot go over ${kindOf(list)}: a list is needed`);
  }
  if (list.length > maxItems) {
    throw new AppError("RUN_LIMIT_REACHED", `Cannot go over ${list.length} items: ${maxItems} are allowed`);
  }
  const { place, kept, bytes } = placeList(list, path);
  walk.counts.add("outputBytes", bytes);
  for (const output of kept) walk.draft.add({ output });
  return { count: list.length, on_error: onError, ...place };
}
