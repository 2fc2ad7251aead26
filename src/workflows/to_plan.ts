/** From a workflow to the plan that its runs walk, with every fault at once. */

import { type Fault, isObject } from "../engine/faults.ts";
import { literalText } from "../engine/literal_text.ts";
import { type Join, type Plan, planOf, type PlanStep, type RetryPolicy } from "../engine/plan.ts";
import { MAX_PATH_DEPTH } from "../engine/step_path.ts";
import { parseTest } from "./condition.ts";
import { MAX_STEPS, type StepOf, type WorkflowDefinition, type WorkflowStep } from "./definition.ts";
import { type Graph, readGraph } from "./graph.ts";
import { pathFrom, type Reading, templateFrom } from "./references.ts";

/** What a workflow may name beside its own steps. */
export interface Known {
  /** Status of the agent with this name; undefined: there is none. */
  agent(name: string): "active" | "inactive" | undefined;
  /** The flow of the workflow with this name; undefined: there is none. */
  flowOf(workflow: string): number | undefined;
}

/** How often and when an agent is called again is the agent's own, as it is then (agents/action.ts). */
const BY_AGENT: RetryPolicy = { maxAttempts: 11, initialDelayMs: 1, maxDelayMs: 1, multiplier: 1, jitter: false };
const ONCE: RetryPolicy = { ...BY_AGENT, maxAttempts: 1 };

/** Names of the steps that the program adds; the output that people name is that of the step without it. */
const PART = {
  all: "__all",
  one: "__one",
  test: "__test",
  branch: "__branch",
  each: "__each",
  fork: "__fork",
  end: "__end",
} as const;

/** Those that stand for a step while what it holds is walked. */
export const PARTS_THAT_HOLD: readonly string[] = [PART.all, PART.test, PART.branch, PART.each, PART.fork];

/** The workflow's step that a step of its plan belongs to. */
export function stepOfPlan(id: string): string {
  // The last one: a step's own id may end with _.
  const at = id.lastIndexOf("__");
  return at < 0 ? id : id.slice(0, at);
}

/** Never throws. */
export function toPlan(
  definition: WorkflowDefinition,
  known: Known,
): { plan: Plan; faults?: undefined } | { plan?: undefined; faults: Fault[] } {
  const { steps, start_step } = definition;
  const count = Object.keys(steps).length;
  if (count === 0 || count > MAX_STEPS) {
    return { faults: [{ path: "steps", message: `has ${count} steps: 1 to ${MAX_STEPS} are supported` }] };
  }
  const { graph, faults } = readGraph(definition);
  for (const [id, step] of Object.entries(steps)) checkStep(step, `steps.${id}`, { known, faults });
  if (faults.length > 0) {
    for (const [id, step] of Object.entries(steps)) {
      checkValues(step, (at) => readingOf(`steps.${id}.${at}`, graph, faults));
    }
    return { faults };
  }
  const making: Making = { graph, known, faults, placed: new Set() };
  const made = chain(start_step, { stops: new Set(), depth: 1 }, making);
  return faults.length > 0 ? { faults } : { plan: planOf([...made, outputOf(made)]) };
}

/** A run gives what its last step gave. */
function outputOf(steps: readonly PlanStep[]): PlanStep {
  return { kind: "end", id: PART.end, outcome: "success", output: `$.steps.${steps.at(-1)!.id}.output` };
}

