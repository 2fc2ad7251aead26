/** A definition as an outline: its steps in the order in which they run, those of branches and loops below theirs. Pure. */

import { say, sayCount } from "../../words/say.ts";

export interface OutlineStep {
  id: string;
  type: string;
  name: string;
  /** What it does, in words. */
  sentence: string;
  /** More about it: a label and its value, which may be any JSON. */
  details: { label: string; value: unknown }[];
  lists: OutlineList[];
}

export interface OutlineList {
  /** "If yes", "Branch left" */
  label: string;
  steps: (OutlineStep | OutlineJump)[];
}

/** A step that stands elsewhere in the outline, or nowhere. */
export interface OutlineJump {
  jumpsTo: string;
  isKnown: boolean;
}

type Definition = Record<"start_step", string> & { steps: Record<string, unknown> };

type Fields = Record<string, unknown>;

export function isJump(one: OutlineStep | OutlineJump): one is OutlineJump {
  return "jumpsTo" in one;
}

export function outlineOf({ start_step, steps }: Definition): (OutlineStep | OutlineJump)[] {
  const seen = new Set<string>();

  /** From the step on, as far as `next_step` leads; a step of `ends` is where the steps around continue. */
  function chain(first: string, ends: ReadonlySet<string>): (OutlineStep | OutlineJump)[] {
    const found: (OutlineStep | OutlineJump)[] = [];
    let id: string | undefined = first;
    while (id !== undefined && !ends.has(id)) {
      const one = single(id, ends);
      found.push(one);
      id = isJump(one) ? undefined : nextOf(id);
    }
    return found;
  }

  function single(id: string, ends: ReadonlySet<string>): OutlineStep | OutlineJump {
    const step = steps[id];
    if (!isFields(step)) return { jumpsTo: id, isKnown: false };
    if (seen.has(id)) return { jumpsTo: id, isKnown: true };
    seen.add(id);
    const type = textIn(step, "type") ?? "agent";
    const next = nextOf(id);
    const inner = next === undefined ? ends : new Set([...ends, next]);
    return {
      id,
      type,
      name: textIn(step, "name") ?? id,
      sentence: sentenceOf(type, step),
      details: detailsOf(step),
      lists: listsOf(type, step, {
        chain: (first) => chain(first, inner),
        each: (ids) => ids.map((one) => single(one, inner)),
      }),
    };
  }

  /** What comes after a step: what it names, or where both ways of a condition meet. */
  function nextOf(id: string): string | undefined {
    const step = steps[id];
    const named = textIn(step, "next_step");
    if (named !== undefined || textIn(step, "type") !== "conditional") return named;
    const no = new Set(straight(textIn(step, "if_false_step")));
    return straight(textIn(step, "if_true_step")).find((one) => no.has(one));
  }

  /** The ids from the step on, as far as `next_step` leads. */
  function straight(first: string | undefined): string[] {
    const ids = new Set<string>();
    for (let id = first; id !== undefined && !ids.has(id); id = textIn(steps[id], "next_step")) ids.add(id);
    return [...ids];
  }

  return chain(start_step, new Set());
}

/** The ids of the steps in the order of the outline; those that nothing leads to at the end. */
export function orderOf(definition: Definition): string[] {
  const ids = new Set<string>();
  const walk = (steps: OutlineList["steps"]) => {
    for (const step of steps) {
      if (isJump(step)) continue;
      ids.add(step.id);
      step.lists.forEach((list) => walk(list.steps));
    }
  };
  walk(outlineOf(definition));
  return [...new Set([...ids, ...Object.keys(definition.steps)])];
}

interface Below {
  chain(first: string): OutlineList["steps"];
  each(ids: string[]): OutlineList["steps"];
}

