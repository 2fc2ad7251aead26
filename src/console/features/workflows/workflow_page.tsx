/** One workflow: its steps, runs, versions and definition, each in the address. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams, useSearchParams } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { When } from "../../ui/when.tsx";
import { RunList } from "../workflow_runs/run_list.tsx";
import { getWorkflow, type Workflow } from "./api.ts";
import { DeleteWorkflowDialog } from "./delete_dialog.tsx";
import { EditTab } from "./edit_tab.tsx";
import { ExecuteDialog } from "./execute_dialog.tsx";
import { StatusTag } from "./status.tsx";
import { VersionsTab } from "./versions_tab.tsx";
import { StepsTab } from "./steps_tab.tsx";
import { useDefinition } from "./use_definition.ts";
import "./workflows.css";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

/** States in which nothing is executed, within a sentence. */
const NOT_EXECUTED: Record<Exclude<Workflow["status"], "active" | "deprecated">, string> = {
  draft: say("draft"),
  inactive: say("inactive"),
  archived: say("archived"),
  deleted: say("deleted"),
};

export function WorkflowPage() {
  const { id } = useParams<{ id: string }>();
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["workflow", id],
    queryFn: ({ signal }) => getWorkflow(api, id, signal),
  });
  const name = query.data?.workflow.name;
  useEffect(() => {
    document.title = `${name ?? say("Workflow")} · Timewire`;
  }, [name]);
  const isUnknown = query.error instanceof ApiError && query.error.status === 404;
  return (
    <div className="stack">
      <div>
        <Link href="/workflows">{say("All workflows")}</Link>
      </div>
      {query.isPending && (
        <>
          <h1>{say("Workflow")}</h1>
          <Skeleton lines={8} label={say("Loading the workflow")} />
        </>
      )}
      {query.error && !query.data && <h1>{say("Workflow")}</h1>}
      {isUnknown && (
        <Empty title={say("There is no such workflow")}>
          <Link href="/workflows">{say("All workflows")}</Link>
        </Empty>
      )}
      {query.error && !isUnknown && (
        <Failure
          error={query.error}
          what={say("the workflow")}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data && <Shown key={id} workflow={query.data.workflow} tag={query.data.tag} />}
    </div>
  );
}

function Shown({ workflow, tag }: { workflow: Workflow; tag: string }) {
  const { refusal } = useApiSession();
  const queries = useQueryClient();
  const { tab = "steps" } = useParams<{ tab?: string }>();
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const [open, setOpen] = useState<"execute" | "delete">();
  const { id, name, description, status, version, created_by, created_at, updated_at } = workflow;
  const isGone = status === "deleted";
  const reread = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["workflow", id] }),
      queries.invalidateQueries({ queryKey: ["workflows"] }),
    ]);
  const editing = useDefinition({ workflow, tag, onSaved: () => void reread() });
  const cannotExecute = status === "active" || status === "deprecated"
    ? null
    : say("Cannot be executed: it is {status}. An editor may set it to active under Edit", {
      status: NOT_EXECUTED[status],
    });
  const items = [
    {
      key: "steps",
      label: say("Steps"),
      content: <StepsTab key={id} workflow={workflow} editing={editing} onReread={reread} />,
    },
    {
      key: "runs",
      label: say("Runs"),
      content: (
        <RunList
          filter={{ workflow_definition_id: id, page: Number(params.get("page") ?? 1) }}
          withWorkflow={false}
          onPage={(page) => setParams({ page: String(page) })}
          empty={<Empty title={say("It has not run yet")}>{say("Execute it, or give it a schedule.")}</Empty>}
        />
      ),
    },
    { key: "versions", label: say("Versions"), content: <VersionsTab workflow={workflow} onChanged={reread} /> },
    {
      key: "edit",
      label: refusal("editor") || isGone ? say("Definition") : say("Edit"),
      content: <EditTab key={tag} workflow={workflow} editing={editing} onReread={reread} />,
    },
  ];
  return (
    <>
      <div className="row">
        <h1 className="grow">
          <bdi>{name}</bdi> <StatusTag status={status} />
        </h1>
        {!refusal("operator") && !isGone && (
          <GuardedButton
            className="btn main"
            blocked={cannotExecute}
            onClick={() => setOpen("execute")}
          >
            {say("Execute…")}
          </GuardedButton>
        )}
        {!refusal("editor") && !isGone && (
          <button
            type="button"
            className="btn danger"
            onClick={() => setOpen("delete")}
          >
            {say("Delete")}
          </button>
        )}
      </div>
      {description && (
        <p>
          <bdi>{description}</bdi>
        </p>
      )}
      <p className="muted">
        <Say
          text="Version {version}, made by {author} {made}, changed {changed}"
          values={{
            version,
            author: <bdi>{created_by}</bdi>,
            made: <When at={new Date(created_at)} as="ago" />,
            changed: <When at={new Date(updated_at)} as="ago" />,
          }}
        />
      </p>
      {refusal("operator") && (
        <p className="muted">{say("You may look at it, not execute it.")} {refusal("operator")}.</p>
      )}
      <Tabs
        label={say("Workflow")}
        items={items}
        chosen={tab}
        onChoose={(key) => navigate(`/workflows/${id}/${key}`, { replace: true })}
      />
      {open === "execute" && (
        <ExecuteDialog
          workflow={workflow}
          onBegun={(run) => navigate(`/runs/${run}`)}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "delete" && (
        <DeleteWorkflowDialog
          workflow={workflow}
          onDeleted={() => {
            void reread();
            navigate("/workflows");
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}
