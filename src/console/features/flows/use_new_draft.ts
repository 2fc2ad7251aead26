/** Keeps a flow that was never saved as a draft on the server, a moment after each change, so that a closed tab loses nothing. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Api } from "../../shell/client.ts";
import { type Draft, toFlow } from "./draft/draft.ts";
import { discardNewDraft, keepNewDraft } from "./new_draft_api.ts";

/** Pause after a change: not each letter is sent. */
const PAUSE_MS = 1_500;

export interface KeptNewDraft {
  /** Undefined: nothing is kept yet. */
  id: string | undefined;
  /** Why what is shown is not kept; it is tried again with the next change. */
  problem: string | undefined;
  /** Sends nothing more, and gives the id of what is kept once the request in progress is answered. */
  end(): Promise<string | undefined>;
  /** Goes on after `end`, where the flow was not saved after all. */
  goOn(): void;
  /** Removes what is kept. */
  discard(): Promise<void>;
}

/** `isWanted`: it was changed here, and was never saved. `first`: the draft that the editor was opened with. */
export function useNewDraft(
  api: Api,
  { draft, isWanted, first, onId }: {
    draft: Draft;
    isWanted: boolean;
    first: string | undefined;
    onId(id: string | undefined): void;
  },
): KeptNewDraft {
  const queries = useQueryClient();
  const [id, setId] = useState(first);
  const [problem, setProblem] = useState<string>();
  const state = useRef({ id: first, sent: "", isOver: false, sending: Promise.resolve() });
  const known = (now: string | undefined) => {
    state.current.id = now;
    setId(now);
    onId(now);
    void queries.invalidateQueries({ queryKey: ["flows", "new-drafts"] });
  };

  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(() => {
      const one = state.current;
      one.sending = one.sending.then(async () => {
        const { enabled: _, ...definition } = toFlow(draft);
        const text = JSON.stringify(definition);
        if (one.isOver || text === one.sent) return;
        try {
          const kept = await keepNewDraft(api, { id: one.id, definition });
          one.sent = text;
          setProblem(undefined);
          if (kept !== one.id) known(kept);
        } catch (error) {
          setProblem((error as Error).message);
        }
      });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [api, draft, isWanted]);

  return {
    id,
    problem,
    end: async () => {
      state.current.isOver = true;
      await state.current.sending;
      return state.current.id;
    },
    goOn: () => {
      state.current.isOver = false;
    },
    discard: async () => {
      await state.current.sending;
      const { id: kept } = state.current;
      if (kept === undefined) return;
      await discardNewDraft(api, kept);
      state.current.sent = "";
      known(undefined);
    },
  };
}
