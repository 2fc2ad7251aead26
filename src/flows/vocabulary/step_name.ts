/** What people call a step: the name that its author gave it, else what it does, as the editor says it. */

import { FORWARD } from "../../actions/forward.ts";
import { type Catalogue, idInWords, type Operation, operationKey } from "../../clockify/operations.ts";
import { isObject } from "../../engine/faults.ts";
import type { ActionStep } from "../../engine/plan.ts";

/** Ids that the editor or the server made; the number in them is where the step stood once, not where it stands. */
const MADE_ID = /^(?:step|action)_\d+(?:_copy)?(?:_\d+)*$/;
/** Those below another step (flows/shape/steps.ts). */
const MADE_BELOW =
  /_(?:case_\d+|branch_\d+|otherwise|actions|expired|ask|remind|approved|rejected|on_error|finally)_\d+$/;

/** "make_tag" where its author wrote that, "Create new tag" where the id says nothing. */
export function stepName(step: Pick<ActionStep, "id" | "action" | "input">, catalogue: Catalogue): string {
  return MADE_ID.test(step.id) || MADE_BELOW.test(step.id) ? doing(step, catalogue) : step.id;
}

/** What the step calls, as far as its plan says: "GET /workspaces/{workspaceId}/tags", "POST https://shop.example/...". */
export function stepTitle({ action, input }: Pick<ActionStep, "action" | "input">, catalogue: Catalogue): string {
  if (!isObject(input)) return action;
  if (action === "clockify") {
    const name = String(input.operation_id);
    const operation = find(name, catalogue);
    return operation ? operationKey(operation).replace(" /v1/", " /") : name;
  }
  if (action === FORWARD) return "Forward the event";
  if (action !== "http") return ownTitle(action, input);
  // What follows the host may hold a secret, and an address that is made of the event is known with its attempts only.
  const origin = /^https?:\/\/[^/?#\\{@]+(?=[/?#]|$)/.exec(String(input.url))?.[0];
  return `${input.method} ${origin === undefined ? "to an address from the event" : `${origin}/...`}`;
}

/** Of the types that call no other system; `action` itself for one that this version does not know. */
function ownTitle(action: string, input: Record<string, unknown>): string {
  switch (action) {
    case "transform":
      return "Make a value";
    case "variables":
      return `Set ${isObject(input.set) ? Object.keys(input.set).join(", ") : "variables"}`;
    case "emit_event":
      return `Make the event flow:${input.event}`;
    case "run_flow":
      return `Run flow ${input.flow_id}`;
    default:
      return action;
  }
}

/** Clockify's ids are words, and steps are known by them since before the catalogue had summaries. */
export function operationSummary({ operationId }: Pick<Operation, "operationId">): string {
  return idInWords(operationId);
}

function doing(step: Pick<ActionStep, "action" | "input">, catalogue: Catalogue): string {
  const { action, input } = step;
  const operation = action === "clockify" && isObject(input) ? find(String(input.operation_id), catalogue) : undefined;
  return operation ? operationSummary(operation) : stepTitle(step, catalogue);
}

/** Undefined also for a name of several operations: the plan is older than the catalogue. */
function find(name: string, catalogue: Catalogue): Operation | undefined {
  try {
    return catalogue.find(name);
  } catch {
    return undefined;
  }
}
