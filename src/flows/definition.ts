/** What a flow is, as it is stored and answered. */

import type { HttpMethod } from "../actions/http_request.ts";
import type { OnUncertain } from "../engine/plan.ts";

/** A flow as it is stored and answered: the JSON of the documents with all defaults filled in. */
export interface FlowDefinition {
  /** 1 to 255 characters. */
  name: string;
  enabled: boolean;
  trigger_event_types: string[];
  /** As written (engine/condition.ts); null when every event matches. */
  conditions: unknown;
  actions: FlowAction[];
  /** True: runs for one entity go one after another. */
  ordered: boolean;
}

/** What a flow does, one after another; `type` names the kind. */
export type FlowAction = ClockifyFlowAction | HttpFlowAction;

interface AnyFlowAction {
  id: string;
  retry?: FlowRetry;
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
}
