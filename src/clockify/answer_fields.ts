/** What the answers of Clockify's operations hold, as far as its specification says. */

import data from "./answer_fields_data.json" with { type: "json" };
import { type Operation, operationKey, shapeOf } from "./operations.ts";

export interface AnswerField {
  name: string;
  /** A JSON type, or date-time. */
  type: string;
}

const SETS = data.sets as unknown as Record<string, string>[];
const BY_SHAPE = new Map(Object.entries(data.operations).map(([name, set]) => [shapeOf(name), SETS[set]!]));

/** Fields of the answer, or of each item of a list, sorted by name; empty where nothing is known. */
export function answerFields(operation: Pick<Operation, "method" | "path">): AnswerField[] {
  const fields = BY_SHAPE.get(shapeOf(operationKey(operation))) ?? {};
  return Object.entries(fields).map(([name, type]) => ({ name, type }));
}
