/** What became of each step of a run, of every kind, and of the items of its loops. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";
import type { RunError } from "./api.ts";

export interface NodeEnd {
  path: string;
  state: Wire<"RunNode">["state"];
  startedAt: Date | null;
  finishedAt: Date | null;
  error: RunError | null;
}

export interface RunNode extends NodeEnd {
  id: string;
  kind: string;
  name: string;
  title: string | null;
  /** Until when a step that is in progress waits. */
  until: Date | null;
  /** Of a branch: the list that was chosen. */
  taken: number | null;
  items: Wire<"RunNode">["items"];
  approval: { id: string; state: string; expiresAt: Date | null } | null;
  lists: { item: number; name: string | null; steps: RunNode[] }[];
}

export interface RunItem extends NodeEnd {
  /** From 0. */
  item: number;
}

export const ITEMS_AT_ONCE = 50;

/** The steps of the run; with `below` those in an item of a loop. */
export async function getNodes(
  api: Api,
  runId: string,
  { below, signal }: { below?: string; signal?: AbortSignal },
): Promise<RunNode[]> {
  const { steps } = await api.get<Answer<"get_ui_runs_id_nodes">>(`/runs/${runId}/nodes`, { below }, signal);
  return steps.map(toNode);
}

/** Items of the loop that have ended: those that failed first. */
export async function getItems(
  api: Api,
  runId: string,
  { loop, offset, signal }: { loop: string; offset: number; signal?: AbortSignal },
): Promise<{ items: RunItem[]; next: number | undefined }> {
  const query = { loop, offset, limit: ITEMS_AT_ONCE };
  const { items, has_more } = await api.get<Answer<"get_ui_runs_id_items">>(`/runs/${runId}/items`, query, signal);
  return {
    items: items.map((wire) => ({ ...toEnd(wire), item: wire.item })),
    next: has_more ? offset + items.length : undefined,
  };
}

function toNode(wire: Wire<"RunNode">): RunNode {
  const { id, kind, name, title, until, taken, items, approval, lists } = wire;
  return {
    ...toEnd(wire),
    id,
    kind,
    name,
    title,
    until: until === null ? null : new Date(until),
    taken,
    items,
    approval: approval && {
      id: approval.id,
      state: approval.state,
      expiresAt: approval.expires_at === null ? null : new Date(approval.expires_at),
    },
    lists: lists.map(({ steps, ...list }) => ({ ...list, steps: steps.map(toNode) })),
  };
}

function toEnd(
  { path, state, started_at, finished_at, error }: Pick<
    Wire<"RunNode">,
    "path" | "state" | "started_at" | "finished_at" | "error"
  >,
): NodeEnd {
  return {
    path,
    state,
    startedAt: started_at === null ? null : new Date(started_at),
    finishedAt: finished_at === null ? null : new Date(finished_at),
    error: error && { code: error.code, message: error.message ?? error.code },
  };
}

/** True where the steps are more than actions one after another. */
export function isNested(nodes: readonly RunNode[]): boolean {
  return nodes.some(({ kind }) => kind !== "action");
}
