/** Actions of the engine itself, which call nothing: a value is given another form, or a name. */

import type { Action } from "./action.ts";
import { INLINE_OUTPUT_BYTES } from "./outputs.ts";

/** Input `{output}`: the step's output is what that comes to, null where it is missing. */
const transform: Action = {
  type: "transform",
  effect: "none",
  instant: true,
  describe: () => null,
  run: ({ input }) => Promise.resolve({ outcome: "done", output: (input as { output?: unknown }).output ?? null }),
};

/**
 * Input `{set}`: values by their names, found at `$.vars` by the steps behind it (frame.ts); the output is the same. All scopes
 * have them, so they are few: a larger value is found at `$.steps`.
 */
const variables: Action = {
  type: "variables",
  effect: "none",
  instant: true,
  maxOutputBytes: INLINE_OUTPUT_BYTES,
  describe: () => null,
  run: ({ input }) => Promise.resolve({ outcome: "done", output: (input as { set: unknown }).set }),
};

/** In every engine, beside those that it is handed. */
export const OWN_ACTIONS: readonly Action[] = [transform, variables];
