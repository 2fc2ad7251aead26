/** Which operations an add-on may call for a person, before any guard is asked. */

import type { ServiceHosts } from "./hosts.ts";
import type { Operation } from "./operations.ts";

export interface Caller {
  /** Of the add-on. */
  scopes: readonly string[];
  /** Whether people of the workspace may write to Clockify by hand. */
  mayWrite: boolean;
  /** Of the installation. */
  hosts: ServiceHosts;
}

/**
 * "closed_to_addons": Clockify answers add-on tokens with 401, whatever their scopes. "scope": the add-on does not ask for
 * it. "no_host": Clockify's token names no address for that part of the API. "writes_off": the workspace's setting leaves people the reads, to which POSTs that only search belong.
 */
export const REFUSALS = ["closed_to_addons", "scope", "no_host", "writes_off"] as const;
export type Refusal = typeof REFUSALS[number];

/** Why the operation cannot be called; null where it can. */
export function refusalOf(
  { addonToken, scope, access, service }: Pick<Operation, "addonToken" | "scope" | "access" | "service">,
  { scopes, mayWrite, hosts }: Caller,
): Refusal | null {
  if (addonToken === "blocked" || addonToken === "excluded") return "closed_to_addons";
  if (scope !== "" && !scopes.includes(scope)) return "scope";
  // The API's own may be an operator's (CLOCKIFY_API_BASE_URL).
  if (service !== "api" && hosts[service] === undefined) return "no_host";
  return access === "write" && !mayWrite ? "writes_off" : null;
}
