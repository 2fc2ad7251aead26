/**
 * The effective settings of an installation: what the workspace set, over the environment, over the default; checked,
 * and with their source.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import type { Database } from "../db/db.ts";
import type { OwnerKey, ProfileSetting, RowOwner, SettingName, WorkspaceSettings } from "../profiles/profile.ts";
import { FORWARDING_OFF } from "../profiles/clockify_addon.ts";
import { ownerOf } from "../profiles/profiles.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { openSettings, type SettingsRow, type StoredValues } from "./sealed_settings.ts";
import type { SettingValue } from "./store.ts";

/** One setting as the manifest names it, with its effective value. */
export interface EffectiveSetting {
  id: string;
  name: SettingName;
  value: WorkspaceSettings[SettingName];
  /** "workspace": set in Clockify. "environment": the variable or its default. */
  source: "workspace" | "environment";
  /** Why the workspace's value was rejected. */
  problem?: string;
}

export interface EffectiveSettings {
  values: WorkspaceSettings;
  settings: EffectiveSetting[];
}

/** Lays the stored values of a workspace over those of the environment. A value of the wrong shape changes nothing. */
export function effectiveSettings(
  { profile, defaults, stored }: {
    profile: Pick<RowOwner, "settingsTabs">;
    defaults: WorkspaceSettings;
    stored: StoredValues;
  },
): EffectiveSettings {
  const values: Record<string, unknown> = { ...defaults };
  const settings = profile.settingsTabs.flatMap((tab) => tab.settings).map((setting): EffectiveSetting => {
    const { id, sets: name } = setting;
    const given = Object.hasOwn(stored, id) ? stored[id] : undefined;
    const read = given === undefined || given === null ? undefined : readSetting(setting, given);
    if (read && "value" in read) values[name] = read.value;
    return {
      id,
      name,
      value: values[name] as EffectiveSetting["value"],
      source: read && "value" in read ? "workspace" : "environment",
      // The environment's own value came through the manifest, which may be out of a workspace's bounds (0 days keeps).
      ...(read && "problem" in read && given !== defaults[name] && { problem: read.problem }),
    };
  });
  return { values: values as unknown as WorkspaceSettings, settings };
}

/** The value as the program uses it, or what is wrong with it. Clockify may send numbers and booleans as text. */
function readSetting(
  setting: ProfileSetting,
  given: Exclude<SettingValue, null>,
): { value: unknown } | { problem: string } {
  switch (setting.type) {
    case "CHECKBOX": {
      if (typeof given === "boolean") return { value: given };
      if (given === "true" || given === "false") return { value: given === "true" };
      return { problem: "expected true or false" };
    }
    case "NUMBER": {
      const { min = -Infinity, max = Infinity } = setting;
      const value = typeof given === "string" && /^\s*\d+\s*$/.test(given) ? Number(given) : given;
      return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
        ? { value }
        : { problem: `expected a whole number from ${min} to ${max}` };
    }
    case "DROPDOWN_SINGLE":
      return typeof given === "string" && setting.allowedValues?.includes(given)
        ? { value: given }
        : { problem: `expected one of ${setting.allowedValues?.join(", ")}` };
    default:
      return setting.sets === "forwardingUrl" ? readForwardingUrl(String(given)) : { value: given };
  }
}

function readForwardingUrl(text: string): { value: string | undefined } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.toLowerCase() === FORWARDING_OFF) return { value: undefined };
  const url = URL.parse(trimmed);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    return { problem: `expected an https address, or "${FORWARDING_OFF}"` };
  }
  return { value: url.href };
}

export interface SettingsSource {
  /** Those of an installation; of one that is gone, the environment's. At most 10 s old. */
  of(installation: { id: number; addon: string }): Promise<WorkspaceSettings>;
  /** The same at once, where it is in memory: a wait, and its timeout, would cost each delivery. Else undefined. */
  inMemory(installation: { id: number; addon: string }): WorkspaceSettings | undefined;
  /** The same as of now: for what leaves the program, since another instance may have seen a reinstall a moment ago. */
  fresh(installation: { id: number; addon: string }): Promise<WorkspaceSettings>;
  /**
   * The effective log level, as last read, at once: what is unknown or old is read in the background. For places that
   * must not wait. Undefined until it was read for the first time.
   */
  logLevel(installationId: number): WorkspaceSettings["logLevel"] | undefined;
  /** The add-on's profile key: at once where its row was ever read here. Undefined: it is gone, or cannot be read. */
  addonOf(installationId: number): string | Promise<string | undefined>;
  /** To be called when they changed. */
  forget(installationId: number): void;
}

