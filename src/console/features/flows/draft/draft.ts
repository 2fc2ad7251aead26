/** The draft of a flow: its definition as rows with lasting keys, and the changes of its outer part and its conditions. */

import type { Fault } from "../../../shell/client.ts";
import {
  changeNode,
  type ConditionNode,
  copyOf,
  type MintKey,
  moveNode,
  newGroup,
  newRule,
  readCondition,
  rulesIn,
  writeCondition,
} from "./conditions.ts";
import { type ActionJson, type FlowJson, isObject } from "./json.ts";
import { unparsedFaults, withTexts } from "./unparsed_json.ts";

export interface Step {
  key: string;
  action: ActionJson;
  /** The intent that the step was added for, by id, and the position among its actions. Not part of the stored flow. */
  intent?: { id: string; action: number };
}

export interface Draft {
  name: string;
  enabled: boolean;
  ordered: boolean;
  triggers: string[];
  condition: ConditionNode | null;
  /** How "no condition" was written: null or {}. */
  noCondition: unknown;
  steps: Step[];
  /** Keys given so far. */
  keys: number;
}

export function toDraft(flow: FlowJson): Draft {
  let keys = 0;
  const mint = () => `k${++keys}`;
  const condition = readCondition(flow.conditions, mint);
  const steps = flow.actions.map((action) => ({ key: mint(), action }));
  return {
    name: flow.name,
    enabled: flow.enabled,
    ordered: flow.ordered,
    triggers: flow.trigger_event_types,
    condition,
    noCondition: condition === null ? flow.conditions : null,
    steps,
    keys,
  };
}

/** The definition that the draft is; JSON that cannot be read yet stands in it as text. */
export function toFlow(draft: Draft): FlowJson {
  return {
    name: draft.name,
    enabled: draft.enabled,
    trigger_event_types: draft.triggers,
    conditions: draft.condition === null ? draft.noCondition : withTexts(writeCondition(draft.condition)),
    actions: draft.steps.map(({ action }) => withTexts(action) as ActionJson),
    ordered: draft.ordered,
  };
}

/** A flow that does nothing yet: switched off until its author says otherwise. */
export function emptyDraft(): Draft {
  return toDraft({ name: "", enabled: false, trigger_event_types: [], conditions: null, actions: [], ordered: false });
}

/** Faults that the page can find without the server. */
export function draftFaults({ condition, steps }: Draft): Fault[] {
  return [
    ...(condition === null ? [] : unparsedFaults(writeCondition(condition), "conditions")),
    ...unparsedFaults(steps.map(({ action }) => action), "actions"),
  ];
}

/** True when both have the same definition, whatever the keys of their rows. */
export function isSame(one: Draft, other: Draft): boolean {
  // JSON that is being typed differs from the same text as a string.
  const said = (draft: Draft) => JSON.stringify([toFlow(draft), draftFaults(draft)]);
  return one === other || said(one) === said(other);
}

/** Applies a change that needs keys for new rows, and remembers how many were given. */
export function withKeys(draft: Draft, make: (mint: MintKey) => Partial<Draft>): Draft {
  let keys = draft.keys;
  const changes = make(() => `k${++keys}`);
  return { ...draft, ...changes, keys };
}

/** With a rule (or a group with one) at the end of the group of `key`; at the end of all when it is undefined. */
export function addCondition(draft: Draft, key: string | undefined, kind: "rule" | "group"): Draft {
  return withKeys(draft, (mint) => {
    const rule = newRule(mint);
    const added = kind === "rule" ? rule : newGroup(mint, [rule]);
    const { condition } = draft;
    if (condition === null) return { condition: newGroup(mint, [added]) };
    if (key === undefined && condition.kind !== "group") return { condition: newGroup(mint, [condition, added]) };
    return {
      condition: changeNode(
        condition,
        key ?? condition.key,
        (node) => node.kind === "group" ? [{ ...node, children: [...node.children, added] }] : [node, added],
      ),
    };
  });
}

export function duplicateCondition(draft: Draft, key: string): Draft {
  return withKeys(draft, (mint) => {
    const { condition } = draft;
    // The only one there is: two need a group.
    if (condition?.key === key) return { condition: newGroup(mint, [condition, copyOf(condition, mint)]) };
    return { condition: changeNode(condition, key, (node) => [node, copyOf(node, mint)]) };
  });
}

export function removeCondition(draft: Draft, key: string): Draft {
  return { ...draft, condition: changeNode(draft.condition, key, () => []), noCondition: null };
}

export function moveCondition(draft: Draft, key: string, by: -1 | 1): Draft {
  const condition = moveNode(draft.condition, key, by);
  return condition === draft.condition ? draft : { ...draft, condition };
}

/** `not` around the node, or the `not` around it taken away. */
export function turnCondition(draft: Draft, key: string): Draft {
  return withKeys(draft, (mint) => ({
    condition: changeNode(
      draft.condition,
      key,
      (node) => node.kind === "not" ? [node.child] : [{ kind: "not", key: mint(), child: node }],
    ),
  }));
}

export function setMode(draft: Draft, key: string, mode: "all" | "any"): Draft {
  return {
    ...draft,
    condition: changeNode(draft.condition, key, (node) => node.kind === "group" ? [{ ...node, mode }] : [node]),
  };
}

/** The rule with `part` laid over it; a part that is undefined is left out. */
export function setRule(draft: Draft, key: string, part: Record<string, unknown>): Draft {
  const change = (rule: Record<string, unknown>) =>
    Object.fromEntries(Object.entries({ ...rule, ...part }).filter(([, value]) => value !== undefined));
  return {
    ...draft,
    condition: changeNode(
      draft.condition,
      key,
      (node) => node.kind === "rule" ? [{ ...node, rule: change(node.rule) }] : [node],
    ),
  };
}

/** Words of the draft that look like Clockify's ids (24 hexadecimal digits): their names are asked for. */
export function idsIn(draft: Draft): string[] {
  const found = new Set<string>();
  const visit = (value: unknown) => {
    if (typeof value === "string") { if (/^[0-9a-f]{24}$/.test(value)) found.add(value); }
    else if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value)) Object.values(value).forEach(visit);
  };
  rulesIn(draft.condition).forEach(({ rule }) => visit(rule.value));
  draft.steps.forEach(({ action }) => visit(action));
  return [...found].slice(0, 100);
}
