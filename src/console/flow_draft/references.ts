/** Results of steps are named by number: when steps move, the expressions that name them follow. */

/** Where the step that had a number went: its new number, or the id of one that was removed. */
export type StepMoves = ReadonlyMap<number, number | { removed: string }>;

/** A quoted text, which stays, or the name of a result in one of its spellings. */
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\baction_([1-9]\d*)_result\b|\bactions\[(\d+)\]\.result\b/g;

/**
 * A copy in which each template names the same results as before. What names a step that is gone says `steps.<its id>`,
 * which the server refuses: better than another step's result in its place.
 */
export function renumbered(value: unknown, moves: StepMoves): unknown {
  if (typeof value === "string") return renumberedText(value, moves);
  if (Array.isArray(value)) return value.map((part) => renumbered(part, moves));
  // Also JSON that is still being typed, whose only key is a symbol: it stays as it is.
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, renumbered(part, moves)]));
}

function renumberedText(text: string, moves: StepMoves): string {
  const rename = (expression: string) =>
    expression.replace(TOKEN, (found, number?: string, index?: string) => {
      if (number === undefined && index === undefined) return found;
      const to = moves.get(number === undefined ? Number(index) + 1 : Number(number));
      if (to === undefined) return found;
      return typeof to === "number" ? `action_${to}_result` : `steps.${to.removed}.output`;
    });
  if (text.startsWith("$.")) return rename(text);
  return text.replace(/\{\{.*?\}\}/gs, rename);
}
