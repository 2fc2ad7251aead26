/** Drafts of flows that were never saved, as the server keeps them: listed, read, kept, discarded. */

import { type Api, ApiError } from "../../shell/client.ts";
import type { Answer } from "../../wire.ts";

export interface NewDraftRow {
  id: string;
  /** Null: it was given none yet. */
  name: string | null;
  /** Name or id; null: not known. */
  author: string | null;
  updatedAt: Date;
}

export interface NewDraft {
  id: string;
  definition: Record<string, unknown>;
}

export async function listNewDrafts(api: Api, signal?: AbortSignal): Promise<NewDraftRow[]> {
  const { drafts } = await api.get<Answer<"get_ui_flow_drafts">>("/flow-drafts", undefined, signal);
  return drafts.map((one) => ({
    id: one.id,
    name: one.name,
    author: one.author_name ?? one.author,
    updatedAt: new Date(one.updated_at),
  }));
}

/** Null: it was saved or discarded meanwhile. */
export async function readNewDraft(api: Api, id: string, signal?: AbortSignal): Promise<NewDraft | null> {
  const read = api.get<Answer<"get_ui_flow_drafts_id">>(pathOf(id), undefined, signal);
  return await read.then(({ id, definition }) => ({ id, definition }), (problem) => {
    if (problem instanceof ApiError && problem.code === "NOT_FOUND") return null;
    throw problem;
  });
}

/** Gives the id of the draft: another one where the one of `id` is gone. */
export async function keepNewDraft(
  api: Api,
  { id, definition }: { id: string | undefined; definition: Record<string, unknown> },
): Promise<string> {
  if (id !== undefined) {
    try {
      return (await api.send<Answer<"put_ui_flow_drafts_id">>("PUT", pathOf(id), { definition })).id;
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "NOT_FOUND") throw problem;
    }
  }
  return (await api.create<Answer<"post_ui_flow_drafts">>("/flow-drafts", { definition })).id;
}

/** Also where it is gone already. */
export async function discardNewDraft(api: Api, id: string): Promise<void> {
  await api.send("DELETE", pathOf(id)).catch((problem) => {
    if (!(problem instanceof ApiError) || problem.code !== "NOT_FOUND") throw problem;
  });
}

function pathOf(id: string): string {
  return `/flow-drafts/${encodeURIComponent(id)}`;
}
