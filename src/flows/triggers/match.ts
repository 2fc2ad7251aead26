/** Which of an event's flows match it, and which were left out: those are reported with the reason, never silently. */

import { type Condition, EntitiesNeeded, matches } from "../../engine/condition.ts";
import { type EntityQuery, queryText, withEntities } from "../../engine/entity_lookup.ts";
import { conditionQueries } from "../../engine/condition_lookups.ts";
import type { Scope } from "../../engine/scope.ts";
import { inTurn } from "../../engine/turns.ts";
import { createWorkBudget, WORK, type WorkBudget, WorkSpent } from "../../engine/work_budget.ts";
import { type AppError, toAppError } from "../../base/errors.ts";
import { MAX_EVENT_LOOKUPS } from "../shape/step_limits.ts";
import type { LoadedFlow } from "./flow_cache.ts";
import type { FindOfEvent } from "./looked_up.ts";

/**
 * A flow that was not evaluated: this version cannot read it, its condition exceeds the work budget, or looks something up that
 * is not there or not unique.
 */
export interface LeftOutFlow {
  why: "unreadable" | "too_costly" | "lookup_failed";
  id: number;
  name: string;
  version: number;
  problem: string;
}

export interface Matching {
  matched: LoadedFlow[];
  leftOut: LeftOutFlow[];
}

/** Shares of an event's work: of one flow in the first round, of all flows in it together, and of one in the second at least. */
const SHARES = { first: 2_000, allFirst: WORK.event / 10, second: 50_000 };

/**
 * Decides each flow in a turn of the thread, within the work that an event may take. In a first round each has a small
 * share, which is enough for rules without wildcards: those are evaluated, whatever other rules there are. What needs
 * more comes after them, each with its part of the rest, at most `WORK.flow`. One that spends that is left out. Flows whose rules
 * come to a look-up are decided last, after one read of what all of them look up.
 */
export async function matchFlows(
  flows: readonly LoadedFlow[],
  scope: Scope,
  { find, work = createWorkBudget(WORK.event, "the flows of an event") }: { find: FindOfEvent; work?: WorkBudget },
): Promise<Matching> {
  const matched = new Set<LoadedFlow>();
  const leftOut = new Map<LoadedFlow, LeftOutFlow>();
  const leaveOut = (flow: LoadedFlow, why: LeftOutFlow["why"], problem: string) => {
    const { id, name, version } = flow;
    leftOut.set(flow, { why, id, name, version, problem });
  };
  /** Why the condition could not be evaluated within so many steps; undefined when it was. */
  const decide = async (flow: LoadedFlow, steps: number): Promise<AppError | undefined> => {
    const { condition } = flow;
    if ("unreadable" in condition) return void leaveOut(flow, "unreadable", condition.unreadable);
    try {
      if (await inTurn(() => matches(condition, scope, work.share(steps, "this flow")))) matched.add(flow);
    } catch (error) {
      if (error instanceof WorkSpent) return error;
      if (error instanceof EntitiesNeeded) return void looking.push(flow);
      const { code, message } = toAppError(error);
      leaveOut(flow, code === "EXPRESSION_FAILED" ? "lookup_failed" : "unreadable", message);
    }
    return undefined;
  };
  const looking: LoadedFlow[] = [];
  const large: LoadedFlow[] = [];
  const first = Math.min(SHARES.first, Math.floor(SHARES.allFirst / flows.length));
  for (const flow of flows) if (await decide(flow, first)) large.push(flow);
  const decideAll = async (some: readonly LoadedFlow[]) => {
    for (const [index, flow] of some.entries()) {
      const part = Math.max(SHARES.second, Math.floor(work.left / (some.length - index)));
      const spent = await decide(flow, Math.min(WORK.flow, part));
      if (spent) leaveOut(flow, "too_costly", spent.message);
    }
  };
  await decideAll(large);
  if (looking.length > 0) {
    const { askers, queries } = await askedBy(looking, { scope, work, leaveOut });
    withEntities(scope, queries, queries.length === 0 ? [] : await find(queries));
    await decideAll(askers);
  }
  return {
    matched: flows.filter((flow) => matched.has(flow)),
    leftOut: flows.flatMap((flow) => leftOut.get(flow) ?? []),
  };
}

/** What the flows look up, each once, and whose look-ups are among it. */
async function askedBy(
  flows: readonly LoadedFlow[],
  { scope, work, leaveOut }: {
    scope: Scope;
    work: WorkBudget;
    leaveOut(flow: LoadedFlow, why: LeftOutFlow["why"], problem: string): void;
  },
): Promise<{ askers: LoadedFlow[]; queries: EntityQuery[] }> {
  const queries = new Map<string, EntityQuery>();
  const askers: LoadedFlow[] = [];
  for (const [index, flow] of flows.entries()) {
    const share = work.share(Math.min(WORK.flow, Math.floor(work.left / (flows.length - index))), "this flow");
    try {
      const own = await inTurn(() => conditionQueries(flow.condition as Condition, scope, share));
      const added = own.filter((query) => !queries.has(queryText(query)));
      if (queries.size + added.length > MAX_EVENT_LOOKUPS) {
        leaveOut(flow, "too_costly", `The flows of an event look up at most ${MAX_EVENT_LOOKUPS} entities`);
        continue;
      }
      for (const query of added) queries.set(queryText(query), query);
      askers.push(flow);
    } catch (error) {
      leaveOut(flow, error instanceof WorkSpent ? "too_costly" : "lookup_failed", toAppError(error).message);
    }
  }
  return { askers, queries: [...queries.values()] };
}

/** Flows that a reason names. */
const MAX_NAMED = 5;

/**
 * The reason that an event keeps of flows that were left out, one at least: `flow_unreadable: "Name", "Name"`, of those
 * that take too much work `flow_too_costly: "Name"`, and of those whose look-ups fail `flow_lookup_failed: "Name"`, the last two
 * with the rule of the first.
 */
export function leftOutReason(flows: readonly LeftOutFlow[]): string {
  const unreadable = flows.filter(({ why }) => why === "unreadable");
  const costly = flows.filter(({ why }) => why === "too_costly");
  const failed = flows.filter(({ why }) => why === "lookup_failed");
  return [
    ...(unreadable.length > 0 ? [`flow_unreadable: ${named(unreadable)}`] : []),
    ...(costly.length > 0 ? [`flow_too_costly: ${named(costly)}. ${costly[0]!.problem}`] : []),
    ...(failed.length > 0 ? [`flow_lookup_failed: ${named(failed)}. ${failed[0]!.problem}`] : []),
  ].join("; ");
}

function named(flows: readonly LeftOutFlow[]): string {
  const names = flows.slice(0, MAX_NAMED).map(({ name }) => JSON.stringify(name));
  if (flows.length > MAX_NAMED) names.push(`${flows.length - MAX_NAMED} more`);
  return names.join(", ");
}
