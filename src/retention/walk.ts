/** One sweep: all installations in the order of their ids, each by its own settings, then rows that belong to none. */

import { takeInBlocks } from "../db/block_index.ts";
import { type Database, isUnavailable } from "../db/db.ts";
import { type AppError, toAppError } from "../base/errors.ts";
import { effectiveSettings } from "../installations/settings.ts";
import type { SettingValue } from "../installations/store.ts";
import type { OwnerKey, WorkspaceSettings } from "../profiles/profile.ts";
import { ownerOf } from "../profiles/profiles.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Batches } from "./batches.ts";
import { KEPT_SLOTS } from "./slots.ts";
import { deleteUninstalled, tenantTables } from "./uninstalled.ts";
import { type Kind, KINDS } from "./kinds.ts";
import type { Cursor } from "./pages.ts";

export interface WalkOptions {
  db: Database;
  /** What the environment says for workspaces that set nothing, by profile key. */
  defaults: Readonly<Record<OwnerKey, WorkspaceSettings>>;
  auditDays: number;
  journalDays: number;
  /** 0: uninstalled workspaces go with the next sweep. */
  uninstallGraceDays: number;
  log: Logger;
}

interface InstallationRow {
  id: number;
  addon: string;
  settings: Record<string, SettingValue>;
  /** Uninstalled, and the grace period has passed. */
  over: boolean;
}

type Walk = WalkOptions & { batches: Batches; slot: number; tables: readonly string[]; errors: Record<string, string> };

const INSTALLATIONS_PER_PAGE = 100;

/**
 * Sweeps everything behind `batches.position()`. Gives the error code of each table that could not be swept (the
 * others are swept all the same); throws when the sweep as a whole must end (see endsSweep()).
 */
export async function walk(
  options: WalkOptions & { batches: Batches; slot: number },
): Promise<Record<string, string>> {
  const walking: Walk = { ...options, tables: await tenantTables(options.db), errors: {} };
  for (let page: InstallationRow[] = []; (page = await nextInstallations(walking)).length > 0;) {
    for (const installation of page) {
      await sweepInstallation(walking, installation);
      walking.batches.passed(installation.id);
    }
  }
  await sweepRest(walking);
  await apart(walking, "event_entity", () => takeInBlocks(walking.db, "event_entity"));
  return walking.errors;
}

/** A signal, a lost slot, or a database that is away: no other table would fare better. */
function endsSweep(error: unknown): boolean {
  const { name, code } = error as Partial<AppError>;
  return isUnavailable(error) || name === "AbortError" || code === "LEASE_LOST";
}

function nextInstallations({ db, uninstallGraceDays, batches }: Walk): Promise<InstallationRow[]> {
  return db.scoped("all", (sql) =>
    sql<InstallationRow[]>`
      select id, addon, settings, coalesce(status = 'uninstalled'
        and uninstalled_at < now() - ${uninstallGraceDays}::int * interval '1 day', false) as over
      from installation where id > ${batches.position()}::bigint order by id limit ${INSTALLATIONS_PER_PAGE}`);
}

async function sweepInstallation(walking: Walk, { id, addon, settings, over }: InstallationRow) {
  const { batches, tables, defaults, auditDays, journalDays, uninstallGraceDays, slot } = walking;
  if (over) {
    await apart(walking, "installation", () =>
      deleteUninstalled({
        installationId: id,
        tables,
        graceDays: uninstallGraceDays,
        batch: (table, work) =>
          batches.run({ table, installationId: id, startRows: 100, counted: table !== "installation" }, work),
      }));
    return;
  }
  // An add-on that this version does not know: its days are not ours to guess.
  if (!Object.hasOwn(defaults, addon)) return;
  const key = addon as OwnerKey;
  const { values } = effectiveSettings({ profile: ownerOf(key), defaults: defaults[key], stored: settings });
  for (const kind of KINDS) {
    if (kind.owner !== undefined && kind.owner !== key) continue;
    const days = kind.days({ ...values, auditDays, journalDays });
    if (days === 0 || !tables.includes(kind.table)) continue;
    await apart(walking, kind.table, () => sweepKind(batches, kind, { installationId: id, days }));
  }
  await apart(
    walking,
    "retention_count",
    () =>
      batches.run({ table: "retention_count", installationId: id }, async (sql) => {
        await sql`
        delete from retention_count where installation_id = ${id} and slot < ${slot - KEPT_SLOTS}::bigint`;
        return { deleted: {} };
      }),
  );
}

async function sweepKind(
  batches: Batches,
  { table, startRows, page }: Kind,
  { installationId, days }: { installationId: number; days: number },
) {
  let cursor: Cursor | undefined;
  do {
    const { next } = await batches.run(
      { table, installationId, startRows },
      (sql, limit) => page(sql, { installationId, days, limit, cursor }),
    );
    cursor = next;
  } while (cursor);
}

/** What belongs to no installation. */
async function sweepRest(walking: Walk) {
  const { batches, uninstallGraceDays, auditDays, tables } = walking;
  // Kept for a day at least: a late INSTALLED of an installation that is over must not revive it.
  const retiredDays = Math.max(1, uninstallGraceDays);
  await apart(walking, "installation_retired", () =>
    batches.run({ table: "installation_retired" }, async (sql) => {
      const gone = await sql`
        delete from installation_retired where retired_at < now() - ${retiredDays}::int * interval '1 day' returning 1`;
      return { deleted: { installation_retired: gone.length } };
    }));
  if (!tables.includes("audit") || auditDays === 0) return;
  await apart(walking, "audit", async () => {
    while (
      (await batches.run({ table: "audit" }, async (sql, limit) => {
        const gone = await sql`
          delete from audit where installation_id is null and ctid = any (array(
            select ctid from audit
            where installation_id is null and at < now() - ${auditDays}::int * interval '1 day' limit ${limit}))
          returning 1`;
        return { deleted: { audit: gone.length }, more: gone.length === limit };
      })).more
    );
  });
}

/** Does it, and notes what went wrong with this table instead of leaving the others alone. */
async function apart({ errors, log }: Walk, table: string, work: () => Promise<unknown>) {
  try {
    await work();
  } catch (error) {
    if (endsSweep(error)) throw error;
    const { code, message } = toAppError(error);
    errors[table] = code;
    log.warn("retention.table_failed", { table, code, reason: message });
  }
}
