/** A modal dialog: the browser's own, which keeps the focus inside and closes by Escape. */

import { type ReactNode, useEffect, useId, useRef } from "react";
import { say } from "../words/say.ts";

export function Dialog(
  { title, className, onClose, children }: { title: string; className?: string; onClose(): void; children: ReactNode },
) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    element.current!.showModal();
    // The browser focuses the first that can have it, the button that closes.
    element.current!.querySelector<HTMLElement>("[data-focus]")?.focus();
    // What opened it may be gone with what was deleted.
    return () => (before?.isConnected ? before : document.getElementById("page"))?.focus();
  }, []);
  return (
    <dialog ref={element} className={className} aria-labelledby={heading} onClose={onClose}>
      <div className="stack">
        <div className="row">
          <h1 id={heading} className="grow">{title}</h1>
          <button type="button" className="btn small" onClick={() => element.current!.close()}>{say("Close")}</button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
