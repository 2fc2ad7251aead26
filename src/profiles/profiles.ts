/** The three profiles, in the order of their ports. */

import { apiStudio } from "./api_studio.ts";
import { clockifyAddon } from "./clockify_addon.ts";
import type { Profile, ProfileKey } from "./profile.ts";
import { universalWebhook } from "./universal_webhook.ts";

export const PROFILES: readonly Profile[] = [apiStudio, universalWebhook, clockifyAddon];

/** The profile of this key. */
export function profileOf(key: ProfileKey): Profile {
  return PROFILES.find((profile) => profile.key === key)!;
}
