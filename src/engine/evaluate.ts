/** What the templates and conditions of a step come to, where it stands in its run: evaluated in turns, within the budget of its walk. */

import { AppError } from "../base/errors.ts";
import { type Condition, matches } from "./condition.ts";
import { parseCondition } from "./condition_shape.ts";
import { factsOf } from "./frame.ts";
import { type EntityQuery, withEntities } from "./entity_lookup.ts";
import { conditionQueries, looksUp } from "./condition_lookups.ts";
import { lookedUpPaths } from "./looked_up_value.ts";
import { entityQueries, resolveTemplate, templateLookups, templateOf } from "./mapping.ts";
import { type NamedResults, namedResults, namesIn } from "./named_results.ts";
import type { Path } from "./path.ts";
import type { PlanCondition, Template } from "./plan.ts";
import { installationFacts, type Scope, stepScope } from "./scope.ts";
import { inTurn } from "./turns.ts";
import type { Walk } from "./walk.ts";
import { WORK } from "./work_budget.ts";

/** A condition, read, with what its fields name. */
interface Compiled {
  condition: Condition;
  names: NamedResults;
}

const compiled = new WeakMap<PlanCondition, Compiled>();

/** What the template gives; undefined for a path that is missing. Throws EXPRESSION_FAILED, EXPRESSION_INVALID. */
export async function fill(walk: Walk, template: Template): Promise<unknown> {
  const read = templateOf(template);
  const names = namedResults(read);
  const work = walk.work.share(WORK.step, "one step");
  if (templateLookups(read).length === 0) {
    return await within(walk, names, (scope) => resolveTemplate(read, scope, work));
  }
  return await withLookups(walk, names, {
    queries: (scope) => entityQueries(read, scope, work),
    evaluate: (scope) => resolveTemplate(read, scope, work),
  });
}

/** True where the condition holds. Throws EXPRESSION_FAILED, EXPRESSION_INVALID. */
export async function holds(walk: Walk, written: PlanCondition): Promise<boolean> {
  const { condition, names } = conditionOf(written);
  const work = walk.work.share(WORK.flow, "one condition");
  const evaluate = (scope: Scope) => matches(condition, scope, work);
  if (!looksUp(condition)) return await within(walk, names, evaluate);
  return await withLookups(walk, names, {
    queries: (scope) => conditionQueries(condition, scope, work),
    evaluate,
  });
}

/** What is evaluated once what it looks up was read. */
async function withLookups<T>(
  walk: Walk,
  names: NamedResults,
  { queries: ask, evaluate }: { queries(scope: Scope): EntityQuery[]; evaluate(scope: Scope): T },
): Promise<T> {
  const queries = await within(walk, names, ask);
  const answers = queries.length === 0 ? [] : await walk.findEntities?.(walk.run.installationId, queries) ?? [];
  return await within(walk, names, (scope) => evaluate(withEntities(scope, queries, answers)));
}

/** The condition, read once for each plan that is in memory. Throws EXPRESSION_INVALID. */
export function conditionOf(written: PlanCondition): Compiled {
  let found = compiled.get(written);
  if (!found) compiled.set(written, found = compile(written));
  return found;
}

function compile({ rules, types = {} }: PlanCondition): Compiled {
  // As it was saved: what later versions find wrong with its values is no failure of its runs.
  const typeOf = ({ text }: Path) => Object.hasOwn(types, text) ? types[text] : undefined;
  const { condition, faults } = parseCondition(rules, "", { typeOf, stored: true });
  if (condition) return { condition, names: namesIn(pathsOf(condition)) };
  const [fault] = faults;
  throw new AppError("EXPRESSION_INVALID", `Cannot read the condition at "${fault!.path}": ${fault!.message}`, {
    details: { faults },
  });
}

function pathsOf(condition: Condition): Path[] {
  if (condition.kind === "rule") return [condition.path, ...lookedUpPaths(condition)];
  return condition.kind === "not" ? pathsOf(condition.condition) : condition.conditions.flatMap(pathsOf);
}

async function within<T>(walk: Walk, names: NamedResults, evaluate: (scope: Scope) => T): Promise<T> {
  const { run, frame, outputs } = walk;
  const { event: body, delivery, workspaceId, timeZone } = run;
  return await outputs.withNamed({ run, frame, names }, (results) =>
    inTurn(() =>
      evaluate(stepScope({
        body,
        delivery,
        installation: installationFacts({ workspaceId, timeZone }),
        ...factsOf(frame),
        results,
      }))
    ));
}
