/** Operations that replace a whole object, in words: what stays as it is, what would be lost, what has to be named. Pure. */

import type { OperationWords, ParamWords } from "../vocabulary_api.ts";
import { type ClockifyActionJson, isObject } from "./json.ts";

export interface MergeWords {
  /** What happens to the fields that the step does not name; undefined for an operation that has no such. */
  stays: string | undefined;
  /** What is lost. */
  warning: string | undefined;
}

export function mergeWords(
  { fullReplace, loses, bodyFields }: OperationWords,
  { body, replace }: Pick<ClockifyActionJson, "body" | "replace">,
): MergeWords {
  if (!fullReplace) {
    const warning = loses === null ? undefined : `Replaces the object without reading it first. Lost: ${loses}.`;
    return { stays: undefined, warning };
  }
  const { noun, unreadable } = fullReplace;
  const isNamed = (name: string) => isObject(body) && Object.hasOwn(body, name);
  if (replace) {
    const lost = bodyFields.map(({ name }) => name).filter((name) => !isNamed(name));
    const what = lost.length === 0
      ? "All fields are set, so nothing is lost."
      : `Fields that are not set here and would be lost: ${listed(lost.map(fieldWords))}.`;
    return { stays: undefined, warning: `The whole ${noun} is replaced by these fields. ${what}` };
  }
  const gone = unreadable.filter((name) => !isNamed(name));
  const named = isObject(body) ? Object.keys(body) : [];
  const what = named.length === 0 ? "the fields that are set here" : listed(named);
  return {
    stays: `Only ${what} ${named.length === 1 ? "changes" : "change"}. The ${noun} is read when the step runs, and ` +
      "all other fields are written back unchanged.",
    warning: gone.length === 0
      ? undefined
      : `Clockify does not return ${listed(gone)}: without a value here, each change resets it.`,
  };
}

/** The fields of the body: with `replace`, those that the read would have given are required. */
export function bodyFieldsOf({ bodyFields, fullReplace }: OperationWords, replace: boolean | undefined): ParamWords[] {
  if (!replace || !fullReplace) return bodyFields;
  return bodyFields.map((field) => fullReplace.required.includes(field.name) ? { ...field, required: true } : field);
}

function fieldWords(name: string): string {
  return name === "end" ? "end (the timer would run again)" : name;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
