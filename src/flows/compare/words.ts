/** Values, fields and steps of flows in the words of people who write them, for the comparison of two versions. Pure. */

import { durationWords } from "../../engine/duration.ts";
import { cut, isObject } from "../../engine/faults.ts";
import { durationMs } from "../../base/iso_time.ts";
import { jsonStart } from "../../engine/shown_value.ts";
import type { PlacedStep } from "./tree.ts";

/** What the words are made of beside the definitions. */
export interface WordSource {
  /** What an id stands for, where it is known; undefined otherwise. */
  nameOf(id: string): string | undefined;
  /** What an operation does, as in "Update time entry"; undefined for one that there is not. */
  operationWords(name: string): string | undefined;
  /** The entity that a parameter or a field of an operation holds the id of, as in "tag". */
  entityOf(operation: string, name: string): string | undefined;
}

const MAX_CHARS = 120;
const MAX_ITEMS = 6;
const ID = /^[0-9a-f]{24}$/;
/** Ids that were made for a step without one: its author did not choose them. */
const MADE_ID = /^(?:step|action)_\d+(?:_copy)?(?:_\d+)*$/;
/** Fields whose names are not what people call them. */
const FIELDS: Readonly<Record<string, string>> = {
  "timeInterval.start": "start",
  "timeInterval.end": "end",
  "timeInterval.duration": "duration",
};

/** `Step 2 "Add tag"`. */
export function stepWords({ number, ...placed }: PlacedStep, words: WordSource): string {
  return `Step ${number} ${quoted(stepTitle(placed, words))}`;
}

/** "Add tag": the name that it was given, else its id in words, else what it does. */
export function stepTitle({ id, step }: Pick<PlacedStep, "id" | "step">, words: WordSource): string {
  if (typeof step.name === "string" && step.name !== "") return cut(step.name);
  if (typeof step.kind === "string" && step.kind !== "action") {
    return cut(MADE_ID.test(id) ? capital(step.kind) : inWords(id));
  }
  if (!MADE_ID.test(id)) return cut(inWords(id));
  return cut(deedOf(step, words));
}

/** What an action does: "Update time entry". */
export function deedOf(step: Record<string, unknown>, words: WordSource): string {
  const type = typeof step.type === "string" ? step.type : "clockify";
  switch (type) {
    case "http":
      return `${typeof step.method === "string" ? step.method : "POST"} ${hostOf(step.url)}`;
    case "transform":
      return "Make a value";
    case "variables":
      return "Set variables";
    case "emit_event":
      return "Emit an event";
    case "run_flow":
      return "Run another flow";
    default: {
      const name = typeof step.operation_id === "string" ? step.operation_id : "";
      return words.operationWords(name) ?? (name === "" ? "No operation" : name);
    }
  }
}

/** Where a request goes, without what may be secret in its address. */
export function hostOf(url: unknown): string {
  const found = typeof url === "string" ? /^https?:\/\/([^/?#\\{@]+)(?=[/?#]|$)/.exec(url)?.[1] : undefined;
  return found ?? "an address from the event";
}

/** `timeInterval.duration` and `$.webhook.timeInterval.duration` are "duration"; `project.name` is "project name". */
export function fieldWords(path: string): string {
  const step = /^\$\.steps\.([\w-]+)\.output\.?(.*)$/.exec(path);
  if (step) return `${step[2] === "" ? "result" : namesInWords(step[2]!)} of step ${quoted(inWords(step[1]!))}`;
  return namesInWords(path.replace(/^\$\.(?:webhook|event)\./, "").replace(/^\$\./, ""));
}

function namesInWords(path: string): string {
  if (Object.hasOwn(FIELDS, path)) return FIELDS[path]!;
  return path.replaceAll(/\[(?:\*|\d+)\]/g, "").split(".").map((name) => inWords(name).toLowerCase()).join(" ");
}

/** "tag" for `tagIds`, "start" for `start`, "hourly rate" for `hourlyRate`. */
export function nameWords(name: string): string {
  return inWords(name.replace(/Ids?$/, (end) => (name.length > end.length ? "" : end))).toLowerCase();
}

/** A value in a sentence: names for ids, quotes around text, units for durations. */
export function valueWords(value: unknown, words: Pick<WordSource, "nameOf">): string {
  if (value === undefined || value === null || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return textWords(value, words);
  if (Array.isArray(value)) {
    if (value.length === 0) return "nothing";
    const shown = value.slice(0, MAX_ITEMS).map((item) => valueWords(item, words));
    const rest = value.length - shown.length;
    return listed(rest > 0 ? [...shown, `${rest} more`] : shown);
  }
  return cut(jsonStart(value, MAX_CHARS + 1), MAX_CHARS);
}

function textWords(text: string, { nameOf }: Pick<WordSource, "nameOf">): string {
  const named = ID.test(text) ? nameOf(text) : undefined;
  if (named !== undefined) return quoted(cut(named, MAX_CHARS));
  // Only what is written as a duration of ISO 8601: "8" may be anything.
  const ms = /^P[\dT]/.test(text) ? durationMs(text) : undefined;
  if (ms !== undefined) return durationWords(ms);
  const path = /^(?:\{\{\s*)?(\$\.[\w$.[\]*-]+)(?:\s*\}\})?$/.exec(text)?.[1];
  return path === undefined
    ? quoted(cut(text, MAX_CHARS))
    : `the ${fieldWords(path)}${path.startsWith("$.webhook.") ? " of the event" : ""}`;
}

/** A span in milliseconds. */
export function spanWords(ms: unknown): string {
  return typeof ms === "number" && Number.isFinite(ms) ? durationWords(ms) : "nothing";
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[], last = "and"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

export function quoted(text: string): string {
  return `"${text}"`;
}

/** "Add tag" for `add_tag`, `addTag` and `add-tag`. */
export function inWords(id: string): string {
  const words = id.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").trim().toLowerCase();
  return capital(words === "" ? id : words);
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The name of a variable or a header as it is written; of a thing in a sentence. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0);
}
