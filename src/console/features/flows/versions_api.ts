/** Versions of a flow: what each save published, and the restore of one. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import { type Flow, toFlow } from "./api.ts";

export interface FlowVersion {
  version: number;
  isPresent: boolean;
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** Name or id; null: not known. */
  author: string | null;
  note: string | null;
  publishedAt: Date;
}

const AT_ONCE = 100;

/** The newest hundred; `hasMore`: there are older ones. */
export async function listVersions(
  api: Api,
  flowId: string,
  signal?: AbortSignal,
): Promise<{ versions: FlowVersion[]; hasMore: boolean }> {
  const { versions, pagination } = await api.get<Answer<"get_ui_flows_id_versions">>(
    `${pathOf(flowId)}/versions`,
    { limit: AT_ONCE },
    signal,
  );
  return { versions: versions.map(toVersion), hasMore: pagination.has_more };
}

/** Publishes the version again, with the `token` that the guard asked for. Throws FLOW_INVALID where it cannot be published today. */
export async function restoreVersion(
  api: Api,
  flowId: string,
  { version, token }: { version: number; token?: string },
): Promise<Flow> {
  type Restored = Answer<"post_ui_flows_id_versions_version_restore">;
  const path = `${pathOf(flowId)}/versions/${version}/restore`;
  return toFlow(await api.create<Restored>(path, { confirm_token: token }));
}

function pathOf(flowId: string): string {
  return `/flows/${encodeURIComponent(flowId)}`;
}

function toVersion(wire: Wire<"FlowVersion">): FlowVersion {
  return {
    version: wire.version,
    isPresent: wire.present,
    restoredFrom: wire.restored_from,
    author: wire.author_name ?? wire.author,
    note: wire.note,
    publishedAt: new Date(wire.published_at),
  };
}
