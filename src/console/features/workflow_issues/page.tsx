/** What keeps runs failing: one row for a cause, with its runs, until they are retried. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { ListFrame } from "../../ui/list_frame.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty } from "../../ui/states.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { runPath } from "../workflow_runs/api.ts";
import { useWorkflowChoices } from "../workflows/use_workflow_choices.ts";
import { listFailures, type RunFailure } from "./api.ts";
import { RetryFailuresDialog, runWord } from "./retry_dialog.tsx";
import { WebhookIssues } from "./webhook_issues.tsx";
import "./issues.css";

export function IssuesPage() {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const filter = useUrlFilter();
  const [open, setOpen] = useState<RunFailure>();
  useEffect(() => {
    document.title = say("Issues · Timewire");
  }, []);
  const chosen = filter.get("workflow");
  const workflows = useWorkflowChoices(chosen);
  const asked = { workflow_definition_id: chosen, page: filter.page };
  const query = useQuery({
    queryKey: ["issues", asked],
    queryFn: ({ signal }) => listFailures(api, asked, signal),
    placeholderData: (before) => before,
    refetchInterval: 10_000,
  });
  const why = refusal("operator");
  const close = () => {
    setOpen(undefined);
    void queries.invalidateQueries({ queryKey: ["issues"] });
  };
  return (
    <div className="stack">
      <h1>{say("Issues")}</h1>
      <p className="muted">
        {say(
          "Why runs failed: a row for each workflow, step and error. A run that is retried leaves its row, and is back where it fails again.",
        )}
        {why && ` ${say("You may look at them. {why}.", { why })}`}
      </p>
      <ListFrame
        noun="issue"
        query={query}
        filter={filter}
        filters={[{ name: "workflow", label: say("Workflow"), choices: workflows }]}
        empty={
          <Empty title={say("No issue")}>
            {say("No run of a workflow has failed, or all that did were retried.")}{" "}
            <Link href="/runs">{say("All runs")}</Link>
          </Empty>
        }
      >
        {(failures) => <IssueTable failures={failures} onRetry={setOpen} />}
      </ListFrame>
      {query.data?.has_older && (
        <p className="muted">
          {say("There are more failures than are looked through: the counts are of the newest 2,000.")}
        </p>
      )}
      <WebhookIssues />
      {open && <RetryFailuresDialog failure={open} onClose={close} />}
    </div>
  );
}

function IssueTable({ failures, onRetry }: { failures: readonly RunFailure[]; onRetry(failure: RunFailure): void }) {
  return (
    <RowsTable
      caption={say("Causes of failed runs, the one that came last first")}
      columns={[say("What failed"), say("Cause"), say("Runs"), say("First"), say("Last")]}
      withActions
    >
      {failures.map((failure) => (
        <IssueRow
          key={`${failure.workflow_definition_id} ${failure.step_id} ${failure.error_code}`}
          failure={failure}
          onRetry={() => onRetry(failure)}
        />
      ))}
    </RowsTable>
  );
}

function IssueRow({ failure, onRetry }: { failure: RunFailure; onRetry(): void }) {
  const { refusal } = useApiSession();
  const format = useFormat();
  const { workflow_definition_id, workflow_name, step_id, error_code, error_message, count, runs } = failure;
  return (
    <tr>
      <td data-label={say("What failed")}>
        <div>
          <Link href={`/workflows/${workflow_definition_id}`}>
            <bdi>{workflow_name}</bdi>
          </Link>
          <div className="muted">
            {step_id === null
              ? say("at no step that acts")
              : <Say text="step <code>{step}</code>" values={{ step: step_id }} />}
          </div>
        </div>
      </td>
      <td data-label={say("Cause")}>
        <div className="wfi-cause">
          {error_message && <bdi>{error_message}</bdi>}
          <div>
            <code className="muted">{error_code}</code>
          </div>
        </div>
      </td>
      <td data-label={say("Runs")}>
        <details className="wfi-runs">
          <summary>
            {runWord(count, format.number(count))}
            <span className="visually-hidden">{say("of {name}", { name: workflow_name })}</span>
          </summary>
          <ul>
            {runs.map(({ run_id, failed_at }) => (
              <li key={run_id}>
                <Link href={runPath(run_id)}>
                  <When at={new Date(failed_at)} />
                </Link>
              </li>
            ))}
            {count > runs.length && (
              <li className="muted">{say("and {count} before", { count: format.number(count - runs.length) })}</li>
            )}
          </ul>
        </details>
      </td>
      <td data-label={say("First")}>
        <When at={new Date(failure.first_failed_at)} as="ago" />
      </td>
      <td data-label={say("Last")}>
        <When at={new Date(failure.last_failed_at)} as="ago" />
      </td>
      <td data-label={say("Actions")} className="num">
        {!refusal("operator") && (
          <button type="button" className="btn small" onClick={onRetry}>
            {say("Retry {what}…", { what: runWord(runs.length) })}
            <span className="visually-hidden">{say("of {name}", { name: workflow_name })}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
