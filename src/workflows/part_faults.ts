/**
 * What is wrong with the parts of a step, as it was sent: each part that has its shape is checked, whatever the shape of those
 * beside it.
 */

import { type Fault, isObject } from "../engine/faults.ts";
import { parseTest } from "./condition.ts";
import { MAX_CONDITION_CHARS } from "./definition.ts";
import { readSchema } from "./json_schema.ts";
import { pathFrom, type Reading, templateFrom } from "./references.ts";

/** What a workflow may name beside its own steps. */
export interface Known {
  /** Status of the agent with this name; undefined: there is none. */
  agent(name: string): "active" | "inactive" | undefined;
  /** The flow of the workflow with this name; undefined: there is none. */
  flowOf(workflow: string): number | undefined;
}

interface Around {
  /** Where the step stands, as in "steps.a". */
  path: string;
  known: Known;
  isStep(id: string): boolean;
  inLoop: boolean;
  /** Called for each step that a part names as what it gave. */
  onNamed(id: string, path: string): void;
}

type Part = Readonly<Record<string, unknown>>;

/** None where it is no object: that is for its shape to say. */
export function partFaults(step: unknown, { path, known, isStep, inLoop, onNamed }: Around): Fault[] {
  if (!isObject(step)) return [];
  const faults: Fault[] = [];
  const fault = (at: string, message: string) => void faults.push({ path: `${path}.${at}`, message });
  const reading = (at: string): Reading => ({
    isStep: (id) => {
      if (!isStep(id)) return false;
      onNamed(id, `${path}.${at}`);
      return true;
    },
    inLoop,
    fault: (message) => fault(at, message),
  });
  checkNames(step, known, fault);
  checkCounts(step, fault);
  for (const at of ["input_mapping", "match"]) if (isObject(step[at])) templateFrom(step[at], reading(at));
  const { loop_config: loop } = step;
  if (isObject(loop)) checkCollection(loop.collection, reading("loop_config.collection"));
  if (step.type === "conditional") checkCondition(step, reading("condition"));
  if (step.type === "validate") {
    templateFrom(step.input, reading("input"));
    if (isObject(step.schema)) faults.push(...readSchema(step.schema, `${path}.schema`).faults ?? []);
  }
  return faults;
}

function checkNames(
  { agent_name: agent, workflow_name: workflow }: Part,
  known: Known,
  fault: (at: string, message: string) => void,
): void {
  if (typeof agent === "string" && agent !== "") {
    const status = known.agent(agent);
    if (status === undefined) fault("agent_name", `names no agent: "${agent.slice(0, 255)}"`);
    if (status === "inactive") fault("agent_name", `names an agent that is not active: "${agent}"`);
  }
  if (typeof workflow === "string" && workflow !== "" && known.flowOf(workflow) === undefined) {
    fault("workflow_name", `names no workflow: "${workflow.slice(0, 255)}"`);
  }
}

function checkCounts(step: Part, fault: (at: string, message: string) => void): void {
  const { type, if_true_step, if_false_step, parallel_steps: ids, fork_join_config: fork } = step;
  if (type === "conditional" && !if_true_step && !if_false_step) fault("if_true_step", "or if_false_step is needed");
  if (Array.isArray(ids)) {
    const twice = ids.findIndex((id, index) => ids.indexOf(id) < index);
    if (twice >= 0) fault(`parallel_steps[${twice}]`, `names "${String(ids[twice]).slice(0, 50)}" again`);
  }
  if (!isObject(fork) || !isObject(fork.branches)) return;
  const { branches, join_policy, n_required: needed } = fork;
  const count = Object.keys(branches).length;
  if (count < 2 || count > 20) fault("fork_join_config.branches", `has ${count} branches: 2 to 20 are supported`);
  if (join_policy !== "n_of_m" || (typeof needed === "number" && needed >= 1 && needed <= count)) return;
  fault("fork_join_config.n_required", `must be 1 to ${count} with n_of_m`);
}

function checkCondition({ condition: given }: Part, reading: Reading): void {
  const condition = isObject(given) ? given.expression : given;
  if (typeof condition !== "string" || condition === "" || condition.length > MAX_CONDITION_CHARS) return;
  try {
    for (const reference of parseTest(condition).references) pathFrom(reference, reading);
  } catch (error) {
    reading.fault((error as Error).message);
  }
}

function checkCollection(given: unknown, reading: Reading): void {
  if (typeof given === "string" && given !== "") collectionFrom(given, reading);
  if (Array.isArray(given)) templateFrom(given, reading);
}

/** What a loop goes over, in the templates of the engine. */
export function collectionFrom(given: string | readonly unknown[], reading: Reading): unknown {
  if (typeof given !== "string") return templateFrom(given, reading);
  const whole = /^\$\{([^{}]*)\}$/.exec(given.trim());
  if (whole) return pathFrom(whole[1]!, reading) ?? "";
  reading.fault("must be a list, or one reference to a list, as in ${workflow.input.items}");
  return "";
}