/** What a step is by itself, whatever stands around it. */
function checkStep(step: WorkflowStep, path: string, { known, faults }: { known: Known; faults: Fault[] }): void {
  const fault = (at: string, message: string) => void faults.push({ path: `${path}.${at}`, message });
  switch (step.type) {
    case "agent": {
      const status = known.agent(step.agent_name);
      if (status === undefined) fault("agent_name", `names no agent: "${step.agent_name}"`);
      if (status === "inactive") fault("agent_name", `names an agent that is not active: "${step.agent_name}"`);
      return;
    }
    case "conditional":
      if (!step.if_true_step && !step.if_false_step) fault("if_true_step", "or if_false_step is needed");
      return;
    case "fork_join": {
      const { branches, join_policy, n_required } = step.fork_join_config;
      const count = Object.keys(branches).length;
      if (count < 2 || count > 20) fault("fork_join_config.branches", `has ${count} branches: 2 to 20 are supported`);
      if (join_policy !== "n_of_m") return;
      if (!n_required || n_required > count) fault("fork_join_config.n_required", `must be 1 to ${count} with n_of_m`);
      return;
    }
    case "parallel": {
      const twice = step.parallel_steps.findIndex((id, index, all) => all.indexOf(id) < index);
      if (twice >= 0) fault(`parallel_steps[${twice}]`, `names "${step.parallel_steps[twice]}" again`);
      return;
    }
    case "sub_workflow":
      if (known.flowOf(step.workflow_name) === undefined) {
        fault("workflow_name", `names no workflow: "${step.workflow_name}"`);
      }
  }
}

/** Conditions and references of a step, where its workflow becomes no plan that would be made of them. */
function checkValues(step: WorkflowStep, reading: (at: string) => Reading): void {
  switch (step.type) {
    case "agent":
    case "sub_workflow":
      return void templateFrom(step.input_mapping, reading("input_mapping"));
    case "conditional":
      return void conditional(step, { id: "", branches: [[], []] }, reading("condition"));
    case "loop":
      return void collectionFrom(step.loop_config.collection, reading("loop_config.collection"));
    case "wait_for_event":
      return void templateFrom(step.match, reading("match"));
    case "validate":
      return void templateFrom(step.input, reading("input"));
  }
}

function readingOf(path: string, graph: Graph, faults: Fault[]): Reading {
  return { isStep: (id) => graph.step(id) !== undefined, fault: (message) => void faults.push({ path, message }) };
}

interface Making {
  graph: Graph;
  known: Known;
  faults: Fault[];
  /** Steps that have their place in the plan: each has one. */
  placed: Set<string>;
}

/** Where a list of steps stands. */
interface Place {
  /** Steps that another list goes on with. */
  stops: ReadonlySet<string>;
  /** Of the path: 10 at most. */
  depth: number;
  /** Among the stops, the one that the list has to come to, where it comes to any. */
  join?: string;
}

/** The steps from `head` on, each followed by its next_step. */
function chain(head: string, place: Place, making: Making): PlanStep[] {
  const made: PlanStep[] = [];
  let id: string | undefined = head;
  while (id !== undefined && !place.stops.has(id)) {
    const { steps, next } = one(id, place, making);
    made.push(...steps);
    id = next;
  }
  if (id !== undefined && place.join !== undefined && id !== place.join) {
    making.faults.push({
      path: `steps.${head}`,
      message: `leads to "${id}" past "${place.join}", with which the step before it goes on`,
    });
  }
  return made;
}

/** The steps of a list, in its order. */
function listed(ids: readonly string[], place: Place, path: string, making: Making): PlanStep[] {
  const stops = new Set([...place.stops, ...ids]);
  return ids.flatMap((id, index) => {
    const { steps, next } = one(id, { ...place, stops, join: ids[index + 1] }, making);
    if (next !== undefined && next !== ids[index + 1]) {
      const message = `goes on with "${next}": in a list, each step is followed by the next of the list`;
      making.faults.push({ path: `${path}[${index}]`, message });
    }
    return steps;
  });
}

