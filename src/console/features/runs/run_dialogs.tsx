/** The flow as a run knows it, on top of the run's page. */

import type { RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";

export function VersionDialog({ run, onClose }: { run: RunDetail; onClose(): void }) {
  const { flow, definition } = run;
  const steps = (
    <ol className="run-promises">
      {run.steps.map(({ path, name, title }) => (
        <li key={path}>
          <b>
            <bdi>{name}</bdi>
          </b>{" "}
          <code className="muted">{title}</code>
        </li>
      ))}
    </ol>
  );
  return (
    <Dialog title={`Version ${flow.version} as it ran`} onClose={onClose}>
      {definition
        ? (
          <>
            <p className="muted">
              {flow.currentVersion === flow.version
                ? "This is still the current version of the flow."
                : "The flow was saved since then, with the same steps."}
            </p>
            <div>
              <h2>When</h2>
              <div className="row">
                {definition.triggerEventTypes.map((type) => <span key={type} className="pill">{type}</span>)}
              </div>
            </div>
            <div>
              <h2>Then</h2>
              {steps}
            </div>
            <JsonTree value={definition.whole} label="Definition" />
          </>
        )
        : (
          <>
            <p>
              {flow.currentVersion === null
                ? "The flow was deleted since, with its versions."
                : `The flow was changed to version ${flow.currentVersion} since; its page lists the versions.`}{" "}
              This run started with these steps:
            </p>
            {steps}
          </>
        )}
    </Dialog>
  );
}
