/** What the steps of a run that are no actions, and their lists, are called. Pure. */

import { say } from "../../words/say.ts";
import type { RunNode } from "./nodes_api.ts";

const KINDS: Readonly<Record<string, string>> = {
  branch: say("Branch"),
  parallel: say("At once"),
  loop: say("Loop"),
  wait: say("Wait"),
  approval: say("Approval"),
  try: say("Try"),
  end: say("End"),
};

export function kindWords({ kind }: Pick<RunNode, "kind">): string {
  return KINDS[kind] ?? kind;
}

/** By the numbers that lists have in paths. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  approval: [say("Approved"), say("Rejected"), say("No answer"), say("When it is asked"), say("Reminder")],
  try: [say("Try"), say("On error"), say("Finally")],
  wait: [say("Too late")],
};

export function listWords(node: Pick<RunNode, "kind" | "lists">, { item, name }: RunNode["lists"][number]): string {
  if (name !== null) return name;
  if (node.kind === "parallel") return say("Branch {number}", { number: item + 1 });
  if (node.kind !== "branch") return LISTS[node.kind]?.[item] ?? say("List {number}", { number: item + 1 });
  if (item === node.lists.at(-1)?.item) return say("Otherwise");
  return node.lists.length === 2 ? say("Yes") : say("Case {number}", { number: item + 1 });
}
