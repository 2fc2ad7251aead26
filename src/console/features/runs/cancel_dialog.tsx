/** Asks before a run is cancelled, and says what it has sent by now, which stays sent. */

import type { RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { say } from "../../words/say.ts";
import { sentTexts } from "./run_words.ts";

export interface CancelDialogProps {
  run: RunDetail;
  busy: boolean;
  /** Why the last try to ask for it failed. */
  problem?: string;
  onCancel(): void;
  onClose(): void;
}

export function CancelDialog({ run, busy, problem, onCancel, onClose }: CancelDialogProps) {
  const sent = sentTexts(run.steps);
  return (
    <Dialog title={say("Cancel this run")} onClose={onClose}>
      <p>{say("The run ends now, and nothing more is sent. A cancelled run cannot be resumed.")}</p>
      {sent.length === 0 ? <p>{say("Nothing was sent so far.")}</p> : (
        <>
          <p>{say("What was sent so far stays as it is:")}</p>
          <ul className="run-promises">
            {sent.map((text) => (
              <li key={text}>
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      {problem && <p className="fault" role="alert">{problem}</p>}
      <div className="row">
        <button type="button" className="btn danger" aria-disabled={busy} onClick={() => busy || onCancel()}>
          {busy ? say("Asking…") : say("Cancel the run")}
        </button>
      </div>
    </Dialog>
  );
}
