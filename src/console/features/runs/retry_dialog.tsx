/** Asks before a failed run goes on: with which version of its flow, at which step, and what is not repeated. */

import { useState } from "react";
import type { RetryVersion, RetryWay, RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";

export interface RetryDialogProps {
  run: RunDetail;
  busy: boolean;
  /** Why the last try to ask for it failed. */
  problem?: string;
  onRetry(version: RetryVersion): void;
  onClose(): void;
}

export function RetryDialog({ run, busy, problem, onRetry, onClose }: RetryDialogProps) {
  const [version, setVersion] = useState<RetryVersion>("same");
  const { flow, retry } = run;
  const way = retry?.[version];
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
                  ? `Version ${retry.same.version}, that the run began with`
                  : `Version ${retry.present.version}, the present one, as after a fix`}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <ul className="run-promises">
        {way && <li>{goesOnText(way, run, version)}</li>}
        {way && <li>{keptText(way)}</li>}
        {!isOther && flow.currentVersion !== null && <li>It keeps version {flow.version} of the flow.</li>}
        {retry?.present.refusal && <li>The present version cannot be used: {retry.present.refusal}.</li>}
        {flow.currentVersion !== null && !flow.enabled && (
          <li>The flow is switched off: this run goes on all the same.</li>
        )}
        <li>
          {version === "present"
            ? "A step that says the same as before carries the same Idempotency-Key, so a receiver that knows such keys does nothing twice; a changed one carries a key of its own."
            : "The request carries the same Idempotency-Key, so a receiver that knows such keys does nothing twice."}
        </li>
      </ul>
      {problem && <p className="fault" role="alert">{problem}</p>}
      <div className="row">
        <button type="button" className="btn main" aria-disabled={busy} onClick={() => busy || onRetry(version)}>
          {busy ? "Asking…" : way?.fromStep ? `Retry from step ${way.fromStep}` : "Retry"}
        </button>
      </div>
    </Dialog>
  );
}

function goesOnText({ fromStep }: RetryWay, run: RunDetail, version: RetryVersion): string {
  if (fromStep === null) return "No step is left in this version: the run completes.";
  const step = run.steps.find(({ number }) => number === fromStep);
  // What the step is called in another version is not known here.
  const name = version === "same" && step ? `, ${step.name},` : "";
  return `It goes on at step ${fromStep}${name} with a fresh round of attempts.`;
}

function keptText({ kept }: RetryWay): string {
  if (kept === 0) return "No step was finished before, so none is repeated.";
  return kept === 1
    ? "1 finished step is kept and not repeated."
    : `${kept} finished steps are kept and none of them is repeated.`;
}
