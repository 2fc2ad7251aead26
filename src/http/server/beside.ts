/**
 * Who is logged in to one add-on, and reads what another of the same process holds of the same workspace: what they proved
 * there, and whether that is enough here. Nothing is ever changed this way (docs/security.md "One workspace, several add-ons").
 */

import { AppError } from "../../base/errors.ts";
import { type Installation, requireInstalled } from "../../installations/store.ts";
import type { Beside, Login } from "./app_env.ts";

/** What a login says to the other add-ons of its workspace. */
export function besideOf({ installation, ...login }: Login, from: Beside["from"]): Beside {
  return { ...login, workspaceId: installation.workspaceId, from };
}

/**
 * The login at another add-on's installation. An operator's key covers every workspace. A Clockify user token is shown to
 * another add-on than it was made for: it counts for owners and admins alone, whom the manifests let open every add-on's
 * console, and for installations of the same Clockify region, which its claims name. Throws ROLE_INSUFFICIENT and
 * INSTALLATION_UNKNOWN.
 */
export function loginBeside(
  { workspaceId, from, cursors: _, ...login }: Beside,
  found: Installation | undefined,
): Login {
  // Asked for its own part of a list of all.
  const isOwn = found?.addon === from.key;
  if (login.role !== "admin" && !isOwn) {
    throw new AppError(
      "ROLE_INSUFFICIENT",
      `Cannot serve the request: members see the add-on that they opened, ${from.name}; others are for owners and admins`,
    );
  }
  const installation = requireInstalled(found);
  if (
    installation.workspaceId === workspaceId &&
    (isOwn || login.kind === "operator" || isSameRegion(login, installation))
  ) {
    return { ...login, installation };
  }
  throw new AppError(
    "INSTALLATION_UNKNOWN",
    "Cannot serve the request: the add-on is not installed in this workspace of this Clockify region",
  );
}

/** By the hosts that Clockify signed, in the user's token and in the installation's own. */
function isSameRegion({ token }: Pick<Login, "token">, { hosts }: Installation): boolean {
  const region = regionOf(token?.hosts.backendUrl);
  return region !== undefined && region === regionOf(hosts.backendUrl);
}

function regionOf(backendUrl: string | undefined): string | undefined {
  return backendUrl === undefined ? undefined : URL.parse(backendUrl)?.host;
}
