/**
 * What a verified lifecycle call changes. Calls carry no sequence, may repeat and may overtake each other, so the addonId
 * decides: it is new on every reinstall, and one that is over never comes back.
 * See docs/clockify-protocol.md "Lifecycle calls".
 */

import type { OnPoint } from "../base/crash_point.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { alsoSee } from "../db/scope.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import { addStanding, type Standing } from "../schedules/standing.ts";
import type {
  DeletedCall,
  InstalledCall,
  LifecycleCall,
  SettingsUpdatedCall,
  StatusChangedCall,
} from "../verify/lifecycle.ts";
import { tokenSha256 } from "../verify/token.ts";
import { tokenContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { sealSettings } from "./sealed_settings.ts";
import { endInstallation } from "./uninstall.ts";
import { hasVerified, stepAside } from "./unverified.ts";

/**
 * applied: the call changed something, or said again what already holds. stale: it is about an installation that is over,
 * or older than what was applied before; nothing changed. unknown: the add-on was never installed in this workspace.
 * unsigned: the call carried no signature, and this workspace knows signed ones.
 */
export type LifecycleResult =
  | { outcome: "applied"; installationId: number }
  | { outcome: "stale" | "unknown" | "unsigned" };

export interface Lifecycle {
  apply(addon: string, call: LifecycleCall): Promise<LifecycleResult>;
}

export interface LifecycleOptions {
  db: Database;
  keyring: Keyring;
  /** Event type that a webhook path of the manifest stands for; undefined for a path we did not declare. */
  eventOfPath(path: string): string | undefined;
  /** What recurs for as long as the add-on is installed. */
  standing: readonly Standing[];
  /** Says that there are jobs, after a commit that made some. */
  wake?(): void;
  /** Takes the hashes of webhook tokens that an INSTALLED stored, after its commit: deliveries with them may come at once. */
  onTokens?(sha256: readonly Uint8Array[]): void;
  onPoint?: OnPoint;
}

interface CurrentRow {
  id: number;
  addon_id: string;
  status: string;
  verified: boolean;
  issued_ms: number | null;
  status_issued_ms: number | null;
  settings_issued_ms: number | null;
}

export function createLifecycle(
  { db, keyring, eventOfPath, standing, wake, onTokens, onPoint }: LifecycleOptions,
): Lifecycle {
  const applyOnce = (addon: string, call: LifecycleCall) =>
    db.scoped({ workspaceId: call.workspaceId }, async (sql): Promise<LifecycleResult> => {
      // One call at a time per add-on and workspace: the row may not exist yet, so a row lock would not do.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${addon} ${call.workspaceId}`}, 0))`;
      const [current] = await sql<CurrentRow[]>`
          select id, addon_id, status, verified, (extract(epoch from lifecycle_issued_at) * 1000)::float8 as issued_ms,
            (extract(epoch from status_issued_at) * 1000)::float8 as status_issued_ms,
            (extract(epoch from settings_issued_at) * 1000)::float8 as settings_issued_ms
          from installation where addon = ${addon} and workspace_id = ${call.workspaceId}`;
      if (current) await alsoSee(sql, current.id);
      switch (call.type) {
        case "INSTALLED":
          return await install(sql, { addon, call, current, keyring, eventOfPath, standing });
        case "DELETED":
          return await uninstall(sql, { addon, call, current });
        case "STATUS_CHANGED":
          return await changeStatus(sql, { call, current });
        case "SETTINGS_UPDATED":
          return await updateSettings(sql, { call, current, keyring });
      }
    });
  return {
    apply: async (addon, call) => {
      // A platform sends a lifecycle call once: one that met a deadlock is applied again here, or never.
      const result = await retryRolledBack(() => applyOnce(addon, call));
      if (result.outcome === "applied") {
        if (call.type === "INSTALLED") onTokens?.((call.webhooks ?? []).map(({ tokenSha256 }) => tokenSha256));
        if (call.type === "DELETED") onPoint?.("after_uninstall");
        wake?.();
      }
      return result;
    },
  };
}

async function install(
  sql: TransactionSql,
  { addon, call, current: found, keyring, eventOfPath, standing }: {
    addon: string;
    call: InstalledCall;
    current: CurrentRow | undefined;
    keyring: Keyring;
    eventOfPath: LifecycleOptions["eventOfPath"];
    standing: readonly Standing[];
  },
): Promise<LifecycleResult> {
  const { workspaceId, addonId, unverified = false } = call;
  if (unverified) {
    if (await hasVerified(sql, { addon, workspaceId })) return { outcome: "unsigned" };
  } else {
    const [retired] = await sql`
      select 1 from installation_retired
      where addon = ${addon} and workspace_id = ${workspaceId} and addon_id = ${addonId}`;
    if (retired) return { outcome: "stale" };
  }
  const replaces = found && !found.verified && !unverified;
  if (replaces) await stepAside(sql, found.id);
  const current = replaces ? undefined : found;
  if (current && isOlder(call, current.issued_ms)) {
    // Overtaken, not forged: its tokens are genuine, and no lifecycle tokens.
    await noteTokens(sql, { id: current.id, call });
    return { outcome: "stale" };
  }

  const renewed = current?.addon_id !== addonId || current.status === "uninstalled";
  if (current?.verified && renewed) await retire(sql, { addon, workspaceId, addonId: current.addon_id });
  const hosts = JSON.stringify(call.hosts);
  const [row] = await sql<{ id: number }[]>`
    insert into installation (addon, workspace_id, addon_id, status, hosts, as_user, addon_user_id, token_sha256,
      lifecycle_issued_at, verified)
    values (${addon}, ${workspaceId}, ${addonId}, 'active', ${hosts}::text::jsonb, ${call.asUser ?? null},
      ${call.addonUserId ?? null}, ${tokenSha256(call.authToken)}, ${issuedAt(call)}, ${!unverified})
    on conflict (addon, workspace_id) do update set
      -- The work of the former installation ends here too: its DELETED may have been lost, and what was asked for while
      -- the add-on was away is of a generation of its own.
      ended_generation = case when ${renewed} then installation.generation else installation.ended_generation end,
      generation = installation.generation + ${renewed ? 1 : 0}, addon_id = excluded.addon_id,
      status = case when ${renewed} then 'active' else installation.status end, hosts = excluded.hosts,
      as_user = excluded.as_user, addon_user_id = excluded.addon_user_id, token_sha256 = excluded.token_sha256,
      lifecycle_issued_at = greatest(installation.lifecycle_issued_at, excluded.lifecycle_issued_at),
      installed_at = case when ${renewed} then now() else installation.installed_at end,
      status_issued_at = case when ${renewed} then null else installation.status_issued_at end,
      settings_issued_at = case when ${renewed} then null else installation.settings_issued_at end,
      -- A new installation has settings of its own, which are read next: until then those of the environment hold, and
      -- nothing goes to the address that the former one forwarded to.
      settings = case when ${renewed} then '{}' else installation.settings end,
      forwarding_url_sealed = case when ${renewed} then null else installation.forwarding_url_sealed end,
      settings_read_at = case when ${renewed} then null else installation.settings_read_at end,
      settings_error = case when ${renewed} then null else installation.settings_error end,
      updated_at = now(), uninstalled_at = null
    returning id`;
  const id = row!.id;
  await alsoSee(sql, id);
  // The seal is bound to the row's id, which only exists now.
  const sealed = await keyring.seal(call.authToken, tokenContext(id));
  await sql`update installation set token_sealed = ${sealed} where id = ${id}`;
  if (!unverified) await noteTokens(sql, { id, call });
  await saveWebhooks(sql, { id, call, renewed, eventOfPath });
  // A token that no platform made opens nothing at Clockify: there is nothing to read with it.
  if (unverified) return { outcome: "applied", installationId: id };
  // INSTALLED carries no settings and is answered before anything is asked of Clockify.
  await enqueueOnce(sql, { kind: "settings", installationId: id });
  await enqueueOnce(sql, { kind: "coverage", installationId: id });
  await enqueueOnce(sql, { kind: "poll", installationId: id });
  await addStanding(sql, { installationId: id, standing });
  if (renewed) await enqueueOnce(sql, { kind: "bootstrap", installationId: id, payload: { reason: "install" } });
  if (renewed && current) await enqueueOnce(sql, { kind: "cleanup", installationId: id });
  return { outcome: "applied", installationId: id };
}

/**
 * Every token that the call brings is known from now on by what it is for, also that of a path which is not ours: none may
 * pass for a lifecycle token, neither now nor after another took its place.
 */
async function noteTokens(sql: TransactionSql, { id, call }: { id: number; call: InstalledCall }): Promise<void> {
  const seen = new Map((call.webhooks ?? []).map(({ tokenSha256 }) => [tokenSha256.toHex(), "webhook"]));
  seen.set(tokenSha256(call.authToken).toHex(), "installation");
  const rows = JSON.stringify([...seen].map(([sha256, kind]) => ({ sha256, kind })));
  await sql`
    insert into token_seen (installation_id, token_sha256, kind)
    select ${id}, decode(sha256, 'hex'), kind from json_to_recordset(${rows}::text::json) as input(sha256 text, kind text)
    on conflict (installation_id, token_sha256) do nothing`;
}

/** The tokens that the call brings take the place of the stored ones; a repeated call that brings none keeps them. */
async function saveWebhooks(
  sql: TransactionSql,
  { id, call, renewed, eventOfPath }: {
    id: number;
    call: InstalledCall;
    renewed: boolean;
    eventOfPath: LifecycleOptions["eventOfPath"];
  },
): Promise<void> {
  if (call.webhooks === undefined && !renewed) return;
  await sql`delete from installation_webhook where installation_id = ${id}`;
  const byPath = new Map((call.webhooks ?? []).map(({ path, tokenSha256 }) => [path, tokenSha256]));
  for (const [path, tokenSha256] of byPath) {
    const eventType = eventOfPath(path);
    if (eventType === undefined) continue;
    await sql`
      insert into installation_webhook (installation_id, workspace_id, path, event_type, token_sha256)
      values (${id}, ${call.workspaceId}, ${path}, ${eventType}, ${tokenSha256})`;
  }
}

async function uninstall(
  sql: TransactionSql,
  { addon, call, current }: { addon: string; call: DeletedCall; current: CurrentRow | undefined },
): Promise<LifecycleResult> {
  const { workspaceId, addonId } = call;
  // Remembered even when the installation was never seen: its INSTALLED may still be on the way.
  await retire(sql, { addon, workspaceId, addonId });
  if (!current) return { outcome: "unknown" };
  if (current.addon_id !== addonId) return { outcome: "stale" };
  await endInstallation(sql, current.id);
  return { outcome: "applied", installationId: current.id };
}

async function changeStatus(
  sql: TransactionSql,
  { call, current }: { call: StatusChangedCall; current: CurrentRow | undefined },
): Promise<LifecycleResult> {
  if (!current) return { outcome: "unknown" };
  if (isOver(call, current) || isOlder(call, current.status_issued_ms)) return { outcome: "stale" };
  await sql`
    update installation set status = ${call.status === "ACTIVE" ? "active" : "inactive"},
      status_issued_at = greatest(status_issued_at, ${issuedAt(call)}), updated_at = now()
    where id = ${current.id}`;
  // While it was switched off nothing could be asked of Clockify, and what recurs passed.
  if (call.status === "ACTIVE") {
    for (const kind of ["settings", "coverage", "poll", "reconcile"] as const) {
      await enqueueOnce(sql, { kind, installationId: current.id });
    }
  }
  return { outcome: "applied", installationId: current.id };
}

async function updateSettings(
  sql: TransactionSql,
  { call, current, keyring }: { call: SettingsUpdatedCall; current: CurrentRow | undefined; keyring: Keyring },
): Promise<LifecycleResult> {
  if (!current) return { outcome: "unknown" };
  if (isOver(call, current) || isOlder(call, current.settings_issued_ms)) return { outcome: "stale" };
  const settings = Object.fromEntries(call.settings.map(({ id, value }) => [id, value]));
  const { plain, sealed } = await sealSettings(settings, { installationId: current.id, keyring });
  await sql`
    update installation set settings = settings || ${jsonText(plain)}::text::jsonb,
      forwarding_url_sealed = case when ${sealed === undefined} then forwarding_url_sealed else ${sealed ?? null} end,
      settings_issued_at = greatest(settings_issued_at, ${issuedAt(call)}), updated_at = now()
    where id = ${current.id}`;
  // The call's order is not promised: what it says holds until the settings themselves were read again.
  await enqueueOnce(sql, { kind: "settings", installationId: current.id });
  return { outcome: "applied", installationId: current.id };
}

async function retire(
  sql: TransactionSql,
  { addon, workspaceId, addonId }: { addon: string; workspaceId: string; addonId: string },
) {
  await sql`
    insert into installation_retired (addon, workspace_id, addon_id) values (${addon}, ${workspaceId}, ${addonId})
    on conflict do nothing`;
}

/** About an installation that is over or was replaced. */
function isOver(call: LifecycleCall, current: CurrentRow): boolean {
  return current.addon_id !== call.addonId || current.status === "uninstalled";
}

/** Issued before a call of its kind that was already applied. */
function isOlder(call: LifecycleCall, appliedMs: number | null | undefined): boolean {
  return call.issuedAtMs !== undefined && appliedMs != null && call.issuedAtMs < appliedMs;
}

function issuedAt(call: LifecycleCall): Date | null {
  return call.issuedAtMs === undefined ? null : new Date(call.issuedAtMs);
}
