/** Asks before a link of the console leaves a page with unsaved changes; closing the window asks by the browser. */

import { useEffect, useState } from "react";
import { Dialog } from "../dialog.tsx";

export function LeaveGuard({ active, onSave }: { active: boolean; onSave?: () => Promise<boolean> }) {
  const [going, setGoing] = useState<() => void>();
  useEffect(() => {
    if (!active) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    // Every link and key of the console goes by pushState: what is not called does not happen.
    const push = history.pushState;
    history.pushState = (state, unused, url) => {
      if (url !== undefined && url !== null && new URL(url, location.href).pathname === location.pathname) {
        return push.call(history, state, unused, url);
      }
      setGoing(() => () => push.call(history, state, unused, url));
    };
    return () => {
      removeEventListener("beforeunload", ask);
      history.pushState = push;
    };
  }, [active]);
  if (!going) return null;
  const stay = () => setGoing(undefined);
  const go = () => {
    stay();
    going();
  };
  return (
    <Dialog title="Leave without saving?" onClose={stay}>
      <p>The flow has changes that are not saved. They are lost when you leave; the saved flow stays as it is.</p>
      <div className="row">
        <button type="button" className="btn main" onClick={stay}>Stay here</button>
        {onSave && (
          <button
            type="button"
            className="btn"
            onClick={async () => {
              if (await onSave()) go();
              else stay();
            }}
          >
            Save and leave
          </button>
        )}
        <button type="button" className="btn danger" onClick={go}>Leave without saving</button>
      </div>
    </Dialog>
  );
}
