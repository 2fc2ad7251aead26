/** Results of steps are named by number: when steps move, the expressions that name them follow. */

import { isUnparsed, parseJson, unparsedText } from "../../../ui/unparsed_json.ts";

/** Where the step that had a number went: its new number, or the id of one that was removed. */
export type StepMoves = ReadonlyMap<number, number | { removed: string }>;

/**
 * The name of a result in one of its spellings, where a path begins; or a quoted text, which stays. A field of the event that
 * is called action_1_result is no result.
 */
const TOKEN =
  /\$\[(["'])action_([1-9]\d*)_result\1\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\p{L}\p{N}_-]|(?<!\$)\.)(?:action_([1-9]\d*)_result|actions\[(\d+)\]\.result)(?![\p{L}\p{N}_-])/gu;
/** A text in JSON that is still being typed; its end may be missing. */
const JSON_TEXT = /"((?:[^"\\]|\\.)*)("?)/g;

/**
 * A copy in which each template names the same results as before. What names a step that is gone says `steps.<its id>`,
 * which the server refuses: better than another step's result in its place.
 */
export function renumbered(value: unknown, moves: StepMoves): unknown {
  if (typeof value === "string") return renumberedText(value, moves);
  if (Array.isArray(value)) return value.map((part) => renumbered(part, moves));
  if (isUnparsed(value)) {
    const follow = (_: string, text: string, end: string) => `"${renumberedText(text, moves)}${end}`;
    return parseJson(unparsedText(value).replace(JSON_TEXT, follow));
  }
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, renumbered(part, moves)]));
}

function renumberedText(text: string, moves: StepMoves): string {
  const rename = (expression: string) =>
    expression.replace(TOKEN, (found, _quote?: string, quoted?: string, plain?: string, index?: string) => {
      const number = quoted ?? plain;
      if (number === undefined && index === undefined) return found;
      const to = moves.get(number === undefined ? Number(index) + 1 : Number(number));
      if (to === undefined) return found;
      const name = typeof to === "number" ? `action_${to}_result` : `steps.${to.removed}.output`;
      return quoted === undefined ? name : `$.${name}`;
    });
  if (text.startsWith("$.")) return rename(text);
  return text.replace(/\{\{.*?\}\}/gs, rename);
}
