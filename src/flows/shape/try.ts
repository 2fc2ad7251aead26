/** The shapes of try, steps with others for the case that they fail, and of end, which ends the run. */

import { z } from "zod";
import { at, type Fault } from "../../engine/faults.ts";
import type { FlowEnd, FlowStep, FlowTry } from "./definition.ts";
import { readShape } from "./mend.ts";
import { faultsOf, oneOf, someSteps, stepId, stepList, stepName, type StepShapes } from "./parts.ts";

const tried = z.strictObject({
  kind: z.literal("try"),
  id: stepId,
  name: stepName,
  actions: someSteps,
  on_error: stepList.nullish(),
  finally: stepList.nullish(),
});

const TRY_KEYS = Object.keys(tried.shape);

export const tryShape: StepShapes<FlowTry> = {
  keys: TRY_KEYS,
  read: (input, { path, id }) => {
    const parsed = tried.safeParse(input);
    if (!parsed.success) return { faults: faultsOf(parsed.error, path, { "": TRY_KEYS }) };
    const { name, actions, on_error, finally: last } = parsed.data;
    return {
      faults: [],
      value: {
        kind: "try",
        id,
        ...(name !== undefined && { name }),
        actions: actions as FlowStep[],
        ...(on_error && { on_error: on_error as FlowStep[] }),
        finally: (last ?? []) as FlowStep[],
      },
    };
  },
};

const end = z.strictObject({
  kind: z.literal("end"),
  id: stepId,
  name: stepName,
  outcome: oneOf("success", "failure").default("success"),
  message: z.unknown().optional(),
  output: z.unknown().optional(),
});

const END_KEYS = Object.keys(end.shape);

export const endShape: StepShapes<FlowEnd> = {
  keys: END_KEYS,
  read: (input, { path, id }) =>
    readShape(end, input, { path, keys: { "": END_KEYS } }, (data) => {
      const { name, outcome, message, output } = data;
      const faults: Fault[] = [];
      if (message != null && typeof message !== "string") {
        faults.push({ path: at(path, "message"), message: "must be text, which may hold expressions" });
      }
      if (output !== undefined && outcome === "failure") {
        faults.push({ path: at(path, "output"), message: "is for an end with success: one that failed has a message" });
      }
      return {
        faults,
        value: {
          kind: "end",
          id,
          ...(name !== undefined && { name }),
          outcome,
          ...(message != null && { message }),
          ...(output !== undefined && { output }),
        },
      };
    }),
};
