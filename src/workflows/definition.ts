/** The JSON of workflows, as the documents of the Workflow Management API have it. */

import { z } from "zod";
import { isPrintable, NOT_PRINTABLE } from "../base/unprintable.ts";
import { anyJson } from "../engine/any_json.ts";
import { ownRecord } from "./own_record.ts";

/** Words of a step's `type`. */
export const STEP_TYPES = [
  "agent",
  "parallel",
  "conditional",
  "loop",
  "fork_join",
  "sub_workflow",
  "wait_for_event",
  "validate",
] as const;
export type StepType = (typeof STEP_TYPES)[number];

/** Letters, digits, - and _; two _ in a row are kept for steps that the program adds. */
export const STEP_ID = /^(?!.*__)[A-Za-z0-9_-]{1,50}$/;
const stepId = z.string().regex(STEP_ID, "must be 1 to 50 letters, digits, - or _, without __");
const next = stepId.nullish();
const mapping = ownRecord(z.string().max(255), anyJson);
const seconds = z.number().min(0.1).max(31_622_400);

const common = {
  /** Equal to its key in `steps`, where it stands there. */
  id: stepId.optional(),
  name: z.string().min(1).max(255).optional(),
  description: z.string().max(2_000).nullish(),
  next_step: next,
};

export const MAX_CONDITION_CHARS = 2_000;
const condition = z.union([
  z.string(),
  z.strictObject({ expression: z.string() }).transform(({ expression }) => expression),
])
  .pipe(z.string().min(1).max(MAX_CONDITION_CHARS));

const agent = z.strictObject({
  ...common,
  /** The default is for the document: stepShape below puts it in, before the type is looked at. */
  type: z.literal("agent").default("agent"),
  agent_name: z.string().min(1).max(255),
  input_mapping: mapping.default({}),
});

const parallel = z.strictObject({
  ...common,
  type: z.literal("parallel"),
  parallel_steps: z.array(stepId).min(2).max(20),
  max_parallelism: z.int().min(1).max(20).nullish(),
});

const conditional = z.strictObject({
  ...common,
  type: z.literal("conditional"),
  condition,
  if_true_step: next,
  if_false_step: next,
});

const loop = z.strictObject({
  ...common,
  type: z.literal("loop"),
  loop_config: z.strictObject({
    /** A list, or a reference to one. */
    collection: z.union([z.string().min(1), z.array(anyJson)]),
    loop_body: z.array(stepId).min(1).max(100),
    execution_mode: z.enum(["sequential", "parallel"]).default("sequential"),
    max_parallelism: z.int().min(1).max(20).nullish(),
    max_iterations: z.int().min(1).max(10_000).nullish(),
    on_error: z.enum(["stop", "continue", "collect"]).default("stop"),
  }),
});

const forkJoin = z.strictObject({
  ...common,
  type: z.literal("fork_join"),
  fork_join_config: z.strictObject({
    branches: ownRecord(
      z.string().min(1).max(100),
      z.strictObject({ steps: z.array(stepId).min(1).max(100), timeout_seconds: seconds.nullish() }),
    ),
    join_policy: z.enum(["all", "any", "majority", "n_of_m"]).default("all"),
    n_required: z.int().min(1).nullish(),
    branch_timeout_seconds: seconds.nullish(),
  }),
});

const subWorkflow = z.strictObject({
  ...common,
  type: z.literal("sub_workflow"),
  workflow_name: z.string().min(1).max(255),
  input_mapping: mapping.default({}),
  wait_for_completion: z.boolean().default(true),
});

/** Of events that steps wait for. */
export const EVENT_TYPE = z.string().regex(/^[a-z0-9_-]{1,50}$/, "must be 1 to 50 of a-z, 0-9, _ and -");

const waitForEvent = z.strictObject({
  ...common,
  type: z.literal("wait_for_event"),
  event_type: EVENT_TYPE,
  /** Fields of the event's data, as in "order.id", and what each has to equal. */
  match: mapping.default({}),
  timeout_seconds: seconds.nullish(),
});

const validate = z.strictObject({
  ...common,
  type: z.literal("validate"),
  input: anyJson,
  schema: z.record(z.string(), anyJson),
});

/** A step without a type is one of an agent. */
export const stepShape = z.preprocess(
  (given) => typeof given === "object" && given !== null && !("type" in given) ? { ...given, type: "agent" } : given,
  z.discriminatedUnion("type", [
    agent,
    parallel,
    conditional,
    loop,
    forkJoin,
    subWorkflow,
    waitForEvent,
    validate,
  ]),
);

export const MAX_STEPS = 1_000;

/** By id. */
export const stepsShape = ownRecord(stepId, stepShape);

/** What POST and PUT take. */
export const workflowShape = z.strictObject({
  name: z.string().trim().min(1).max(255).refine(isPrintable, NOT_PRINTABLE),
  description: z.string().max(10_000).nullish(),
  start_step: stepId,
  steps: stepsShape,
  /** JSON Schema that the input of each run has to fit. */
  input_schema: z.record(z.string(), anyJson).nullish(),
});

export type WorkflowDefinition = z.output<typeof workflowShape>;
export type WorkflowStep = WorkflowDefinition["steps"][string];
export type StepOf<Type extends StepType> = Extract<WorkflowStep, { type: Type }>;

/** The steps that a step names, each with the place where it does, but for `next_step`. */
export function namedBelow(step: WorkflowStep): { at: string; id: string }[] {
  const list = (at: string, ids: readonly string[]) => ids.map((id, index) => ({ at: `${at}[${index}]`, id }));
  switch (step.type) {
    case "parallel":
      return list("parallel_steps", step.parallel_steps);
    case "conditional":
      return (["if_true_step", "if_false_step"] as const).flatMap((at) => {
        const id = step[at];
        return id ? [{ at, id }] : [];
      });
    case "loop":
      return list("loop_config.loop_body", step.loop_config.loop_body);
    case "fork_join":
      return Object.entries(step.fork_join_config.branches).flatMap(([name, { steps }]) =>
        list(`fork_join_config.branches.${name}.steps`, steps)
      );
    default:
      return [];
  }
}
