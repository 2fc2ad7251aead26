/**
 * Installing add-ons in workspaces: manifest, ids, tokens, lifecycle callbacks and settings.
 * See docs/clockify-protocol.md "Lifecycle calls", "Settings".
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { checkManifest, type Manifest, type ManifestSetting, type ManifestTab, settingsOf } from "./manifest_rules.ts";
import { timedFetch } from "./timed_fetch.ts";
import type { Tokens } from "./tokens.ts";
import { ownerOf, type Workspace } from "./workspace_data.ts";

export type LifecycleEvent = "INSTALLED" | "DELETED" | "SETTINGS_UPDATED" | "STATUS_CHANGED";
export type SettingValue = ManifestSetting["value"] | "";

export interface InstalledWebhook {
  event: string;
  /** As the manifest declares it. */
  path: string;
  authToken: string;
}

export interface Installation {
  /** New on every install. */
  addonId: string;
  addonKey: string;
  workspaceId: string;
  status: "ACTIVE" | "INACTIVE" | "DELETED";
  baseUrl: string;
  manifest: Manifest;
  /** Scopes that the installation lacks whatever the manifest says, and how that is refused. */
  withheld?: { scopes: readonly string[]; status: 401 | 403 };
  /** The installer. */
  asUser: string;
  /** The add-on's own user. */
  addonUserId: string;
  authToken: string;
  webhooks: InstalledWebhook[];
  settings: Map<string, SettingValue>;
}

export interface InstallInput {
  manifestUrl: string;
  workspaceId: string;
  /** The installer; the workspace owner when absent. */
  userId?: string;
}

export interface InstallResult {
  addonId: string;
  addonKey: string;
  workspaceId: string;
  addonUserId: string;
  authToken: string;
  webhooks: InstalledWebhook[];
  lifecycle: LifecycleOutcome;
}

/** How the add-on answered a callback. `status` is null when no answer came or the manifest declares no path for it. */
export interface LifecycleOutcome {
  status: number | null;
  error?: string;
}

export interface Installations {
  install(input: InstallInput): Promise<InstallResult>;
  /** `notify: false` drops DELETED, as happens when the host cannot be reached; send it later with `sendLifecycle`. */
  uninstall(input: { addonId: string; notify?: boolean }): Promise<LifecycleOutcome>;
  setStatus(input: { addonId: string; status: "ACTIVE" | "INACTIVE" }): Promise<LifecycleOutcome>;
  /** A person saves the settings page. */
  updateSettings(
    input: { addonId: string; settings: { id: string; value: SettingValue }[] },
  ): Promise<LifecycleOutcome>;
  /** Sends a callback again or late, with a fresh lifecycle token. */
  sendLifecycle(input: { addonId: string; type: LifecycleEvent }): Promise<LifecycleOutcome>;
  /** Throws NOT_FOUND for an id that was never installed. Deleted ones are still found. */
  get(addonId: string): Installation;
  find(addonId: string): Installation | undefined;
  /** Active installations of a workspace. */
  active(workspaceId: string): Installation[];
  list(): Installation[];
  /** Settings tabs with current values: the answer of the settings API. */
  settingsTabs(installation: Installation): { tabs: ManifestTab[] };
  /** Stores values; REQUEST_INVALID for an unknown setting. */
  storeSettings(installation: Installation, values: { id: string; value: SettingValue }[]): void;
}

export interface InstallationsOptions {
  workspaces: Map<string, Workspace>;
  tokens: Tokens;
  newId: () => string;
  clock: Clock;
  /** `http://127.0.0.1:PORT/api` */
  apiUrl: string;
  signal: AbortSignal;
}

/** Clockify's limit for lifecycle calls is unknown. */
const CALLBACK_TIMEOUT_MS = 30_000;

