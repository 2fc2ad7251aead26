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
import type { Keyring } from "../secrets/encryption.ts";
import { REDACTED } from "../telemetry/redact.ts";
import { isSecretField } from "../telemetry/secret_names.ts";
import type { FlowAction, FlowDefinition, HttpFlowAction } from "./definition.ts";
import { defaultId } from "./shape.ts";

export interface FlowSecrets {
  /** The definition as it is stored: the literal secrets of its http actions sealed. */
  seal(installationId: number, definition: FlowDefinition): Promise<FlowDefinition>;
  /** As it was written. Throws ENCRYPTION_KEY_UNKNOWN or ENCRYPTED_VALUE_INVALID. */
  open<Definition extends { actions: FlowAction[] }>(
    installationId: number,
    definition: Definition,
  ): Promise<Definition>;
  /**
   * The same, with "[redacted]" for the secrets of an action of which one cannot be opened, as when the key of an old version
   * is gone: they are faults then (maskFaults).
   */
  openKnown<Definition extends { actions: FlowAction[] }>(
    installationId: number,
    definition: Definition,
  ): Promise<Definition>;
}

const UNOPENED: readonly unknown[] = ["ENCRYPTION_KEY_UNKNOWN", "ENCRYPTED_VALUE_INVALID"];

export function createFlowSecrets(keyring: Keyring): FlowSecrets {
  return {
    seal: (installationId, definition) =>
      eachHttpAction(definition, (action) => sealSecrets(secretsOutOfUrl(action), { installationId, keyring })),
    open: (installationId, definition) =>
      eachHttpAction(definition, (action) => openSecrets(action, { installationId, keyring })),
    openKnown: (installationId, definition) =>
      eachHttpAction(definition, (action) =>
        openSecrets(action, { installationId, keyring }).catch((error) => {
          if (UNOPENED.includes(toAppError(error).code)) return hideSecrets(action);
          throw error;
        })),
  };
}

/** A stored definition as people may see it: "[redacted]" for what is sealed. */
export function hideFlowSecrets<Definition extends { actions: FlowAction[] }>(definition: Definition): Definition {
  return { ...definition, actions: definition.actions.map((one) => one.type === "http" ? hideSecrets(one) : one) };
}

/**
 * Unchecked input with the secrets of `opened` where it says "[redacted]" in their place: the action of the same id, to the
 * same host, since a secret is sent only to the host that it was written for. What is left is a fault (maskFaults).
 */
export function keepFlowSecrets(input: unknown, opened: FlowDefinition): unknown {
  if (!isObject(input) || !Array.isArray(input.actions)) return input;
  const actions = input.actions.map((raw, index) => {
    if (!isObject(raw)) return raw;
    const { id = defaultId(index), url } = raw;
    const stored = opened.actions.find((one) => one.id === id);
    if (stored?.type !== "http" || (url !== stored.url && !haveOneHost(url, stored.url))) return raw;
    const known = new Map(secretPlaces(stored).map(({ path, value }) => [path, value]));
    const kept: HttpParts = structuredClone(raw);
    for (const { path, value, set } of secretPlaces(kept)) {
      if (value === REDACTED && known.has(path)) set(known.get(path));
    }
    return kept;
  });
  return { ...input, actions };
}

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

async function eachHttpAction<Definition extends { actions: FlowAction[] }>(
  definition: Definition,
  change: (action: HttpFlowAction) => Promise<HttpFlowAction>,
): Promise<Definition> {
  const actions = definition.actions.map((one): Promise<FlowAction> | FlowAction =>
    one.type === "http" ? change(one) : one
  );
  return { ...definition, actions: await Promise.all(actions) };
}

/** Secret parameters of a literal address stand in `query` instead, where they are sealed. */
function secretsOutOfUrl(action: HttpFlowAction): HttpFlowAction {
  const [, before, search = ""] = /^([^?]*)\?(.*)$/s.exec(action.url) ?? [];
  if (before === undefined || literalValue(action.url) !== action.url) return action;
  const kept: string[] = [];
  const query = { ...action.query };
  for (const part of search.split("&")) {
    const [[name, value] = ["", ""]] = new URLSearchParams(part);
    const moves = isSecretField(name) && !Object.hasOwn(query, name) && literalValue(value) === value;
    if (moves) query[name] = value;
    else kept.push(part);
  }
  return { ...action, url: kept.length > 0 ? `${before}?${kept.join("&")}` : before, query };
}

/** True for two addresses that are written with the same scheme, host and port. */
function haveOneHost(one: unknown, other: string): boolean {
  const originOf = (url: string) => /^https?:\/\/[^/?#\\{]+(?=[/?#]|$)/.exec(url)?.[0];
  return typeof one === "string" && originOf(one) !== undefined && originOf(one) === originOf(other);
}
