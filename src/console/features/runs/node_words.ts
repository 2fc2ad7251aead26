/** What the steps of a run that are no actions, and their lists, are called. Pure. */

import type { RunNode } from "./nodes_api.ts";

const KINDS: Readonly<Record<string, string>> = {
  branch: "Branch",
  parallel: "At once",
  loop: "Loop",
  wait: "Wait",
  approval: "Approval",
  try: "Try",
  end: "End",
};

export function kindWords({ kind }: Pick<RunNode, "kind">): string {
  return KINDS[kind] ?? kind;
}

/** By the numbers that lists have in paths. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  approval: ["Approved", "Rejected", "No answer", "When it is asked", "Reminder"],
  try: ["Try", "On error", "Finally"],
  wait: ["Too late"],
};

export function listWords(node: Pick<RunNode, "kind" | "lists">, { item, name }: RunNode["lists"][number]): string {
  if (name !== null) return name;
  if (node.kind === "parallel") return `Branch ${item + 1}`;
  if (node.kind !== "branch") return LISTS[node.kind]?.[item] ?? `List ${item + 1}`;
  if (item === node.lists.at(-1)?.item) return "Otherwise";
  return node.lists.length === 2 ? "Yes" : `Case ${item + 1}`;
}
