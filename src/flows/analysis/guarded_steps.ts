/** The steps of a flow that the guard looks at when it is published: those that call Clockify and are new in it. */

import { isDeepStrictEqual } from "node:util";
import { type Catalogue, operationKey } from "../../clockify/operations.ts";
import { compareGrades, type Grade, gradeWithReason } from "../../guard/grades.ts";
import type { Outcome, Policy } from "../../guard/policy.ts";
import type { ClockifyFlowAction, FlowAction, FlowDefinition } from "../shape/definition.ts";
import { operationOf } from "../parse/results.ts";
import { everyAction } from "../shape/steps.ts";

export interface GuardedStep {
  /** Of the action in the definition: `actions[1]`, or `actions[1].cases[0].actions[2]` below another step. */
  path: string;
  action: ClockifyFlowAction;
  /** `METHOD /path` */
  operation: string;
  grade: Grade;
  /** Why it has its grade. */
  reason: string;
  outcome: Outcome;
  /** False: the published version has this step too. */
  isNew: boolean;
}

/**
 * Every step that calls Clockify, wherever it stands. What was published once is confirmed: a step is new unless the published version has one
 * that calls the same operation, as the same user, with the same parameters and body, whatever its place and id.
 */
export function guardedSteps(
  { actions }: Pick<FlowDefinition, "actions">,
  { published, catalogue, policy }: {
    published: Pick<FlowDefinition, "actions"> | undefined;
    catalogue: Catalogue;
    policy: Policy["flows"];
  },
): GuardedStep[] {
  const left = [...everyAction(published?.actions ?? [])].flatMap(({ step }) => callOf(step, catalogue) ?? []);
  return [...everyAction(actions)].flatMap(({ step: action, place }) => {
    const call = callOf(action, catalogue);
    const operation = action.type === "clockify" && operationOf(catalogue, action.operation_id);
    if (!call || !operation) return [];
    const known = left.findIndex((one) => isDeepStrictEqual(one, call));
    // Each of the published ones stands for one step: a second delete beside it is new.
    if (known !== -1) left.splice(known, 1);
    const { grade, reason } = gradeWithReason(operation, (action as ClockifyFlowAction).body);
    return [{
      path: place,
      action: action as ClockifyFlowAction,
      operation: operationKey(operation),
      grade,
      reason,
      outcome: policy[grade],
      isNew: known === -1,
    }];
  });
}

/** The gravest grade of them; "read" of none. */
export function gravest(steps: readonly Pick<GuardedStep, "grade">[]): Grade {
  return steps.reduce<Grade>((found, { grade }) => compareGrades(grade, found) > 0 ? grade : found, "read");
}

/** What a step calls, without what only names or retries it; as it is stored, so that what is undefined is left out. */
function callOf(action: FlowAction, catalogue: Catalogue): unknown {
  if (action.type !== "clockify") return undefined;
  const operation = operationOf(catalogue, action.operation_id);
  if (!operation) return undefined;
  const { as_user, path_params, query_params, body, replace } = action;
  return JSON.parse(JSON.stringify({
    operation: [operation.operationId, operationKey(operation)],
    as_user,
    path_params,
    query_params,
    body,
    replace: replace === true,
  }));
}
