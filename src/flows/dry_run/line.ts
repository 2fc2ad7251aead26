/** Where a dry run is among the steps of a flow, and what the kinds of steps are tried with. */

import type { Known, TriedFrame } from "./frame.ts";
import type { TriedValues } from "./values.ts";
import type { StepShape } from "../shape/step_lists.ts";

/** on: what follows is walked. ended: the run is over by it. */
export type Outcome = "on" | "failed" | "ended";

/** Where the walk is. */
export interface Line {
  frame: TriedFrame;
  /** Of the list, as in `root/size#0`. */
  path: string;
  items: readonly number[];
  dependsOn: string | null;
  state: { runs: boolean };
}

/** What kinds of steps are walked with. */
export interface Walking {
  /** Milliseconds since 1970. */
  now: number;
  timeZone: string;
  /** Lists the step; it would fail where its values have a problem. */
  add(shape: StepShape, line: Line, found: { says: string | null; values: TriedValues }): Outcome;
  /** Keeps what the step gave for those behind it. */
  end(shape: StepShape, line: Line, output: Known): "on";
  walkList(steps: readonly StepShape[], line: Line): Promise<Outcome>;
}
