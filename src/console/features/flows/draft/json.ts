/** A flow's definition as it travels: the documented JSON, which the server fills in and answers whole. */

import type {
  EmitEventFlowAction,
  FlowApproval,
  FlowBranch,
  FlowEnd,
  FlowLoop,
  FlowParallel,
  FlowTry,
  FlowWait,
  RunFlowAction,
  TransformFlowAction,
  VariablesFlowAction,
} from "../../../../flows/shape/definition.ts";
import type { Wire } from "../../../wire.ts";

export type FlowJson =
  & Pick<Wire<"Flow">, "name" | "enabled" | "trigger_event_types" | "triggers" | "ordered">
  & FlowRest
  & {
    /** As written by its author: null, a rule, or a group. */
    conditions: unknown;
    actions: StepJson[];
  };

/** What a flow has beside what the editor shows: kept as it is. */
export type FlowRest = Pick<Wire<"Flow">, "order_key" | "concurrency" | "debounce" | "throttle">;

/** An entry of a list of steps. */
export type StepJson = ActionJson | WholeControl;

export type ActionJson = ClockifyActionJson | HttpActionJson | OwnActionJson;
export type ClockifyActionJson = Drafted<Wire<"ClockifyAction">>;
export type HttpActionJson = Drafted<Wire<"HttpAction">>;
/** What the engine does by itself. */
export type OwnActionJson = TransformJson | VariablesJson | EmitEventJson | RunFlowJson;
export type TransformJson = TransformFlowAction;
export type VariablesJson = VariablesFlowAction;
export type EmitEventJson = EmitEventFlowAction;
export type RunFlowJson = RunFlowAction;
export type RetryJson = Wire<"Retry">;

/** A control step with the lists that it holds. */
export type WholeControl = { kind: ControlKind; id: string } & Record<string, unknown>;
export type ControlKind = ControlJson["kind"];

/** A control step's own part: the lists of steps and the conditions in it stand beside it (tree.ts). */
export type ControlJson = BranchJson | ParallelJson | LoopJson | WaitJson | ApprovalJson | TryJson | EndJson;
export type BranchJson = Omit<FlowBranch, "cases" | "otherwise">;
export type ParallelJson = Omit<FlowParallel, "branches">;
export type LoopJson = Omit<FlowLoop, "while" | "actions">;
export type WaitJson = Omit<FlowWait, "expired" | "event"> & {
  event?: Omit<NonNullable<FlowWait["event"]>, "conditions">;
};
export type ApprovalJson = Omit<FlowApproval, "ask" | "remind" | "approved" | "rejected" | "expired"> & {
  remind?: Omit<NonNullable<FlowApproval["remind"]>, "actions">;
};
export type TryJson = Omit<FlowTry, "actions" | "on_error" | "finally">;
export type EndJson = FlowEnd;

/** Where the wire has any JSON, a draft also has what cannot be read yet (unparsed_json.ts). */
type Drafted<Part> = {
  [Name in keyof Part]: Wire<"Json"> extends Part[Name] ? unknown
    : Part[Name] extends Record<string, Wire<"Json">> ? Record<string, unknown>
    : Part[Name];
};

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for a step that holds others, waits or ends. */
export function isControlJson(step: StepJson): step is WholeControl {
  return "kind" in step && (step.kind as string) !== "action";
}
