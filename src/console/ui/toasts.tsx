/** Short messages at the corner, read out politely; they go by themselves, failures stay longer; made with Base UI. */

import { Toast as Base } from "@base-ui/react/toast";
import type { ReactNode } from "react";

type Say = (text: string, kind?: "info" | "bad") => void;

const SHOWN_AT_ONCE = 4;
const STAYS_MS = { info: 4_000, bad: 12_000 };

/** One manager for the page, outside of React's state: components that show toasts do not render again when one changes. */
const corner = Base.createToastManager();

const say: Say = (text, kind = "info") => {
  corner.add({ title: text, type: kind, timeout: STAYS_MS[kind] });
};

export function useToast(): Say {
  return say;
}

export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={corner} limit={SHOWN_AT_ONCE}>
      {children}
      <Base.Viewport className="toasts">
        <Toasts />
      </Base.Viewport>
    </Base.Provider>
  );
}

function Toasts() {
  const { toasts } = Base.useToastManager();
  // The newest is lowest. No swiping: the text of a failure can be marked and copied.
  return toasts.toReversed().map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={`toast ${toast.type}`} swipeDirection={[]}>
      <Base.Title render={<div />} />
    </Base.Root>
  ));
}
