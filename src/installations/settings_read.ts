/** The job "settings": reads the settings of an installation from Clockify, which INSTALLED does not carry and SETTINGS_UPDATED may get out of order. */

import { backoffMs, type BackoffPolicy } from "../base/backoff.ts";
import type { AddonApi } from "../clockify/addon_api.ts";
import type { ClockifyAnswer } from "../clockify/client.ts";
import type { Database } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { ProfileKey, WorkspaceSettings } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { JobHandler } from "../queue/worker.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { openSettings, sealSettings, type SettingsRow, type StoredValues } from "./sealed_settings.ts";
import { effectiveSettings, type SettingsSource } from "./settings.ts";
import type { SettingValue } from "./store.ts";

export interface SettingsReaderOptions {
  db: Pick<Database, "scoped">;
  keyring: Keyring;
  api: AddonApi;
  credentials: CredentialSource;
  settings: SettingsSource;
  defaults: Readonly<Record<ProfileKey, WorkspaceSettings>>;
  log: Logger;
}

/** A fresh token may be answered 401 while INSTALLED is still in progress; later attempts are far apart. */
const RETRY: BackoffPolicy = { initialDelayMs: 1_000, maxDelayMs: 600_000, multiplier: 2 };
/** Around two hours of attempts. */
const MAX_TRIES = 20;
/** Longest wait that an answer may ask for. */
const MAX_FLOOR_MS = 3_600_000;
const MAX_WAIT_MS = 5_000;

/** The handler: stores what it read as a whole, or why it could not, and retries where that may help. */
export function createSettingsReader(options: SettingsReaderOptions): JobHandler {
  const { api, credentials } = options;
  return async (job, { signal }) => {
    const installation = await credentials.get(job.installationId);
    // Switched off or uninstalled since: what switches it on again asks for the settings once more.
    if (!installation) return { kind: "done" };
    const before = await readMark(options, job.installationId);
    const answer = await api.readSettings({ installation, maxWaitMs: MAX_WAIT_MS, signal });
    if (answer.kind === "limited") return { kind: "snooze", delayMs: answer.retryInMs, reason: "rate_budget" };
    if (answer.kind !== "ok") return await failed(answer, job, options);
    const values = settingValues(answer.data);
    if (!values) return await again(job, { reason: "Cannot read the settings: Clockify's answer holds none" }, options);
    const kept = await store(values, { job, installation, before }, options);
    return kept ? { kind: "done" } : { kind: "snooze", delayMs: 0, reason: "the installation changed meanwhile" };
  };
}

/** What is stored, when it was read from Clockify, and why the newest attempt failed: of one moment. */
export interface SettingsState {
  stored: StoredValues;
  readAt: Date | null;
  error: string | null;
}

export function readSettingsState(
  { db, keyring }: Pick<SettingsReaderOptions, "db" | "keyring">,
): (installationId: number) => Promise<SettingsState> {
  return async (installationId) => {
    const [row] = await db.scoped(
      { installationIds: [installationId] },
      (sql) =>
        sql<(SettingsRow & { read_at: Date | null; error: string | null })[]>`
        select settings, forwarding_url_sealed, settings_read_at as read_at, settings_error as error
        from installation where id = ${installationId}`,
    );
    if (!row) return { stored: {}, readAt: null, error: null };
    return { stored: await openSettings(row, { installationId, keyring }), readAt: row.read_at, error: row.error };
  };
}

/**
 * Values by id out of the settings API's answer: tabs hold settings, or groups of settings. A flat list, the form of
 * SETTINGS_UPDATED, is accepted too. Undefined when it is neither.
 */
export function settingValues(data: unknown): Map<string, SettingValue> | undefined {
  const tabs = Array.isArray(data) ? data : (data as { tabs?: unknown } | null)?.tabs;
  if (!Array.isArray(tabs)) return undefined;
  const values = new Map<string, SettingValue>();
  const gather = (nodes: unknown) => {
    if (!Array.isArray(nodes)) return;
    for (const node of nodes) {
      if (typeof node !== "object" || node === null) continue;
      const { id, value, settings, groups } = node as Record<string, unknown>;
      if (typeof id === "string" && isSettingValue(value)) values.set(id, value);
      gather(settings);
      gather(groups);
    }
  };
  gather(tabs);
  return values;
}

function isSettingValue(value: unknown): value is SettingValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** What every lifecycle call changes that is applied. */
async function readMark({ db }: SettingsReaderOptions, installationId: number): Promise<string | undefined> {
  const [row] = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<{ mark: string }[]>`
      select updated_at::text as mark from installation where id = ${installationId}`);
  return row?.mark;
}

/** Whether the values were stored: not when the installation changed since `before`. */
async function store(
  values: Map<string, SettingValue>,
  { job, installation, before }: { job: Job; installation: Credentials; before: string | undefined },
  { db, keyring, settings, defaults, log }: SettingsReaderOptions,
): Promise<boolean> {
  const profile = profileOf(installation.addonKey as ProfileKey);
  const known = new Set(profile.settingsTabs.flatMap((tab) => tab.settings.map(({ id }) => id)));
  const stored = Object.fromEntries([...values].filter(([id]) => known.has(id)));
  const id = job.installationId;
  const { plain, sealed = null } = await sealSettings(stored, { installationId: id, keyring });
  // A SETTINGS_UPDATED meanwhile is newer than what was read before it.
  const written = await db.scoped({ installationIds: [id] }, (sql) =>
    sql`
      update installation set settings = ${jsonText(plain)}::text::jsonb, forwarding_url_sealed = ${sealed},
        settings_read_at = now(), settings_error = null
      where id = ${id} and updated_at::text = ${before ?? ""} returning id`);
  if (written.length === 0) return false;
  settings.forget(id);
  const { settings: effective } = effectiveSettings({ profile, defaults: defaults[profile.key], stored });
  log.info("settings.read", {
    installation_id: id,
    workspace_id: installation.workspaceId,
    settings: Object.keys(stored),
    refused: effective.filter(({ problem }) => problem !== undefined).map((setting) => setting.id),
  });
  return true;
}

async function failed(
  answer: Extract<ClockifyAnswer, { kind: "refused" | "failed" }>,
  job: Job,
  options: SettingsReaderOptions,
): Promise<JobOutcome> {
  const reason = answer.error.message;
  if (answer.kind === "failed") return await again(job, { reason, floorMs: answer.retryAfterMs }, options);
  if (answer.status !== 401) return await giveUp(job, reason, options);
  return await again(job, { reason }, options);
}

async function again(
  job: Job,
  { reason, floorMs = 0 }: { reason: string; floorMs?: number },
  options: SettingsReaderOptions,
): Promise<JobOutcome> {
  if (job.attempt + 1 >= MAX_TRIES) return await giveUp(job, reason, options);
  await note(job, reason, options);
  return {
    kind: "retry",
    delayMs: Math.max(Math.min(floorMs, MAX_FLOOR_MS), backoffMs(job.attempt + 1, RETRY)),
    reason,
  };
}

async function giveUp(job: Job, reason: string, options: SettingsReaderOptions): Promise<JobOutcome> {
  await note(job, reason, options);
  options.log.warn("settings.not_read", { installation_id: job.installationId, reason });
  return { kind: "discard", reason };
}

/** The stored values stay effective; people see why they may be old. */
async function note({ installationId }: Job, reason: string, { db }: SettingsReaderOptions) {
  await db.scoped(
    { installationIds: [installationId] },
    (sql) => sql`update installation set settings_error = ${reason} where id = ${installationId}`,
  );
}
