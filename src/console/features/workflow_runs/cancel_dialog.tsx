/** Asks before a run is cancelled, and for the reason, which is kept with it. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { say } from "../../words/say.ts";
import { cancelRun, type WorkflowRun } from "./api.ts";

export function CancelRunDialog({ run, onDone, onClose }: { run: WorkflowRun; onDone(): void; onClose(): void }) {
  const { api } = useApiSession();
  const [reason, setReason] = useState("");
  const cancel = useMutation({ mutationFn: () => cancelRun(api, run.id, reason), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!cancel.isPending) cancel.mutate();
  };
  return (
    <Dialog title={say("Cancel this run")} onClose={onClose}>
      <p>
        {say(
          "No further step begins. A call that is in progress is stopped within 2 s: its agent may act on it all the same. What has ended stays as it is.",
        )}
      </p>
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>{say("Reason (kept with the run)")}</span>
          <input value={reason} maxLength={500} data-focus onChange={({ target }) => setReason(target.value)} />
        </label>
        {cancel.error && <p className="fault" role="alert">{cancel.error.message}.</p>}
        <div className="row">
          <button type="submit" className="btn danger" aria-disabled={cancel.isPending}>
            {cancel.isPending ? say("Cancelling…") : say("Cancel the run")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Keep it running")}</button>
        </div>
      </form>
    </Dialog>
  );
}
