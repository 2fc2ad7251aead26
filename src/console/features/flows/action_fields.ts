/** What the forms of an action share: the parts they change, and how they show and collect values. */

import type {
  ClockifyActionJson,
  EmitEventJson,
  HttpActionJson,
  RunFlowJson,
  TransformJson,
  VariablesJson,
} from "./draft/json.ts";
import type { ParamWords } from "./vocabulary_api.ts";

export type ActionPart =
  | Partial<ClockifyActionJson>
  | Partial<HttpActionJson>
  | Partial<TransformJson>
  | Partial<VariablesJson>
  | Partial<EmitEventJson>
  | Partial<RunFlowJson>;

export interface ActionFieldsProps<Action> {
  action: Action;
  place: string;
  set(part: ActionPart, typing?: string): void;
}

export function requiredFirst(one: ParamWords, other: ParamWords): number {
  return Number(other.required) - Number(one.required);
}

/** Without what was emptied. */
export function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
