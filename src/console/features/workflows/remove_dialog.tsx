/** Before a step is removed: what goes with it, and what names it. */

import { Dialog } from "../../ui/dialog.tsx";
import { say, sayCount } from "../../words/say.ts";
import type { Use } from "./draft/names.ts";

export function RemoveDialog(
  { id, others, uses, onRemove, onClose }: {
    id: string;
    /** Ids of the steps that go with it. */
    others: readonly string[];
    /** References to what is removed. */
    uses: readonly Use[];
    onRemove(): void;
    onClose(): void;
  },
) {
  return (
    <Dialog title={say("Remove the step {id}", { id })} onClose={onClose}>
      {others.length > 0 && (
        <>
          <p>
            {sayCount(others.length, "1 step goes with it:", "{count} steps go with it:", { count: others.length })}
          </p>
          <ul className="plain-list">
            {others.map((other) => (
              <li key={other}>
                <code>{other}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      {uses.length > 0 && (
        <>
          <p>{say("Its output is named by what stays, which is refused until it is changed:")}</p>
          <ul className="plain-list">
            {uses.map(({ path }) => (
              <li key={path}>
                <code>{path}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="row">
        <button type="button" className="btn danger" onClick={onRemove} data-focus>{say("Remove")}</button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
