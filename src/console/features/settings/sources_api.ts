/** Custom sources: other systems that may send events. Secrets are answered once, when made or rotated. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export interface Source {
  id: string;
  name: string;
  /** Null for those who may not know it. */
  url: string | null;
  scheme: string;
  enabled: boolean;
  ratePerSecond: number;
  secrets: { id: string; createdAt: Date; expiresAt: Date | null }[];
  createdAt: Date;
  lastEventAt: Date | null;
}

export interface SourceWithSecret {
  source: Source;
  /** Absent for an unsigned source. */
  secret?: string;
}

export type NewSource = RequestBody<"post_ui_sources">;

function toSource(wire: Wire<"Source">): Source {
  return {
    id: wire.id,
    name: wire.name,
    url: wire.url,
    scheme: wire.scheme,
    enabled: wire.enabled,
    ratePerSecond: wire.rate_per_second,
    secrets: wire.secrets.map(({ id, created_at, expires_at }) => ({
      id,
      createdAt: new Date(created_at),
      expiresAt: expires_at === null ? null : new Date(expires_at),
    })),
    createdAt: new Date(wire.created_at),
    lastEventAt: wire.last_event_at === null ? null : new Date(wire.last_event_at),
  };
}

export async function listSources(api: Api): Promise<Source[]> {
  return (await api.get<Answer<"get_ui_sources">>("/sources")).sources.map(toSource);
}

export async function createSource(api: Api, source: NewSource): Promise<SourceWithSecret> {
  const wire = await api.create<Answer<"post_ui_sources">>("/sources", source);
  return { source: toSource(wire), secret: wire.secret };
}

/** The old secret stays valid for `overlapHours`. */
export async function rotateSource(api: Api, id: string, overlapHours: number): Promise<SourceWithSecret> {
  const wish = { overlap_hours: overlapHours };
  const wire = await api.create<Answer<"post_ui_sources_id_rotate">>(`/sources/${id}/rotate`, wish);
  return { source: toSource(wire), secret: wire.secret };
}

export async function switchSource(api: Api, id: string, enabled: boolean): Promise<void> {
  await api.send("PUT", `/sources/${id}`, { enabled });
}

export async function deleteSource(api: Api, id: string): Promise<void> {
  await api.send("DELETE", `/sources/${id}`);
}
