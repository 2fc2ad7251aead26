/** Intents: what people want of a flow, searched by their own words, and the steps that do it with the values to fill in. Pure. */

import type { Asked, IntentAction, IntentWords, OperationWords } from "../vocabulary_api.ts";
import { type Draft, withKeys } from "./draft.ts";
import { type ClockifyActionJson, isObject } from "./json.ts";
import { entityWords } from "./entity_words.ts";
import { newClockify } from "./new_steps.ts";
import { appended, freeOf, usedIds } from "./steps.ts";
import type { ActionStep } from "./tree.ts";
import { say, sayLabel } from "../../../words/say.ts";

/** Synonyms in searches. */
const SAME_WORDS: readonly (readonly string[])[] = [
  ["add", "create", "new", "make"],
  ["set", "change", "edit", "update", "modify", "mark", "make"],
  ["remove", "delete", "take"],
  ["get", "list", "find", "read", "search"],
];
/** Words that a search ignores. */
const FILLING = new Set(["a", "an", "the", "to", "of", "on", "in", "for", "with", "as", "it", "its", "from"]);

/** The words of a search, each with its synonyms. */
function wantedWords(text: string): string[][] {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  const telling = words.filter((word) => !FILLING.has(word));
  return (telling.length > 0 ? telling : words).map((word) => {
    const same = SAME_WORDS.filter((group) => group.includes(word)).flat();
    const one = /[^s]s$/.test(word) && word.length > 3 ? [word.slice(0, -1)] : [];
    return [...new Set([word, ...one, ...same])];
  });
}

export interface FoundIntent {
  intent: IntentWords;
  /** True when every event of the flow contains the object that the intent changes. */
  fits: boolean;
}

/** Intents that match each word. First those that fit the events, then those that match by their title. */
export function intentsFor(
  intents: readonly IntentWords[],
  { text, triggers }: { text: string; triggers: readonly string[] },
): FoundIntent[] {
  const wanted = wantedWords(text);
  const found = intents.flatMap((intent, order) => {
    const title = `${intent.title} ${sayLabel(intent.title)}`.toLowerCase().split(" ");
    const other = intent.words.flatMap((word) => word.toLowerCase().split(" "));
    const within = (words: string[], same: readonly string[]) =>
      same.some((one) => words.some((word) => word.startsWith(one)));
    if (!wanted.every((same) => within([...title, ...other], same))) return [];
    // Words as typed rank before synonyms.
    const inTitle = wanted.filter(([typed]) => within(title, [typed!])).length;
    const fits = intent.eventTypes === null || triggers.every((type) => intent.eventTypes!.includes(type));
    return [{ intent, fits, inTitle, order }];
  });
  return found
    .sort((one, two) => Number(two.fits) - Number(one.fits) || two.inTitle - one.inTitle || one.order - two.order)
    .map(({ intent, fits }) => ({ intent, fits }));
}

/**
 * The draft with the intent's steps at the end of a lane, or of the flow where `lane` is undefined. Where the intent does not
 * fit the events, its object is left to choose.
 */
export function addIntent(draft: Draft, { intent, fits }: FoundIntent, lane?: string): Draft {
  const steps: ActionStep[] = [];
  const minted = withKeys(draft, (mint) => {
    const used = usedIds(draft);
    const ids = new Map<string, string>();
    for (const [position, action] of intent.actions.entries()) {
      const id = freeOf(used, action.id);
      used.add(id);
      ids.set(action.id, id);
      const { path_params = {}, query_params = {}, body } = withIds(action, ids) as IntentAction;
      steps.push({
        key: mint(),
        action: {
          ...newClockify(id),
          operation_id: action.operation_id,
          path_params: fits ? path_params : withoutEvent(path_params),
          query_params,
          ...(isObject(body) && Object.keys(body).length > 0 && { body }),
        },
        intent: { id: intent.id, action: position },
      });
    }
    return {};
  });
  return appended(minted, steps, lane);
}

const STEP = /\$\.steps\.([\w-]+)(?=\.)/g;

/** Replaces the step ids of the intent by their ids in the draft. */
function withIds(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return value.replace(STEP, (_, id) => `$.steps.${ids.get(id) ?? id}`);
  if (Array.isArray(value)) return value.map((part) => withIds(part, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withIds(part, ids)]));
}

function withoutEvent(params: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => !String(value).includes("$.webhook")));
}

/** The intent that a step serves. */
export interface StepIntent {
  intent: IntentWords;
  /** Position among its actions. */
  action: number;
  /** Values that the author fills in. */
  asks: Asked[];
}

