/** Values, paths and conditions as people say them, for the rows of the editor. Pure. */

import { durationWords, readDuration } from "../../../../engine/duration.ts";
import type { Vocabulary } from "../vocabulary_api.ts";
import { shown } from "./completion.ts";
import type { ConditionNode } from "./conditions.ts";
import { fieldOfRule, operatorsFor } from "./rule_type.ts";
import { isUnparsed, unparsedText } from "./unparsed_json.ts";

export interface Words {
  triggers: readonly string[];
  vocabulary: Pick<Vocabulary, "events" | "operators" | "operatorsByType">;
  /** What entities are called, by id. */
  nameOf(id: string): string | undefined;
}

/** Names that say more with other words. */
const SAID: Record<string, string> = {
  "timeInterval.duration": "Duration",
  "timeInterval.start": "Start",
  "timeInterval.end": "End",
  projectId: "Project",
  taskId: "Task",
  clientId: "Client",
  userId: "Person",
  tagIds: "Tags",
};

/** "$.webhook.project.name" is "Project name"; "$.steps.find.output.id" is "find: id". */
export function pathWords(path: string): string {
  const bare = path.trim().replace(/^\$\./, "");
  const [, step, rest] = /^steps\.([\w-]+)\.output\.?(.*)$/.exec(bare) ?? [];
  if (step !== undefined) return rest ? `${step}: ${plainWords(rest)}` : step;
  const name = bare.replace(/^(?:webhook|event)\.?/, "");
  if (name === "") return "The event";
  return SAID[name] ?? sentence(plainWords(name.replace(/^(loop|vars|error|approval)\./, "")));
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
  if (typeof value !== "string") return typeof value === "object" ? "an object" : shown(value);
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
    return inner && `not (${inner})`;
  }
  if (node.kind === "group") {
    const parts = node.children.map((one) => conditionWords(one, words, true)).filter((part) => part !== "");
    const joined = parts.join(node.mode === "all" ? " and " : " or ");
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
  const label = listed.find((one) => one.name === (isTurned ? other : name))?.label ?? name;
  const takes = vocabulary.operators.find((one) => one.name === name)?.value;
  const subject = pathWords(field);
  if (takes === "none") return `${subject} ${label}`;
  const said = known?.valueType === "duration" ? spanWords(value, words) : valueWords(value, words);
  return `${subject} ${label} ${said === "" ? "…" : said}`;
}

/** "A, B and C" */
export function listed(words: readonly string[], last = "and"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}…`;
}
