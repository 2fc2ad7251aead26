/** What each step of a draft does on the sample, in two or three words. Pure. */

import type { DryRun, DryRunAction } from "../api.ts";
import { type ControlStep, isControl, type Step } from "./tree.ts";
import { say, sayCount } from "../../../words/say.ts";

export interface Answer {
  tone: "ok" | "warn" | "bad" | "wait" | "idle";
  text: string;
}

/** The result of each step by its id; of one in a loop, for its first item. */
export function resultsOf(dryRun: DryRun | undefined): ReadonlyMap<string, DryRunAction> {
  const found = new Map<string, DryRunAction>();
  for (const action of dryRun?.actions ?? []) {
    if ((action.step?.items ?? []).every((item) => item === 0) && !found.has(action.id)) found.set(action.id, action);
  }
  return found;
}

/** Whether the flow runs for the sample; undefined while that is not known. */
export function conditionAnswer(dryRun: DryRun | undefined): Answer | undefined {
  if (!dryRun || dryRun.matched === null || !dryRun.triggered) return undefined;
  return dryRun.matched ? { tone: "ok", text: say("yes") } : { tone: "idle", text: say("no") };
}

/** `result`: of this step (resultsOf). */
export function stepAnswer(step: Step, result: DryRunAction | undefined): Answer | undefined {
  if (!result) return undefined;
  if (result.problem) return { tone: "bad", text: say("fails") };
  if (!result.wouldRun) return result.step?.depends_on ? { tone: "idle", text: say("depends") } : undefined;
  return isControl(step) ? controlAnswer(step, result) : actionAnswer(result);
}

function actionAnswer({ change, read, request }: DryRunAction): Answer {
  if (read?.state === "failed") return { tone: "bad", text: say("read failed") };
  if (change) {
    if (change.loses.length > 0) return { tone: "bad", text: say("empties {count}", { count: change.loses.length }) };
    if (change.mode === "delete") return { tone: "warn", text: say("deletes") };
    if (change.mode === "find") return { tone: "ok", text: say("is there##what is looked for") };
    if (change.mode === "create") return { tone: "ok", text: say("makes it") };
    const count = change.changed.length;
    if (change.mode === "merge" || change.mode === "update" || change.mode === "replace") {
      return count === 0
        ? { tone: "idle", text: say("no change") }
        : { tone: "ok", text: sayCount(count, "{count} change", "{count} changes", { count }) };
    }
  }
  if (read?.state === "made") return { tone: "ok", text: say("was read") };
  return request ? { tone: "idle", text: say("not sent") } : { tone: "ok", text: say("would run") };
}

function controlAnswer({ control: { kind }, lanes }: ControlStep, { step }: DryRunAction): Answer | undefined {
  const says = step?.says ?? "";
  switch (kind) {
    case "wait":
    case "approval":
      return says.startsWith("would") ? { tone: "wait", text: say("would wait") } : undefined;
    case "loop": {
      const [, items] = /^(\d+) items?\b/.exec(says) ?? [];
      return items === undefined ? undefined : {
        tone: items === "0" ? "idle" : "ok",
        text: sayCount(Number(items), "{count} item", "{count} items", { count: items }),
      };
    }
    case "branch": {
      const [, taken] = /^takes case (\d+)/.exec(says) ?? [];
      const isOne = lanes.filter(({ list }) => list === "cases").length === 1;
      if (taken !== undefined) {
        return { tone: "ok", text: isOne ? say("yes") : say("case {number}", { number: taken }) };
      }
      return says.startsWith("which")
        ? { tone: "idle", text: say("depends") }
        : { tone: "idle", text: isOne ? say("no") : say("otherwise") };
    }
    case "end":
      return { tone: "idle", text: say("ends") };
    default:
      return undefined;
  }
}
