/** What is edited on a page with its undo and redo, by buttons and by Ctrl+Z outside of text fields. */

import { useCallback, useEffect, useState } from "react";
import { edited, type History, redone, undone } from "./history.ts";

export interface Undoable<State> {
  draft: State;
  history: History<State>;
  /** `field` names what is being typed in: such edits are undone together. */
  change(draft: State, field?: string): void;
  /** Undefined when there is nothing to undo. */
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
}

export function useUndo<State>(first: () => History<State>): Undoable<State> {
  const [history, setHistory] = useState(first);
  const change = useCallback((draft: State, field?: string) => setHistory((now) => edited(now, draft, field)), []);
  const undo = useCallback(() => setHistory(undone<State>), []);
  const redo = useCallback(() => setHistory(redone<State>), []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isText(event.target)) return;
      const key = event.key.toLowerCase();
      const act = key === "z" ? (event.shiftKey ? redo : undo) : key === "y" ? redo : undefined;
      if (!act || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [undo, redo]);
  return {
    draft: history.present,
    history,
    change,
    undo: history.past.length > 0 ? undo : undefined,
    redo: history.future.length > 0 ? redo : undefined,
  };
}

/** Where the browser has an undo of its own. */
function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement ||
    target instanceof HTMLInputElement && target.type !== "checkbox";
}
