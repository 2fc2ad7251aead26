/** Inputs that a flow declares for runs that people and programs start: how they are declared, and how given values are read. Pure. */

import { z } from "zod";
import { instantMs, isPlainDate } from "../../base/iso_time.ts";
import { DURATION_FORMS, readDuration } from "../../engine/duration.ts";
import { at, cut, type Fault, isObject, kindOf, unknownName } from "../../engine/faults.ts";
import { readCents } from "../../engine/money.ts";

export const INPUT_TYPES = ["text", "number", "boolean", "date", "duration", "money", "entity", "choice"] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** What a person may choose by name: types of what is read of a workspace. */
export const INPUT_ENTITIES = [
  "user",
  "user_group",
  "project",
  "client",
  "task",
  "tag",
  "custom_field",
  "expense_category",
  "holiday",
  "time_off_policy",
] as const;

/** One field of the form that starts a run; the run finds its value at `$.webhook.<name>`. */
export interface FlowInput {
  /** A name of JSON, as in "project_id". */
  name: string;
  /** What people read. */
  label: string;
  type: InputType;
  required: boolean;
  /** What stands where none is given. */
  default?: unknown;
  /** Of a choice: 1 to 100. */
  choices?: string[];
  /** Of an entity. */
  entity_type?: (typeof INPUT_ENTITIES)[number];
}

export const MAX_INPUTS = 30;
const MAX_TEXT_CHARS = 10_000;
const MAX_CHOICES = 100;
/** Names that objects have by themselves. */
const RESERVED = ["__proto__", "constructor", "prototype"];

const named = (error: string) => ({ error });
const NAME = named('must be 1 to 64 letters, digits or "_", and not begin with a digit, as in "project_id"');
const LABEL = named("must be text of 1 to 100 characters");
const CHOICES = named(`must be a list of 1 to ${MAX_CHOICES} texts of 1 to 200 characters`);

const inputSchema = z.strictObject({
  name: z.string(NAME).regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, NAME)
    .refine((name) => !RESERVED.includes(name), named("is a name that objects have by themselves: choose another")),
  label: z.string(LABEL).trim().min(1, LABEL).max(100, LABEL).optional(),
  type: z.enum(INPUT_TYPES, named(`must be one of ${INPUT_TYPES.join(", ")}`)),
  required: z.boolean(named("must be true or false")).default(false),
  default: z.unknown().optional(),
  choices: z.array(z.string(CHOICES).min(1, CHOICES).max(200, CHOICES), CHOICES).min(1, CHOICES)
    .max(MAX_CHOICES, CHOICES).optional(),
  entity_type: z.enum(INPUT_ENTITIES, named(`must be one of ${INPUT_ENTITIES.join(", ")}`)).optional(),
}, named('must be an input, as in {"name": "day", "type": "date"}'));
const KEYS = Object.keys(inputSchema.shape);

/** The declared inputs with their defaults filled in, or all that is wrong with them; `path` is that of the list. */
export function parseInputs(given: unknown, path: string): { inputs: FlowInput[]; faults: Fault[] } {
  if (given === undefined || given === null) return { inputs: [], faults: [] };
  if (!Array.isArray(given)) return { inputs: [], faults: [{ path, message: "must be a list of inputs" }] };
  if (given.length > MAX_INPUTS) {
    return { inputs: [], faults: [{ path, message: `must hold at most ${MAX_INPUTS} inputs` }] };
  }
  const faults: Fault[] = [];
  const inputs: FlowInput[] = [];
  given.forEach((one, index) => {
    const place = at(path, index);
    const parsed = inputSchema.safeParse(one);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) {
        const where = issue.path.reduce<string>((way, key) => at(way, key as string | number), place);
        if (issue.code !== "unrecognized_keys") faults.push({ path: where, message: issue.message });
        else for (const key of issue.keys) faults.push({ path: at(where, key), message: unknownName(key, KEYS) });
      }
      return;
    }
    const { label = parsed.data.name, ...rest } = parsed.data;
    const input: FlowInput = { ...rest, label };
    if (inputs.some(({ name }) => name === input.name)) {
      faults.push({ path: at(place, "name"), message: `"${input.name}" is declared twice: names must differ` });
    }
    faults.push(...typeFaults(input, place));
    inputs.push(input);
  });
  return { inputs, faults };
}

