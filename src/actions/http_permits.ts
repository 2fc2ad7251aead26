/**
 * Whether an installation may call other systems now: checked for each request, since settings may change while a run
 * waits.
 */

import { AppError } from "../base/errors.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { SettingsSource } from "../installations/settings.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { ForwardActionOptions } from "./forward.ts";
import type { HttpActionOptions } from "./http.ts";

/**
 * For the two actions that make requests: whether "http" may, and where "forward" sends to (undefined: it is off). Both throw
 * INSTALLATION_UNKNOWN where the add-on is not active: a retryable one while it may come back.
 */
export function httpPermits(
  { credentials, settings }: { credentials: Pick<CredentialSource, "find">; settings: Pick<SettingsSource, "fresh"> },
): { http: HttpActionOptions["permit"]; forward: ForwardActionOptions["target"] } {
  async function look(installationId: number): Promise<{ addon: ProfileKey; values: WorkspaceSettings }> {
    const found = await credentials.find(installationId);
    if (found.kind === "waiting") {
      throw new AppError("INSTALLATION_UNKNOWN", `Cannot make the request: ${found.reason}`, { retryable: true });
    }
    if (found.kind === "gone") {
      throw new AppError("INSTALLATION_UNKNOWN", "Cannot make the request: the add-on is not installed any more");
    }
    const addon = found.credentials.addonKey as ProfileKey;
    return { addon, values: await settings.fresh({ id: installationId, addon }) };
  }
  return {
    http: async ({ installationId }) => {
      const { addon, values } = await look(installationId);
      if (profileOf(addon).features.genericHttpActions && values.genericHttpActions) return;
      throw new AppError(
        "FEATURE_OFF",
        "Cannot make the request: requests to other systems are off in this workspace's settings; " +
          'an admin switches on "Allow HTTP requests to other systems" in the add-on\'s settings in Clockify',
      );
    },
    forward: async ({ installationId }) => (await look(installationId)).values.forwardingUrl,
  };
}
