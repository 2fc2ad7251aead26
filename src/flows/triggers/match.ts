/** Which of an event's flows match it, and which were left out: those are reported with the reason, never silently. */

import { matches } from "../../engine/condition.ts";
import type { Scope } from "../../engine/scope.ts";
import { inTurn } from "../../engine/turns.ts";
import { createWorkBudget, WORK, WorkSpent } from "../../engine/work_budget.ts";
import { type AppError, toAppError } from "../../base/errors.ts";
import type { LoadedFlow } from "./flow_cache.ts";

/** A flow that was not evaluated: this version cannot read it, or its condition exceeds the work budget. */
export interface LeftOutFlow {
  why: "unreadable" | "too_costly";
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
 * more comes after them, each with its part of the rest, at most `WORK.flow`. One that spends that is left out.
 */
export async function matchFlows(
  flows: readonly LoadedFlow[],
  scope: Scope,
  work = createWorkBudget(WORK.event, "the flows of an event"),
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
      leaveOut(flow, "unreadable", toAppError(error).message);
    }
    return undefined;
  };
  const large: LoadedFlow[] = [];
  const first = Math.min(SHARES.first, Math.floor(SHARES.allFirst / flows.length));
  for (const flow of flows) if (await decide(flow, first)) large.push(flow);
  for (const [index, flow] of large.entries()) {
    const part = Math.max(SHARES.second, Math.floor(work.left / (large.length - index)));
    const spent = await decide(flow, Math.min(WORK.flow, part));
    if (spent) leaveOut(flow, "too_costly", spent.message);
  }
  return {
    matched: flows.filter((flow) => matched.has(flow)),
    leftOut: flows.flatMap((flow) => leftOut.get(flow) ?? []),
  };
}

/** Flows that a reason names. */
const MAX_NAMED = 5;

/**
 * The reason that an event keeps of flows that were left out, one at least: `flow_unreadable: "Name", "Name"`, or of those
 * that take too much work `flow_too_costly: "Name"`, with the rule of the first.
 */
export function leftOutReason(flows: readonly LeftOutFlow[]): string {
  const unreadable = flows.filter(({ why }) => why === "unreadable");
  const costly = flows.filter(({ why }) => why === "too_costly");
  return [
    ...(unreadable.length > 0 ? [`flow_unreadable: ${named(unreadable)}`] : []),
    ...(costly.length > 0 ? [`flow_too_costly: ${named(costly)}. ${costly[0]!.problem}`] : []),
  ].join("; ");
}

function named(flows: readonly LeftOutFlow[]): string {
  const names = flows.slice(0, MAX_NAMED).map(({ name }) => JSON.stringify(name));
  if (flows.length > MAX_NAMED) names.push(`${flows.length - MAX_NAMED} more`);
  return names.join(", ");
}
