/** Drafts whose changes are not saved: kept in memory while other pages are shown, and over a new sign-in. Pure. */

import type { StoredFlow } from "../draft_api.ts";
import type { NewDraftState } from "../new_draft_api.ts";
import type { Draft } from "./draft.ts";
import type { History } from "../../../ui/history.ts";

/** In place of the id of a flow that was never saved, here and in the address. */
export const NEW_FLOW = "new";

export interface UnsavedDraft {
  /** The draft with what undo and redo know. */
  history: History<Draft>;
  /** What it was drafted from. */
  base: Draft;
  /** What the server had then; undefined: it was never saved. */
  saved: StoredFlow | undefined;
  /** Of one that was never saved: the draft that the server keeps of it. */
  newDraft?: NewDraftState;
}

/** The drafts of one viewer in one workspace, by the id of the flow. */
export interface UnsavedDrafts {
  get(flowId: string): UnsavedDraft | undefined;
  keep(flowId: string, draft: UnsavedDraft): void;
  drop(flowId: string): void;
}

/** The drafts of all viewers who signed in since the page was opened. */
export interface DraftMemory {
  /** `owner` names add-on, workspace and viewer, so that one viewer never sees the draft of another. */
  of(owner: string): UnsavedDrafts;
  isEmpty(): boolean;
  /** At a sign-out. */
  forget(): void;
}

export function createDraftMemory(): DraftMemory {
  const kept = new Map<string, Map<string, UnsavedDraft>>();
  return {
    of: (owner) => ({
      get: (flowId) => kept.get(owner)?.get(flowId),
      keep: (flowId, draft) => {
        if (!kept.has(owner)) kept.set(owner, new Map());
        kept.get(owner)!.set(flowId, draft);
      },
      drop: (flowId) => void kept.get(owner)?.delete(flowId),
    }),
    isEmpty: () => [...kept.values()].every(({ size }) => size === 0),
    forget: () => kept.clear(),
  };
}
