/** How large a flow may be, each limit with its reason: what docs/flows.md and the faults say of them. */

import { MAX_PATH_DEPTH } from "../../engine/step_path.ts";

/** In one list: what a person still reads as one thing that happens after another. */
export const MAX_LIST = 50;
/** Of a flow with all that its steps hold: each is read on save, is part of every plan, and of each run's journal. */
export const MAX_STEPS = 200;
/** A step at the top stands below the root, and each level costs one part of its path, which is its Idempotency-Key. */
export const MAX_LEVELS = MAX_PATH_DEPTH - 1;
/** Cases of one branch, branches of one parallel step. */
export const MAX_CASES = 20;
/** Values of one case. */
export const MAX_EQUALS = 50;
/** Items of a loop, or its rounds: each leaves rows in the run's journal. */
export const MAX_ITEMS = 10_000;
export const DEFAULT_ITEMS = 1_000;
/** Items of a loop at the same time. */
export const MAX_AT_ONCE = 20;
/** Steps that nested loops and parallels may have in progress together: all of them are one process's calls. */
export const MAX_FAN_OUT = 100;
/** Entities that the conditions of all flows of one event look up: they are one read, before the first of them is decided. */
export const MAX_EVENT_LOOKUPS = 200;
/** Rules of the conditions of all steps together. */
export const MAX_STEP_RULES = 500;
/** Of a wait, a deadline and a reminder: beyond it the event that began the run is long gone. */
export const MAX_WAIT_MS = 366 * 86_400_000;
/** Shorter than any of them is noticed. */
export const MIN_WAIT_MS = 1_000;
/** Of a parallel's branches. */
export const MAX_BRANCH_MS = 30 * 86_400_000;
/** Variables of one step. */
export const MAX_VARIABLES = 50;
/** People whom one approval names. */
export const MAX_PEOPLE = 50;
