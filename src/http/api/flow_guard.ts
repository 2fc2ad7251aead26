/** What the guard has to say of a flow that is about to be published: refused, to be confirmed, to be approved, or nothing. */

import { personOf } from "../../clockify/call_origin.ts";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { AtEnd } from "../../db/at_end.ts";
import { isObject } from "../../engine/faults.ts";
import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../../flows/shape/definition.ts";
import { gravest, type GuardedStep, guardedSteps } from "../../flows/analysis/guarded_steps.ts";
import { hideFlowSecrets } from "../../flows/secrets.ts";
import type { Flow } from "../../flows/store/store.ts";
import type { Publication } from "../../guard/guard.ts";
import { strictest } from "../../guard/policy.ts";
import type { Login } from "../server/app_env.ts";
import { confirmationProblem } from "./confirmation.ts";
import { type FlowSavingDeps, invalidFlow } from "./flow_saving.ts";

/** Codes that a route that publishes may answer because of the guard. */
export const GUARD_PROBLEMS = [
  "CONFIRMATION_REQUIRED",
  "APPROVAL_REQUIRED",
  "CONFIRM_TOKEN_INVALID",
  "CONFIRM_TOKEN_EXPIRED",
  "CONFIRM_TOKEN_USED",
] as const;

/** What the contracts of those routes say of it. */
export const GUARDED =
  "New steps that call Clockify are held against the policy of GET /ui/guard: 428 asks to confirm them, and its confirm_token, " +
  "sent with the same request, does; or it waits for a second person.";

export const confirmToken = z.string("must be text").optional().meta({
  description: "Of CONFIRMATION_REQUIRED: publishes what was shown there, once",
});

export interface PublicationRequest {
  login: Login;
  /** As it is stored; undefined for one that is made. */
  flow: Flow | undefined;
  /** As it would be published, its secrets open or sealed. */
  definition: FlowDefinition;
  token: string | undefined;
}

export interface Admitted {
  /** Steps that are kept though the policy denies them by now. */
  warnings: Fault[];
  /** `atEnd` of the transaction that stores the version, with the token's use before it. */
  atEnd(given?: AtEnd<Flow>): AtEnd<Flow> | undefined;
}

/**
 * Lets a publication pass, or throws: FLOW_INVALID with the paths of new steps that the policy denies, CONFIRMATION_REQUIRED
 * and APPROVAL_REQUIRED with `confirmation`. A token is looked at when the version is stored.
 */
export async function admitPublication(
  { login, flow, definition, token }: PublicationRequest,
  { guard, policies, catalogue }: FlowSavingDeps,
): Promise<Admitted> {
  const { installation } = login;
  const { policy } = await policies.read(installation.id);
  const steps = guardedSteps(definition, { published: flow?.definition, catalogue, policy: policy.flows });
  const denied = steps.filter(({ outcome }) => outcome === "deny");
  const refused = denied.filter(({ isNew }) => isNew);
  if (refused.length > 0) {
    guard.denied({ installationId: installation.id, grade: gravest(refused) });
    throw invalidFlow(refused.map(deniedFault), "Cannot publish the flow");
  }
  const warnings = denied.map(deniedFault);
  const asked = steps.filter(({ isNew, outcome }) => isNew && outcome !== "allow");
  if (asked.length === 0) return { warnings, atEnd: (given) => given };
  const publication: Publication = {
    installationId: installation.id,
    person: personOf(login),
    flowId: flow?.id ?? null,
    definition: hideFlowSecrets(definition),
    grade: gravest(asked),
    outcome: strictest(asked.map(({ outcome }) => outcome)) as Publication["outcome"],
    steps: asked.map(stepJson),
  };
  if (token === undefined) {
    const decision = await guard.decidePublication(publication);
    throw confirmationProblem(decision, {
      action: "publish the flow",
      steps: asked.map(stepJson),
    });
  }
  return {
    warnings,
    atEnd: (given) => async (sql, made) => {
      await guard.redeemPublication(sql, token, publication);
      await given?.(sql, made);
    },
  };
}

/** The input without its token. Throws REQUEST_INVALID for a token that is no text. */
export function takeToken(input: unknown): { input: unknown; token: string | undefined } {
  if (!isObject(input) || !Object.hasOwn(input, "confirm_token")) return { input, token: undefined };
  const { confirm_token: token, ...rest } = input;
  if (typeof token === "string") return { input: rest, token };
  throw new AppError("REQUEST_INVALID", "Cannot save the flow: confirm_token must be text");
}

function deniedFault({ path, grade, operation }: GuardedStep): Fault {
  return {
    path: `${path}.operation_id`,
    message:
      `is a ${grade} operation (${operation}), which this workspace denies flows; an administrator changes that with ` +
      "PUT /ui/guard",
  };
}

function stepJson({ path, action, operation, grade, reason, outcome }: GuardedStep) {
  return { path, id: action.id, operation_id: action.operation_id, operation, grade, reason, outcome };
}
