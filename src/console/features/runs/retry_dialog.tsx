/** Confirms the retry of a failed run: which version of its flow, from which step, and what is not repeated. */

import { useState } from "react";
import type { RetryPlan, RetryVersion, RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";

export interface RetryDialogProps {
  run: RunDetail;
  busy: boolean;
  /** Why the last request failed. */
  problem?: string;
  onRetry(version: RetryVersion): void;
  onClose(): void;
}

export function RetryDialog({ run, busy, problem, onRetry, onClose }: RetryDialogProps) {
  const [version, setVersion] = useState<RetryVersion>("same");
  const { flow, retry } = run;
  const plan = retry?.[version];
  const isOther = retry !== null && retry.present.version !== retry.same.version;
  return (
    <Dialog title="Retry this run" onClose={onClose}>
      {retry && isOther && (
        <fieldset className="replay-choice" disabled={busy}>
          <legend className="visually-hidden">Version of the flow</legend>
          {(["same", "present"] as const).map((one) => (
            <label key={one} className="row">
              <input
                type="radio"
                name="retry-version"
                checked={version === one}
                disabled={retry[one].refusal !== undefined}
                onChange={() => setVersion(one)}
              />
              <span>
                {one === "same"
                  ? `Version ${retry.same.version}, which the run started with`
                  : `Version ${retry.present.version}, the current one, as after a fix`}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <ul className="run-promises">
        {plan && <li>{resumeText(plan, run, version)}</li>}
        {plan && <li>{keptText(plan)}</li>}
        {!isOther && flow.currentVersion !== null && <li>It keeps version {flow.version} of the flow.</li>}
        {retry?.present.refusal && <li>The current version cannot be used: {retry.present.refusal}.</li>}
        {flow.currentVersion !== null && !flow.enabled && <li>The flow is off. This run continues all the same.</li>}
        <li>
          {version === "present"
            ? "An unchanged step sends the same Idempotency-Key, so a receiver that supports such keys does nothing twice. A changed step sends a new key."
            : "The request sends the same Idempotency-Key, so a receiver that supports such keys does nothing twice."}
        </li>
      </ul>
      {problem && <p className="fault" role="alert">{problem}</p>}
      <div className="row">
        <button type="button" className="btn main" aria-disabled={busy} onClick={() => busy || onRetry(version)}>
          {busy ? "Starting…" : plan?.fromStep ? `Retry from step ${plan.fromStep}` : "Retry"}
        </button>
      </div>
    </Dialog>
  );
}

function resumeText({ fromStep }: RetryPlan, run: RunDetail, version: RetryVersion): string {
  if (fromStep === null) return "This version has no step left: the run completes.";
  const step = run.steps.find(({ number }) => number === fromStep);
  // What the step is called in another version is not known here.
  const name = version === "same" && step ? `, ${step.name},` : "";
  return `It resumes at step ${fromStep}${name} with all its attempts available again.`;
}

function keptText({ kept }: RetryPlan): string {
  if (kept === 0) return "No step has finished, so none is repeated.";
  return kept === 1 ? "1 finished step is kept and not repeated." : `${kept} finished steps are kept and not repeated.`;
}
