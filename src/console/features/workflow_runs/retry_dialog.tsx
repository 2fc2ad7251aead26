/** A run that failed or was cancelled is retried: where it failed, or from a step that is chosen. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { say } from "../../words/say.ts";
import { retryRun, type WorkflowRun, type WorkflowRunStep } from "./api.ts";

export function RetryRunDialog(
  { run, steps, onBegun, onClose }: {
    run: WorkflowRun;
    steps: readonly WorkflowRunStep[];
    onBegun(runId: string): void;
    onClose(): void;
  },
) {
  const { api } = useApiSession();
  const [from, setFrom] = useState("");
  const retry = useMutation({
    mutationFn: () => retryRun(api, run.id, from === "" ? undefined : from),
    onSuccess: ({ id }) => onBegun(id),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!retry.isPending) retry.mutate();
  };
  const ids = [...new Set(steps.map(({ step_id }) => step_id))];
  const isSame = from === "" && run.status === "FAILED";
  return (
    <Dialog title={say("Retry this run")} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>{say("From")}</span>
          <select value={from} onChange={({ target }) => setFrom(target.value)}>
            <option value="">
              {run.status === "FAILED" ? say("The step that failed") : say("The first step that is not over")}
            </option>
            {ids.map((id) => <option key={id} value={id}>{say("Step {id}", { id })}</option>)}
          </select>
        </label>
        <p className="muted">
          {isSame ? say("This run continues: what has ended is not repeated.") : say(
            "A new run of the same version begins with the same input. It takes over what ended before that step; the step and what follows are done again.",
          )}
        </p>
        {retry.error && <p className="fault" role="alert">{retry.error.message}.</p>}
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={retry.isPending}>
            {retry.isPending ? say("Starting…") : say("Retry")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}
