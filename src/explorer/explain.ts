/** What an answer of Clockify that is no success means for the caller, and what to do about it. */

import type { ClockifyAnswer } from "../clockify/client.ts";
import { type PaidPlan, planOf } from "../clockify/operation_facts.ts";
import type { Operation } from "../clockify/operations.ts";

export interface Explanation {
  /** Stable: what is missing or wrong. */
  reason: string;
  /** One or two sentences. */
  text: string;
  /** Scope of the add-on that the operation needs, where it is known. */
  scope?: string;
  /** The least plan with the feature, where it is known and the plan may be what is missing. */
  plan?: PaidPlan;
}

export interface ExplainContext {
  operation: Operation;
  as: "addon" | "viewer";
  /** Of the add-on. */
  scopes: readonly string[];
}

/** Undefined for a success. */
export function explain(answer: ClockifyAnswer, context: ExplainContext): Explanation | undefined {
  switch (answer.kind) {
    case "ok":
      return undefined;
    case "limited":
      return { reason: "rate_limited", text: limitedText(answer) };
    case "failed":
      return { reason: answer.sent ? "failed" : "not_sent", text: failedText(answer, context.operation) };
    case "refused":
      return refusal(answer, context);
  }
}

function refusal(answer: ClockifyAnswer & { kind: "refused" }, context: ExplainContext): Explanation {
  const { operation, as, scopes } = context;
  const { scope } = operation;
  const plan = planOf(operation) ?? undefined;
  const needs = plan === undefined ? "" : `, which needs ${plan} or higher`;
  const own = { reason: answer.reason as string, ...(scope !== "" && { scope }) };
  switch (answer.reason) {
    case "scope_missing": {
      const lacks = scope !== "" && !scopes.includes(scope);
      if (lacks) {
        return {
          ...own,
          text:
            `The add-on does not have the scope ${scope}. A version of the add-on that asks for it must be published and approved in the workspace; another add-on of this program may have it.`,
        };
      }
      return {
        ...own,
        ...(plan && { plan }),
        text: as === "viewer"
          ? `Your own role in Clockify does not allow this, or the workspace's plan has no such feature${needs}. Ask an owner or admin of the workspace.`
          : `Clockify refuses this to the add-on although it has the scope: the workspace's plan may have no such feature${needs}, or the object is not open to the add-on.`,
      };
    }
    case "credential_invalid":
      return {
        ...own,
        text: as === "viewer"
          ? "Clockify does not accept your session any more. Reload the page in Clockify, which gives it a new one."
          : "Clockify does not accept the add-on's token. Reinstall the add-on, or wait where a reinstall is in progress.",
      };
    case "closed_to_addons":
      return {
        ...own,
        text:
          "Clockify opens this operation to no add-on, whatever its scopes. A person's own API key can call it, outside of this program.",
      };
    case "plan_limit":
      return {
        ...own,
        ...(plan && { plan }),
        text:
          `The workspace's Clockify plan does not have this feature${needs}. An owner can upgrade the plan or start a trial.`,
      };
    case "forbidden":
      return { ...own, text: FORBIDDEN[answer.code ?? 0] ?? "A rule of the workspace forbids this change." };
    case "validation":
      return { ...own, text: "Clockify does not accept the parameters or the body: its own message says which." };
    case "invalid_or_gone":
      return {
        ...own,
        text:
          "Clockify found no such object, or a rule of it is broken: it answers the same for both. Check that the ids exist in this workspace.",
      };
    case "gone":
      return { ...own, text: "Clockify has no such object: it was deleted, or the id is of another workspace." };
    case "conflict":
      return { ...own, text: "It collides with what is there, as a name that is in use does." };
    case "route":
      return {
        ...own,
        text: "Clockify does not serve this address at this host: the operation may have been removed.",
      };
    case "input":
      if (answer.error.code === "HOST_NOT_ALLOWED") return { ...own, reason: "no_host", text: noHostText(operation) };
      return { ...own, text: "Nothing was sent: the request cannot be made as it is." };
    default:
      return { ...own, text: "Clockify refused the call." };
  }
}

function noHostText({ service }: Operation): string {
  const nothing = "Nothing was sent.";
  if (service !== "audit") {
    return `${nothing} Clockify's token names no address of this part of its API that may be called.`;
  }
  return `${nothing} No token of Clockify names the address of its audit log, and it is known for api.clockify.me alone. ` +
    "An operator who knows that of this workspace's region sets CLOCKIFY_AUDIT_LOG_BASE_URL.";
}

/** By Clockify's code. */
const FORBIDDEN: Readonly<Record<number, string>> = {
  1003: "The time lies in a locked period of the workspace. An admin can unlock it.",
  4005: "The entry is approved. Withdraw the approval first.",
  4030: "The workspace forces the timer: entries cannot be added or changed by hand.",
};

function limitedText({ status, retryInMs }: ClockifyAnswer & { kind: "limited" }): string {
  const seconds = Math.max(1, Math.ceil(retryInMs / 1_000)).toLocaleString("en");
  return status === 429
    ? `Clockify answered 429, too many requests of this add-on in the workspace. Nothing was done; try again in ${seconds} s.`
    : `The add-on's own budget of calls to Clockify is used up for now. Nothing was sent; try again in ${seconds} s.`;
}

function failedText({ sent, status, error }: ClockifyAnswer & { kind: "failed" }, { access }: Operation): string {
  if (error.code === "UPSTREAM_RESPONSE_TOO_LARGE") {
    return "The answer is larger than this program reads at once. Ask for fewer rows a page, for pages as a stream, or for a file as it is (raw).";
  }
  if (!sent) return "Clockify could not be reached. Nothing was sent; try again.";
  const seen = status === undefined ? "No complete answer came" : `Clockify failed with ${status}`;
  return access === "read"
    ? `${seen}; try again.`
    : `${seen}: the change may have happened. Look before you send it again.`;
}