/** What an installation's row says; undefined when it is gone. */
export type StoredSettings = { addon: string; stored: StoredValues } | undefined;

const MAX_AGE_MS = 10_000;
const MAX_CACHED = 10_000;

interface Entry {
  row: Promise<StoredSettings>;
  /** What `row` gave, once it has. */
  arrived?: { row: StoredSettings };
  untilMs: number;
  /** Of the newest row that has arrived. */
  logLevel: WorkspaceSettings["logLevel"] | undefined;
  /** It never changes. */
  addon: string | undefined;
}

/** The settings of installations, kept for a few seconds: another instance's change is seen after that. */
export function createSettingsSource(
  { read, defaults, clock }: {
    read(installationId: number): Promise<StoredSettings>;
    /** What the environment says, by profile key. */
    defaults: Readonly<Record<OwnerKey, WorkspaceSettings>>;
    clock: Clock;
  },
): SettingsSource {
  const cache = createBoundedCache<number, Entry>({ max: MAX_CACHED });

  function effective(addon: string, stored: NonNullable<StoredSettings>["stored"]): WorkspaceSettings {
    const key = addon as OwnerKey;
    return effectiveSettings({ profile: ownerOf(key), defaults: defaults[key], stored }).values;
  }

  function look(installationId: number): Entry {
    const known = cache.get(installationId);
    return known && known.untilMs > clock.monotonicMs() ? known : lookNow(installationId, known);
  }

  function lookNow(installationId: number, known = cache.get(installationId)): Entry {
    const row = read(installationId);
    const entry: Entry = {
      row,
      untilMs: clock.monotonicMs() + MAX_AGE_MS,
      logLevel: known?.logLevel,
      addon: known?.addon,
    };
    cache.set(installationId, entry);
    row.then(
      (found) => {
        entry.arrived = { row: found };
        entry.logLevel = found && effective(found.addon, found.stored).logLevel;
        entry.addon = found?.addon ?? entry.addon;
      },
      // What cannot be read is asked for again by the next caller who can wait; the level stays as it was.
      () => void (entry.untilMs = 0),
    );
    return entry;
  }

  return {
    of: async ({ id, addon }) => effective(addon, (await look(id).row)?.stored ?? {}),
    inMemory: ({ id, addon }) => {
      const entry = cache.get(id);
      if (entry?.arrived === undefined || entry.untilMs <= clock.monotonicMs()) return undefined;
      return effective(addon, entry.arrived.row?.stored ?? {});
    },
    fresh: async ({ id, addon }) => effective(addon, (await lookNow(id).row)?.stored ?? {}),
    logLevel: (installationId) => look(installationId).logLevel,
    addonOf: (installationId) =>
      cache.get(installationId)?.addon ?? look(installationId).row.then((row) => row?.addon, () => undefined),
    forget: (installationId) => {
      const known = cache.get(installationId);
      if (known) known.untilMs = 0;
      // At once, so that the next line already has the new level.
      look(installationId);
    },
  };
}

/**
 * Reads the row of one installation. Those that are asked for meanwhile travel together: after a start each that sends asks
 * at the same moment, and a transaction for each of hundreds would hold all connections.
 */
export function readStoredSettings(
  { db, keyring, clock }: { db: Pick<Database, "scoped">; keyring: Keyring; clock: Clock },
): (installationId: number) => Promise<StoredSettings> {
  const reads = createBatcher<{ installationId: number }, StoredRow | undefined>({
    purpose: "read the settings",
    clock,
    maxItems: 500,
    maxInFlight: 2,
    flush: (items) => readRows(db, items.map(({ installationId }) => installationId)),
  });
  return async (installationId) => {
    const row = await reads.submit({ installationId });
    // By itself: one address that cannot be opened is no fault of the others.
    return row && { addon: row.addon, stored: await openSettings(row, { installationId, keyring }) };
  };
}

interface StoredRow extends SettingsRow {
  id: number;
  addon: string;
}

/** In the order of `installationIds`; undefined for one that is gone. */
async function readRows(
  db: Pick<Database, "scoped">,
  installationIds: number[],
): Promise<(StoredRow | undefined)[]> {
  const rows = await db.scoped({ installationIds }, (sql) =>
    sql<StoredRow[]>`
    select id, addon, settings, forwarding_url_sealed from installation
    where id = any (array(select value::bigint from json_array_elements_text(${
      JSON.stringify(installationIds)
    }::text::json)))`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return installationIds.map((id) => byId.get(id));
}
