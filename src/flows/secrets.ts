/** Secrets in flows: sealed when a flow is saved, hidden when it is shown, kept when what was shown comes back. */

import {
  hideSecrets,
  type HttpParts,
  literalValue,
  openSecrets,
  sealSecrets,
  secretPlaces,
} from "../actions/http_secrets.ts";
import { toAppError } from "../base/errors.ts";
import { at, type Fault, isObject } from "../engine/faults.ts";
import { SEALED } from "../secrets/contexts.ts";
import { type Keyring, UNOPENED } from "../secrets/encryption.ts";
import { REDACTED } from "../telemetry/redact.ts";
import { isSecretField } from "../telemetry/secret_names.ts";
import type { FlowDefinition, FlowStep, HttpFlowAction } from "./shape/definition.ts";
import { everyStep, isAction, mapActions, mapActionsAsync, stepKind } from "./shape/steps.ts";
import type { FlowKey } from "./store/version_rows.ts";

/** Each opens in the flow that it was sealed for alone: in its definition, its versions and its plans. */
export interface FlowSecrets {
  /** The definition as it is stored: the literal secrets of its http actions sealed. */
  seal(flow: FlowKey, definition: FlowDefinition): Promise<FlowDefinition>;
  /** As it was written. Throws ENCRYPTION_KEY_UNKNOWN or ENCRYPTED_VALUE_INVALID. */
  open<Definition extends { actions: FlowStep[] }>(
    flow: FlowKey,
    definition: Definition,
  ): Promise<Definition>;
  /**
   * The same, with "[redacted]" for the secrets of an action of which one cannot be opened, as when the key of an old version
   * is gone: they are faults then (maskFaults).
   */
  openKnown<Definition extends { actions: FlowStep[] }>(
    flow: FlowKey,
    definition: Definition,
  ): Promise<Definition>;
}

export function createFlowSecrets(keyring: Keyring): FlowSecrets {
  return {
    seal: (flow, definition) =>
      eachHttpAction(definition, (action) => sealSecrets(secretsOutOfUrl(action), { place: flow, keyring })),
    open: (flow, definition) => eachHttpAction(definition, (action) => openSecrets(action, { place: flow, keyring })),
    openKnown: (flow, definition) =>
      eachHttpAction(definition, (action) =>
        openSecrets(action, { place: flow, keyring }).catch((error) => {
          if (UNOPENED.includes(toAppError(error).code)) return hideSecrets(action);
          throw error;
        })),
  };
}

/** A stored definition as people may see it: "[redacted]" for what is sealed. */
export function hideFlowSecrets<Definition extends { actions: FlowStep[] }>(definition: Definition): Definition {
  return { ...definition, actions: mapActions(definition.actions, (one) => isHttp(one) ? hideSecrets(one) : one) };
}

/**
 * Unchecked input with the secrets of `opened`, a flow or a draft of one, where it says "[redacted]" in their place: the action
 * of the same id, to the same host, since a secret is sent only to the host that it was written for. What is left is a fault
 * (maskFaults).
 */
export function keepFlowSecrets(input: unknown, opened: { actions?: unknown }): unknown {
  if (!isObject(input) || !Array.isArray(input.actions)) return input;
  const holding = [...everyStep<unknown>(Array.isArray(opened.actions) ? opened.actions : [])].flatMap((
    { step, ...where },
  ) => stepKind(step) === "action" && mayHoldSecrets(step) ? [{ ...where, action: step }] : []);
  const actions = mapActions<unknown>(input.actions, (raw, { id, place }) => {
    // What is not sealed afterwards gets none back.
    if (!mayHoldSecrets(raw)) return raw;
    const { url } = raw;
    const named = holding.filter((one) => one.id === id);
    // Of a draft two may have one id.
    const stored = (named.find((one) => one.place === place) ?? named[0])?.action;
    if (!stored || (url !== stored.url && !haveOneHost(url, stored.url))) return raw;
    const known = new Map(secretPlaces(stored).map(({ path, value }) => [path, value]));
    const kept: HttpParts = structuredClone(raw);
    for (const { path, value, set } of secretPlaces(kept)) {
      if (value === REDACTED && known.has(path)) set(known.get(path));
    }
    return kept;
  });
  return { ...input, actions };
}

/**
 * True for an action of a flow, or of a draft of one, that may be a request to another system: with a type that is not known to
 * be none, or a part that only such requests have. What is not yet right in a draft is so never stored in clear.
 */
export function mayHoldSecrets(action: unknown): action is Record<string, unknown> {
  if (!isObject(action)) return false;
  return !WITHOUT_SECRETS.includes(action.type) || "url" in action || "headers" in action || "query" in action;
}

const WITHOUT_SECRETS: readonly unknown[] = [
  undefined,
  "clockify",
  "CLOCKIFY_API",
  "transform",
  "variables",
  "emit_event",
  "run_flow",
];

/** Places of an http action that say "[redacted]", for which nothing is known. */
export function maskFaults(action: HttpParts): Fault[] {
  return secretPlaces(action).filter(({ value }) => value === REDACTED).map(({ path }) => ({
    path,
    message: `must be the secret itself: "${REDACTED}" is the mask of a secret, and none is stored for this place`,
  }));
}

/** Keys that only a stored flow has, where a person's input names them. */
export function sealedFaults(input: unknown, path: string): Fault[] {
  if (typeof input !== "object" || input === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(input) ? [...input.entries()] : Object.entries(input);
  return entries.flatMap(([key, value]) =>
    key === SEALED
      ? [{ path: at(path, key), message: "is a name that flows cannot use" }]
      : sealedFaults(value, at(path, key))
  );
}

async function eachHttpAction<Definition extends { actions: FlowStep[] }>(
  definition: Definition,
  change: (action: HttpFlowAction) => Promise<HttpFlowAction>,
): Promise<Definition> {
  const actions = await mapActionsAsync<FlowStep>(
    definition.actions,
    (one) => isHttp(one) ? change(one) : Promise.resolve(one),
  );
  return { ...definition, actions };
}

function isHttp(step: FlowStep): step is HttpFlowAction {
  return isAction(step) && step.type === "http";
}

/** Secret parameters of a literal address stand in `query` instead, where they are sealed. */
export function secretsOutOfUrl<Action extends { url?: unknown; query?: unknown }>(action: Action): Action {
  const { url, query: given } = action;
  if (typeof url !== "string" || !(given === undefined || given === null || isObject(given))) return action;
  const [, before, search = ""] = /^([^?]*)\?(.*)$/s.exec(url) ?? [];
  if (before === undefined || literalValue(url) !== url) return action;
  const kept: string[] = [];
  const query: Record<string, unknown> = { ...given };
  for (const part of search.split("&")) {
    const [[name, value] = ["", ""]] = new URLSearchParams(part);
    const moves = isSecretField(name) && !Object.hasOwn(query, name) && literalValue(value) === value;
    if (moves) query[name] = value;
    else kept.push(part);
  }
  return { ...action, url: kept.length > 0 ? `${before}?${kept.join("&")}` : before, query };
}

/** True for two addresses that are written with the same scheme, host and port. */
function haveOneHost(one: unknown, other: unknown): boolean {
  const originOf = (url: string) => /^https?:\/\/[^/?#\\{]+(?=[/?#]|$)/.exec(url)?.[0];
  return typeof one === "string" && typeof other === "string" && originOf(one) !== undefined &&
    originOf(one) === originOf(other);
}
