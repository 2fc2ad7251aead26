/** The field of a new step that is filled in first. Pure. */

import { childPath } from "./draft/conditions.ts";
import { at } from "./draft/paths.ts";
import { isControl, memberPath, type Step } from "./draft/tree.ts";

/** Below the path of the step: ".cases[0].if.rules[0].field". */
export function firstFieldOf(step: Step): string {
  if (!isControl(step)) {
    const first = { transform: ".output", variables: "", emit_event: ".event", run_flow: ".flow_id" };
    return first[step.action.type as keyof typeof first] ?? "";
  }
  const { control, lanes, condition } = step;
  switch (control.kind) {
    case "branch": {
      const lane = lanes[0];
      if (control.on !== undefined) return ".on";
      const root = lane?.condition?.node;
      if (!lane || root?.kind !== "group") return "";
      return `.${at(childPath(root, `${memberPath(lanes, lane)}.if`, 0), "field")}`;
    }
    case "loop":
      return condition?.node?.kind === "group" ? `.${at(childPath(condition.node, "while", 0), "field")}` : ".over";
    case "wait":
      return control.event ? ".event.event_types" : control.until !== undefined ? ".until" : ".for";
    case "approval":
      return ".people";
    case "end":
      return ".message";
    default:
      return "";
  }
}
