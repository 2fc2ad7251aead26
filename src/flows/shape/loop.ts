/** The shape of a loop: for each item of a list, or as long as a condition holds. */

import { z } from "zod";
import { literalValue } from "../../actions/http_secrets.ts";
import { at, type Fault, isObject } from "../../engine/faults.ts";
import type { FlowLoop, FlowStep } from "./definition.ts";
import { readShape } from "./mend.ts";
import { combined, oneOf, someSteps, stepId, stepName, type StepShapes, whole } from "./parts.ts";
import { DEFAULT_ITEMS, MAX_AT_ONCE, MAX_ITEMS } from "./step_limits.ts";

const loop = z.strictObject({
  kind: z.literal("loop"),
  id: stepId,
  name: stepName,
  over: z.unknown().optional(),
  while: z.unknown().optional(),
  max_items: whole(1, MAX_ITEMS).default(DEFAULT_ITEMS),
  at_once: whole(1, MAX_AT_ONCE).default(1),
  on_error: oneOf("stop", "continue", "collect").default("stop"),
  actions: someSteps,
});

const KEYS = Object.keys(loop.shape);

export const loopShape: StepShapes<FlowLoop> = {
  keys: KEYS,
  read: (input, { path, id }) =>
    readShape(loop, input, { path, keys: { "": KEYS }, standIns: { actions: [{}] } }, (data) => {
      const { name, over, while: condition, max_items, at_once, on_error, actions } = data;
      const faults: Fault[] = [];
      const fault = (key: string, message: string) => faults.push({ path: at(path, key), message });
      if (over !== undefined && condition !== undefined) {
        fault("while", combined("over"));
      } else if (condition !== undefined) {
        if (!isObject(condition) || Object.keys(condition).length === 0) {
          fault("while", "must be a rule or a group: a loop without a condition never ends");
        }
        if (at_once > 1) {
          fault("at_once", "must be 1: whether a round of a while-loop begins is known after the one before");
        }
      } else if (over === undefined) {
        fault("over", 'is required: a list, as in "$.webhook.tags", or give `while`, a condition');
      } else if (!mayBeList(over)) {
        fault("over", 'must be a list or an expression of one, as in "$.webhook.tags"');
      }
      return {
        faults,
        value: {
          kind: "loop",
          id,
          ...(name !== undefined && { name }),
          ...(over !== undefined && { over }),
          ...(condition !== undefined && { while: condition }),
          max_items,
          at_once,
          on_error,
          actions: actions as FlowStep[],
        },
      };
    }),
};

/** Text with an expression amid it gives text. */
function mayBeList(over: unknown): boolean {
  if (Array.isArray(over)) return true;
  return typeof over === "string" && literalValue(over) === undefined &&
    (over.startsWith("$.") || (over.trimStart().startsWith("{{") && over.trimEnd().endsWith("}}")));
}
