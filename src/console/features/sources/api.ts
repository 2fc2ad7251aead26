/** Custom sources: other systems that may send events. Secrets are answered once, when made or rotated. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export interface Source {
  id: string;
  name: string;
  /** Null for those who may not know it. */
  url: string | null;
  scheme: string;
  /** The sender it was made for; null: none of ours. */
  preset: string | null;
  enabled: boolean;
  ratePerSecond: number;
  /** Null: as many as the listener accepts. */
  maxBodyBytes: number | null;
  /** So long an equal delivery is a repeat; null: never. */
  duplicateWindowSeconds: number | null;
  /** The newest first; none while the sender has not given one. */
  secrets: { id: string; createdAt: Date; expiresAt: Date | null; isUnseen: boolean; lastUsedAt: Date | null }[];
  createdAt: Date;
  lastEventAt: Date | null;
  /** The newest request that proved no sender. */
  lastRefused: { at: Date; reason: string } | null;
}

/** Of queries: everything that depends on sources. */
export const SOURCES = "sources";

export interface SourceWithSecret {
  source: Source;
  /** Absent for an unsigned source, and where the sender gives it later. */
  secret?: string;
}

export type NewSource = RequestBody<"post_ui_sources">;

function toSource(wire: Wire<"Source">): Source {
  return {
    id: wire.id,
    name: wire.name,
    url: wire.url,
    scheme: wire.scheme,
    preset: wire.preset,
    enabled: wire.enabled,
    ratePerSecond: wire.rate_per_second,
    maxBodyBytes: wire.max_body_bytes,
    duplicateWindowSeconds: wire.duplicate_window_seconds,
    secrets: wire.secrets.map(({ id, created_at, expires_at, is_unseen, last_used_at }) => ({
      id,
      createdAt: new Date(created_at),
      expiresAt: expires_at === null ? null : new Date(expires_at),
      isUnseen: is_unseen,
      lastUsedAt: last_used_at === null ? null : new Date(last_used_at),
    })),
    createdAt: new Date(wire.created_at),
    lastEventAt: wire.last_event_at === null ? null : new Date(wire.last_event_at),
    lastRefused: wire.last_refused_at === null
      ? null
      : { at: new Date(wire.last_refused_at), reason: wire.last_refused_reason ?? "" },
  };
}

export async function listSources(api: Api, signal?: AbortSignal): Promise<Source[]> {
  return (await api.get<Answer<"get_ui_sources">>("/sources", undefined, signal)).sources.map(toSource);
}

export function listSenders(api: Api): Promise<Answer<"get_ui_senders">> {
  return api.get<Answer<"get_ui_senders">>("/senders");
}

export async function createSource(api: Api, source: NewSource): Promise<SourceWithSecret> {
  const wire = await api.create<Answer<"post_ui_sources">>("/sources", source);
  return { source: toSource(wire), secret: wire.secret };
}

/** To `secret`, or to one that is made; the old one stays valid for `overlapHours`. */
export async function rotateSource(
  api: Api,
  id: string,
  { overlapHours, secret }: { overlapHours: number; secret?: string },
): Promise<SourceWithSecret> {
  const wish = { overlap_hours: overlapHours, ...(secret !== undefined && { secret }) };
  const wire = await api.create<Answer<"post_ui_sources_id_rotate">>(`/sources/${id}/rotate`, wish);
  return { source: toSource(wire), secret: wire.secret };
}

/** The secret that the sender gave with its first request, this once. */
export async function revealSecret(api: Api, id: string): Promise<string> {
  return (await api.create<Answer<"post_ui_sources_id_reveal">>(`/sources/${id}/reveal`)).secret;
}

export async function switchSource(api: Api, id: string, enabled: boolean): Promise<void> {
  await api.send("PUT", `/sources/${id}`, { enabled });
}

export async function deleteSource(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `/sources/${id}`);
}
