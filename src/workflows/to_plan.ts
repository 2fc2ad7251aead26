/** From a workflow to the plan that its runs walk, with every fault at once. */

import { type Fault, isObject } from "../engine/faults.ts";
import { literalText } from "../engine/literal_text.ts";
import { type Join, type Plan, planOf, type PlanStep, type RetryPolicy } from "../engine/plan.ts";
import { MAX_PATH_DEPTH } from "../engine/step_path.ts";
import { parseTest } from "./condition.ts";
import { MAX_STEPS, type StepOf, type WorkflowDefinition } from "./definition.ts";
import { type Graph, readGraph } from "./graph.ts";
import { type NamedOutput, orderFaults } from "./output_order.ts";
import { collectionFrom, type Known, partFaults } from "./part_faults.ts";
import { PART, stepOfPlan } from "./plan_parts.ts";
import { pathFrom, type Reading, templateFrom } from "./references.ts";
import { type Sketch, sketchOf } from "./sketch.ts";

/** How often and when an agent is called again is the agent's own, as it is then (agents/action.ts). */
const BY_AGENT: RetryPolicy = { maxAttempts: 11, initialDelayMs: 1, maxDelayMs: 1, multiplier: 1, jitter: false };
const ONCE: RetryPolicy = { ...BY_AGENT, maxAttempts: 1 };

/** Never throws. */
export function toPlan(
  definition: WorkflowDefinition,
  known: Known,
): { plan: Plan; faults?: undefined } | { plan?: undefined; faults: Fault[] } {
  const { made, faults } = walk(definition, { sent: definition.steps, known });
  return faults.length > 0 ? { faults } : { plan: planOf([...made, outputOf(made)]) };
}

/** All that is wrong with a workflow beside the shape of its parts: of what was sent, whatever shape that has. */
export function faultsBesideShape(given: { start_step?: unknown; steps?: unknown }, known: Known): Fault[] {
  const sketch = sketchOf(given);
  return sketch ? walk(sketch, { sent: given.steps as Record<string, unknown>, known }).faults : [];
}

/** `sent` has the steps as they were sent: the sketch of one has no more than its links. */
function walk(
  sketch: Sketch,
  { sent, known }: { sent: Readonly<Record<string, unknown>>; known: Known },
): { made: PlanStep[]; faults: Fault[] } {
  const count = Object.keys(sketch.steps).length;
  if (count === 0 || count > MAX_STEPS) {
    return { made: [], faults: [{ path: "steps", message: `has ${count} steps: 1 to ${MAX_STEPS} are supported` }] };
  }
  const { graph, faults, isWalkable } = readGraph(sketch);
  const isStep = (id: string) => graph.step(id) !== undefined;
  const named: NamedOutput[] = [];
  for (const [id, step] of Object.entries(sent)) {
    const onNamed = (other: string, path: string) => void named.push({ by: id, id: other, path });
    const inLoop = graph.isInLoop(id);
    faults.push(...partFaults(step, { path: `steps.${id}`, known, isStep, inLoop, onNamed }));
  }
  const { start_step } = sketch;
  if (!isWalkable || start_step === undefined) return { made: [], faults };
  const making: Making = { graph, known, faults, placed: new Set() };
  const made = chain(start_step, { stops: new Set(), depth: 1 }, making);
  faults.push(...orderFaults(made, named));
  return { made, faults };
}

/** A run gives what its last step gave. */
function outputOf(steps: readonly PlanStep[]): PlanStep {
  return { kind: "end", id: PART.end, outcome: "success", output: `$.steps.${steps.at(-1)!.id}.output` };
}

/** References are checked by partFaults() before. */
const READ: Reading = { isStep: () => true, inLoop: true, fault: () => {} };

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
        data: templateFrom(step.input_mapping, READ),
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
        steps: conditional(step, { id, branches: branches as [PlanStep[], PlanStep[]] }),
      };
    }
    case "parallel": {
      const join = next ?? graph.join(step.parallel_steps);
      if (join !== undefined && step.parallel_steps.includes(join)) {
        faults.push({ path, message: `goes on with "${join}", which is one of its parallel steps` });
      }
      const inside = until(join);
      const lists = step.parallel_steps.map((head) => chain(head, inside, making));
      return { next: join, steps: parallel(step, id, lists) };
    }
    case "loop": {
      const { loop_body, collection } = step.loop_config;
      const body = listed(loop_body, below(), `${path}.loop_config.loop_body`, making);
      const over = collectionFrom(collection, READ);
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
      const input = templateFrom(step.input_mapping, READ);
      const flow_id = making.known.flowOf(step.workflow_name)!;
      return { next, steps: [action(id, "run_flow", { flow_id, input, wait: step.wait_for_completion }, ONCE)] };
    }
    case "wait_for_event": {
      const { event_type, match, timeout_seconds } = step;
      const all = Object.entries(match).map(([field, value]) => ({
        field,
        operator: "==",
        value: templateFrom(value, READ),
      }));
      const event = { types: [`flow:${event_type}`], condition: { rules: { all } } };
      const deadline = timeout_seconds == null ? undefined : `PT${timeout_seconds}S`;
      return { next, steps: [{ kind: "wait", id, event, ...(deadline !== undefined && { deadline }) }] };
    }
    case "validate": {
      const value = templateFrom(step.input, READ);
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
): PlanStep[] {
  const values: Record<string, string> = {};
  let test: unknown;
  try {
    const read = parseTest(condition);
    test = allLiteral(read.test);
    read.references.forEach((reference, index) => {
      const found = pathFrom(reference, READ);
      if (found !== undefined) values[index] = found;
    });
  } catch {
    // partFaults() says what is wrong with it.
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

/** A branch that fails lets the others end; the step fails then. */
function parallel(
  { parallel_steps: ids, max_parallelism }: StepOf<"parallel">,
  id: string,
  branches: PlanStep[][],
): PlanStep[] {
  const output = Object.fromEntries(ids.map((one) => [one, `$.steps.${one}.output`]));
  return [
    {
      kind: "parallel",
      id: `${id}${PART.all}`,
      branches,
      join: "all",
      endTogether: ids,
      ...(max_parallelism != null && { atOnce: max_parallelism }),
    },
    action(id, "transform", { output }, ONCE),
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

/** A template that gives just this value, whatever its texts are. */
function allLiteral(value: unknown): unknown {
  if (typeof value === "string") return literalText(value);
  if (Array.isArray(value)) return value.map(allLiteral);
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, allLiteral(one)]))
    : value;
}
