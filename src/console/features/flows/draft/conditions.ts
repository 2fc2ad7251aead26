/** Conditions as a tree of rows with lasting keys; each spelling that the server takes comes back as it was written. */

import { isObject } from "./json.ts";
import { at } from "./paths.ts";

export type ConditionNode = GroupNode | NotNode | RuleNode;

export interface GroupNode {
  kind: "group";
  key: string;
  mode: "all" | "any";
  children: ConditionNode[];
  /** `{all: [...]}`, or `{type: "ALL", rules: [...]}` with the word as written; `bare` had no rules at all. */
  spelling: { by: "key" } | { by: "type"; type: unknown; bare: boolean };
}

export interface NotNode {
  kind: "not";
  key: string;
  child: ConditionNode;
}

export interface RuleNode {
  kind: "rule";
  key: string;
  /** `field`, `operator`, `value`, `quantifier`, `case_insensitive`. */
  rule: Record<string, unknown>;
}

export type MintKey = () => string;

/** The tree of what was written; null where there is no condition. */
export function readCondition(written: unknown, mint: MintKey): ConditionNode | null {
  if (!isObject(written) || Object.keys(written).length === 0) return null;
  return readNode(written, mint);
}

function readNode(written: unknown, mint: MintKey): ConditionNode {
  const key = mint();
  const node = isObject(written) ? written : {};
  if (Object.hasOwn(node, "not")) return { kind: "not", key, child: readNode(node.not, mint) };
  for (const mode of ["all", "any"] as const) {
    if (Array.isArray(node[mode])) {
      return {
        kind: "group",
        key,
        mode,
        children: node[mode].map((one) => readNode(one, mint)),
        spelling: { by: "key" },
      };
    }
  }
  if (Object.hasOwn(node, "type") || Object.hasOwn(node, "rules")) {
    const rules = Array.isArray(node.rules) ? node.rules : [];
    return {
      kind: "group",
      key,
      mode: String(node.type).toUpperCase() === "ANY" ? "any" : "all",
      children: rules.map((one) => readNode(one, mint)),
      spelling: { by: "type", type: node.type, bare: !Array.isArray(node.rules) },
    };
  }
  return { kind: "rule", key, rule: node };
}

/** What the tree says, in its own spelling. */
export function writeCondition(node: ConditionNode): unknown {
  if (node.kind === "rule") return node.rule;
  if (node.kind === "not") return { not: writeCondition(node.child) };
  const { mode, spelling } = node;
  const children = node.children.map(writeCondition);
  if (spelling.by === "key") return { [mode]: children };
  const type = String(spelling.type).toUpperCase() === mode.toUpperCase() ? spelling.type : mode.toUpperCase();
  return spelling.bare && children.length === 0 ? { type } : { type, rules: children };
}

/** Path of the child at `index` of the group that stands at `path`. */
export function childPath({ mode, spelling }: GroupNode, path: string, index: number): string {
  return at(at(path, spelling.by === "key" ? mode : "rules"), index);
}

export function newRule(mint: MintKey): RuleNode {
  return { kind: "rule", key: mint(), rule: { field: "", operator: "==", value: "" } };
}

export function newGroup(mint: MintKey, children: ConditionNode[]): GroupNode {
  return { kind: "group", key: mint(), mode: "all", children, spelling: { by: "type", type: "ALL", bare: false } };
}

/** The node of `key` and all below it with keys of their own. */
export function copyOf(node: ConditionNode, mint: MintKey): ConditionNode {
  const key = mint();
  if (node.kind === "rule") return { ...node, key };
  if (node.kind === "not") return { ...node, key, child: copyOf(node.child, mint) };
  return { ...node, key, children: node.children.map((child) => copyOf(child, mint)) };
}

/** The tree with `change` in the place of the node of `key`: none removes it, more stand one after another. */
export function changeNode(
  root: ConditionNode | null,
  key: string,
  change: (node: ConditionNode) => ConditionNode[],
): ConditionNode | null {
  return root && (changed(root, key, change)[0] ?? null);
}

function changed(
  node: ConditionNode,
  key: string,
  change: (node: ConditionNode) => ConditionNode[],
): ConditionNode[] {
  if (node.key === key) return change(node);
  if (node.kind === "rule") return [node];
  if (node.kind === "not") {
    const [child] = changed(node.child, key, change);
    return child === undefined ? [] : [child === node.child ? node : { ...node, child }];
  }
  const children = node.children.flatMap((child) => changed(child, key, change));
  const same = children.length === node.children.length && children.every((child, i) => child === node.children[i]);
  return [same ? node : { ...node, children }];
}

/** The tree with the node of `key` one place up (-1) or down (1) among its neighbours; the same at the end of them. */
export function moveNode(root: ConditionNode | null, key: string, by: -1 | 1): ConditionNode | null {
  const parent = root && groupOf(root, key);
  if (!parent) return root;
  const from = parent.children.findIndex((child) => child.key === key);
  const to = from + by;
  if (to < 0 || to >= parent.children.length) return root;
  const children = [...parent.children];
  [children[from], children[to]] = [children[to]!, children[from]!];
  return changeNode(root, parent.key, () => [{ ...parent, children }]);
}

/** The group that the node of `key` stands in, if it stands in one. */
export function groupOf(node: ConditionNode, key: string): GroupNode | undefined {
  if (node.kind === "rule") return undefined;
  if (node.kind === "not") return groupOf(node.child, key);
  if (node.children.some((child) => child.key === key)) return node;
  for (const child of node.children) {
    const found = groupOf(child, key);
    if (found) return found;
  }
  return undefined;
}

export function rulesIn(node: ConditionNode | null): RuleNode[] {
  if (node === null) return [];
  if (node.kind === "rule") return [node];
  return node.kind === "not" ? rulesIn(node.child) : node.children.flatMap(rulesIn);
}