function listsOf(type: string, step: Fields, { chain, each }: Below): OutlineList[] {
  switch (type) {
    case "conditional":
      return [[say("If yes"), "if_true_step"], [say("If no"), "if_false_step"]].flatMap(([label = "", field = ""]) => {
        const first = textIn(step, field);
        return first === undefined ? [] : [{ label, steps: chain(first) }];
      });
    case "parallel":
      return [{ label: say("At the same time"), steps: each(textsIn(step.parallel_steps)) }];
    case "loop":
      return [{ label: say("For each item"), steps: each(textsIn(fieldsIn(step, "loop_config").loop_body)) }];
    case "fork_join":
      return Object.entries(fieldsIn(fieldsIn(step, "fork_join_config"), "branches")).map(([name, branch]) => ({
        label: say("Branch {name}", { name }),
        steps: each(textsIn(isFields(branch) ? branch.steps : [])),
      }));
    default:
      return [];
  }
}

function sentenceOf(type: string, step: Fields): string {
  switch (type) {
    case "agent":
      return say("Ask the agent {name}", { name: textIn(step, "agent_name") ?? "?" });
    case "conditional":
      return say("Is {condition}?", { condition: textIn(step, "condition") ?? "?" });
    case "parallel":
      return say("Run {count} steps at the same time", { count: textsIn(step.parallel_steps).length });
    case "loop": {
      const { collection, execution_mode } = fieldsIn(step, "loop_config");
      const count = Array.isArray(collection) ? collection.length : 0;
      const items = typeof collection === "string"
        ? collection
        : sayCount(count, "{count} items", "{count} items", { count });
      return execution_mode === "parallel"
        ? say("For each of {items}, several at once", { items })
        : say("For each of {items}, one after another", { items });
    }
    case "fork_join":
      return forkSentence(fieldsIn(step, "fork_join_config"));
    case "sub_workflow": {
      const name = textIn(step, "workflow_name") ?? "?";
      return step.wait_for_completion === false
        ? say("Run the workflow {name}, without waiting for its end", { name })
        : say("Run the workflow {name}", { name });
    }
    case "wait_for_event":
      return say("Wait for the event {type}", { type: textIn(step, "event_type") ?? "?" });
    case "validate":
      return say("Check a value against a JSON Schema");
    default:
      return type;
  }
}

function forkSentence({ branches, join_policy, n_required }: Fields): string {
  const count = isFields(branches) ? Object.keys(branches).length : 0;
  switch (join_policy ?? "all") {
    case "all":
      return say("Run {count} branches, then continue when all have ended", { count });
    case "any":
      return say("Run {count} branches, then continue when one has ended well", { count });
    case "majority":
      return say("Run {count} branches, then continue when most have ended well", { count });
    case "n_of_m":
      return say("Run {count} branches, then continue when {least} have ended well", {
        count,
        least: String(n_required ?? "?"),
      });
    default:
      return say("Run {count} branches, then continue", { count });
  }
}

const DETAILS: [string, string][] = [
  ["description", say("Description")],
  ["input_mapping", say("Input")],
  ["match", say("Fits")],
  ["input", say("Value")],
  ["schema", say("Schema")],
  ["timeout_seconds", say("Timeout, s")],
  ["max_parallelism", say("At once, at most")],
];
const LOOP_DETAILS: [string, string][] = [
  ["max_iterations", say("Items, at most")],
  ["max_parallelism", say("At once, at most")],
  ["on_error", say("When an item fails")],
];

function detailsOf(step: Fields): OutlineStep["details"] {
  const some = (fields: Fields, of: [string, string][]) =>
    of.flatMap(([name, label]) => isShown(fields[name]) ? [{ label, value: fields[name] }] : []);
  return [...some(step, DETAILS), ...some(fieldsIn(step, "loop_config"), LOOP_DETAILS)];
}

function isShown(value: unknown): boolean {
  return value !== undefined && value !== null && !(isFields(value) && Object.keys(value).length === 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsIn(of: unknown, name: string): Fields {
  const value = isFields(of) ? of[name] : undefined;
  return isFields(value) ? value : {};
}

function textIn(of: unknown, name: string): string | undefined {
  const value = isFields(of) ? of[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
