/** Whether a flow is shown as a list or as a canvas: as the address says, else as this viewer chose last. */

import { useState } from "react";
import { useSearchParams } from "wouter";

export type FlowView = "list" | "canvas";

const KEY = "timewire.flow-view";

export function useFlowView(): [FlowView, (view: FlowView) => void] {
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState(readChoice);
  return [viewOf(search.get("view")) ?? chosen ?? "list", (view) => {
    setChosen(view);
    try {
      localStorage.setItem(KEY, view);
    } catch {
      // In a frame of another site nothing may be kept: it is chosen again the next time.
    }
    setSearch((now) => {
      const next = new URLSearchParams(now);
      next.delete("view");
      return next;
    }, { replace: true });
  }];
}

function readChoice(): FlowView | undefined {
  try {
    return viewOf(localStorage.getItem(KEY));
  } catch {
    return undefined;
  }
}

function viewOf(text: string | null): FlowView | undefined {
  return text === "list" || text === "canvas" ? text : undefined;
}
