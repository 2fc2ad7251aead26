/** The result of reading a body, and the part that all forms share: JSON within a depth. */

import { hasTooManyValues, isDeeperThan, MAX_JSON_VALUES } from "../base/json_depth.ts";
import { parseJson } from "../base/json_parse.ts";

export interface BodyReading {
  /**
   * `$.webhook`: JSON as it is; the fields of a form as an object; {text} of other text; {base64} of anything else; null of
   * an empty body, and of one that is not read.
   */
  value: unknown;
  form: "json" | "form" | "multipart" | "text" | "binary" | "empty";
  /** What could not be read as its sender states it, in words for people. */
  problem?: string;
  /** True for JSON of more levels than allowed: its value is null. */
  isTooDeep?: boolean;
  /** True for JSON of more values than are read: its value is null. */
  isTooLarge?: boolean;
}

/** Undefined where the text is no JSON. */
export function readJsonText(text: string, maxDepth: number): BodyReading | undefined {
  if (/^\s*[[{]/.test(text) && hasTooManyValues(text)) {
    return { value: null, form: "json", problem: `It holds more than ${MAX_JSON_VALUES} values`, isTooLarge: true };
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isDeeperThan(maxDepth, text)) return { value, form: "json" };
  return { value: null, form: "json", problem: `It nests deeper than ${maxDepth} levels`, isTooDeep: true };
}

/** The reading with what else was found wrong. */
export function withProblem(reading: BodyReading, problem: string | undefined): BodyReading {
  return problem === undefined ? reading : { ...reading, problem: reading.problem ?? problem };
}
