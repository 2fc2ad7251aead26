/**
 * Whether a flow is shown as a list or as a canvas: as the address says, else as this viewer chose last, else as the page has
 * room for.
 */

import { useState } from "react";
import { useSearchParams } from "wouter";
import { inStorage } from "../browser_storage.ts";

export type FlowView = "list" | "canvas";

const KEY = "timewire.flow-view";
/** Below it the canvas and the form have no room beside each other. */
const ROOMY = "(min-width: 1061px)";

export function useFlowView(): [FlowView, (view: FlowView) => void] {
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState(readChoice);
  // As it was opened: the view does not change under the hands of who narrows the window.
  const [roomy] = useState<FlowView>(() => matchMedia(ROOMY).matches ? "canvas" : "list");
  return [viewOf(search.get("view")) ?? chosen ?? roomy, (view) => {
    setChosen(view);
    // Where nothing may be kept it is chosen again the next time.
    inStorage(() => localStorage.setItem(KEY, view));
    setSearch((now) => {
      const next = new URLSearchParams(now);
      next.delete("view");
      return next;
    }, { replace: true });
  }];
}

function readChoice(): FlowView | undefined {
  return inStorage(() => viewOf(localStorage.getItem(KEY)));
}

function viewOf(text: string | null): FlowView | undefined {
  return text === "list" || text === "canvas" ? text : undefined;
}