/** What belongs to one type alone, and a default that is none of it. */
function typeFaults(input: FlowInput, place: string): Fault[] {
  const { type, choices, entity_type } = input;
  const faults: Fault[] = [];
  const only = (key: string, owner: InputType, value: unknown) => {
    if (type === owner && value === undefined) {
      faults.push({ path: at(place, key), message: `is needed for the type "${owner}"` });
    }
    if (type !== owner && value !== undefined) {
      faults.push({ path: at(place, key), message: `is for the type "${owner}" alone` });
    }
  };
  only("choices", "choice", choices);
  only("entity_type", "entity", entity_type);
  if (choices && new Set(choices).size < choices.length) {
    faults.push({ path: at(place, "choices"), message: "hold a text twice: choices must differ" });
  }
  if (faults.length === 0 && !isAbsent(input.default)) {
    const { fault } = readValue(input, input.default);
    if (fault !== undefined) faults.push({ path: at(place, "default"), message: fault });
  }
  return faults;
}

/**
 * What a run is started with, by the declared inputs: each value as its type has it, defaults where none is given. Or every
 * fault at once. Money is in whole cents then, as Clockify's amounts are; what has no value is null.
 */
export function readInputs(
  declared: readonly FlowInput[],
  given: unknown,
  path = "input",
): { input: Record<string, unknown>; faults: Fault[] } {
  if (given !== undefined && given !== null && !isObject(given)) {
    return { input: {}, faults: [{ path, message: `must be an object of names and values, not ${kindOf(given)}` }] };
  }
  const values = given ?? {};
  const names = declared.map(({ name }) => name);
  const faults = Object.keys(values).filter((key) => !names.includes(key))
    .map((key) => ({ path: at(path, key), message: unknownName(key, names) }));
  const input = declared.map((one): [string, unknown] => {
    const own = Object.hasOwn(values, one.name) ? values[one.name] : undefined;
    const value = isAbsent(own) ? one.default : own;
    if (isAbsent(value)) {
      if (one.required) faults.push({ path: at(path, one.name), message: `is needed: ${one.label}` });
      return [one.name, null];
    }
    const read = readValue(one, value);
    if (read.fault !== undefined) faults.push({ path: at(path, one.name), message: read.fault });
    return [one.name, read.value];
  });
  return { input: Object.fromEntries(input), faults };
}

/** An empty field of a form is one without a value. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

type Read = { value?: unknown; fault?: string };

const READ: Record<InputType, (value: unknown, input: FlowInput) => Read> = {
  text: (value) => {
    if (typeof value !== "string") return { fault: `must be text, not ${kindOf(value)}` };
    return value.length <= MAX_TEXT_CHARS ? { value } : { fault: `must be at most ${MAX_TEXT_CHARS} characters` };
  },
  number: (value) => typeof value === "number" ? { value } : { fault: `must be a number, not ${kindOf(value)}` },
  boolean: (value) => typeof value === "boolean" ? { value } : { fault: `must be true or false, not ${kindOf(value)}` },
  date: (value) =>
    isPlainDate(value) || instantMs(value) !== undefined
      ? { value }
      : { fault: `must be a date or a time, as in "2026-11-16" or "2026-11-16T09:00:00Z"` },
  duration: (value) =>
    readDuration(value) === undefined ? { fault: `must be a duration, ${DURATION_FORMS}` } : { value },
  money: (value) => {
    const cents = readCents(value);
    return cents !== undefined && Number.isSafeInteger(Number(cents))
      ? { value: Number(cents) }
      : { fault: 'must be an amount: with its decimals as in "80.50", or in cents as 8050, without a currency' };
  },
  entity: (value) =>
    typeof value === "string" && /^[\x21-\x7e]{1,64}$/.test(value)
      ? { value }
      : { fault: 'must be the id of an entity, as in "64c777ddd3fcab07cfbb210c"' },
  choice: (value, { choices = [] }) =>
    typeof value === "string" && choices.includes(value)
      ? { value }
      : { fault: `must be one of ${choices.slice(0, 20).map((one) => `"${cut(one)}"`).join(", ")}` },
};

function readValue(input: FlowInput, value: unknown): Read {
  return READ[input.type](value, input);
}
