/** Changes of the conditions of a draft: the flow's own and those of its steps. Their nodes are named by keys, unique in all. */

import { changeNode, type ConditionNode, copyOf, moveNode, newGroup, newRule } from "./conditions.ts";
import { type Draft, mapConditions, withKeys } from "./draft.ts";

/** With the change of the node of `key`, in whichever condition it stands. */
function changed(draft: Draft, key: string, change: (node: ConditionNode) => ConditionNode[]): Draft {
  return mapConditions(draft, (kept) => {
    const node = changeNode(kept.node, key, change);
    return node === kept.node ? kept : { node, none: null };
  });
}

/**
 * With a rule (or a group with one) at the end of the group of `key`; at the end of all when it is undefined, in the condition
 * of `owner`: a step or a case, or the flow where that is undefined.
 */
export function addCondition(
  draft: Draft,
  key: string | undefined,
  kind: "rule" | "group",
  owner?: string,
): Draft {
  let keys = draft.keys;
  const mint = () => `k${++keys}`;
  const rule = newRule(mint);
  const added = kind === "rule" ? rule : newGroup(mint, [rule]);
  const next = key === undefined
    ? mapConditions(draft, (kept, its) => {
      if (its !== owner) return kept;
      const { node } = kept;
      if (node === null) return { node: newGroup(mint, [added]), none: null };
      if (node.kind !== "group") return { node: newGroup(mint, [node, added]), none: null };
      return { node: { ...node, children: [...node.children, added] }, none: null };
    })
    : changed(
      draft,
      key,
      (node) => node.kind === "group" ? [{ ...node, children: [...node.children, added] }] : [node, added],
    );
  return { ...next, keys };
}

export function duplicateCondition(draft: Draft, key: string): Draft {
  let keys = draft.keys;
  const mint = () => `k${++keys}`;
  const next = mapConditions(draft, (kept) => {
    const { node: root } = kept;
    // The only one there is: two need a group.
    if (root?.key === key) return { node: newGroup(mint, [root, copyOf(root, mint)]), none: null };
    const node = changeNode(root, key, (one) => [one, copyOf(one, mint)]);
    return node === root ? kept : { node, none: null };
  });
  return { ...next, keys };
}

export function removeCondition(draft: Draft, key: string): Draft {
  return changed(draft, key, () => []);
}

export function moveCondition(draft: Draft, key: string, by: -1 | 1): Draft {
  let isMoved = false;
  const next = mapConditions(draft, (kept) => {
    const node = moveNode(kept.node, key, by);
    isMoved ||= node !== kept.node;
    return node === kept.node ? kept : { ...kept, node };
  });
  return isMoved ? next : draft;
}

/** `not` around the node, or the `not` around it taken away. */
export function turnCondition(draft: Draft, key: string): Draft {
  return withKeys(draft, (mint) => {
    const turned = changed(
      draft,
      key,
      (node) => node.kind === "not" ? [node.child] : [{ kind: "not", key: mint(), child: node }],
    );
    return turned;
  });
}

export function setMode(draft: Draft, key: string, mode: "all" | "any"): Draft {
  return changed(draft, key, (node) => node.kind === "group" ? [{ ...node, mode }] : [node]);
}

/** The rule with `part` laid over it; a part that is undefined is left out. */
export function setRule(draft: Draft, key: string, part: Record<string, unknown>): Draft {
  const change = (rule: Record<string, unknown>) =>
    Object.fromEntries(Object.entries({ ...rule, ...part }).filter(([, value]) => value !== undefined));
  return changed(draft, key, (node) => node.kind === "rule" ? [{ ...node, rule: change(node.rule) }] : [node]);
}
