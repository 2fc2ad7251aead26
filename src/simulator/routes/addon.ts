/**
 * The add-on's own API below {backendUrl}/addon: settings, token exchange, the caller.
 * See docs/clockify-protocol.md "Calls with tokens", "Settings".
 */

import { AppError } from "../../base/errors.ts";
import type { Installation, SettingValue } from "../installs.ts";
import { type ApiCall, ApiRefusal, ok, refuse, type Route } from "../route.ts";
import { userView } from "../user_search.ts";

/** Settings and exchange are for the installation token; 401/4017 for any other credential. */
function installationOf(call: ApiCall): Installation {
  if (call.caller.kind !== "installation") throw new ApiRefusal(401, "Token is not valid", 4017);
  return call.caller.installation;
}

export const addonRoutes: Route[] = [
  {
    method: "GET",
    path: "/addon/workspaces/{workspaceId}/settings",
    handle: (call) => ok(call.world.installations.settingsTabs(installationOf(call))),
  },
  {
    // Whether this also brings SETTINGS_UPDATED is not documented; here it does not.
    method: "PATCH",
    path: "/addon/workspaces/{workspaceId}/settings",
    handle(call) {
      const installation = installationOf(call);
      if (!Array.isArray(call.body)) throw new ApiRefusal(400, "Request body is not a JSON array", 3002);
      try {
        call.world.installations.storeSettings(installation, call.body as { id: string; value: SettingValue }[]);
      } catch (error) {
        throw error instanceof AppError ? refuse(error.message) : error;
      }
      return ok(call.world.installations.settingsTabs(installation));
    },
  },
  {
    // The body is the bare token string.
    method: "POST",
    path: "/addon/user/{userId}/token",
    async handle(call) {
      const { addonKey, addonId, workspaceId } = installationOf(call);
      const user = call.workspace.users.get(call.params.userId!);
      if (!user) throw refuse("User doesn't belong to Workspace");
      const names = { addonKey, addonId, workspaceId };
      return ok(await call.world.tokens.sign({ kind: "user", ...names, userId: user.id, workspaceRole: user.role }));
    },
  },
  {
    method: "GET",
    path: "/addon/workspaces/{workspaceId}/user",
    handle: (call) => ok(userView(call.caller.user)),
  },
];
