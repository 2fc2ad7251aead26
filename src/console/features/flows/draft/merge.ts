/** Operations that replace a whole object, in words: what stays as it is, what would be lost, what has to be named. Pure. */

import type { OperationWords, ParamWords } from "../vocabulary_api.ts";
import { entityWords } from "./entity_words.ts";
import { type ClockifyActionJson, isObject } from "./json.ts";
import { listed } from "./words.ts";
import { say, sayCount } from "../../../words/say.ts";

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
    const warning = loses === null
      ? undefined
      : say("Replaces the object without reading it first. Lost: {fields}.", { fields: loses });
    return { stays: undefined, warning };
  }
  const { unreadable } = fullReplace;
  const noun = entityWords(fullReplace.noun);
  const isNamed = (name: string) => isObject(body) && Object.hasOwn(body, name);
  if (replace) {
    const lost = bodyFields.map(({ name }) => name).filter((name) => !isNamed(name));
    const what = lost.length === 0
      ? say("All fields are set, so nothing is lost.")
      : say("Fields that are not set here and would be lost: {fields}.", { fields: listed(lost.map(fieldWords)) });
    return { stays: undefined, warning: `${say("The whole {noun} is replaced by these fields.", { noun })} ${what}` };
  }
  const gone = unreadable.filter((name) => !isNamed(name));
  const named = isObject(body) ? Object.keys(body) : [];
  return {
    stays: `${changesWords(named)} ${
      say("The {noun} is read when the step runs, and all other fields are written back unchanged.", { noun })
    }`,
    warning: gone.length === 0
      ? undefined
      : say("Clockify does not return {fields}: without a value here, each change resets it.", {
        fields: listed(gone),
      }),
  };
}

function changesWords(fields: readonly string[]): string {
  if (fields.length === 0) return say("Only the fields that are set here change.");
  return sayCount(fields.length, "Only {fields} changes.", "Only {fields} change.", { fields: listed(fields) });
}

/** The fields of the body: with `replace`, those that the read would have given are required. */
export function bodyFieldsOf({ bodyFields, fullReplace }: OperationWords, replace: boolean | undefined): ParamWords[] {
  if (!replace || !fullReplace) return bodyFields;
  return bodyFields.map((field) => fullReplace.required.includes(field.name) ? { ...field, required: true } : field);
}

function fieldWords(name: string): string {
  return name === "end" ? say("end (the timer would run again)") : name;
}
