/** Ready-made flows with blanks: what a blank is, how what a person gives for it is read, and the flow that comes of them. */

import { readDuration } from "../../engine/duration.ts";
import { at, cut, type Fault, isObject, kindOf, unknownName } from "../../engine/faults.ts";
import { literalText } from "../../engine/literal_text.ts";
import { parseTemplate } from "../../engine/mapping.ts";
import { isTimeZone } from "../../engine/zone.ts";
import { AppError } from "../../base/errors.ts";
import { requireTiming } from "../../schedules/timing.ts";

/**
 * What a blank takes: `text` stands as it is written, `expression` is a template (docs/expressions.md), `entity` the id of one
 * of `entity_type`, `texts` and `choices` are lists, `secret` is sealed once the flow is saved.
 */
export type BlankType =
  | "text"
  | "expression"
  | "number"
  | "duration"
  | "entity"
  | "url"
  | "secret"
  | "texts"
  | "choices"
  | "event_types"
  | "cron"
  | "zone";

export interface Blank {
  name: string;
  /** For people, before the field. */
  label: string;
  type: BlankType;
  /** Of an entity: as the entity cache calls its type. */
  entity_type?: string;
  /** Without one the blank has to be filled, unless it is optional. */
  default?: unknown;
  optional?: boolean;
  /** Of choices: what there is. */
  choices?: readonly string[];
  /** Of a number. */
  min?: number;
  max?: number;
  /** Can be given as it is, where there is no default. */
  example?: unknown;
}

/** Values of blanks, read; an optional one that was not given is absent. */
export type Given = Readonly<Record<string, unknown>>;

export interface FlowTemplate {
  id: string;
  /** What it does, each required blank in braces where people read it: "When a timer runs for {hours}, add the tag {tag}". */
  sentence: string;
  /** Other words that people look for it by. */
  words: readonly string[];
  blanks: readonly Blank[];
  /** The plan that its events need, beyond what its operations do. */
  plan?: "BASIC" | "STANDARD" | "PRO" | "ENTERPRISE";
  /** A flow as POST /ui/flows takes it. */
  make(given: Given): Record<string, unknown>;
}

const MAX_TEXT = 1_000;
const MAX_LIST = 50;
const ENTITY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The values of the blanks, or everything that is wrong with them; `path` of each fault is `blanks.<name>`. Never throws. */
export function readBlanks(
  template: FlowTemplate,
  input: unknown,
  { knowsEvent }: { knowsEvent(type: string): boolean },
): { given: Given; faults?: undefined } | { given?: undefined; faults: Fault[] } {
  if (!isObject(input)) {
    return { faults: [{ path: "blanks", message: `must be an object of names and values, not ${kindOf(input)}` }] };
  }
  const known = template.blanks.map(({ name }) => name);
  const faults: Fault[] = Object.keys(input).filter((name) => !known.includes(name))
    .map((name) => ({ path: at("blanks", name), message: unknownName(name, known) }));
  const given: Record<string, unknown> = {};
  for (const blank of template.blanks) {
    const path = at("blanks", blank.name);
    const value = Object.hasOwn(input, blank.name) && !isEmpty(input[blank.name]) ? input[blank.name] : blank.default;
    if (isEmpty(value)) {
      if (!blank.optional) faults.push({ path, message: `is not filled in: ${blank.label}` });
      continue;
    }
    const wrong = faultsOf(blank, value, { path, knowsEvent });
    faults.push(...wrong);
    if (wrong.length === 0) given[blank.name] = value;
  }
  return faults.length > 0 ? { faults } : { given };
}

/** Values that any template can be made with: its defaults and examples. */
export function exampleValues({ blanks }: FlowTemplate): Given {
  return Object.fromEntries(blanks.map((blank) => [blank.name, blank.default ?? blank.example]));
}

/** The template that gives just this text, whatever stands in it. */
export function literal(text: unknown): string {
  return literalText(String(text));
}

/** A message to a chat, or to whatever takes {"text"} by POST. */
export function chat(id: string, url: unknown, text: string) {
  return { id, type: "http", method: "POST", url: literal(url), body: { text } };
}

/** Adds a tag by its name, which is created where it is missing, to the time entry of the event. */
export function tagEntry(name: unknown) {
  return [
    { id: "find_tag", operation_id: "findOrCreateTag", body: { name } },
    {
      id: "tag_entry",
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      body: { tagIds: { $add: "$.steps.find_tag.output.id" } },
    },
  ];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function faultsOf(
  blank: Blank,
  value: unknown,
  { path, knowsEvent }: { path: string; knowsEvent(type: string): boolean },
): Fault[] {
  const fault = (message: string, place = path): Fault[] => [{ path: place, message }];
  switch (blank.type) {
    case "number": {
      const { min = -Infinity, max = Infinity } = blank;
      return typeof value === "number" && value >= min && value <= max
        ? []
        : fault(`must be a number from ${min} to ${max}`);
    }
    case "texts":
    case "choices":
    case "event_types": {
      if (!Array.isArray(value) || value.length > MAX_LIST) return fault(`must be a list of 1 to ${MAX_LIST} texts`);
      return value.flatMap((one, index) => {
        const wrong = textFault(one, blank, knowsEvent);
        return wrong === undefined ? [] : fault(wrong, at(path, index));
      });
    }
    case "expression": {
      const wrong = textFault(value, blank, knowsEvent);
      return wrong === undefined ? parseTemplate(value, path).faults ?? [] : fault(wrong);
    }
    default: {
      const wrong = textFault(value, blank, knowsEvent);
      return wrong === undefined ? [] : fault(wrong);
    }
  }
}

/** What is wrong with one text, by the type of the blank. */
function textFault(value: unknown, blank: Blank, knowsEvent: (type: string) => boolean): string | undefined {
  if (typeof value !== "string" || value.trim() === "" || value.length > MAX_TEXT) {
    return `must be text of 1 to ${MAX_TEXT} characters`;
  }
  switch (blank.type) {
    case "duration": {
      const ms = readDuration(value);
      return ms !== undefined && ms >= 1_000
        ? undefined
        : 'must be a duration of at least 1 s, as in "8 h" or "1 h 30 min"';
    }
    case "entity":
      return ENTITY_ID.test(value) ? undefined : `must be the id of a ${blank.entity_type}, as Clockify has it`;
    case "url":
      return isAddress(value) ? undefined : "must be an address that begins with https:// or http://";
    case "choices":
      return blank.choices!.includes(value) ? undefined : unknownName(value, blank.choices!);
    case "event_types":
      return knowsEvent(value) ? undefined : `"${cut(value)}" is not an event that the add-on receives`;
    case "cron":
      return timingFault(value);
    case "zone":
      return isTimeZone(value) ? undefined : "must be a time zone, as in Europe/Berlin";
    default:
      return undefined;
  }
}

function timingFault(cron: string): string | undefined {
  try {
    requireTiming({ cron, zone: "UTC" }, new Date(0));
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
