/** The verdict of a condition whose rules may look entities up: those are read first, where there are any. */

import { type Condition, evaluateCondition, type Evaluation } from "../../engine/condition.ts";
import { type EntityQuery, type FindEntities, withEntities } from "../../engine/entity_lookup.ts";
import { conditionQueries, looksUp } from "../../engine/condition_lookups.ts";
import type { Scope } from "../../engine/scope.ts";
import { inTurn } from "../../engine/turns.ts";
import type { WorkBudget } from "../../engine/work_budget.ts";
import { AppError } from "../../base/errors.ts";

/** Of the event's installation. */
export type FindOfEvent = (queries: readonly EntityQuery[]) => ReturnType<FindEntities>;

/** As `evaluateCondition`, in a turn of the thread; what cannot be looked up leaves the condition undecided. */
export async function evaluateLookedUp(
  condition: Condition,
  scope: Scope,
  { find, work, shown }: { find: FindOfEvent; work: WorkBudget; shown?: Scope },
): Promise<Evaluation> {
  if (looksUp(condition)) {
    const queries = await inTurn(() => queriesOf(condition, scope, work));
    if ("problem" in queries) return { matched: null, problem: queries.problem, rules: [] };
    withEntities(scope, queries, queries.length === 0 ? [] : await find(queries));
  }
  return await inTurn(() => evaluateCondition(condition, scope, { work, shown }));
}

function queriesOf(condition: Condition, scope: Scope, work: WorkBudget): EntityQuery[] | { problem: string } {
  try {
    return conditionQueries(condition, scope, work);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { problem: error.message };
  }
}
