/** Undo and redo of an editor: undefined where there is nothing to take back, or to do again. */

import { say } from "../words/say.ts";
import { GuardedButton } from "./guarded_button.tsx";

export function UndoButtons({ undo, redo }: { undo: (() => void) | undefined; redo: (() => void) | undefined }) {
  return (
    <>
      <GuardedButton
        className="btn plain small"
        blocked={undo ? null : say("There is nothing to undo")}
        onClick={undo}
        title={say("Ctrl+Z")}
      >
        {say("Undo")}
      </GuardedButton>
      <GuardedButton
        className="btn plain small"
        blocked={redo ? null : say("There is nothing to redo")}
        onClick={redo}
        title={say("Ctrl+Shift+Z")}
      >
        {say("Redo")}
      </GuardedButton>
    </>
  );
}
