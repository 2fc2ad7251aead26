/** Steps of each kind as they are added: with what they mostly are, so that few words are left to fill in. Pure. */

import { type MintKey, newGroup, newRule } from "./conditions.ts";
import type { ActionJson, ClockifyActionJson, ControlJson, ControlKind } from "./json.ts";
import type { ControlStep, KeptCondition, Lane, ListName } from "./tree.ts";

export function newAction(type: ActionJson["type"], id: string): ActionJson {
  switch (type) {
    case "http":
      return {
        id,
        type,
        method: "POST",
        url: "",
        headers: {},
        query: {},
        timeout_ms: 10_000,
        on_uncertain: "retry",
      };
    case "transform":
      return { id, type, output: "", on_uncertain: "retry" };
    case "variables":
      return { id, type, set: {}, on_uncertain: "retry" };
    case "emit_event":
      return { id, type, event: "", on_uncertain: "retry" };
    case "run_flow":
      return { id, type, flow_id: 0, wait: true, on_uncertain: "retry" };
    default:
      return newClockify(id);
  }
}

export function newClockify(id: string): ClockifyActionJson {
  return { id, type: "clockify", operation_id: "", path_params: {}, query_params: {}, on_uncertain: "retry" };
}

/** What a control step is added as: a kind has more than one way to be used. */
export type ControlUse =
  | Exclude<ControlKind, "wait" | "loop">
  | "switch"
  | "each"
  | "while"
  | "wait"
  | "wait_until"
  | "wait_event";

export function newControl(
  use: ControlUse,
  { id, key, mint }: { id: string; key: string; mint: MintKey },
): ControlStep {
  const lane = (list: ListName, rest?: Pick<Lane, "own" | "condition">): Lane => ({
    key: mint(),
    list,
    ...rest,
    steps: [],
  });
  const make = (control: ControlJson, lanes: Lane[], condition?: KeptCondition): ControlStep => ({
    key,
    control,
    lanes,
    ...(condition && { condition }),
  });
  switch (use) {
    case "branch":
      return make({ kind: "branch", id }, [
        lane("cases", { own: {}, condition: asked(mint) }),
        lane("otherwise"),
      ]);
    case "switch":
      return make({ kind: "branch", id, on: "" }, [lane("cases", { own: { equals: [] } }), lane("otherwise")]);
    case "parallel":
      return make({ kind: "parallel", id, join: "all" }, [
        lane("branches", { own: {} }),
        lane("branches", { own: {} }),
      ]);
    case "each":
      return make({ kind: "loop", id, over: "", max_items: 100, at_once: 1, on_error: "stop" }, [lane("actions")]);
    case "while":
      return make(
        { kind: "loop", id, max_items: 100, at_once: 1, on_error: "stop" },
        [lane("actions")],
        asked(mint),
      );
    case "wait":
      return make({ kind: "wait", id, for: "" }, []);
    case "wait_until":
      return make({ kind: "wait", id, until: "" }, []);
    case "wait_event":
      return make({ kind: "wait", id, event: { event_types: [] }, deadline: "1 d" }, [lane("expired")], {
        node: null,
        none: undefined,
      });
    case "approval":
      return make({ kind: "approval", id, people: [], roles: [], deadline: "3 d" }, [
        lane("ask"),
        lane("approved"),
        lane("rejected"),
        lane("expired"),
      ]);
    case "try":
      return make({ kind: "try", id }, [lane("actions"), lane("on_error"), lane("finally")]);
    case "end":
      return make({ kind: "end", id, outcome: "success" }, []);
  }
}

/** A condition with one rule that is still to be filled in. */
function asked(mint: MintKey): KeptCondition {
  return { node: newGroup(mint, [newRule(mint)]), none: null };
}
