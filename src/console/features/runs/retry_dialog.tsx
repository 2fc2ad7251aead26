/** Confirms the retry of a failed run: which version of its flow, from which step, and what is not repeated. */

import { useState } from "react";
import type { RetryPlan, RetryVersion, RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { say, sayCount } from "../../words/say.ts";

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
    <Dialog title={say("Retry this run")} onClose={onClose}>
      {retry && isOther && (
        <fieldset className="replay-choice" disabled={busy}>
          <legend className="visually-hidden">{say("Version of the flow")}</legend>
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
                  ? say("Version {version}, which the run started with", { version: retry.same.version })
                  : say("Version {version}, the current one, as after a fix", { version: retry.present.version })}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <ul className="run-promises">
        {plan && <li>{resumeText(plan, run, version)}</li>}
        {plan && <li>{keptText(plan)}</li>}
        {!isOther && flow.currentVersion !== null && (
          <li>{say("It keeps version {version} of the flow.", { version: flow.version })}</li>
        )}
        {retry?.present.refusal && (
          <li>{say("The current version cannot be used: {reason}.", { reason: retry.present.refusal })}</li>
        )}
        {flow.currentVersion !== null && !flow.enabled && (
          <li>{say("The flow is off. This run continues all the same.")}</li>
        )}
        <li>
          {version === "present"
            ? say(
              "An unchanged step sends the same Idempotency-Key, so a receiver that supports such keys does nothing twice. A changed step sends a new key.",
            )
            : say(
              "The request sends the same Idempotency-Key, so a receiver that supports such keys does nothing twice.",
            )}
        </li>
      </ul>
      {problem && <p className="fault" role="alert">{problem}</p>}
      <div className="row">
        <button type="button" className="btn main" aria-disabled={busy} onClick={() => busy || onRetry(version)}>
          {busy
            ? say("Starting…")
            : plan?.fromStep
            ? say("Retry from step {number}", { number: plan.fromStep })
            : say("Retry")}
        </button>
      </div>
    </Dialog>
  );
}

function resumeText({ fromStep }: RetryPlan, run: RunDetail, version: RetryVersion): string {
  if (fromStep === null) return say("This version has no step left: the run completes.");
  const step = run.steps.find(({ number }) => number === fromStep);
  // What the step is called in another version is not known here.
  return version === "same" && step
    ? say("It resumes at step {number}, {name}, with all its attempts available again.", {
      number: fromStep,
      name: step.name,
    })
    : say("It resumes at step {number} with all its attempts available again.", { number: fromStep });
}

function keptText({ kept }: RetryPlan): string {
  if (kept === 0) return say("No step has finished, so none is repeated.");
  return sayCount(
    kept,
    "1 finished step is kept and not repeated.",
    "{count} finished steps are kept and not repeated.",
    { count: kept },
  );
}
