/** The way into the search, as a button and by Ctrl+K. */

import { type ReactNode, Suspense, useEffect, useState } from "react";
import { say } from "../words/say.ts";

/** `palette`: what is opened, given how it is closed. */
export function useFinder(palette: (close: () => void) => ReactNode): { button: ReactNode; opened: ReactNode } {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) setOpen(true);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return {
    button: (
      <button type="button" className="btn finder" onClick={() => setOpen(true)}>
        {say("Search by name or id")} <kbd className="pill">{say("Ctrl K")}</kbd>
      </button>
    ),
    opened: isOpen && <Suspense>{palette(() => setOpen(false))}</Suspense>,
  };
}
