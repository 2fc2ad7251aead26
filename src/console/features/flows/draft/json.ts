/** A flow's definition as it travels: the documented JSON, which the server fills in and answers whole. */

import type { Wire } from "../../../wire.ts";

export type FlowJson = Pick<Wire<"Flow">, "name" | "enabled" | "trigger_event_types" | "ordered"> & {
  /** As written by its author: null, a rule, or a group. */
  conditions: unknown;
  actions: ActionJson[];
};

/** A step at the top of a flow. */
export type ActionJson = ClockifyActionJson | HttpActionJson | OtherStepJson;
export type ClockifyActionJson = Drafted<Wire<"ClockifyAction">>;
export type HttpActionJson = Drafted<Wire<"HttpAction">>;
export type RetryJson = Wire<"Retry">;

/** A step that the editor has no form for: it is kept as it is, with all that it holds. */
export type OtherStepJson = {
  readonly id: string;
  readonly type?: OtherAction["type"];
  readonly kind?: Extract<Wire<"FlowStep">, { kind: string }>["kind"];
};
type OtherAction = Exclude<Extract<Wire<"FlowStep">, { type: string }>, { type: "clockify" | "http" }>;

/** Where the wire has any JSON, a draft also has what cannot be read yet (unread.ts). */
type Drafted<Part> = {
  [Name in keyof Part]: Wire<"Json"> extends Part[Name] ? unknown
    : Part[Name] extends Record<string, Wire<"Json">> ? Record<string, unknown>
    : Part[Name];
};

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
