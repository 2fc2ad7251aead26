/** Completion of expressions: what may stand at the caret, and the text once one was chosen. */

import { operationNamed, type OperationWords, type Vocabulary } from "../vocabulary_api.ts";
import type { ActionJson } from "./json.ts";
import { matching, PLAIN_NAME, type Suggestion } from "../../../ui/suggestions.ts";
import { say } from "../../../words/say.ts";

export { matching, pathsIn, shown, type Suggestion } from "../../../ui/suggestions.ts";

export interface Completion {
  /** The part of the text that a chosen one replaces. */
  from: number;
  to: number;
  items: Suggestion[];
}

const PATH_END = /[$\w.[\]'*-]*$/u;
const PATH_REST = /^[\w.[\]'*-]*/u;

/** Nothing for plain text; paths after `$`, paths and functions inside `{{ }}`. */
export function completionAt(text: string, caret: number, known: readonly Suggestion[]): Completion | undefined {
  const before = text.slice(0, caret);
  const open = before.lastIndexOf("{{");
  const inside = open >= 0 && !before.slice(open).includes("}}");
  if (!inside && !(text.startsWith("$") && !text.startsWith("$$"))) return undefined;
  const from = inside ? open + 2 + before.slice(open + 2).search(PATH_END) : 0;
  const word = text.slice(from, caret);
  const to = caret + PATH_REST.exec(text.slice(caret))![0].length;
  const items = matching(inside ? known : known.filter(({ kind }) => kind === "path"), word);
  return { from, to, items };
}

/** The text with `chosen` in its place, and where the caret goes. */
export function completed(
  text: string,
  { from, to }: Completion,
  chosen: Suggestion,
): { text: string; caret: number } {
  const rest = text.slice(to);
  const inside = text.lastIndexOf("{{", from) >= 0 && !text.startsWith("$");
  const word = chosen.kind === "function" ? `${chosen.text}(` : chosen.text;
  const isAlone = inside && chosen.kind === "path" && /\{\{\s*$/.test(text.slice(0, from)) && !rest.includes("}}");
  const end = isAlone ? " }}" : "";
  return { text: text.slice(0, from) + word + end + rest, caret: from + word.length + end.length };
}

/** Paths into the results of steps, in their order: only such as the answer of each can hold. */
export function resultPaths(actions: readonly ActionJson[], vocabulary: Pick<Vocabulary, "operations">): Suggestion[] {
  return actions.flatMap((action, index) => {
    const number = index + 1;
    return actionPaths(action, number, vocabulary).flatMap(({ path, detail, isMain }) => [
      { text: `$.action_${number}_result${path}`, kind: "path" as const, detail },
      ...(isMain
        ? [{
          text: outputOf(action.id) + path,
          kind: "path" as const,
          detail: say("{detail}, by the id of the step", { detail }),
        }]
        : []),
    ]);
  });
}

/** The same by the ids of the steps alone, as flows have them that hold more than actions. */
export function outputPaths(
  { action, number }: { action: ActionJson; number: number },
  vocabulary: Pick<Vocabulary, "operations">,
): Suggestion[] {
  return actionPaths(action, number, vocabulary).map(({ path, detail }) => ({
    text: outputOf(action.id) + path,
    kind: "path",
    detail,
  }));
}

export function outputOf(id: string): string {
  return `$.steps.${id}.output`;
}

function actionPaths(
  action: ActionJson,
  number: number,
  vocabulary: Pick<Vocabulary, "operations">,
): ResultPath[] {
  switch (action.type) {
    case "clockify":
      return resultOf(operationNamed(vocabulary, action.operation_id)?.answer, number);
    case "http":
      return HTTP_RESULT;
    case "emit_event":
      return [{ path: ".event_id", detail: say("Id of the event that step {number} made", { number }), isMain: true }];
    case "run_flow":
      return [
        { path: ".output", detail: say("Output of the flow that step {number} ran", { number }), isMain: true },
        { path: ".state", detail: say("completed, failed or cancelled") },
        { path: ".run_id", detail: say("Id of its run") },
      ];
    case "variables":
      return [];
    case "transform":
      return [{ path: "", detail: say("Value that step {number} made", { number }), isMain: true }];
  }
}

interface ResultPath {
  /** What follows the name of the result. */
  path: string;
  detail: string;
  /** Offered in both spellings. */
  isMain?: boolean;
}

const HTTP_RESULT: ResultPath[] = [
  { path: "", detail: say("Response of the other system"), isMain: true },
  { path: ".status", detail: say("Status of the response") },
  { path: ".body", detail: say("Body of the response"), isMain: true },
  { path: ".headers", detail: say("Headers of the response") },
];

function resultOf(answer: OperationWords["answer"] | undefined, number: number): ResultPath[] {
  const got = say("result of step {number}", { number });
  if (answer === undefined) return [{ path: "", detail: sentence(got), isMain: true }];
  const { shape, fields } = answer;
  const below = (root: string, whose: string) =>
    fields.filter(({ name }) => PLAIN_NAME.test(name)).map(({ name, type }): ResultPath => ({
      path: `${root}.${name}`,
      detail: name === "id" ? say("Id of {what}", { what: whose }) : say("{type}, of {what}", { type, what: whose }),
      ...(name === "id" && { isMain: true }),
    }));
  if (shape === "none") return [];
  if (shape === "list") {
    const first = say("the first result of step {number}", { number });
    return [
      {
        path: "",
        detail: say("List that step {number} returned: use first(), length() or join()", { number }),
        isMain: true,
      },
      { path: "[0]", detail: sentence(first) },
      ...below("[0]", first),
    ];
  }
  return [{ path: "", detail: sentence(got), isMain: true }, ...shape === "object" ? below("", got) : []];
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** True for a detail that stands for a whole list or object, of which people mean a part: as `shown` has it, or a type. */
export function isOfWhole(detail: string): boolean {
  return /^(object|list of )/.test(detail) || detail === say("object") ||
    detail.startsWith(say("list of {count}", { count: "" }));
}
