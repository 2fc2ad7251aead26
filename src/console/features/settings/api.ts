/** What the settings page reads: health of the components, effective settings, retention, keys. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";

export type ComponentHealth = Wire<"Part">;
export type ComponentState = ComponentHealth["state"];

export async function getHealth(api: Api): Promise<ComponentHealth[]> {
  return (await api.get<Answer<"get_ui_parts">>("/parts")).parts;
}

export type EffectiveSetting = Wire<"Setting">;

export interface EffectiveSettings {
  settings: EffectiveSetting[];
  readAt: Date | null;
  lastError: string | null;
}

export async function getSettings(api: Api): Promise<EffectiveSettings> {
  const wire = await api.get<Answer<"get_ui_settings">>("/settings");
  return {
    settings: wire.settings,
    readAt: wire.read_at === null ? null : new Date(wire.read_at),
    lastError: wire.last_error,
  };
}

export async function getLimits(api: Api): Promise<Wire<"Limits">> {
  return await api.get<Answer<"get_ui_limits">>("/limits");
}

export interface RetentionRun {
  slot: Date;
  state: string;
  finishedAt: Date | null;
  /** Rows by table. */
  deleted: Record<string, number>;
}

export interface RetentionReport {
  /** `days` 0 keeps forever; after an uninstall it keeps nothing. */
  kept: Answer<"get_ui_retention">["kept"];
  nextRunAt: Date;
  lastRuns: RetentionRun[];
}

export async function getRetention(api: Api): Promise<RetentionReport> {
  const wire = await api.get<Answer<"get_ui_retention">>("/retention");
  return {
    kept: wire.kept,
    nextRunAt: new Date(wire.next_run_at),
    lastRuns: wire.last_runs.map(({ slot, state, finished_at, deleted }) => ({
      slot: new Date(slot),
      state,
      finishedAt: finished_at === null ? null : new Date(finished_at),
      deleted,
    })),
  };
}

/** Ids, counts and ages; no key is ever answered. */
export interface KeyFacts {
  encryption: Wire<"Keys">["encryption"];
  installationToken: { receivedAt: Date | null; keyId: string | null };
  apiKey: { configured: boolean; configuredAt: Date | null };
  signingSecret: { configured: boolean; createdAt: Date | null };
  operators: { name: string; loopbackOnly: boolean }[];
}

export async function getKeys(api: Api): Promise<KeyFacts> {
  const wire = await api.get<Answer<"get_ui_keys">>("/keys");
  const date = (text: string | null) => text === null ? null : new Date(text);
  return {
    encryption: wire.encryption,
    installationToken: { receivedAt: date(wire.installation_token.received_at), keyId: wire.installation_token.key_id },
    apiKey: { configured: wire.api_key.configured, configuredAt: date(wire.api_key.configured_at) },
    signingSecret: { configured: wire.signing_secret.configured, createdAt: date(wire.signing_secret.created_at) },
    operators: wire.operators.map(({ name, loopback_only }) => ({ name, loopbackOnly: loopback_only })),
  };
}

export type AuditEntry = Wire<"AuditEntry">;

export interface AuditPage {
  entries: AuditEntry[];
  /** Of all pages. */
  total: number;
  /** Who made changes. */
  actors: Wire<"AuditActor">[];
  nextCursor: string | null;
}

/**
 * Who changed what, newest first, without what operators only read; `actor`: only what this one did. A page may be short and
 * have one that follows.
 */
export async function listAudit(
  api: Api,
  { actor, cursor, signal }: { actor?: string; cursor?: string; signal?: AbortSignal },
): Promise<AuditPage> {
  const query = { reads: "omit", actor, cursor };
  const { entries, total, actors, pagination } = await api.get<Answer<"get_ui_audit">>("/audit", query, signal);
  return { entries, total: total ?? 0, actors, nextCursor: pagination.next_cursor };
}

export interface ExportedFile {
  file: Blob;
  /** There is more than one file of it has. */
  truncated: boolean;
}

/** A file as one of the export routes writes it. Throws where it broke off: nothing of it is saved. */
export async function exportFile(api: Api, path: string): Promise<ExportedFile> {
  const file = await (await api.open(path)).blob();
  const { error, detail, truncated = false } = lastLine(await file.slice(-END_BYTES).text());
  if (error !== undefined) {
    throw new Error(say("The file broke off and was not saved: {why}", { why: detail ?? error }));
  }
  return { file, truncated };
}

/** More than a line has that says how the file ended. */
const END_BYTES = 2_000;

function lastLine(end: string): { error?: string; detail?: string; truncated?: boolean } {
  const line = /(?:^|\n)(\{(?:"error"|"truncated")[^\n]*\})\n?$/.exec(end)?.[1];
  return line === undefined ? {} : JSON.parse(line);
}

export async function getUninstallPreview(api: Api, signal?: AbortSignal): Promise<Wire<"UninstallPreview">> {
  return await api.get<Answer<"get_ui_uninstall_preview">>("/uninstall-preview", undefined, signal);
}

/** The API key of a person, which more webhooks are registered with. */
export async function putApiKey(api: Api, apiKey: string): Promise<void> {
  await api.send("PUT", "/webhooks/api-key", { api_key: apiKey });
}

export async function deleteApiKey(api: Api): Promise<void> {
  await api.send("DELETE", "/webhooks/api-key");
}
