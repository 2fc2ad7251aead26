/** Builds the manifest of an add-on from its profile. */

import { AppError } from "../base/errors.ts";
import type { Profile, ProfileSetting, WorkspaceSettings } from "../profiles/profile.ts";
import { EVENTS } from "./events.ts";
import { type Manifest, MANIFEST_SCHEMA_VERSION, manifestSchema, MAX_MANIFEST_WEBHOOKS } from "./manifest_schema.ts";

export type { Manifest } from "./manifest_schema.ts";

/** Where Clockify calls for each change of an installation (docs/decisions.md "Lifecycle paths"). */
const LIFECYCLE_PATHS = {
  INSTALLED: "/lifecycle/installed",
  DELETED: "/lifecycle/deleted",
  SETTINGS_UPDATED: "/lifecycle/settings-updated",
  STATUS_CHANGED: "/lifecycle/status-changed",
} as const;

export interface ManifestOptions {
  profile: Profile;
  /** Equal to the JWT `sub` of every token. */
  addonKey: string;
  /** Over those of the profile: what an operator calls their add-on. */
  name?: string;
  description?: string;
  /** Public address of the profile's listener; a trailing slash is dropped. */
  baseUrl: string;
  /** How many webhooks Clockify grants: 10, or 20. */
  webhookLimit: number;
  /** What the environment says: the values that a new installation begins with. Absent: the profile's own. */
  defaults?: WorkspaceSettings;
  /** Path of the icon, e.g. `/icon.svg`. */
  icon?: string;
}

/** The path that receives one event. Install entries name no event, so each event has its own. */
export function webhookPath(event: string): string {
  return `/webhooks/clockify/${event}`;
}

/** The events of the profile that its manifest declares: by priority, those of schema 1.5, as many as there are places. */
export function declaredEvents(profile: Profile, limit: number): string[] {
  return profile.events
    .filter((event) => EVENTS.get(event)?.schemas.includes(MANIFEST_SCHEMA_VERSION))
    .slice(0, Math.min(limit, MAX_MANIFEST_WEBHOOKS));
}

/**
 * The manifest, checked against Clockify's rules. Throws CONFIG_INVALID with `details.faults` when the operator's key,
 * address or icon path breaks one.
 */
export function buildManifest(
  { profile, addonKey, name, description, baseUrl, webhookLimit, defaults, icon }: ManifestOptions,
): Manifest {
  const webhooks = declaredEvents(profile, webhookLimit).map((event) => ({ event, path: webhookPath(event) }));
  const tabs = profile.settingsTabs.filter((tab) => tab.settings.length > 0);
  const checked = manifestSchema.safeParse({
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    key: addonKey,
    name: name ?? profile.name,
    description: description ?? profile.description,
    baseUrl: baseUrl.endsWith("/") ? baseUrl.slice(0, -1) : baseUrl,
    ...(icon === undefined ? {} : { iconPath: icon }),
    minimalSubscriptionPlan: profile.clockifyPlan,
    scopes: [...profile.scopes],
    lifecycle: Object.entries(LIFECYCLE_PATHS).map(([type, path]) => ({ type, path })),
    ...(webhooks.length === 0 ? {} : { webhooks }),
    components: [{
      type: "sidebar",
      label: profile.sidebar.label,
      accessLevel: "ADMINS",
      path: profile.sidebar.path,
      ...(icon === undefined ? {} : { iconPath: icon }),
    }],
    ...(tabs.length === 0 ? {} : {
      settings: {
        tabs: tabs.map(({ id, name, settings }) => ({
          id,
          name,
          settings: settings.map((setting) => settingOf(setting, defaults)),
        })),
      },
    }),
  });
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message}`);
  throw new AppError("CONFIG_INVALID", `Cannot build the manifest of ${profile.name}: ${faults[0]}`, {
    details: { faults },
  });
}

/**
 * The setting without what only we know: the manifest has no bounds and no names of ours. Its value is the environment's:
 * Clockify stores it at install as the workspace's own, which then goes before the environment.
 */
function settingOf(
  { min: _min, max: _max, sets, ...setting }: ProfileSetting,
  defaults: WorkspaceSettings | undefined,
): Omit<ProfileSetting, "min" | "max" | "sets"> {
  return { ...setting, value: defaults?.[sets] ?? setting.value };
}
