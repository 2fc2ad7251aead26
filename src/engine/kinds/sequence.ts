/** Steps one after another. It decides nothing and has no record: how it ends is how the last of its steps does. */

import type { SequenceStep } from "../plan.ts";
import { walkList } from "../step.ts";
import type { Walker } from "../walk.ts";

export const walkSequence: Walker<SequenceStep> = ({ steps }, path, walk, deps) => walkList(steps, path, walk, deps);
