/** Which of an event's flows match it, and which this version cannot read: those are left out by name, never silently. */

import { matches } from "../engine/condition.ts";
import type { Scope } from "../engine/scope.ts";
import { toAppError } from "../errors.ts";
import type { LoadedFlow } from "./flow_cache.ts";

export interface UnreadableFlow {
  id: number;
  name: string;
  version: number;
  problem: string;
}

export interface Matching {
  matched: LoadedFlow[];
  unreadable: UnreadableFlow[];
}

export function matchFlows(flows: readonly LoadedFlow[], scope: Scope): Matching {
  const matched: LoadedFlow[] = [];
  const unreadable: UnreadableFlow[] = [];
  for (const flow of flows) {
    const { id, name, version, condition } = flow;
    const leaveOut = (problem: string) => unreadable.push({ id, name, version, problem });
    if ("unreadable" in condition) {
      leaveOut(condition.unreadable);
      continue;
    }
    try {
      if (matches(condition, scope)) matched.push(flow);
    } catch (error) {
      leaveOut(toAppError(error).message);
    }
  }
  return { matched, unreadable };
}

/** Flows that a reason names. */
const MAX_NAMED = 5;

/** The reason that an event keeps: `flow_unreadable: "Name", "Name"`. */
export function unreadableReason(flows: readonly UnreadableFlow[]): string {
  const names = flows.slice(0, MAX_NAMED).map(({ name }) => JSON.stringify(name));
  if (flows.length > MAX_NAMED) names.push(`${flows.length - MAX_NAMED} more`);
  return `flow_unreadable: ${names.join(", ")}`;
}
