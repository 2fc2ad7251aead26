/** Versions of a flow: what each publication made, and the restore of one by way of the draft. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export interface FlowVersion {
  version: number;
  isPresent: boolean;
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** Name or id; null: not known. */
  author: string | null;
  note: string | null;
  publishedAt: Date;
  /** Of the flow's newest runs, those of this version. */
  runs: number;
  failed: number;
  /** They keep it until they end. */
  inProgress: number;
}

/** What is worked on beside the published version; it never runs. */
export interface FlowDraftRow {
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** Another version was published since it was begun. */
  isBehind: boolean;
  author: string | null;
  note: string | null;
  updatedAt: Date;
}

const AT_ONCE = 100;

/** The newest hundred; `hasMore`: there are older ones. `countedOf`: so many of the newest runs are counted, null: all. */
export async function listVersions(
  api: Api,
  flowId: string,
  signal?: AbortSignal,
): Promise<{ versions: FlowVersion[]; draft: FlowDraftRow | null; hasMore: boolean; countedOf: number | null }> {
  const { versions, draft, pagination, counted_runs: counted } = await api.get<Answer<"get_ui_flows_id_versions">>(
    `${pathOf(flowId)}/versions`,
    { limit: AT_ONCE },
    signal,
  );
  const present = versions.find(({ present }) => present)?.version;
  return {
    versions: versions.map(toVersion),
    draft: draft && {
      restoredFrom: draft.restored_from,
      isBehind: present !== undefined && draft.base_version !== present,
      author: draft.author_name ?? draft.author,
      note: draft.note,
      updatedAt: new Date(draft.updated_at),
    },
    hasMore: pagination.has_more,
    countedOf: counted.is_cut ? counted.limit : null,
  };
}

/** Makes the version the draft, where there is none. Nothing is published. */
export async function restoreVersion(api: Api, flowId: string, version: number): Promise<void> {
  type Restored = Answer<"post_ui_flows_id_versions_version_restore">;
  await api.create<Restored>(`${pathOf(flowId)}/versions/${version}/restore`, {});
}

function pathOf(flowId: string): string {
  return `/flows/${encodeURIComponent(flowId)}`;
}

function toVersion(wire: Wire<"FlowVersionRow">): FlowVersion {
  return {
    version: wire.version,
    isPresent: wire.present,
    restoredFrom: wire.restored_from,
    author: wire.author_name ?? wire.author,
    note: wire.note,
    publishedAt: new Date(wire.published_at),
    runs: wire.runs,
    failed: wire.failed,
    inProgress: wire.in_progress,
  };
}

export type FlowComparison = Wire<"FlowComparison">;
/** A version by its number, the one that new runs begin with, or the draft. */
export type ComparedSide = number | "published" | "draft";

/** In sentences. Throws NOT_FOUND where there is no draft, or no such version. */
export async function compareFlow(
  api: Api,
  flowId: string,
  { from, to, signal }: { from: ComparedSide; to: ComparedSide; signal?: AbortSignal },
): Promise<FlowComparison> {
  return await api.get<Answer<"get_ui_flows_id_compare">>(`${pathOf(flowId)}/compare`, { from, to }, signal);
}
