/** Inputs that a flow asks a person for: their types, the name of a question, and what typed text is as a value. Pure. */

import { instantMs, isPlainDate } from "../../../../base/iso_time.ts";
import type { FlowJson } from "./json.ts";
import { amountOf, readAs } from "./rule_type.ts";
import { say } from "../../../words/say.ts";

export type FlowInput = NonNullable<NonNullable<FlowJson["triggers"]>["manual"]>["inputs"][number];

export const INPUT_TYPES: readonly (readonly [FlowInput["type"], string])[] = [
  ["text", say("Text")],
  ["number", say("Number")],
  ["boolean", say("Yes or no")],
  ["date", say("Date")],
  ["duration", say("Duration")],
  ["money", say("Amount")],
  ["choice", say("One of a list")],
  ["entity", say("Something in Clockify")],
];
export const ENTITY_TYPES: readonly (readonly [NonNullable<FlowInput["entity_type"]>, string])[] = [
  ["project", say("Project")],
  ["client", say("Client")],
  ["task", say("Task")],
  ["tag", say("Tag")],
  ["user", say("Person")],
  ["user_group", say("Group of people")],
  ["custom_field", say("Custom field")],
  ["expense_category", say("Expense category")],
  ["holiday", say("Holiday")],
  ["time_off_policy", say("Time off policy")],
];

/** The input as another type: with what that type needs, and without what belonged to the one before. */
export function asType({ name, label, required }: FlowInput, type: FlowInput["type"]): FlowInput {
  return {
    name,
    label,
    required,
    type,
    ...(type === "choice" && { choices: [] }),
    ...(type === "entity" && { entity_type: "project" as const }),
  };
}

/** The question in other words; its name follows as long as it was made of them, and `used` says that no step has it yet. */
export function asked(input: FlowInput, label: string, used: (name: string) => boolean): FlowInput {
  const isOwn = input.name !== nameOf(input.label) && !/^input_\d+$/.test(input.name);
  const name = nameOf(label);
  return isOwn || name === "" || used(input.name) ? { ...input, label } : { ...input, label, name };
}

/** "Which project?" is which_project; "" where nothing can be made of it. */
function nameOf(label: string): string {
  const plain = label.normalize("NFKD").toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^[_\d]+|_+$/g, "");
  return plain.slice(0, 64);
}

/** One on a line, without empty lines and spaces around. */
export function choicesOf(text: string): string[] {
  return text.split("\n").map((one) => one.trim()).filter((one) => one !== "");
}

/** The value that a text means for the type; undefined for an empty one. */
export function inputValue(type: FlowInput["type"], text: string): unknown {
  if (text.trim() === "") return undefined;
  if (type === "number") {
    const digits = text.trim().replace(/^(-?\d+),(\d{1,2})$/, "$1.$2");
    return /^-?\d{1,15}(\.\d{1,15})?$/.test(digits) ? Number(digits) : text;
  }
  return type === "money" ? amountOf(text) : text;
}

/** How the value is read, or why it is none of the type; undefined where it says so itself. */
export function readInput(
  type: FlowInput["type"],
  value: unknown,
): { words: string } | { problem: string } | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (type === "duration" || type === "money") return readAs(type, value);
  if (type === "number" && typeof value !== "number") return { problem: say("Write digits, as in 12.5") };
  if (type === "date" && !isPlainDate(value) && instantMs(value) === undefined) {
    return { problem: say("Write a date, as in 2026-11-16") };
  }
  return undefined;
}
