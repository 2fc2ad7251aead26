/** What a condition looks up before it is decided: the values of its rules that name entities. */

import { AppError } from "../base/errors.ts";
import type { Condition } from "./condition.ts";
import { type EntityQuery, MAX_LOOKUPS, queryText } from "./entity_lookup.ts";
import type { LookedUpValue } from "./looked_up_value.ts";
import { entityQueries } from "./mapping.ts";
import type { Scope } from "./scope.ts";
import type { WorkBudget } from "./work_budget.ts";

/** True of what has rules whose values are looked up. */
export function looksUp(condition: Condition): boolean {
  return valuesIn(condition).next().done === false;
}

/** What the condition looks up in the scope, each once. Throws EXPRESSION_FAILED where there are more than 50, and WorkSpent. */
export function conditionQueries(condition: Condition, scope: Scope, work: WorkBudget): EntityQuery[] {
  const queries = new Map<string, EntityQuery>();
  for (const { template } of valuesIn(condition)) {
    for (const query of entityQueries(template, scope, work)) queries.set(queryText(query), query);
  }
  if (queries.size > MAX_LOOKUPS) {
    const why = `it looks up ${queries.size} entities, at most ${MAX_LOOKUPS} are supported in a condition`;
    throw new AppError("EXPRESSION_FAILED", `Cannot evaluate the condition: ${why}`);
  }
  return [...queries.values()];
}

function* valuesIn(condition: Condition): Generator<LookedUpValue> {
  if (condition.kind === "rule") {
    if (condition.lookedUp) yield condition.lookedUp;
  } else if (condition.kind === "not") yield* valuesIn(condition.condition);
  else for (const each of condition.conditions) yield* valuesIn(each);
}
