/** The shapes of actions that stay within Timewire: a value with a name, variables, an event of one's own, another flow. */

import { z } from "zod";
import { at, type Fault, isObject } from "../../engine/faults.ts";
import type { EmitEventFlowAction, RunFlowAction, TransformFlowAction, VariablesFlowAction } from "./definition.ts";
import { readShape } from "./mend.ts";
import { everyAction, flag, message, readTries, type StepShapes } from "./parts.ts";
import { MAX_VARIABLES } from "./step_limits.ts";
import { FLOW_EVENT_NAME } from "./triggers.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

const transform = z.strictObject({ ...everyAction, type: z.literal("transform"), output: z.unknown().optional() });

export const transformShape: StepShapes<TransformFlowAction> = {
  keys: Object.keys(transform.shape),
  read: (input, { path, id }) =>
    readShape(transform, input, { path, keys: { "": transformShape.keys } }, (data) => {
      const { tries, faults } = readTries(data, { path });
      const { output, on_uncertain } = data;
      if (output === undefined) {
        faults.push({
          path: at(path, "output"),
          message: "is required: what the step gives, a value or a template of one",
        });
      }
      return {
        faults,
        value: { id, type: "transform", output, ...tries, on_uncertain: on_uncertain ?? "retry" },
      };
    }),
};

const set = message('must be an object of names and values, as in {"total": "$.webhook.total"}');
const variables = z.strictObject({
  ...everyAction,
  type: z.literal("variables"),
  set: z.custom<Record<string, unknown>>(isObject, set),
});

export const variablesShape: StepShapes<VariablesFlowAction> = {
  keys: Object.keys(variables.shape),
  read: (input, { path, id }) =>
    readShape(variables, input, { path, keys: { "": variablesShape.keys }, standIns: { set: { one: 1 } } }, (data) => {
      const { tries, faults } = readTries(data, { path });
      const { set, on_uncertain } = data;
      const names = Object.keys(set);
      if (names.length === 0 || names.length > MAX_VARIABLES) {
        faults.push({ path: at(path, "set"), message: `must set 1 to ${MAX_VARIABLES} variables` });
      }
      return {
        faults: [...faults, ...names.flatMap((name) => nameFault(name, at(path, "set")))],
        value: { id, type: "variables", set, ...tries, on_uncertain: on_uncertain ?? "retry" },
      };
    }),
};

function nameFault(name: string, path: string): Fault[] {
  if (VARIABLE.test(name) && name !== "__proto__") return [];
  return [{
    path: at(path, name),
    message: 'is no name of a variable: 1 to 64 letters, digits or "_", the first no digit',
  }];
}

const eventName = message('must be 1 to 50 of a-z, 0-9, "_" and "-", as in "invoice-ready"');
const emitEvent = z.strictObject({
  ...everyAction,
  type: z.literal("emit_event"),
  event: z.string(eventName).regex(FLOW_EVENT_NAME, eventName),
  body: z.unknown().optional(),
});

export const emitEventShape: StepShapes<EmitEventFlowAction> = {
  keys: Object.keys(emitEvent.shape),
  read: (input, { path, id }) =>
    readShape(emitEvent, input, { path, keys: { "": emitEventShape.keys }, standIns: { event: "one" } }, (data) => {
      const { tries, faults } = readTries(data, { path });
      const { event, body, on_uncertain } = data;
      return {
        faults,
        value: {
          id,
          type: "emit_event",
          event,
          ...(body === undefined ? {} : { body }),
          ...tries,
          on_uncertain: on_uncertain ?? "retry",
        },
      };
    }),
};

const flowId = message("must be the id of a flow, as in 17");
const runFlow = z.strictObject({
  ...everyAction,
  type: z.literal("run_flow"),
  // Ids are text in our answers.
  flow_id: z.union([
    z.int(flowId).min(1, flowId),
    z.string(flowId).regex(/^[1-9]\d{0,14}$/, flowId).transform(Number),
  ], flowId),
  input: z.unknown().optional(),
  wait: z.boolean(flag).default(false),
});

export const runFlowShape: StepShapes<RunFlowAction> = {
  keys: Object.keys(runFlow.shape),
  read: (input, { path, id }) =>
    readShape(runFlow, input, { path, keys: { "": runFlowShape.keys }, standIns: { flow_id: 1 } }, (data) => {
      const { tries, faults } = readTries(data, { path });
      const { flow_id, input: given, wait, on_uncertain } = data;
      return {
        faults,
        value: {
          id,
          type: "run_flow",
          flow_id,
          ...(given === undefined ? {} : { input: given }),
          wait,
          ...tries,
          on_uncertain: on_uncertain ?? "retry",
        },
      };
    }),
};
