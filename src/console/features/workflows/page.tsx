/** The workflows: state, version, and how their runs of a day went. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { type ListFilter, ListFrame } from "../../ui/list_frame.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty } from "../../ui/states.tsx";
import { RUN_STATES, RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { countRuns, listWorkflows, type RunCounts, type Workflow } from "./api.ts";
import { ExecuteDialog } from "./execute_dialog.tsx";
import { NewWorkflowDialog } from "./new_workflow.tsx";
import { STATUS_WORDS, StatusTag } from "./status.tsx";
import "./workflows.css";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const FILTERS: readonly ListFilter[] = [
  { name: "name", label: say("Name contains") },
  {
    name: "status",
    label: say("Status"),
    choices: [
      ["", say("Any but deleted")],
      ...Object.entries(STATUS_WORDS).map(([status, { word }]) => [status, word] as const),
    ],
  },
];

export function WorkflowsPage() {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const filter = useUrlFilter();
  const [open, setOpen] = useState<"new" | Workflow>();
  useEffect(() => {
    document.title = `${say("Workflows")} · Timewire`;
  }, []);
  const asked = { name: filter.get("name"), status: filter.get("status"), page: filter.page };
  const query = useQuery({
    queryKey: ["workflows", asked],
    queryFn: ({ signal }) => listWorkflows(api, asked, signal),
    placeholderData: (before) => before,
  });
  const ids = query.data?.items.map(({ id }) => id) ?? [];
  const counts = useQuery({
    queryKey: ["run counts", ids],
    queryFn: ({ signal }) => countRuns(api, ids, signal),
    enabled: ids.length > 0,
    refetchInterval: 10_000,
  });
  const cannotEdit = refusal("editor");
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">{say("Workflows")}</h1>
        {!cannotEdit && (
          <button type="button" className="btn main" onClick={() => setOpen("new")}>{say("New workflow")}</button>
        )}
      </div>
      {cannotEdit && <p className="muted">{say("You may look at workflows and their runs.")} {cannotEdit}.</p>}
      <ListFrame
        noun="workflow"
        query={query}
        filter={filter}
        filters={FILTERS}
        empty={
          <Empty title={say("No workflow yet")}>
            <Say
              text="A workflow puts agents in an order, with conditions, loops and branches. Register an agent under <a>Agents</a> first, then <button>make a workflow from a template</button>"
              tags={{
                a: (inner) => <Link href="/agents">{inner}</Link>,
                button: (inner) => (
                  <GuardedButton className="btn" blocked={cannotEdit} onClick={() => setOpen("new")}>
                    {inner}
                  </GuardedButton>
                ),
              }}
            />
          </Empty>
        }
      >
        {(workflows) => (
          <RowsTable
            caption={say("Workflows, last changed first")}
            columns={[say("Workflow"), say("Status"), say("Runs, 24 h"), say("Last run"), say("Changed")]}
            withActions
          >
            {workflows.map((workflow) => (
              <WorkflowRow
                key={workflow.id}
                workflow={workflow}
                runs={counts.data ? counts.data.get(workflow.id) ?? null : undefined}
                onExecute={() => setOpen(workflow)}
              />
            ))}
          </RowsTable>
        )}
      </ListFrame>
      {open === "new" && (
        <NewWorkflowDialog
          onMade={(id) => {
            void queries.invalidateQueries({ queryKey: ["workflows"] });
            navigate(`/workflows/${id}`);
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open !== undefined && open !== "new" && (
        <ExecuteDialog
          workflow={open}
          onBegun={(id) => navigate(`/runs/${id}`)}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

function WorkflowRow(
  { workflow, runs, onExecute }: {
    workflow: Workflow;
    /** Null: none yet; undefined: not known yet. */
    runs: RunCounts | null | undefined;
    onExecute(): void;
  },
) {
  const { refusal } = useApiSession();
  const { id, name, description, status, version, workflow_data, updated_at } = workflow;
  const steps = Object.keys(workflow_data.steps).length;
  const isExecutable = status === "active" || status === "deprecated";
  return (
    <tr>
      <td data-label={say("Workflow")}>
        <div>
          <Link href={`/workflows/${id}`}>
            <bdi>{name}</bdi>
          </Link>
          <div className="muted">
            {sayCount(steps, "version {version}, {count} step", "version {version}, {count} steps", {
              version,
              count: steps,
            })}
          </div>
          {description && (
            <div className="faint wf-cut">
              <bdi>{description}</bdi>
            </div>
          )}
        </div>
      </td>
      <td data-label={say("Status")}>
        <StatusTag status={status} />
      </td>
      <td data-label={say("Runs, 24 h")}>
        {runs === undefined ? <span className="muted">…</span> : <Counts runs={runs} />}
      </td>
      <td data-label={say("Last run")}>
        {runs
          ? (
            <span>
              <Link href={`/runs/${runs.last_run.id}`}>
                {RUN_STATES[runs.last_run.status.toLowerCase()]}
                <span className="visually-hidden">{say(": last run of {name}", { name })}</span>
              </Link>{" "}
              <span className="muted">
                <When at={new Date(runs.last_run.created_at)} as="ago" />
              </span>
            </span>
          )
          : <span className="muted">{runs === null ? say("none yet##a run") : "…"}</span>}
      </td>
      <td data-label={say("Changed")}>
        <When at={new Date(updated_at)} as="ago" />
      </td>
      <td data-label={say("Actions")} className="num">
        {!refusal("operator") && isExecutable && (
          <button type="button" className="btn small" onClick={onExecute}>
            {say("Execute…")}
            <span className="visually-hidden">{name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

/** A number for each state that has runs. */
function Counts({ runs }: { runs: RunCounts | null }) {
  const format = useFormat();
  const entries = Object.entries(runs?.counts ?? {}) as [string, number][];
  if (entries.length === 0) return <span className="muted">{say("none##runs")}</span>;
  return (
    <span className="wf-counts">
      {entries.map(([status, count]) => (
        <Tag key={status} tone={RUN_TONES[status.toLowerCase()] ?? "idle"}>
          {format.number(count)} {(RUN_STATES[status.toLowerCase()] ?? status).toLowerCase()}
        </Tag>
      ))}
      {runs?.is_cut && <span className="muted">{say("of the newest 1,000")}</span>}
    </span>
  );
}
