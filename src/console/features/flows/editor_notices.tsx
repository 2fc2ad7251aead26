/** What stands between the editor and a save: changes of an earlier visit, other people's changes, a newer version. */

import { useState } from "react";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { CompareView } from "./compare_view.tsx";
import type { StoredFlow } from "./draft_api.ts";

/** Shown to a viewer who returns to unsaved changes. */
export function KeptNotice({ onDiscard }: { onDiscard(): void }) {
  return (
    <div className="panel alert info row" role="status">
      <p className="grow">{say("Unsaved changes restored: you left this flow before saving them.")}</p>
      <button type="button" className="btn" onClick={onDiscard}>{say("Discard")}</button>
    </div>
  );
}

/** Somebody else saved or published since the flow was read, and something was changed here. */
export function ConflictNotice(
  { before, now: { flow, draft }, onTheirs, onMine }: {
    before: StoredFlow | undefined;
    now: StoredFlow;
    onTheirs(): void;
    onMine(): void;
  },
) {
  const isPublished = flow.version !== before?.flow.version;
  return (
    <div className="panel alert stack" role="alert">
      <h2 className="fl-title">{say("Someone else changed this flow")}</h2>
      <p>
        {isPublished && `${say("Version {version} is published now.", { version: flow.version })} `}
        {draft
          ? (
            <>
              <Say
                text="{author} saved a draft of it."
                values={{ author: <bdi>{draft.author ?? say("Somebody")}</bdi> }}
              />
              {" "}
            </>
          )
          : before?.draft && !isPublished && `${say("The draft was discarded.")} `}
        {draft
          ? say(
            "Your changes are not saved, and nothing is lost: load theirs to continue from there (Undo restores yours), or keep yours, and the next save replaces their draft.",
          )
          : say(
            "Your changes are not saved, and nothing is lost: load theirs to continue from there (Undo restores yours), or keep yours, and the next save replaces it as a draft.",
          )}
      </p>
      <div className="row">
        <button type="button" className="btn main" onClick={onTheirs}>{say("Load theirs")}</button>
        <button type="button" className="btn" onClick={onMine}>{say("Keep mine")}</button>
      </div>
    </div>
  );
}

/** Another version was published since the draft was begun: it cannot be published before somebody has looked. */
export function BehindNotice(
  { stored: { flow, draft }, blocked, onRebase }: { stored: StoredFlow; blocked: boolean; onRebase(): void },
) {
  const [isOpen, setOpen] = useState(false);
  if (!draft) return null;
  return (
    <div className="panel alert stack" role="status">
      <p>
        {say(
          "Version {version} was published since this draft was begun from version {base}. Publishing the draft would take back what version {version} changed.",
          { version: flow.version, base: draft.baseVersion },
        )}
      </p>
      {isOpen && <CompareView flowId={flow.id} from={draft.baseVersion} to={flow.version} />}
      <div className="row">
        <button type="button" className="btn" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {say("What version {version} changed", { version: flow.version })}
        </button>
        <button type="button" className="btn" disabled={blocked} onClick={onRebase}>
          {say("Keep the draft on top of version {version}", { version: flow.version })}
        </button>
      </div>
    </div>
  );
}
