/** GET /ui/settings: what a workspace may set, the effective values, and where each comes from. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Installation } from "../../installations/store.ts";
import type { SettingsState } from "../../installations/settings_read.ts";
import { type EffectiveSetting, effectiveSettings } from "../../installations/settings.ts";
import type { ProfileSetting, SettingName, WorkspaceSettings } from "../../profiles/profile.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant, workspaceId } from "./schemas.ts";

export interface SettingsRoutesDeps extends AuthDeps {
  /** What the environment says. */
  defaults: WorkspaceSettings;
  state(installationId: number): Promise<SettingsState>;
  /** Name of the environment variable that sets it where a workspace does not; undefined: there is none. */
  variableOf(name: SettingName): string | undefined;
}

export const setting = z.object({
  id: z.string(),
  name: z.string().meta({ description: "As Clockify's settings page calls it" }),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  source: z.enum(["workspace", "environment"]).meta({ description: "Where the value was set" }),
  variable: z.string().nullable().meta({ description: "Sets it for workspaces that do not; null: there is none" }),
  problem: z.string().optional().meta({ description: "Why the value that the workspace set does not apply" }),
}).meta({ id: "Setting" });

const getSettings = defineRoute({
  method: "get",
  path: "/ui/settings",
  tag: "Workspace",
  summary: "Settings with their effective values, and where each comes from",
  about: "They are changed in Clockify, on the add-on's settings page.",
  who: "member",
  answer: {
    status: 200,
    about: "The settings; members see of addresses the origin alone",
    schema: z.object({
      workspace_id: workspaceId,
      settings: z.array(setting),
      read_at: instant.nullable().meta({ description: "When they were last read from Clockify" }),
      last_error: z.string().nullable(),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      settings: [{
        id: "enable_flows",
        name: "Enable flows",
        value: true,
        source: "environment",
        variable: "UW_ENABLE_FLOWS",
      }],
      read_at: "2026-11-21T08:00:00.000Z",
      last_error: null,
    },
  },
});
export const settingRoutes = [getSettings];

export function mountSettings(app: Hono<AppEnv>, deps: SettingsRoutesDeps) {
  mount(app, deps, getSettings, ({ login: { installation, role } }) => settingsOf(installation, role, deps));
}

/** The answer, as a login of this role sees it. */
export async function settingsOf(
  installation: Pick<Installation, "id" | "workspaceId">,
  role: Login["role"],
  { profile, defaults, state, variableOf }: Pick<SettingsRoutesDeps, "profile" | "defaults" | "state" | "variableOf">,
) {
  const declared = new Map(profile.settingsTabs.flatMap((tab) => tab.settings).map((setting) => [setting.id, setting]));
  const { stored, readAt, error } = await state(installation.id);
  const { settings } = effectiveSettings({ profile, defaults, stored });
  return {
    workspace_id: installation.workspaceId,
    settings: settings.map((setting) => ({
      ...settingJson(setting, declared.get(setting.id)!, role),
      variable: variableOf(setting.name) ?? null,
    })),
    read_at: readAt?.toISOString() ?? null,
    last_error: error,
  };
}

/** `name` is what Clockify's settings page calls it. */
function settingJson(
  { id, name, value, source, problem }: EffectiveSetting,
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
function shown(hidden: boolean, value: EffectiveSetting["value"]) {
  return hidden && typeof value === "string" ? new URL(value).origin : value ?? null;
}
