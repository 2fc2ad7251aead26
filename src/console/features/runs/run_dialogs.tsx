/** The flow as a run knows it, on top of the run's page. */

import type { RunDetail } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { say } from "../../words/say.ts";

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
    <Dialog title={say("Version {version} as it ran", { version: flow.version })} onClose={onClose}>
      {definition
        ? (
          <>
            <p className="muted">
              {flow.currentVersion === flow.version
                ? say("This is still the current version of the flow.")
                : say("The flow was saved since then, with the same steps.")}
            </p>
            <div>
              <h2>{say("When")}</h2>
              <div className="row">
                {definition.triggerEventTypes.map((type) => <span key={type} className="pill">{type}</span>)}
              </div>
            </div>
            <div>
              <h2>{say("Then")}</h2>
              {steps}
            </div>
            <JsonTree value={definition.whole} label={say("Definition")} />
          </>
        )
        : (
          <>
            <p>
              {flow.currentVersion === null
                ? say("The flow was deleted since, with its versions.")
                : say("The flow was changed to version {version} since; its page lists the versions.", {
                  version: flow.currentVersion,
                })} {say("This run started with these steps:")}
            </p>
            {steps}
          </>
        )}
    </Dialog>
  );
}
