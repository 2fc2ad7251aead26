/** A flow's definition as it travels: the documented JSON, which the server fills in and answers whole. */

export interface FlowJson {
  name: string;
  enabled: boolean;
  trigger_event_types: string[];
  /** As written by its author: null, a rule, or a group. */
  conditions: unknown;
  actions: ActionJson[];
  /** True: runs for one entity go one after another. */
  ordered: boolean;
}

export type ActionJson = ClockifyActionJson | HttpActionJson;

interface AnyActionJson {
  id: string;
  retry?: RetryJson;
  /** What to do with a try that was sent but whose answer was never recorded. */
  on_uncertain: "retry" | "stop";
}

export interface ClockifyActionJson extends AnyActionJson {
  type: "clockify";
  operation_id: string;
  as_user?: string;
  path_params: Record<string, unknown>;
  query_params: Record<string, unknown>;
  body?: unknown;
  /** True: the whole object is replaced by what the body says, without a read before. */
  replace?: boolean;
}

export interface HttpActionJson extends AnyActionJson {
  type: "http";
  method: string;
  url: string;
  headers: Record<string, unknown>;
  query: Record<string, unknown>;
  body?: unknown;
  timeout_ms: number;
}

export interface RetryJson {
  max_attempts: number;
  initial_delay_ms: number;
  max_delay_ms: number;
  multiplier: number;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
