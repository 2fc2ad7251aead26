/** Values, paths and conditions as people say them, for the rows of the editor. Pure. */

import { durationWords, readDuration } from "../../../../engine/duration.ts";
import type { Vocabulary } from "../vocabulary_api.ts";
import { shown } from "./completion.ts";
import type { ConditionNode } from "./conditions.ts";
import { fieldOfRule, operatorsFor, weekdayWords } from "./rule_type.ts";
import { isUnparsed, unparsedText } from "../../../ui/unparsed_json.ts";
import { say, sayLabel } from "../../../words/say.ts";

export interface Words {
  triggers: readonly string[];
  vocabulary: Pick<Vocabulary, "events" | "operators" | "operatorsByType">;
  /** What entities are called, by id. */
  nameOf(id: string): string | undefined;
}

/** Names that say more with other words. */
function nameWords(name: string): string | undefined {
  switch (name) {
    case "timeInterval.duration":
      return say("Duration");
    case "timeInterval.start":
      return say("Start");
    case "timeInterval.end":
      return say("End");
    case "projectId":
      return say("Project");
    case "taskId":
      return say("Task");
    case "clientId":
      return say("Client");
    case "userId":
      return say("Person");
    case "tagIds":
      return say("Tags");
    default:
      return undefined;
  }
}

/** "$.webhook.project.name" is "Project name"; "$.steps.find.output.id" is "find: id". */
export function pathWords(path: string): string {
  const bare = path.trim().replace(/^\$\./, "");
  const [, step, rest] = /^steps\.([\w-]+)\.output\.?(.*)$/.exec(bare) ?? [];
  if (step !== undefined) return rest ? `${step}: ${plainWords(rest)}` : step;
  const name = bare.replace(/^(?:webhook|event)\.?/, "");
  if (name === "") return say("The event");
  return nameWords(name) ?? sentence(plainWords(name.replace(/^(loop|vars|error|approval)\./, "")));
}

/** "projectId[0].firstName" is "project first name". */
export function plainWords(name: string): string {
  return name
    .replaceAll(/\['?([^\]']*)'?\]/g, (_, inner) => /^(\d+|\*)$/.test(inner) ? "" : `.${inner}`)
    .replace(/(^|\.)timeInterval\./, "$1")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[._]+/g, " ")
    .trim()
    .toLowerCase();
}

export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A template as people read it: expressions by the names of what they are. */
export function valueWords(value: unknown, words?: Pick<Words, "nameOf">, maxChars = 60): string {
  if (value === undefined || value === null || value === "") return "";
  if (isUnparsed(value)) return cut(unparsedText(value), maxChars);
  if (Array.isArray(value)) return cut(listed(value.map((one) => valueWords(one, words, maxChars))), maxChars);
  if (typeof value !== "string") return typeof value === "object" ? say("an object") : shown(value);
  if (/^\$\.\S+$/.test(value)) return pathWords(value);
  const text = value.replaceAll(/\{\{(.*?)\}\}/gs, (_, inner: string) => {
    const path = inner.trim();
    return /^\$\.[\w.[\]'*-]+$/.test(path) ? `[${pathWords(path)}]` : "[…]";
  });
  return cut(words?.nameOf(value) ?? text, maxChars);
}

/** A duration as it was written; ISO 8601 and the clock's form in words. */
export function spanWords(value: unknown, words?: Pick<Words, "nameOf">): string {
  const ms = readDuration(value);
  const isInWords = typeof value === "string" && /^\s*\d[\d.,]*\s*[a-z]/.test(value);
  return ms === undefined || isInWords ? valueWords(value, words) : durationWords(ms);
}

/** "Duration is longer than 8 h and Project is missing"; "" where there is none. */
export function conditionWords(node: ConditionNode | null, words: Words, isInner = false): string {
  if (node === null) return "";
  if (node.kind === "not") {
    const inner = conditionWords(node.child, words, true);
    return inner && say("not ({condition})", { condition: inner });
  }
  if (node.kind === "group") {
    const parts = node.children.map((one) => conditionWords(one, words, true)).filter((part) => part !== "");
    const joined = parts.join(node.mode === "all" ? say(" and ") : say(" or "));
    return isInner && parts.length > 1 ? `(${joined})` : joined;
  }
  return ruleWords(node.rule, words);
}

function ruleWords({ field, operator, value }: Record<string, unknown>, words: Words): string {
  if (typeof field !== "string" || field === "") return "";
  const { triggers, vocabulary } = words;
  const name = String(operator ?? "").trim().toLowerCase().replaceAll(/[ -]/g, "_");
  const known = fieldOfRule(field, { triggers, vocabulary });
  const listed = operatorsFor(known?.valueType, { ...vocabulary, used: name });
  const isTurned = value === false && (name === "exists" || name === "not_exists");
  const other = name === "exists" ? "not_exists" : "exists";
  const label = sayLabel(listed.find((one) => one.name === (isTurned ? other : name))?.label ?? name);
  const takes = vocabulary.operators.find((one) => one.name === name)?.value;
  const subject = pathWords(field);
  if (takes === "none") return `${subject} ${label}`;
  const said = known?.valueType === "duration"
    ? spanWords(value, words)
    : valueWords(takes === "weekdays" ? weekdaysWords(value) : value, words);
  return `${subject} ${label} ${said === "" ? "…" : said}`;
}

function weekdaysWords(value: unknown): unknown {
  return Array.isArray(value) ? value.map((day) => weekdayWords(day) ?? day) : weekdayWords(value) ?? value;
}

/** "A, B and C" */
export function listed(words: readonly string[], last: "and" | "or" = "and"): string {
  const [first, end] = [words.slice(0, -1).join(", "), words.at(-1)];
  if (words.length < 2 || end === undefined) return words.join("");
  return `${first}${last === "and" ? say(" and ") : say(" or ")}${end}`;
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}…`;
}