/** What becomes of one step, and with which it goes on. */
function one(id: string, place: Place, making: Making): { steps: PlanStep[]; next?: string } {
  const { graph, faults, placed } = making;
  const step = graph.step(id)!;
  const path = `steps.${id}`;
  if (placed.has(id)) {
    faults.push({
      path,
      message: "is reached in two ways that do not meet before it: give each way a step of its own",
    });
    return { steps: [] };
  }
  placed.add(id);
  if (place.depth > MAX_PATH_DEPTH) {
    faults.push({ path, message: `is nested more than ${MAX_PATH_DEPTH} deep` });
    return { steps: [] };
  }
  const next = step.next_step ?? undefined;
  const reading = (at: string) => readingOf(`${path}.${at}`, graph, faults);
  const below = (stops: Iterable<string> = []) => ({
    stops: new Set([...place.stops, ...stops]),
    depth: place.depth + 1,
  });
  const until = (join: string | undefined) => ({
    ...below(join === undefined ? [] : [join]),
    join: join ?? place.join,
  });
  switch (step.type) {
    case "agent": {
      const input = {
        agent: literalText(step.agent_name),
        data: templateFrom(step.input_mapping, reading("input_mapping")),
      };
      return { next, steps: [action(id, "agent", input, BY_AGENT)] };
    }
    case "conditional": {
      const { if_true_step: yes, if_false_step: no } = step;
      const join = next ?? graph.join([yes, no]);
      const inside = until(join);
      const branches = [yes, no].map((head) => head ? chain(head, inside, making) : []);
      return {
        next: join,
        steps: conditional(step, { id, branches: branches as [PlanStep[], PlanStep[]] }, reading("condition")),
      };
    }
    case "parallel": {
      const join = next ?? graph.join(step.parallel_steps);
      if (join !== undefined && step.parallel_steps.includes(join)) {
        faults.push({ path, message: `goes on with "${join}", which is one of its parallel steps` });
      }
      const inside = until(join);
      const lists = step.parallel_steps.map((head) => chain(head, { ...inside, depth: inside.depth + 1 }, making));
      return { next: join, steps: parallel(step, id, lists) };
    }
    case "loop": {
      const { loop_body, collection } = step.loop_config;
      const body = listed(loop_body, below(), `${path}.loop_config.loop_body`, making);
      const over = collectionFrom(collection, reading("loop_config.collection"));
      return { next, steps: loop(step, { id, over, body }) };
    }
    case "fork_join": {
      const { branches } = step.fork_join_config;
      const lists = Object.entries(branches).map(([name, { steps }]) =>
        listed(steps, below(), `${path}.fork_join_config.branches.${name}.steps`, making)
      );
      return { next, steps: forkJoin(step, id, lists) };
    }
    case "sub_workflow": {
      const input = templateFrom(step.input_mapping, reading("input_mapping"));
      const flow_id = making.known.flowOf(step.workflow_name)!;
      return { next, steps: [action(id, "run_flow", { flow_id, input, wait: step.wait_for_completion }, ONCE)] };
    }
    case "wait_for_event": {
      const { event_type, match, timeout_seconds } = step;
      const all = Object.entries(match).map(([field, value]) => ({
        field,
        operator: "==",
        value: templateFrom(value, reading("match")),
      }));
      const event = { types: [`flow:${event_type}`], condition: { rules: { all } } };
      const deadline = timeout_seconds == null ? undefined : `PT${timeout_seconds}S`;
      return { next, steps: [{ kind: "wait", id, event, ...(deadline !== undefined && { deadline }) }] };
    }
    case "validate": {
      const value = templateFrom(step.input, reading("input"));
      return { next, steps: [action(id, "workflow_validate", { value, schema: allLiteral(step.schema) }, ONCE)] };
    }
  }
}

function action(id: string, name: string, input: unknown, retry: RetryPolicy): PlanStep {
  return { kind: "action", id, action: name, input, retry, onUncertain: "retry" };
}

