/** What a flow is, as it is stored and answered. */

import type { HttpMethod } from "../../actions/http_request.ts";
import type { BackoffForm } from "../../base/backoff.ts";
import type { OnUncertain } from "../../engine/plan.ts";
import type { FlowGates } from "./gates_shape.ts";
import type { FlowTriggers } from "./triggers_shape.ts";

/** A flow as it is stored and answered: the JSON of the documents with all defaults filled in. */
export interface FlowDefinition extends FlowGates {
  /** 1 to 255 characters. */
  name: string;
  enabled: boolean;
  /** Empty only where `triggers` has something. */
  trigger_event_types: string[];
  /** What starts it beside events; absent: nothing. Conditions are asked of events alone. */
  triggers?: FlowTriggers;
  /** As written (engine/condition.ts); null when every event matches. */
  conditions: unknown;
  actions: FlowStep[];
  /** True: runs for one entity go one after another. */
  ordered: boolean;
}

/** A step that does one thing; `type` names what. */
export type FlowAction =
  | ClockifyFlowAction
  | HttpFlowAction
  | TransformFlowAction
  | VariablesFlowAction
  | EmitEventFlowAction
  | RunFlowAction;

interface AnyFlowAction {
  id: string;
  retry?: FlowRetry;
  /** One attempt is aborted after it, 100 ms to 5 minutes. */
  try_time_limit_ms?: number;
  on_uncertain: OnUncertain;
}

/** Calls another system. `url`, `headers`, `query` and `body` are templates. */
export interface HttpFlowAction extends AnyFlowAction {
  type: "http";
  method: HttpMethod;
  url: string;
  headers: Record<string, unknown>;
  query: Record<string, unknown>;
  body?: unknown;
  timeout_ms: number;
}

/** Calls one operation of the Clockify API. */
export interface ClockifyFlowAction extends AnyFlowAction {
  type: "clockify";
  /** operationId or `METHOD /path`. */
  operation_id: string;
  /** Template of a Clockify user id: the call is made with that user's rights instead of the add-on's. */
  as_user?: string;
  /** Templates (engine/mapping.ts), as is `body`. */
  path_params: Record<string, unknown>;
  query_params: Record<string, unknown>;
  body?: unknown;
  /** True: a full replace is sent as it is; without it the object is read and only what `body` names changes. */
  replace?: boolean;
}

export interface FlowRetry {
  /** Maximum attempts, 1 to 20. */
  max_attempts: number;
  initial_delay_ms: number;
  max_delay_ms: number;
  multiplier: number;
  /** Absent: exponential. */
  backoff?: BackoffForm;
  /** Absent: true. */
  jitter?: boolean;
  /** Of the answers that failed these alone are retried, 400 to 599. */
  statuses?: number[];
  /** All attempts together with their waits, from the first on; 1 s to 7 days. */
  time_limit_ms?: number;
}

/** Gives a value a name and a form: its output is what the template comes to. */
export interface TransformFlowAction extends AnyFlowAction {
  type: "transform";
  output: unknown;
}

/** Sets variables of the run, found at `$.vars.<name>` by the steps behind it. */
export interface VariablesFlowAction extends AnyFlowAction {
  type: "variables";
  set: Record<string, unknown>;
}

/** Makes an event `flow:<event>` of the workspace, which other flows may be triggered by. */
export interface EmitEventFlowAction extends AnyFlowAction {
  type: "emit_event";
  /** 1 to 50 of `a-z 0-9 _ -`. */
  event: string;
  body?: unknown;
}

/** Runs another flow of the workspace; `wait`: until it is over, and its output is the step's. */
export interface RunFlowAction extends AnyFlowAction {
  type: "run_flow";
  flow_id: number;
  input?: unknown;
  wait: boolean;
}

interface AnyControl {
  id: string;
  /** What people read in place of a sentence of ours. */
  name?: string;
}

/** One of several lists: cases with `if`, or with `on` a switch whose cases have `equals`. */
export interface FlowBranch extends AnyControl {
  kind: "branch";
  on?: unknown;
  /** 1 to 20. */
  cases: { name?: string; if?: unknown; equals?: unknown[]; actions: FlowStep[] }[];
  otherwise: FlowStep[];
}

export interface FlowParallel extends AnyControl {
  kind: "parallel";
  /** 2 to 20. */
  branches: { name?: string; actions: FlowStep[] }[];
  join: "all" | "any" | "majority" | { at_least: number };
  time_limit_ms?: number;
}

/** With `over` for each item of a list, with `while` as long as a condition holds. */
export interface FlowLoop extends AnyControl {
  kind: "loop";
  over?: unknown;
  while?: unknown;
  /** 1 to 10,000; items of the list, or rounds. */
  max_items: number;
  /** 1 to 20; 1 in a while-loop. */
  at_once: number;
  on_error: "stop" | "continue" | "collect";
  actions: FlowStep[];
}

/** One of `for`, `until` and `event`. Durations as people write them: "2 h", "PT10M". */
export interface FlowWait extends AnyControl {
  kind: "wait";
  for?: unknown;
  until?: unknown;
  zone?: string;
  event?: { event_types: string[]; conditions?: unknown };
  deadline?: unknown;
  expired?: FlowStep[];
}

export interface FlowApproval extends AnyControl {
  kind: "approval";
  people: unknown;
  roles: string[];
  note?: unknown;
  deadline?: unknown;
  ask: FlowStep[];
  remind?: { after: unknown; actions: FlowStep[] };
  approved: FlowStep[];
  rejected?: FlowStep[];
  expired?: FlowStep[];
}

export interface FlowTry extends AnyControl {
  kind: "try";
  actions: FlowStep[];
  on_error?: FlowStep[];
  finally: FlowStep[];
}

export interface FlowEnd extends AnyControl {
  kind: "end";
  outcome: "success" | "failure";
  message?: unknown;
  output?: unknown;
}

/** What stands in a list of steps beside actions; `kind` names it. */
export type FlowControl = FlowBranch | FlowParallel | FlowLoop | FlowWait | FlowApproval | FlowTry | FlowEnd;

/** An entry of a list of steps. */
export type FlowStep = FlowAction | FlowControl;
