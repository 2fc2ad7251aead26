/** Installations: an add-on in a workspace, found by webhook path, by login or by id. */

import { timingSafeEqual } from "node:crypto";
import type { Database, TransactionSql } from "../db/db.ts";
import { alsoSee } from "../db/scope.ts";
import { AppError } from "../base/errors.ts";
import type { PlatformHosts } from "../verify/token.ts";
import type { StoredWebhook } from "../verify/webhook.ts";
import { findWebhooks } from "./webhook_lookup.ts";

export type InstallationStatus = "active" | "inactive" | "uninstalled";

/** Values of the manifest settings, by id. */
export type SettingValue = string | number | boolean | string[] | null;

export interface Installation {
  id: number;
  /** Profile key. */
  addon: string;
  workspaceId: string;
  /** Clockify's id of this installation; new on every reinstall. */
  addonId: string;
  generation: number;
  status: InstallationStatus;
  hosts: PlatformHosts;
  settings: Record<string, SettingValue>;
  installedAt: Date;
}

interface InstallationRow {
  id: number;
  addon: string;
  workspace_id: string;
  addon_id: string;
  generation: number;
  status: InstallationStatus;
  hosts: PlatformHosts;
  settings: Record<string, SettingValue>;
  installed_at: Date;
}

export interface InstallationStore {
  /** The installation of an add-on in a workspace, uninstalled ones included. */
  find(addon: string, workspaceId: string): Promise<Installation | undefined>;
  /** All installations in a workspace that are not uninstalled (operators name one by workspace and add-on). */
  listByWorkspace(workspaceId: string): Promise<Installation[]>;
  /** All that are not uninstalled, of these add-ons. */
  list(addons: readonly string[]): Promise<Installation[]>;
  /** What verify/webhook.ts compares a delivery with (webhook_lookup.ts finds many at once). */
  findWebhook(query: {
    profileKey: string;
    workspaceId: string;
    addonId: string;
    path: string;
  }): Promise<StoredWebhook | undefined>;
  /** True when the hash is, or ever was, stored in the workspace as a webhook's token or as an installation's own. */
  isStoredToken(query: { workspaceId: string; tokenSha256: Uint8Array }): Promise<boolean>;
  /** Undefined for an id that was never given, or whose data is deleted. */
  statusOf(installationId: number): Promise<InstallationStatus | undefined>;
  /** The sealed token and what is needed to open it, while the add-on is active. */
  findSealedToken(installationId: number): Promise<
    { sealed: string; addon: string; workspaceId: string; generation: number; hosts: PlatformHosts } | undefined
  >;
}

export function createInstallationStore(db: Database): InstallationStore {
  return {
    find: async (addon, workspaceId) => {
      const [row] = await db.scoped({ workspaceId }, (sql) =>
        sql<InstallationRow[]>`
          select ${columns(sql)} from installation where addon = ${addon} and workspace_id = ${workspaceId}`);
      return row && toInstallation(row);
    },
    listByWorkspace: async (workspaceId) => {
      const rows = await db.scoped({ workspaceId }, (sql) =>
        sql<InstallationRow[]>`
          select ${columns(sql)} from installation
          where workspace_id = ${workspaceId} and status <> 'uninstalled' order by id`);
      return rows.map(toInstallation);
    },
    list: async (addons) => {
      const rows = await db.scoped("all", (sql) =>
        sql<InstallationRow[]>`
          select ${columns(sql)} from installation
          where addon in (select json_array_elements_text(${JSON.stringify(addons)}::text::json))
            and status <> 'uninstalled' order by id`);
      return rows.map(toInstallation);
    },
    findWebhook: async (query) => (await findWebhooks(db, [query]))[0],
    isStoredToken: ({ workspaceId, tokenSha256 }) =>
      db.scoped({ workspaceId }, async (sql) => {
        const installations = await sql<{ id: number; token_sha256: Uint8Array | null }[]>`
          select id, token_sha256 from installation where workspace_id = ${workspaceId}`;
        await alsoSee(sql, ...installations.map(({ id }) => id));
        const seen = await sql<{ token_sha256: Uint8Array }[]>`
          select token_seen.token_sha256 from installation join token_seen on installation_id = id
          where workspace_id = ${workspaceId} and token_seen.token_sha256 = ${tokenSha256}`;
        return [...installations, ...seen].some((row) =>
          row.token_sha256 !== null && timingSafeEqual(row.token_sha256, tokenSha256)
        );
      }),
    statusOf: async (installationId) => {
      const [row] = await db.scoped(
        { installationIds: [installationId] },
        (sql) =>
          sql<{ status: InstallationStatus }[]>`
          select status from installation where id = ${installationId}`,
      );
      return row?.status;
    },
    findSealedToken: async (installationId) => {
      const [row] = await db.scoped(
        { installationIds: [installationId] },
        (sql) =>
          sql<
            { token_sealed: string; addon: string; workspace_id: string; generation: number; hosts: PlatformHosts }[]
          >`
        select token_sealed, addon, workspace_id, generation, hosts from installation
        where id = ${installationId} and status = 'active' and token_sealed is not null`,
      );
      return row && {
        sealed: row.token_sealed,
        addon: row.addon,
        workspaceId: row.workspace_id,
        generation: row.generation,
        hosts: row.hosts,
      };
    },
  };
}

function columns(sql: TransactionSql) {
  return sql`id, addon, workspace_id, addon_id, generation, status, hosts, settings, installed_at`;
}

/** The installation when it may serve requests; throws INSTALLATION_UNKNOWN otherwise. */
export function requireInstalled(installation: Installation | undefined): Installation {
  if (installation && installation.status !== "uninstalled") return installation;
  throw new AppError("INSTALLATION_UNKNOWN", "Cannot serve the request: the add-on is not installed in this workspace");
}

function toInstallation(row: InstallationRow): Installation {
  return {
    id: row.id,
    addon: row.addon,
    workspaceId: row.workspace_id,
    addonId: row.addon_id,
    generation: row.generation,
    status: row.status,
    hosts: row.hosts,
    settings: row.settings,
    installedAt: row.installed_at,
  };
}
