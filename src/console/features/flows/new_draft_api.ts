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

/** A draft in the state that was read or written last. */
export interface NewDraftState {
  id: string;
  tag: string;
}

export interface NewDraft extends NewDraftState {
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
  const read = api.tagged<Answer<"get_ui_flow_drafts_id">>("GET", pathOf(id), { signal });
  return await read.then(({ answer: { id, definition }, tag }) => ({ id, tag, definition }), (problem) => {
    if (problem instanceof ApiError && problem.code === "NOT_FOUND") return null;
    throw problem;
  });
}

/**
 * Replaces the draft in its state, or makes one: also where it is gone, as once it was saved or discarded elsewhere. Throws
 * PRECONDITION_FAILED where it was changed elsewhere.
 */
export async function keepNewDraft(
  api: Api,
  { before, definition }: { before: NewDraftState | undefined; definition: Record<string, unknown> },
): Promise<NewDraftState> {
  if (before !== undefined) {
    const request = { body: { definition }, headers: { "if-match": `"${before.tag}"` } };
    try {
      const { tag } = await api.tagged<Answer<"put_ui_flow_drafts_id">>("PUT", pathOf(before.id), request);
      return { id: before.id, tag };
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "NOT_FOUND") throw problem;
    }
  }
  const { id } = await api.create<Answer<"post_ui_flow_drafts">>("/flow-drafts", { definition });
  const { tag } = await api.tagged<Answer<"get_ui_flow_drafts_id">>("GET", pathOf(id));
  return { id, tag };
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
