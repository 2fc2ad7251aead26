/** Whether an installation may call other systems at this moment: asked for each request, since settings change while runs wait. */

import { AppError } from "../errors.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { SettingsSource } from "../installations/settings.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { HttpActionOptions } from "./http.ts";

/** The permissions of the two actions that make requests. Both throw INSTALLATION_UNKNOWN while the add-on is not active. */
export function httpPermits(
  { credentials, settings }: { credentials: CredentialSource; settings: Pick<SettingsSource, "of"> },
): Record<"http" | "forward", HttpActionOptions["permit"]> {
  async function look(installationId: number): Promise<{ addon: ProfileKey; values: WorkspaceSettings }> {
    const found = await credentials.get(installationId);
    if (!found) {
      throw new AppError("INSTALLATION_UNKNOWN", "Cannot make the request: the add-on is not active in the workspace");
    }
    const addon = found.addonKey as ProfileKey;
    return { addon, values: await settings.of({ id: installationId, addon }) };
  }
  return {
    http: async ({ installationId }) => {
      const { addon, values } = await look(installationId);
      if (profileOf(addon).features.genericHttpActions && values.genericHttpActions) return;
      throw off("requests to other systems are off in this workspace's settings");
    },
    forward: async ({ installationId }, url) => {
      const { values } = await look(installationId);
      if (values.forwardingUrl !== url) throw off("forwarding was switched off, or leads elsewhere by now");
    },
  };
}

function off(why: string): AppError {
  return new AppError("FEATURE_OFF", `Cannot make the request: ${why}`);
}
