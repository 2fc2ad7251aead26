/** Secrets in HTTP actions: which fields hold them, by name, and how they are sealed, opened and hidden. */

import { at, isObject } from "../engine/faults.ts";
import { parseTemplate } from "../engine/mapping.ts";
import { flowSecretContext, type FlowSecretPlace, SEALED } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { REDACTED } from "../telemetry/redact.ts";
import { isSecretField, isSecretName } from "../telemetry/secret_names.ts";

/** The parts of an action that hold fields; unchecked input too. */
export interface HttpParts {
  headers?: unknown;
  query?: unknown;
  body?: unknown;
}

/** A value at a place that its name makes secret. */
export interface SecretPlace {
  /** Relative to the action, as in `headers.Authorization`. */
  path: string;
  value: unknown;
  set(value: unknown): void;
}

interface Sealing {
  /** What the action is part of. */
  place: FlowSecretPlace;
  keyring: Keyring;
}

/** Values under secret names; `set` changes the action itself. */
export function secretPlaces(action: HttpParts): SecretPlace[] {
  return [
    ...placesIn(action.headers, { path: "headers", isSecret: isSecretField }),
    ...placesIn(action.query, { path: "query", isSecret: isSecretField }),
    ...placesIn(action.body, { path: "body", isSecret: isSecretName }),
  ];
}

/** The action with its literal secrets sealed. Templates stay: what they give is no part of the flow. */
export async function sealSecrets<Action extends HttpParts>(action: Action, sealing: Sealing): Promise<Action> {
  const copy = structuredClone(action);
  for (const { value, set } of secretPlaces(copy)) {
    if (isLiteral(value)) {
      set({ [SEALED]: await sealing.keyring.seal(JSON.stringify(value), flowSecretContext(sealing.place)) });
    }
  }
  return copy;
}

/**
 * The action with its secrets as they were written or, `toSend`, as what a literal stands for. Throws
 * ENCRYPTION_KEY_UNKNOWN or ENCRYPTED_VALUE_INVALID.
 */
export async function openSecrets<Action extends HttpParts>(
  action: Action,
  { place, keyring, toSend = false }: Sealing & { toSend?: boolean },
): Promise<Action> {
  if (!holdsSealed(action)) return action;
  const copy = structuredClone(action);
  for (const { value, set } of secretPlaces(copy)) {
    if (!isSealed(value)) continue;
    const written = JSON.parse(await keyring.open(value[SEALED], flowSecretContext(place)));
    set(toSend ? literalValue(written) : written);
  }
  return copy;
}

/** The action as people may see it, with literals hidden that were stored before their name was known as a secret's. */
export function hideSecrets<Action extends HttpParts>(action: Action): Action {
  if (!secretPlaces(action).some(({ value }) => isHidden(value))) return action;
  const copy = structuredClone(action);
  for (const { value, set } of secretPlaces(copy)) if (isHidden(value)) set(REDACTED);
  return copy;
}

function isHidden(value: unknown): boolean {
  return isSealed(value) || isLiteral(value);
}

function holdsSealed(action: HttpParts): boolean {
  return secretPlaces(action).some(({ value }) => isSealed(value));
}

/** What a literal stands for: `$$.x` is the text `$.x`. Undefined for a template. */
export function literalValue(written: unknown): unknown {
  const { template } = parseTemplate(written, "");
  return template?.kind === "constant" ? template.value : undefined;
}

function isLiteral(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "" && literalValue(value) !== undefined);
}

function isSealed(value: unknown): value is { [SEALED]: string } {
  return isObject(value) && typeof value[SEALED] === "string";
}

/** Below a secret name everything is secret. */
function placesIn(
  holder: unknown,
  { path, isSecret, within = false }: { path: string; isSecret(name: string): boolean; within?: boolean },
): SecretPlace[] {
  if (typeof holder !== "object" || holder === null) return [];
  const fields = holder as Record<string | number, unknown>;
  const keys = Array.isArray(holder) ? holder.keys() : Object.keys(holder);
  return [...keys].flatMap((key): SecretPlace[] => {
    const value = fields[key];
    const secret = within || (typeof key === "string" && isSecret(key));
    const place = at(path, key);
    const isField = typeof value !== "object" || value === null || isSealed(value);
    if (!isField) return placesIn(value, { path: place, isSecret, within: secret });
    return secret ? [{ path: place, value, set: (next) => void (fields[key] = next) }] : [];
  });
}
