/** A look at the history: what a version or the draft of a flow would have done on stored events. Nothing is sent. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type HistoryRun = Wire<"HistoryRun">;
export type HistoryMatch = Answer<"get_ui_flows_id_history_runs_run_matches">["matches"][number];
/** A version by its number, or the draft. */
export type LookedAt = number | "draft";

/** `since` in RFC 3339. Throws CONFLICT while another look is in progress in the workspace, FLOW_INVALID for a draft with faults. */
export async function startHistory(
  api: Api,
  flowId: string,
  { what, since }: { what: LookedAt; since: string },
): Promise<HistoryRun> {
  const body = { since, ...(what === "draft" ? { draft: true } : { version: what }) };
  return await api.create<Answer<"post_ui_flows_id_history_runs">>(pathOf(flowId), body);
}

export async function getHistory(api: Api, { flow_id, id }: HistoryRun, signal?: AbortSignal): Promise<HistoryRun> {
  return await api.get<Answer<"get_ui_flows_id_history_runs_run">>(`${pathOf(flow_id)}/${id}`, undefined, signal);
}

/** What was found stays. */
export async function stopHistory(api: Api, { flow_id, id }: HistoryRun): Promise<HistoryRun> {
  return await api.send<Answer<"post_ui_flows_id_history_runs_run_stop">>("POST", `${pathOf(flow_id)}/${id}/stop`);
}

/** Newest first. */
export async function listMatches(
  api: Api,
  { flow_id, id }: HistoryRun,
  { cursor, signal }: { cursor: string | null; signal?: AbortSignal },
): Promise<{ matches: HistoryMatch[]; next: string | null }> {
  type Page = Answer<"get_ui_flows_id_history_runs_run_matches">;
  const query = { limit: 20, cursor };
  const { matches, pagination } = await api.get<Page>(`${pathOf(flow_id)}/${id}/matches`, query, signal);
  return { matches, next: pagination.next_cursor };
}

export function isGoing({ state }: HistoryRun): boolean {
  return state === "running" || state === "stopping";
}

function pathOf(flowId: string): string {
  return `/flows/${encodeURIComponent(flowId)}/history-runs`;
}