/** The intent that the step was added for or recognised as; undefined once it calls another operation. */
export function intentOfStep(
  { action, intent: said }: ActionStep,
  { intents, operation }: { intents: readonly IntentWords[]; operation: OperationWords | undefined },
): StepIntent | undefined {
  const intent = said && intents.find(({ id }) => id === said.id);
  const made = intent?.actions[said!.action];
  if (action.type !== "clockify" || !intent || made?.operation_id !== action.operation_id) return undefined;
  return withAsks({ intent, action: said!.action }, { action, operation });
}

/**
 * What a step of a stored flow, which does not say so, was added for: one that is made as the intent makes it. For a step
 * that is opened, not while it is changed: its form would turn into another under the hands of its author.
 */
export function knownIntent(
  { action, intent }: ActionStep,
  intents: readonly IntentWords[],
): ActionStep["intent"] {
  if (intent || action.type !== "clockify") return intent;
  for (const { id, isComplete, actions, asks } of intents) {
    const position = isComplete ? actions.findIndex((made, index) => isMadeOf(action, { made, asks, index })) : -1;
    if (position >= 0) return { id, action: position };
  }
  return undefined;
}

/** Also which object it is for, where the step does not say so or does not match the intent. */
function withAsks(
  { intent, action: position }: Omit<StepIntent, "asks">,
  { action, operation }: { action: ClockifyActionJson; operation: OperationWords | undefined },
): StepIntent {
  const asks = intent.asks.filter((asked) => asked.action === position);
  const said = intent.actions[position]!.path_params ?? {};
  const objects = Object.entries(said)
    .filter(([name, value]) => action.path_params[name] !== value)
    .map(([name]): Asked => {
      const entity = operation?.entityParams[name];
      const label = say("Which {thing}", { thing: entity === undefined ? name : entityWords(entity) });
      return { action: position, path: ["path_params", name], label, type: "entity", entity };
    });
  return { intent, action: position, asks: [...objects, ...asks] };
}

/** True when the action equals the intent's action with all its values filled in, and nothing else. */
function isMadeOf(
  action: ClockifyActionJson,
  { made, asks, index }: { made: IntentAction; asks: readonly Asked[]; index: number },
): boolean {
  if (made.operation_id !== action.operation_id || action.replace) return false;
  const asked = asks.filter((one) => one.action === index).map(({ path }) => path);
  if (asked.some((path) => valueAtPath(action, path) === undefined)) return false;
  const rest = (one: IntentAction) => {
    const bare = asked.reduce<unknown>((left, path) => withValueIn(left, path, undefined), {
      path_params: one.path_params ?? {},
      query_params: one.query_params ?? {},
      body: one.body ?? {},
    });
    const { path_params = {}, query_params = {}, body = {} } = bare as Partial<IntentAction>;
    return sorted([path_params, query_params, body]).replaceAll(STEP, "$.steps");
  };
  return rest(made) === rest(action);
}

/** As JSON, whatever the order of the keys. */
function sorted(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) => isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1)) : part,
  );
}

/** The value filled in for `asked`; undefined while there is none. */
export function answerOf(
  action: ClockifyActionJson,
  { path }: Asked,
  { intent, action: position }: StepIntent,
): unknown {
  const value = valueAtPath(action, path);
  return path[0] === "body" && value === valueAtPath(intent.actions[position], path) ? undefined : value;
}

/** The part of the action that changes with a value; an emptied value restores what the intent has there. */
export function withAnswer(
  action: ClockifyActionJson,
  { asked: { path }, value, use: { intent, action: position } }: { asked: Asked; value: unknown; use: StepIntent },
): Partial<ClockifyActionJson> {
  const unsaid = path[0] === "body" ? valueAtPath(intent.actions[position], path) : undefined;
  const changed = withValueIn(action, path, value ?? unsaid) as ClockifyActionJson;
  const key = path[0] as "body" | "path_params";
  return { [key]: changed[key] ?? (key === "body" ? undefined : {}) };
}

export function valueAtPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined, value);
}

/** A copy with the value at the path; without it, and without the objects that it leaves empty, when it is undefined. */
function withValueIn(into: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const fields = isObject(into) ? into : {};
  const part = withValueIn(fields[key], rest, value);
  const { [key]: _, ...others } = fields;
  if (part !== undefined) return { ...fields, [key]: part };
  return Object.keys(others).length > 0 ? others : undefined;
}
