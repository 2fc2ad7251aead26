/** A definition as an outline: its steps in the order in which they run, those of branches and loops below theirs. Pure. */

import { say, sayCount } from "../../words/say.ts";
import {
  type Definition,
  type Fields,
  fieldsIn,
  isFields,
  type Path,
  stepsOf,
  textIn,
  textsIn,
  valueIn,
} from "./draft/fields.ts";

export interface OutlineStep {
  id: string;
  type: string;
  name: string;
  /** What it does, in words. */
  sentence: string;
  lists: OutlineList[];
}

/** Steps that run one after another: each names the next one, or an array names all of them. */
export interface OutlineList {
  /** "If yes", "Branch left" */
  label: string;
  kind: "chain" | "array";
  /** Where the definition names the first step of a chain, or has the array. */
  path: Path;
  /** The step that a chain leads to, which stands elsewhere: where the lists around it continue, or where it jumps to. */
  end?: string;
  steps: (OutlineStep | OutlineJump)[];
}

/** A step that stands elsewhere in the outline, or nowhere. */
export interface OutlineJump {
  jumpsTo: string;
  isKnown: boolean;
}

export function isJump(one: OutlineStep | OutlineJump): one is OutlineJump {
  return "jumpsTo" in one;
}

export function outlineOf(definition: Definition): OutlineList["steps"] {
  return rootOf(definition).steps;
}

/** The list that a run walks, with those below its steps. */
export function rootOf(definition: Definition): OutlineList {
  const steps = stepsOf(definition);
  const seen = new Set<string>();
  const stepAt = (id: string) => valueIn(steps, [id]);
  const { nextOf } = createJoins(stepAt);

  /** From the step that the path names, as far as `next_step` leads; at a step of `ends` the steps around continue. */
  function chain(path: Path, ends: ReadonlySet<string>): Pick<OutlineList, "kind" | "path" | "end" | "steps"> {
    const found: OutlineList["steps"] = [];
    const first = valueIn(definition, path);
    let id = typeof first === "string" && first !== "" ? first : undefined;
    while (id !== undefined && !ends.has(id)) {
      const one = single(id, ends);
      found.push(one);
      if (isJump(one)) break;
      id = nextOf(id);
    }
    return { kind: "chain", path, ...(id !== undefined && { end: id }), steps: found };
  }

  function array(path: Path, ends: ReadonlySet<string>): Pick<OutlineList, "kind" | "path" | "steps"> {
    const given = valueIn(definition, path);
    const around = new Set([...ends, ...textsIn(given)]);
    const named = Array.isArray(given) ? given : [];
    const steps = named.map((id) =>
      typeof id === "string" ? single(id, around) : { jumpsTo: JSON.stringify(id), isKnown: false }
    );
    return { kind: "array", path, steps };
  }

  function single(id: string, ends: ReadonlySet<string>): OutlineStep | OutlineJump {
    const step = stepAt(id);
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
      lists: listsOf(type, step, {
        chain: (path) => chain(["steps", id, ...path], inner),
        array: (path) => array(["steps", id, ...path], inner),
      }),
    };
  }

  return { label: say("Steps"), ...chain(["start_step"], new Set()) };
}

/** What comes after a step: what it names, or where all its ways meet. As the server reads it. */
function createJoins(stepAt: (id: string) => unknown) {
  const known = new Map<string, string | undefined>();

  function nextOf(id: string): string | undefined {
    if (known.has(id)) return known.get(id);
    // A way that leads back to itself meets nothing.
    known.set(id, undefined);
    const step = stepAt(id);
    const next = textIn(step, "next_step") ?? join(headsOf(step));
    known.set(id, next);
    return next;
  }

  function join(heads: readonly (string | undefined)[]): string | undefined {
    if (heads.length < 2 || heads.includes(undefined)) return undefined;
    const [first, ...others] = heads.map((head) => {
      const ids = new Set<string>();
      for (let id = head; id !== undefined && !ids.has(id); id = nextOf(id)) ids.add(id);
      return ids;
    });
    return [...first!].find((id) => others.every((ids) => ids.has(id)));
  }

  return { nextOf };
}

function headsOf(step: unknown): (string | undefined)[] {
  switch (textIn(step, "type")) {
    case "conditional":
      return [textIn(step, "if_true_step"), textIn(step, "if_false_step")];
    case "parallel":
      return textsIn(valueIn(step, ["parallel_steps"]));
    default:
      return [];
  }
}

/** The ids of the steps in the order of the outline; those that nothing leads to at the end. */
export function orderOf(definition: Definition): string[] {
  const ids = idsIn(rootOf(definition).steps);
  return [...new Set([...ids, ...Object.keys(stepsOf(definition))])];
}

/** The ids of the steps and of all below them, in their order. */
export function idsIn(steps: OutlineList["steps"]): string[] {
  return steps.flatMap((one) => isJump(one) ? [] : [one.id, ...one.lists.flatMap((list) => idsIn(list.steps))]);
}

interface Below {
  /** Paths within the step. */
  chain(path: Path): Omit<OutlineList, "label">;
  array(path: Path): Omit<OutlineList, "label">;
}

function listsOf(type: string, step: Fields, { chain, array }: Below): OutlineList[] {
  switch (type) {
    case "conditional":
      return [
        { label: say("If yes"), ...chain(["if_true_step"]) },
        { label: say("If no"), ...chain(["if_false_step"]) },
      ];
    case "parallel":
      return (Array.isArray(step.parallel_steps) ? step.parallel_steps : []).map((_, index) => ({
        label: say("Beside {number}", { number: index + 1 }),
        ...chain(["parallel_steps", index]),
      }));
    case "loop":
      return [{ label: say("For each item"), ...array(["loop_config", "loop_body"]) }];
    case "fork_join":
      return Object.keys(fieldsIn(fieldsIn(step, "fork_join_config"), "branches")).map((name) => ({
        label: say("Branch {name}", { name }),
        ...array(["fork_join_config", "branches", name, "steps"]),
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
      return say("Is {condition}?", { condition: conditionOf(step) ?? "?" });
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

/** It may stand in an object of its own. */
export function conditionOf(step: Fields): string | undefined {
  return textIn(step, "condition") ?? textIn(step.condition, "expression");
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
