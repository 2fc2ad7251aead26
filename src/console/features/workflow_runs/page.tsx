/** The runs of all workflows, filtered by the address. */

import { useEffect } from "react";
import { useKeys } from "../../shell/keys.tsx";
import { Empty } from "../../ui/states.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { say } from "../../words/say.ts";
import { useWorkflowChoices } from "../workflows/use_workflow_choices.ts";
import { RunList } from "./run_list.tsx";

const STATUSES = [
  ["", say("Any state")],
  ["PENDING", say("Queued")],
  ["RUNNING", say("Running")],
  ["COMPLETED", say("Completed")],
  ["FAILED", say("Failed")],
  ["CANCELLED", say("Cancelled")],
];

export function WorkflowRunsPage() {
  const { get, page, set, clear } = useUrlFilter();
  useEffect(() => {
    document.title = say("Runs · Timewire");
  }, []);
  const chosen = get("workflow");
  const choices = useWorkflowChoices(chosen);
  useKeys([
    { keys: "j", label: say("Next run (Enter opens it)"), run: () => focusRun(1) },
    { keys: "k", label: say("Previous run (Enter opens it)"), run: () => focusRun(-1) },
  ]);
  return (
    <div className="stack">
      <h1>{say("Runs")}</h1>
      <div className="row">
        <label className="field">
          <span>{say("State")}</span>
          <select value={get("status")} onChange={({ target }) => set({ status: target.value })}>
            {STATUSES.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
          </select>
        </label>
        <label className="field grow">
          <span>{say("Workflow")}</span>
          <select value={chosen} onChange={({ target }) => set({ workflow: target.value })}>
            {choices.map(([id, name]) => <option key={id} value={id}>{name}</option>)}
          </select>
        </label>
      </div>
      <RunList
        filter={{ status: get("status"), workflow_definition_id: chosen, page }}
        withWorkflow
        onPage={(page) => set({ page: String(page) })}
        empty={get("status") || chosen
          ? (
            <Empty title={say("No run matches these filters")}>
              <button type="button" className="btn" onClick={clear}>{say("Show all runs")}</button>
            </Empty>
          )
          : (
            <Empty title={say("Nothing has run yet")}>
              {say("Open a workflow and execute it, or give it a schedule.")}
            </Empty>
          )}
      />
    </div>
  );
}

/** Moves the focus by rows; from outside the list to its first row. */
function focusRun(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("[data-run]")];
  const at = links.findIndex((link) => link.closest("tr")!.contains(document.activeElement));
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}
