/** Verified lifecycle calls as src/verify/lifecycle.ts gives them, and a lifecycle room to apply them in. */

import type { Database } from "../../src/db/db.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { createLifecycle } from "../../src/installations/lifecycle.ts";
import { createInstallationStore } from "../../src/installations/store.ts";
import type { DeletedCall, InstalledCall, SettingsUpdatedCall, StatusChangedCall } from "../../src/verify/lifecycle.ts";
import { tokenSha256 } from "../../src/verify/token.ts";

export const ADDON = "clockify_addon";
export const WORKSPACE = "64a687e29ae1f428e7ebe303";
export const TAG_PATH = "/webhooks/clockify/NEW_TAG";

const base = { workspaceId: WORKSPACE, addonId: "addon-1" };
export const keyring = await createKeyring(newKey("test"));

/** What recurs where the add-on is installed, as by default. */
export const STANDING = [{ kind: "coverage", everySeconds: 900 }, { kind: "poll", everySeconds: 900 }] as const;

/** The tokens of an installation differ by its addonId, as the platform's do. */
export const installationToken = (addonId: string) => `installation-token-of-${addonId}`;
export const webhookToken = (addonId: string) => `webhook-token-of-${addonId}`;

export function installed(fields: Partial<InstalledCall> = {}): InstalledCall {
  const { addonId = base.addonId } = fields;
  return {
    ...base,
    type: "INSTALLED",
    authToken: installationToken(addonId),
    hosts: { backendUrl: "https://euc1.clockify.me/api" },
    backendUrlFrom: "claim",
    webhooks: [
      { path: TAG_PATH, tokenSha256: tokenSha256(webhookToken(addonId)) },
      { path: "/webhooks/of/another/version", tokenSha256: tokenSha256("unused") },
    ],
    ...fields,
  };
}

export function deleted(fields: Partial<DeletedCall> = {}): DeletedCall {
  return { ...base, type: "DELETED", ...fields };
}

export function statusChanged(
  status: StatusChangedCall["status"],
  fields: Partial<StatusChangedCall> = {},
): StatusChangedCall {
  return { ...base, type: "STATUS_CHANGED", status, ...fields };
}

export function settingsUpdated(
  settings: SettingsUpdatedCall["settings"],
  fields: Partial<SettingsUpdatedCall> = {},
): SettingsUpdatedCall {
  return { ...base, type: "SETTINGS_UPDATED", settings, ...fields };
}

/** The room and the store over one database; `read` gives the installation of ADDON in WORKSPACE. */
export function openLifecycle(db: Database) {
  const lifecycle = createLifecycle({
    db,
    keyring,
    standing: STANDING,
    eventOfPath: (path) => /^\/webhooks\/clockify\/([A-Z_]+)$/.exec(path)?.[1],
  });
  const store = createInstallationStore(db);
  return {
    store,
    apply: (call: Parameters<typeof lifecycle.apply>[1], addon = ADDON) => lifecycle.apply(addon, call),
    read: async () => (await store.find(ADDON, WORKSPACE))!,
    findWebhook: (addonId: string) =>
      store.findWebhook({ profileKey: ADDON, workspaceId: WORKSPACE, addonId, path: TAG_PATH }),
  };
}
