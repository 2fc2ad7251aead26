/** Actions of the steps that workflows have beside those of agents: nothing is called. */

import type { Action } from "../engine/action.ts";
import { AppError } from "../base/errors.ts";
import { holdsTest, type Test } from "./condition.ts";
import { readSchema, schemaFaults } from "./json_schema.ts";

const pure = { effect: "none", instant: true, describe: () => null } as const;

/** Input `{test, values}`, values by the number of their reference; its output is true or false. */
const test: Action = {
  ...pure,
  type: "workflow_test",
  run: ({ input }) => {
    const { test, values = {} } = input as { test: Test; values?: Record<string, unknown> };
    const list: unknown[] = [];
    for (const [index, value] of Object.entries(values)) list[Number(index)] = value;
    return Promise.resolve({ outcome: "done", output: holdsTest(test, list) });
  },
};

interface Way {
  step?: string | null;
  output?: unknown;
}

/** Output of a conditional step. */
const branch: Action = {
  ...pure,
  type: "workflow_branch",
  run: ({ input }) => {
    const { result, ...ways } = input as { result: boolean; true: Way; false: Way };
    const { step = null, output = null } = result ? ways.true : ways.false;
    return Promise.resolve({
      outcome: "done",
      output: {
        condition_result: result,
        branch_taken: result ? "true" : "false",
        branch_step_id: step,
        branch_output: output,
      },
    });
  },
};

/** Of workflows that were saved before parallel steps failed by themselves: their output, by the names of their steps. */
const join: Action = {
  ...pure,
  type: "workflow_join",
  run: ({ input }) => {
    const { branches } = input as {
      branches: Record<string, { error?: { message: string } | null; output?: unknown }>;
    };
    const failed = Object.entries(branches).filter(([, { error }]) => error);
    if (failed.length === 0) {
      const output = Object.fromEntries(Object.entries(branches).map(([id, { output = null }]) => [id, output]));
      return Promise.resolve({ outcome: "done", output });
    }
    const why = failed.map(([id, { error }]) => `${id}: ${error!.message}`).join("; ");
    const message = `${failed.length} of ${Object.keys(branches).length} parallel steps failed: ${why}`;
    return Promise.resolve({ outcome: "failed", error: new AppError("FLOW_ENDED_RUN", message) });
  },
};

/** Input `{value, schema}`: its output is the value, where it fits the JSON Schema. */
const validate: Action = {
  ...pure,
  type: "workflow_validate",
  run: ({ input }) => {
    const { value = null, schema } = input as { value?: unknown; schema: Record<string, unknown> };
    // Read when it was saved, too: but for a version that was saved before schemas of steps were.
    const read = readSchema(schema, "schema");
    const faults = read.faults ?? schemaFaults(read.schema, value);
    if (faults.length === 0) return Promise.resolve({ outcome: "done", output: value });
    const why = faults.slice(0, 10).map(({ path, message }) => `${path === "" ? "the value" : path} ${message}`);
    const message = `The value does not fit the schema: ${why.join("; ")}`;
    return Promise.resolve({
      outcome: "failed",
      error: new AppError("REQUEST_INVALID", message, { details: { faults } }),
    });
  },
};

export const WORKFLOW_ACTIONS: readonly Action[] = [test, branch, join, validate];
