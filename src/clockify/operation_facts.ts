/** What follows from the catalogue's facts of an operation: its flags, and the plan whose feature it belongs to. */

import { fullReplaceOf, lossOf } from "./full_replace.ts";
import type { Operation } from "./operations.ts";

export interface OperationFlags {
  /** Changes nothing and can be repeated: a GET. POSTs that only search are reads, and not safe in HTTP's sense. */
  safe: boolean;
  /** Reports, exports, the audit log: large answers that Clockify takes long for. */
  heavy: boolean;
  /** Its answer comes in pages. */
  paged: boolean;
  /** Its body takes the place of the whole object, or of a whole list of members. */
  fullReplace: boolean;
}

export function flagsOf(operation: Operation): OperationFlags {
  return {
    safe: operation.method === "GET",
    heavy: isHeavy(operation),
    paged: operation.paging.length > 0,
    fullReplace: fullReplaceOf(operation) !== undefined || lossOf(operation) !== undefined,
  };
}

/** By path, id and tag, so that it holds for operations of an upstream document too. */
export function isHeavy({ operationId, path, tag }: Pick<Operation, "operationId" | "path" | "tag">): boolean {
  return /report|detailed|export|audit-log/i.test(`${path} ${operationId}`) || /report|export/i.test(tag);
}

/** Clockify's paid plans, the least first. */
export type PaidPlan = "BASIC" | "STANDARD" | "PRO" | "ENTERPRISE";

/**
 * By tag: the least plan with the feature, as Clockify's help says (docs/clockify-protocol.md "Operations"). What the help
 * was not seen to say of is absent: scheduling, custom fields, rates, estimates, templates, limited members.
 */
const PLANS: readonly (readonly [tag: RegExp, plan: PaidPlan])[] = [
  [/^audit log/i, "ENTERPRISE"],
  [/^expense/i, "PRO"],
  [/^(invoice|approval|time off|policy|balance|holiday)/i, "STANDARD"],
];

/** The least plan whose workspaces have the feature; null where it is not known, or where no paid plan is needed. */
export function planOf({ tag }: Pick<Operation, "tag">): PaidPlan | null {
  return PLANS.find(([pattern]) => pattern.test(tag))?.[1] ?? null;
}
