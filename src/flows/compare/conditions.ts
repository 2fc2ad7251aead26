/** Conditions in words, and what differs between two of them. Works on conditions with faults. Pure. */

import { isDeepStrictEqual } from "node:util";
import { durationWords, readDuration } from "../../engine/duration.ts";
import { isObject } from "../../engine/faults.ts";
import { labelOf } from "../../engine/operator_words.ts";
import { operatorNamed } from "../../engine/operators.ts";
import type { ValueType } from "../../engine/value_type.ts";
import { capital, fieldWords, isNothing, listed, valueWords, type WordSource } from "./words.ts";

/** One difference, before it has its place. */
export interface Difference {
  kind: "added" | "removed" | "changed";
  /** Below the thing that is compared, as in `all[1]`; "" is the whole. */
  at: string;
  /** A sentence without a full stop; without a subject where it is of a step. */
  words: string;
  before: unknown;
  after: unknown;
}

export interface ConditionWords extends Pick<WordSource, "nameOf"> {
  /** The type of the field that a rule names, where it is known. */
  typeOf(field: string): ValueType | undefined;
}

type Rule = { field: string; operator: string; value: unknown; raw: unknown; at: string };

/** How sentences begin: of a flow "Runs", of a case "is taken". */
export interface Verbs {
  /** "Runs only when". */
  only: string;
  /** "No longer asks that". */
  dropped: string;
  /** "Runs on every event". */
  always: string;
}

/** Rule by rule where both are plain lists of rules that all have to hold; else as a whole. */
export function compareConditions(
  before: unknown,
  after: unknown,
  { words, verbs }: { words: ConditionWords; verbs: Verbs },
): Difference[] {
  if (isDeepStrictEqual(before ?? null, after ?? null)) return [];
  const [left, right] = [plainRules(before), plainRules(after)];
  if (!left || !right) {
    const then = sentenceOf(after, words);
    const once = sentenceOf(before, words);
    if (then === once && then !== undefined) return [];
    const say = (text: string | undefined) => text === undefined ? verbs.always : `${verbs.only} ${text}`;
    return [{ kind: "changed", at: "", words: `${say(then)} (before: ${once ?? "always"})`, before, after }];
  }
  const differences: Difference[] = [];
  const open = new Set(left);
  const take = (fits: (one: Rule) => boolean) => {
    const found = [...open].find(fits);
    if (found) open.delete(found);
    return found;
  };
  const same = new Set(right.filter((rule) => take((one) => isDeepStrictEqual(one.raw, rule.raw))));
  for (const rule of right) {
    if (same.has(rule)) continue;
    const was = take((one) => one.field === rule.field && one.operator === rule.operator) ??
      take((one) => one.field === rule.field);
    const now = ruleWords(rule, words);
    const said = was && ruleWords(was, words);
    if (said === now) continue;
    differences.push({
      kind: was ? "changed" : "added",
      at: rule.at,
      words: said === undefined ? `${verbs.only} ${now}` : `${verbs.only} ${now} (before: ${said})`,
      before: was?.raw,
      after: rule.raw,
    });
  }
  for (const rule of open) {
    const words_ = `${verbs.dropped} ${ruleWords(rule, words)}`;
    differences.push({ kind: "removed", at: rule.at, words: words_, before: rule.raw, after: undefined });
  }
  return differences;
}

/** "duration is longer than 8 h and billable is yes"; undefined where everything fits. */
export function sentenceOf(condition: unknown, words: ConditionWords): string | undefined {
  if (isNothing(condition) || !isObject(condition)) return undefined;
  if (Object.hasOwn(condition, "not")) {
    const inner = sentenceOf(condition.not, words);
    return inner === undefined ? undefined : `not (${inner})`;
  }
  const group = groupOf(condition);
  if (!group) return ruleWords(toRule(condition, ""), words);
  const parts = group.list.flatMap((one) => {
    const inner = sentenceOf(one, words);
    const inGroup = isObject(one) ? groupOf(one) : undefined;
    return inner === undefined ? [] : [inGroup && inGroup.list.length > 1 ? `(${inner})` : inner];
  });
  return parts.length === 0 ? undefined : listed(parts, group.mode === "any" ? "or" : "and");
}

/** The rules of a list that have all to hold; undefined for any other form. */
function plainRules(condition: unknown): Rule[] | undefined {
  if (isNothing(condition)) return [];
  if (!isObject(condition) || Object.hasOwn(condition, "not")) return undefined;
  const group = groupOf(condition);
  if (!group) return [toRule(condition, "")];
  // Of one rule "any" and "all" are the same.
  if (group.mode === "any" && group.list.length > 1) return undefined;
  if (!group.list.every((one) => isObject(one) && !Object.hasOwn(one, "not") && !groupOf(one))) return undefined;
  return group.list.map((one, index) => toRule(one as Record<string, unknown>, `${group.key}[${index}]`));
}

function groupOf(
  condition: Record<string, unknown>,
): { mode: "all" | "any"; list: unknown[]; key: string } | undefined {
  for (const mode of ["all", "any"] as const) {
    if (Array.isArray(condition[mode])) return { mode, list: condition[mode], key: mode };
  }
  if (!Array.isArray(condition.rules)) return undefined;
  const mode = String(condition.type).toUpperCase() === "ANY" ? "any" : "all";
  return { mode, list: condition.rules, key: "rules" };
}

function toRule(raw: Record<string, unknown>, at: string): Rule {
  return { field: String(raw.field ?? ""), operator: String(raw.operator ?? ""), value: raw.value, raw, at };
}

function ruleWords({ field, operator, value, raw }: Rule, words: ConditionWords): string {
  const name = operatorNamed(operator);
  const path = /^\$\./.test(field) ? field : `$.webhook.${field}`;
  const label = name ? labelOf(name, words.typeOf(path)) : operator;
  const subject = capital(fieldWords(path));
  const { quantifier } = raw as Record<string, unknown>;
  const which = quantifier === "every" ? "every " : quantifier === "any" ? "any " : "";
  const of = `${which}${which === "" ? subject : subject.toLowerCase()} ${label}`;
  if (name === "exists" || name === "not_exists") return of;
  const ms = words.typeOf(path) === "duration" ? readDuration(value) : undefined;
  return `${of} ${ms === undefined ? valueWords(value, words) : durationWords(ms)}`;
}
