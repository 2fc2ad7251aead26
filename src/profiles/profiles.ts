/** The three profiles, in the order of their ports. */

import { apiStudio } from "./api_studio.ts";
import { clockifyAddon } from "./clockify_addon.ts";
import type { OwnerKey, Profile, ProfileKey, RowOwner } from "./profile.ts";
import { universalWebhook } from "./universal_webhook.ts";
import { workflowApi } from "./workflow_api.ts";

export const PROFILES: readonly Profile[] = [apiStudio, universalWebhook, clockifyAddon];

/** The profile of this key. */
export function profileOf(key: ProfileKey): Profile {
  return PROFILES.find((profile) => profile.key === key)!;
}

/** Whose rows they are. */
export function ownerOf(key: OwnerKey): RowOwner {
  return key === "workflow_api" ? workflowApi : profileOf(key);
}