export function createInstallations(options: InstallationsOptions): Installations {
  const { workspaces, tokens, newId, clock, apiUrl, signal } = options;
  const installations = new Map<string, Installation>();
  const addonUsers = new Map<string, string>();

  async function readManifest(manifestUrl: string): Promise<Manifest> {
    const answer = await timedFetch(clock, manifestUrl, { method: "GET", timeoutMs: CALLBACK_TIMEOUT_MS, signal });
    if (answer.status !== 200) {
      throw new AppError("UPSTREAM_FAILED", `Cannot read manifest ${manifestUrl}: ${answer.error ?? answer.status}`);
    }
    let document: unknown;
    try {
      document = JSON.parse(answer.body);
    } catch {
      throw new AppError("REQUEST_INVALID", `Clockify refuses the manifest: ${manifestUrl} does not answer JSON`);
    }
    return checkManifest(document);
  }

  function get(addonId: string): Installation {
    const installation = installations.get(addonId);
    if (!installation) throw new AppError("NOT_FOUND", `Cannot find installation "${addonId}": never installed here`);
    return installation;
  }

  function lifecycleBody(installation: Installation, type: LifecycleEvent): Record<string, unknown> {
    const { addonId, workspaceId, asUser } = installation;
    switch (type) {
      case "INSTALLED":
        return {
          addonId,
          authToken: installation.authToken,
          workspaceId,
          asUser,
          apiUrl,
          addonUserId: installation.addonUserId,
          webhooks: installation.webhooks.map(({ path, authToken }) => ({
            // Live form: Clockify joins the base, a slash and the declared path.
            path: `/${path}`,
            webhookType: "ADDON",
            authToken,
          })),
        };
      case "DELETED":
        return { addonId, workspaceId, asUser };
      case "STATUS_CHANGED":
        return { addonId, workspaceId, status: installation.status };
      case "SETTINGS_UPDATED":
        return {
          workspaceId,
          addonId,
          settings: settingsOf(installation.manifest).map(({ id, name }) => ({
            id,
            name,
            value: installation.settings.get(id),
          })),
        };
    }
  }

  async function sendLifecycle(
    { addonId, type }: { addonId: string; type: LifecycleEvent },
  ): Promise<LifecycleOutcome> {
    const installation = get(addonId);
    const declared = installation.manifest.lifecycle?.find((item) => item.type === type);
    if (!declared) return { status: null, error: `the manifest declares no path for ${type}` };
    const { addonKey, workspaceId, baseUrl } = installation;
    const token = await tokens.sign({ kind: "lifecycle", addonKey, workspaceId, addonId });
    const { status, error } = await timedFetch(clock, baseUrl.replace(/\/+$/, "") + declared.path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-addon-lifecycle-token": token },
      body: JSON.stringify(lifecycleBody(installation, type)),
      timeoutMs: CALLBACK_TIMEOUT_MS,
      signal,
    });
    return error === undefined ? { status } : { status, error };
  }

  function storeSettings(installation: Installation, values: { id: string; value: SettingValue }[]): void {
    for (const { id, value } of values) {
      if (!installation.settings.has(id)) {
        throw new AppError("REQUEST_INVALID", `Cannot store setting "${id}": the manifest has none of that id`);
      }
      installation.settings.set(id, value);
    }
  }

  return {
    get,
    find: (addonId) => installations.get(addonId),
    list: () => [...installations.values()],
    active: (workspaceId) =>
      [...installations.values()].filter((one) => one.workspaceId === workspaceId && one.status === "ACTIVE"),
    sendLifecycle,
    storeSettings,

    async install({ manifestUrl, workspaceId, userId }) {
      const workspace = workspaces.get(workspaceId);
      if (!workspace) throw new AppError("NOT_FOUND", `Cannot install: workspace "${workspaceId}" is unknown`);
      const asUser = userId ?? ownerOf(workspace).id;
      if (!workspace.users.has(asUser)) throw new AppError("NOT_FOUND", `Cannot install: user "${asUser}" is unknown`);
      const manifest = await readManifest(manifestUrl);
      const present = [...installations.values()].find((one) =>
        one.workspaceId === workspaceId && one.addonKey === manifest.key && one.status !== "DELETED"
      );
      if (present) {
        throw new AppError(
          "CONFLICT",
          `Cannot install "${manifest.key}": installed there already as ${present.addonId}`,
        );
      }
      const addonId = newId();
      const names = { addonKey: manifest.key, workspaceId, addonId };
      const addonUserKey = `${manifest.key} ${workspaceId}`;
      const addonUserId = addonUsers.get(addonUserKey) ?? newId();
      addonUsers.set(addonUserKey, addonUserId);
      const installation: Installation = {
        ...names,
        status: "ACTIVE",
        baseUrl: manifest.baseUrl,
        manifest,
        asUser,
        addonUserId,
        authToken: await tokens.sign({ kind: "installation", ...names, userId: ownerOf(workspace).id }),
        webhooks: await Promise.all((manifest.webhooks ?? []).map(async ({ event, path }, index) => ({
          event,
          path,
          // Every webhook has its own string; how Clockify makes them differ is not known, here by an iat
          // before the install, so that none equals the lifecycle token of that second.
          authToken: await tokens.sign({
            kind: "webhook",
            ...names,
            claims: { iat: Math.floor(clock.now() / 1000) - 1 - index },
          }),
        }))),
        settings: new Map(settingsOf(manifest).map((setting) => [setting.id, firstValue(setting, asUser)])),
      };
      installations.set(addonId, installation);
      // INSTALLED is sent once: when it fails, only a reinstall repairs. The installation stays.
      const lifecycle = await sendLifecycle({ addonId, type: "INSTALLED" });
      const { authToken, webhooks } = installation;
      return { ...names, addonUserId, authToken, webhooks, lifecycle };
    },

    async uninstall({ addonId, notify = true }) {
      get(addonId).status = "DELETED";
      return notify ? await sendLifecycle({ addonId, type: "DELETED" }) : { status: null };
    },

    setStatus({ addonId, status }) {
      const installation = get(addonId);
      if (installation.status === "DELETED") {
        throw new AppError("CONFLICT", `Cannot set the status of "${addonId}": uninstalled`);
      }
      installation.status = status;
      return sendLifecycle({ addonId, type: "STATUS_CHANGED" });
    },

    updateSettings({ addonId, settings }) {
      storeSettings(get(addonId), settings);
      return sendLifecycle({ addonId, type: "SETTINGS_UPDATED" });
    },

    settingsTabs(installation) {
      if (installation.manifest.settings === undefined || typeof installation.manifest.settings === "string") {
        return { tabs: [] };
      }
      const current = (setting: ManifestSetting) => ({
        ...setting,
        value: installation.settings.get(setting.id) as ManifestSetting["value"],
      });
      return {
        tabs: installation.manifest.settings.tabs.map((tab) => ({
          ...tab,
          ...(tab.settings && { settings: tab.settings.map(current) }),
          ...(tab.groups && {
            groups: tab.groups.map((group) => ({ ...group, settings: group.settings.map(current) })),
          }),
        })),
      };
    },
  };
}

/** USER_DROPDOWN settings begin with the installer, the others with the manifest's value. */
function firstValue(setting: ManifestSetting, installer: string): SettingValue {
  if (setting.type === "USER_DROPDOWN_SINGLE") return installer;
  if (setting.type === "USER_DROPDOWN_MULTIPLE") return [installer];
  return setting.value;
}
