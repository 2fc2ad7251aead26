/** GET /ui/settings: what a workspace may set, the values in force, and where each comes from. */

import type { Hono } from "hono";
import type { SettingsState } from "../../installations/settings_read.ts";
import { type SettingInForce, settingsInForce } from "../../installations/settings.ts";
import type { ProfileSetting, WorkspaceSettings } from "../../profiles/profile.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, requireLogin } from "../server/login.ts";

export interface SettingsRoutesDeps extends AuthDeps {
  /** What the environment says. */
  defaults: WorkspaceSettings;
  state(installationId: number): Promise<SettingsState>;
}

export function mountSettings(app: Hono<AppEnv>, deps: SettingsRoutesDeps) {
  const { profile, defaults } = deps;
  const declared = new Map(profile.settingsTabs.flatMap((tab) => tab.settings).map((setting) => [setting.id, setting]));
  app.get("/ui/settings", async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const { stored, readAt, error } = await deps.state(installation.id);
    const { settings } = settingsInForce({ profile, defaults, stored });
    return c.json({
      workspace_id: installation.workspaceId,
      settings: settings.map((setting) => settingJson(setting, declared.get(setting.id)!, role)),
      read_at: readAt?.toISOString() ?? null,
      last_error: error,
    });
  });
}

/** `name` is what Clockify's settings page calls it. */
function settingJson(
  { id, name, value, source, problem }: SettingInForce,
  declared: ProfileSetting,
  role: Login["role"],
) {
  return {
    id,
    name: declared.name,
    value: shown(name === "forwardingUrl" && role !== "admin", value),
    source,
    ...(problem !== undefined && { problem }),
  };
}

/** Addresses may carry a secret in path or query: members see where events go, not more. */
function shown(hidden: boolean, value: SettingInForce["value"]) {
  return hidden && typeof value === "string" ? new URL(value).origin : value ?? null;
}
