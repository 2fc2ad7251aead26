/** What stands between the editor and a save: changes of an earlier visit, other people's changes, a newer version. */

import { useState } from "react";
import { CompareView } from "./compare_view.tsx";
import type { StoredFlow } from "./draft_api.ts";

/** Shown to a viewer who returns to unsaved changes. */
export function KeptNotice({ onDiscard }: { onDiscard(): void }) {
  return (
    <div className="panel alert info row" role="status">
      <p className="grow">Unsaved changes restored: you left this flow before saving them.</p>
      <button type="button" className="btn" onClick={onDiscard}>Discard</button>
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
      <h2 className="fl-title">Someone else changed this flow</h2>
      <p>
        {isPublished && `Version ${flow.version} is published now. `}
        {draft
          ? (
            <>
              <bdi>{draft.author ?? "Somebody"}</bdi> saved a draft of it.{" "}
            </>
          )
          : before?.draft && !isPublished && "The draft was discarded. "}
        Your changes are not saved, and nothing is lost: load theirs to continue from there (Undo restores yours), or
        keep yours, and the next save replaces {draft ? "their draft" : "it as a draft"}.
      </p>
      <div className="row">
        <button type="button" className="btn main" onClick={onTheirs}>Load theirs</button>
        <button type="button" className="btn" onClick={onMine}>Keep mine</button>
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
        Version {flow.version} was published since this draft was begun from version{" "}
        {draft.baseVersion}. Publishing the draft would take back what version {flow.version} changed.
      </p>
      {isOpen && <CompareView flowId={flow.id} from={draft.baseVersion} to={flow.version} />}
      <div className="row">
        <button type="button" className="btn" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          What version {flow.version} changed
        </button>
        <button type="button" className="btn" disabled={blocked} onClick={onRebase}>
          Keep the draft on top of version {flow.version}
        </button>
      </div>
    </div>
  );
}