function conditional(
  { condition }: StepOf<"conditional">,
  { id, branches: [yes, no] }: { id: string; branches: [PlanStep[], PlanStep[]] },
  reading: Reading,
): PlanStep[] {
  const values: Record<string, string> = {};
  let test: unknown;
  try {
    const read = parseTest(condition);
    test = allLiteral(read.test);
    read.references.forEach((reference, index) => {
      const found = pathFrom(reference, reading);
      if (found !== undefined) values[index] = found;
    });
  } catch (error) {
    reading.fault((error as Error).message);
  }
  const result = `$.steps.${id}${PART.test}.output`;
  const outputOf = (steps: PlanStep[]) => steps.length === 0 ? null : `$.steps.${steps.at(-1)!.id}.output`;
  const firstOf = (steps: PlanStep[]) => steps.length === 0 ? null : stepOfPlan(steps[0]!.id);
  return [
    action(`${id}${PART.test}`, "workflow_test", { test, values }, ONCE),
    {
      kind: "branch",
      id: `${id}${PART.branch}`,
      on: result,
      cases: [{ name: "true", equals: [true], steps: yes }],
      otherwise: no,
    },
    action(id, "workflow_branch", {
      result,
      true: { step: firstOf(yes), output: outputOf(yes) },
      false: { step: firstOf(no), output: outputOf(no) },
    }, ONCE),
  ];
}

/** A branch that fails lets the others end; the join fails then. */
function parallel(
  { parallel_steps: ids, max_parallelism }: StepOf<"parallel">,
  id: string,
  lists: PlanStep[][],
): PlanStep[] {
  const tries = lists.map((steps, index): PlanStep[] => [
    { kind: "try", id: `${ids[index]}${PART.one}`, steps, onError: [], finally: [] },
  ]);
  const branches = Object.fromEntries(ids.map((one) => [one, {
    error: `$.steps.${one}${PART.one}.output.error`,
    output: `$.steps.${one}.output`,
  }]));
  return [
    {
      kind: "parallel",
      id: `${id}${PART.all}`,
      branches: tries,
      join: "all",
      ...(max_parallelism != null && { atOnce: max_parallelism }),
    },
    action(id, "workflow_join", { branches }, ONCE),
  ];
}

function loop(
  { loop_config: { execution_mode, max_parallelism, max_iterations, on_error } }: StepOf<"loop">,
  { id, over, body }: { id: string; over: unknown; body: PlanStep[] },
): PlanStep[] {
  const each = `$.steps.${id}${PART.each}.output`;
  return [
    {
      kind: "loop",
      id: `${id}${PART.each}`,
      over,
      maxItems: max_iterations ?? 10_000,
      atOnce: execution_mode === "parallel" ? max_parallelism ?? 10 : 1,
      onError: on_error,
      steps: body,
    },
    action(id, "transform", {
      output: {
        iterations: `${each}.outputs`,
        total_count: `${each}.total`,
        failed_count: `${each}.failed`,
        errors: `${each}.errors`,
      },
    }, ONCE),
  ];
}

function forkJoin({ fork_join_config: config }: StepOf<"fork_join">, id: string, lists: PlanStep[][]): PlanStep[] {
  const { branches, join_policy, n_required, branch_timeout_seconds } = config;
  const limits = Object.values(branches).map(({ timeout_seconds }) =>
    timeout_seconds ?? branch_timeout_seconds ?? null
  );
  const join: Join = join_policy === "n_of_m" ? { atLeast: n_required! } : join_policy;
  const output = Object.fromEntries(
    Object.keys(branches).map((name, index) => [name, `$.steps.${lists[index]!.at(-1)?.id}.output`]),
  );
  return [
    {
      kind: "parallel",
      id: `${id}${PART.fork}`,
      branches: lists,
      join,
      ...(limits.some((limit) => limit !== null) && {
        timeLimitsMs: limits.map((limit) => limit === null ? null : limit * 1_000),
      }),
    },
    action(id, "transform", { output }, ONCE),
  ];
}

function collectionFrom(given: string | readonly unknown[], reading: Reading): unknown {
  if (typeof given !== "string") return templateFrom(given, reading);
  const whole = /^\$\{([^{}]*)\}$/.exec(given.trim());
  if (whole) return pathFrom(whole[1]!, reading) ?? "";
  reading.fault("must be a list, or one reference to a list, as in ${workflow.input.items}");
  return "";
}

/** A template that gives just this value, whatever its texts are. */
function allLiteral(value: unknown): unknown {
  if (typeof value === "string") return literalText(value);
  if (Array.isArray(value)) return value.map(allLiteral);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, allLiteral(one)]))
    : value;
}
