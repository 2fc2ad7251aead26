/** Completion of references: what a step may name where it stands, and the text once one was chosen. Pure. */

import { matching, pathsIn, PLAIN_NAME, type Suggestion } from "../../../ui/suggestions.ts";
import { say } from "../../../words/say.ts";
import { isJump, type OutlineList, type OutlineStep, rootOf } from "../outline.ts";
import { type Definition, fieldsIn, isFields, stepsOf, textIn, textsIn } from "./fields.ts";

/** What steps gave in a run, by their ids. */
export type KnownOutputs = ReadonlyMap<string, unknown>;

const MAX_DEPTH = 5;

/** The paths that the step with this id may name; of one that nothing leads to the input alone. */
export function referencesFor(definition: Definition, id: string, outputs: KnownOutputs): Suggestion[] {
  const { before, isInLoop } = placeOf(definition, id);
  return [
    { text: "workflow.input", kind: "path", detail: say("Input of the run") },
    ...inputPaths(definition.input_schema, "workflow.input", 1),
    ...(isInLoop ? LOOP : []),
    // The nearest first.
    ...before.toReversed().flatMap((step) => outputPaths(definition, step, outputs)),
  ];
}

const LOOP: readonly Suggestion[] = [
  { text: "loop.item", kind: "path", detail: say("The item of the list") },
  { text: "loop.index", kind: "path", detail: say("Its place, from 0") },
  { text: "loop.total", kind: "path", detail: say("How many there are") },
  { text: "loop.is_first", kind: "path", detail: say("Whether it is the first") },
  { text: "loop.is_last", kind: "path", detail: say("Whether it is the last") },
];

/** The steps whose output is there when this one begins, and whether it runs for the items of a loop. */
function placeOf(definition: Definition, id: string): { before: OutlineStep[]; isInLoop: boolean } {
  let found: { before: OutlineStep[]; isInLoop: boolean } = { before: [], isInLoop: false };
  const visit = (list: OutlineList, around: OutlineStep[], isInLoop: boolean): OutlineStep[] => {
    const own: OutlineStep[] = [];
    for (const step of list.steps) {
      if (isJump(step)) continue;
      const before = [...around, ...own];
      if (step.id === id) found = { before, isInLoop };
      const isLoop = step.type === "loop";
      const below = step.lists.flatMap((one) => visit(one, before, isInLoop || isLoop));
      if (!isLoop) own.push(...below);
      own.push(step);
    }
    return own;
  };
  visit(rootOf(definition), [], false);
  return found;
}

function inputPaths(schema: unknown, root: string, depth: number): Suggestion[] {
  return Object.entries(fieldsIn(schema, "properties")).flatMap(([name, property]) => {
    if (!PLAIN_NAME.test(name)) return [];
    const text = `${root}.${name}`;
    const type = textIn(property, "type");
    const about = textIn(property, "title") ?? textIn(property, "description");
    const one: Suggestion = { text, kind: "path", detail: [about, type].filter(Boolean).join(", ") };
    const below = depth < MAX_DEPTH && isFields(property) ? inputPaths(property, text, depth + 1) : [];
    return [one, ...below];
  });
}

function outputPaths(definition: Definition, { id, type, name }: OutlineStep, outputs: KnownOutputs): Suggestion[] {
  const root = `${id}.output`;
  if (outputs.has(id)) {
    const [whole, ...parts] = pathsIn(outputs.get(id), root);
    return [{ ...whole!, detail: say("Output of the step {name}", { name }) }, ...parts];
  }
  return [
    { text: root, kind: "path", detail: say("Output of the step {name}", { name }) },
    ...fieldsOfOutput(stepsOf(definition)[id], type).map((field): Suggestion => ({
      text: `${root}.${field}`,
      kind: "path",
      detail: say("of the step {name}", { name }),
    })),
  ];
}

/** What is in the output of such a step whatever happens in its run. */
function fieldsOfOutput(step: unknown, type: string): string[] {
  switch (type) {
    case "conditional":
      return ["condition_result", "branch_taken", "branch_step_id", "branch_output"];
    case "loop":
      return ["iterations", "total_count", "failed_count", "errors"];
    case "parallel":
      return isFields(step) ? textsIn(step.parallel_steps) : [];
    case "fork_join":
      return Object.keys(fieldsIn(fieldsIn(step, "fork_join_config"), "branches")).filter((one) =>
        PLAIN_NAME.test(one)
      );
    case "sub_workflow":
      return ["output", "state", "run_id"];
    default:
      return [];
  }
}

export interface ReferenceCompletion {
  /** The part of the text that a chosen one replaces. */
  from: number;
  to: number;
  items: Suggestion[];
}

const WORD_END = /[\w.[\]-]*$/;
const WORD_REST = /^[\w.[\]-]*/;

/** Within `${ }`, after a `$`, in a field that is empty; and of a condition at each word that is not quoted. */
export function referenceAt(
  text: string,
  { caret, known, isCondition = false }: { caret: number; known: readonly Suggestion[]; isCondition?: boolean },
): ReferenceCompletion | undefined {
  const before = text.slice(0, caret);
  const open = before.lastIndexOf("${");
  const rest = WORD_REST.exec(text.slice(caret))![0].length;
  if (open >= 0 && !before.slice(open).includes("}")) {
    const word = before.slice(open + 2).trimStart();
    const close = text.slice(caret + rest).startsWith("}") ? 1 : 0;
    return { from: open, to: caret + rest + close, items: matching(known, word) };
  }
  if (text === "" || before.endsWith("$")) {
    return { from: text === "" ? 0 : caret - 1, to: caret, items: matching(known, "") };
  }
  if (!isCondition || isQuoted(before)) return undefined;
  const from = before.search(WORD_END);
  const word = before.slice(from);
  // A literal is no name.
  if (word === "" || /^\d/.test(word)) return undefined;
  return { from, to: caret + rest, items: matching(known, word) };
}

function isQuoted(before: string): boolean {
  return /["']/.test(before.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, ""));
}

/** The text with the reference in its place, and where the caret goes. */
export function referenced(
  text: string,
  { from, to }: Pick<ReferenceCompletion, "from" | "to">,
  chosen: Suggestion,
): { text: string; caret: number } {
  const reference = `\${${chosen.text}}`;
  return { text: text.slice(0, from) + reference + text.slice(to), caret: from + reference.length };
}
