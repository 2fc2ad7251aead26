/** Keeps a flow that was never saved as a draft on the server, a moment after each change, so that a closed tab loses nothing. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Api } from "../../shell/client.ts";
import { type Draft, toFlow } from "./draft/draft.ts";
import { discardNewDraft, keepNewDraft, type NewDraftState } from "./new_draft_api.ts";

/** Pause after a change: not each letter is sent. */
const PAUSE_MS = 1_500;

export interface KeptNewDraft {
  /** Undefined: nothing is kept yet. */
  kept: NewDraftState | undefined;
  /** Why what is shown is not kept; it is tried again with the next change. */
  problem: string | undefined;
  /** Sends nothing more, and gives the id of what is kept once the request in progress is answered. */
  end(): Promise<string | undefined>;
  /** Resumes after `end`, where the flow was not saved after all. */
  resume(): void;
  /** What was kept is gone, by somebody else. */
  forget(): void;
  /** Removes what is kept. */
  discard(): Promise<void>;
}

/**
 * `isWanted`: it was changed here, and was never saved. `first`: the draft that the editor was opened with; `isFresh`: what is
 * shown then is what the server keeps.
 */
export function useNewDraft(
  api: Api,
  { draft, isWanted, first, isFresh, onKept }: {
    draft: Draft;
    isWanted: boolean;
    first: NewDraftState | undefined;
    isFresh: boolean;
    onKept(now: NewDraftState | undefined, before: NewDraftState | undefined): void;
  },
): KeptNewDraft {
  const queries = useQueryClient();
  const [kept, setKept] = useState(first);
  const [problem, setProblem] = useState<string>();
  const [opened] = useState(() => isFresh ? textOf(draft) : "");
  const state = useRef({ kept: first, sent: opened, isOver: false, sending: Promise.resolve() });
  const known = (now: NewDraftState | undefined) => {
    const before = state.current.kept;
    state.current.kept = now;
    setKept(now);
    onKept(now, before);
    void queries.invalidateQueries({ queryKey: ["flows", "new-drafts"] });
  };

  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(() => {
      const one = state.current;
      one.sending = one.sending.then(async () => {
        const text = textOf(draft);
        if (one.isOver || text === one.sent) return;
        try {
          const now = await keepNewDraft(api, { before: one.kept, definition: JSON.parse(text) });
          one.sent = text;
          setProblem(undefined);
          known(now);
        } catch (error) {
          setProblem((error as Error).message);
        }
      });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [api, draft, isWanted]);

  return {
    kept,
    problem,
    end: async () => {
      state.current.isOver = true;
      await state.current.sending;
      return state.current.kept?.id;
    },
    resume: () => {
      state.current.isOver = false;
    },
    forget,
    discard: async () => {
      await state.current.sending;
      const { kept } = state.current;
      if (kept === undefined) return;
      await discardNewDraft(api, kept.id);
      forget();
    },
  };

  function forget() {
    state.current.sent = "";
    setProblem(undefined);
    known(undefined);
  }
}

/** What the server keeps of it, as JSON. */
function textOf(draft: Draft): string {
  const { enabled: _, ...definition } = toFlow(draft);
  return JSON.stringify(definition);
}
