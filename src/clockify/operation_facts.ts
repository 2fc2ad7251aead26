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

/** "FREE": every plan has it. "unknown": no document of Clockify's that was seen says. */
export const PLANS = ["FREE", "BASIC", "STANDARD", "PRO", "ENTERPRISE", "unknown"] as const;

export interface PlanFact {
  plan: typeof PLANS[number];
  /** Who says so, or that no one does: a sentence without its full stop. */
  about: string;
}

/** By tag: the least plan with the feature, and where that is from (docs/clockify-protocol.md "Operations"). */
const FACTS: readonly (PlanFact & { tag: RegExp })[] = [
  { tag: /^audit log/i, plan: "ENTERPRISE", about: "Clockify's help has the audit log from ENTERPRISE on" },
  { tag: /^expense/i, plan: "PRO", about: "Clockify's help has expenses from PRO on" },
  { tag: /^invoice/i, plan: "STANDARD", about: "Clockify's help has invoices from STANDARD on" },
  { tag: /^approval/i, plan: "STANDARD", about: "Clockify's help has approval from STANDARD on" },
  {
    tag: /^(time off|policy|balance|holiday)/i,
    plan: "STANDARD",
    about: "Clockify's help has time off and holidays from STANDARD on",
  },
  {
    tag: /^webhook/i,
    plan: "FREE",
    about: "Clockify's help gives three webhooks to FREE workspaces, and more to paid ones",
  },
  {
    tag: /^time entry report/i,
    plan: "FREE",
    about: "FREE workspaces have them, of at most 366 days",
  },
];

const UNKNOWN: PlanFact = {
  plan: "unknown",
  about:
    "Clockify's documents do not say from which plan on there is this; a workspace whose plan lacks it is refused by Clockify",
};

/** What is known of the least plan whose workspaces have the feature. */
export function planFactOf({ tag }: Pick<Operation, "tag">): PlanFact {
  const { plan, about } = FACTS.find(({ tag: pattern }) => pattern.test(tag)) ?? UNKNOWN;
  return { plan, about };
}

/** The least paid plan with the feature; null where none is needed, or it is not known. */
export function planOf(operation: Pick<Operation, "tag">): PaidPlan | null {
  const { plan } = planFactOf(operation);
  return plan === "FREE" || plan === "unknown" ? null : plan;
}
