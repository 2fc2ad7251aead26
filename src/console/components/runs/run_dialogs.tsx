/** What a run asks and shows on top of its page: whether it shall go on, and the flow as it ran. */

import type { RunDetail } from "../../api/runs.ts";
import { Dialog } from "../dialog.tsx";
import { JsonTree } from "../json_tree.tsx";

export interface RetryDialogProps {
  run: RunDetail;
  busy: boolean;
  /** Why the last try to ask for it failed. */
  problem?: string;
  onRetry(): void;
  onClose(): void;
}

export function RetryDialog({ run, busy, problem, onRetry, onClose }: RetryDialogProps) {
  const failed = run.steps.find(({ state }) => state === "failed") ??
    run.steps.find(({ state }) => state !== "completed");
  const kept = run.steps.filter(({ state }) => state === "completed").length;
  return (
    <Dialog title="Retry this run" onClose={onClose}>
      <ul className="run-promises">
        {failed && (
          <li>
            It goes on at step {failed.number}, <bdi>{failed.id}</bdi>, with a fresh round of attempts.
          </li>
        )}
        <li>
          {kept === 0
            ? "No step was finished before, so none is repeated."
            : `${
              kept === 1 ? "1 finished step is kept and not" : `${kept} finished steps are kept and none of them is`
            } repeated.`}
        </li>
        <li>
          It keeps version {run.flow.version} of the flow. To use changes saved since, replay the event instead.
        </li>
        <li>
          The request carries the same Idempotency-Key, so a receiver that knows such keys does nothing twice.
        </li>
      </ul>
      {problem && <p className="fault" role="alert">{problem}</p>}
      <div className="row">
        <button type="button" className="btn main" aria-disabled={busy} onClick={() => busy || onRetry()}>
          {busy ? "Asking…" : failed ? `Retry from step ${failed.number}` : "Retry"}
        </button>
      </div>
    </Dialog>
  );
}

export function VersionDialog({ run, onClose }: { run: RunDetail; onClose(): void }) {
  const { flow, definition } = run;
  return (
    <Dialog title={`Version ${flow.version} as it ran`} onClose={onClose}>
      {definition
        ? (
          <>
            <p className="muted">
              {flow.currentVersion === flow.version
                ? "This is still the flow's present version."
                : "The flow was saved again since, with the same steps."}
            </p>
            <div>
              <h2>When</h2>
              <div className="row">
                {definition.triggerEventTypes.map((type) => <span key={type} className="pill">{type}</span>)}
              </div>
            </div>
            <div>
              <h2>Then</h2>
              <ol className="run-promises">
                {run.steps.map(({ path, id, title }) => (
                  <li key={path}>
                    <b>
                      <bdi>{id}</bdi>
                    </b>{" "}
                    <code className="muted">{title}</code>
                  </li>
                ))}
              </ol>
            </div>
            <JsonTree value={definition.whole} label="Definition" />
          </>
        )
        : (
          <>
            <p>
              The flow was {flow.currentVersion === null ? "deleted" : `changed to version ${flow.currentVersion}`}{" "}
              since, and its text of that time is not kept. The steps are those that this run began with:
            </p>
            <ol className="run-promises">
              {run.steps.map(({ path, id, title }) => (
                <li key={path}>
                  <b>
                    <bdi>{id}</bdi>
                  </b>{" "}
                  <code className="muted">{title}</code>
                </li>
              ))}
            </ol>
          </>
        )}
    </Dialog>
  );
}
