/** The templates of flows, and which of them a profile's flows can be made of. */

import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import { fullReplaceOf } from "../../clockify/full_replace.ts";
import { type PaidPlan, planOf } from "../../clockify/operation_facts.ts";
import type { Catalogue, Operation } from "../../clockify/operations.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { FlowStep } from "../shape/definition.ts";
import { operationOf } from "../parse/results.ts";
import { everyAction } from "../shape/steps.ts";
import { ENTRY_TEMPLATES } from "./entries.ts";
import { exampleValues, type FlowTemplate } from "./template.ts";
import { WORKSPACE_TEMPLATES } from "./workspace.ts";

export const TEMPLATES: readonly FlowTemplate[] = [...ENTRY_TEMPLATES, ...WORKSPACE_TEMPLATES];

/** What a template's flow needs to be there. */
export interface TemplateNeeds {
  /** Scopes of the add-on. */
  scopes: string[];
  /** The least Clockify plan, where it is known that one is needed. */
  plan: PaidPlan | null;
  /** True: it calls another system, which a workspace's settings allow. */
  generic_http: boolean;
}

export interface UsableTemplate {
  template: FlowTemplate;
  needs: TemplateNeeds;
}

/** The least first. */
const PLANS: readonly PaidPlan[] = ["BASIC", "STANDARD", "PRO", "ENTERPRISE"];

/** Those whose events the profile receives and whose operations it may call. */
export function templatesFor({ profile, catalogue }: { profile: Profile; catalogue: Catalogue }): UsableTemplate[] {
  return TEMPLATES.flatMap((template) => {
    const flow = template.make(exampleValues(template));
    const needs = needsOf(template, { actions: flow.actions as FlowStep[], catalogue });
    const events = flow.trigger_event_types as string[];
    const usable = needs.scopes.every((scope) => profile.scopes.includes(scope)) &&
      events.every((event) => profile.events.includes(event)) &&
      (!needs.generic_http || profile.features.genericHttpActions);
    return usable ? [{ template, needs }] : [];
  });
}

function needsOf(
  { plan }: FlowTemplate,
  { actions, catalogue }: { actions: readonly FlowStep[]; catalogue: Catalogue },
): TemplateNeeds {
  const operations: Operation[] = [];
  let genericHttp = false;
  for (const { step } of everyAction(actions)) {
    if (step.type === "http") genericHttp = true;
    if (step.type !== undefined && step.type !== "clockify") continue;
    const operation = operationOf(catalogue, step.operation_id)!;
    const reads = findOrCreateOf(step.operation_id)?.find ?? fullReplaceOf(operation)?.read;
    operations.push(operation, ...(reads === undefined ? [] : [operationOf(catalogue, reads)!]));
  }
  const plans = [plan, ...operations.map(planOf)].map((one) => one ? PLANS.indexOf(one) : -1);
  return {
    scopes: [...new Set(operations.map(({ scope }) => scope))].filter((scope) => scope !== "").sort(),
    plan: PLANS[Math.max(...plans)] ?? null,
    generic_http: genericHttp,
  };
}
