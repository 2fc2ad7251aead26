/** One run of a workflow: its steps on a time line, the chosen one, its log, and what a person may do with it. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams, useSearchParams } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { RunWaterfall } from "../runs/waterfall.tsx";
import { layOut } from "../runs/waterfall_layout.ts";
import {
  getRun,
  getSteps,
  isActive,
  pauseRun,
  resumeRun,
  runPath,
  runWords,
  type WorkflowRun,
  type WorkflowRunStep,
} from "./api.ts";
import { CancelRunDialog } from "./cancel_dialog.tsx";
import { drawnRun } from "./drawn.ts";
import { RetryRunDialog } from "./retry_dialog.tsx";
import { RunLog } from "./run_log.tsx";
import { StepPanel } from "./step_panel.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import "./runs.css";
import "../runs/runs.css";

const POLL_MS = 1_000;
const TITLE = "run-title";

export function WorkflowRunPage() {
  const { id } = useParams<{ id: string }>();
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["runs", "one", id],
    queryFn: ({ signal }) => getRun(api, id, signal),
    refetchInterval: ({ state: { data } }) => data && isActive(data) ? POLL_MS : false,
  });
  useEffect(() => {
    document.title = say("Run · Timewire");
  }, []);
  const isUnknown = query.error instanceof ApiError && query.error.status === 404;
  return (
    <div className="stack">
      <div>
        <Link href="/runs">{say("All runs")}</Link>
      </div>
      {!query.data && <h1>{say("Run")}</h1>}
      {query.isPending && <Skeleton lines={8} label={say("Loading the run")} />}
      {isUnknown && (
        <Empty title={say("There is no such run")}>
          {say("It may have been deleted by retention.")} <Link href="/runs">{say("All runs")}</Link>
        </Empty>
      )}
      {query.error && !isUnknown && (
        <Failure
          error={query.error}
          what={say("the run")}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data && <Inspector key={id} run={query.data} readAt={query.dataUpdatedAt} />}
    </div>
  );
}

function Inspector({ run, readAt }: { run: WorkflowRun; readAt: number }) {
  const { api } = useApiSession();
  const format = useFormat();
  const [params, setParams] = useSearchParams();
  const page = Number(params.get("page") ?? 1);
  const active = isActive(run);
  const query = useQuery({
    // Its end too: the last look was before it.
    queryKey: ["runs", "steps", run.id, page, active],
    queryFn: ({ signal }) => getSteps(api, run.id, page, signal),
    refetchInterval: active && POLL_MS,
    placeholderData: (before) => before,
  });
  const steps = query.data?.items ?? [];
  const step = steps.find(({ id }) => id === params.get("step")) ?? stepToShow(steps);
  const drawn = drawnRun(run, steps);
  const { text, tone } = runWords(run);
  const end = run.completed_at ?? run.cancelled_at;
  return (
    <>
      <div className="row">
        <h1 id={TITLE} tabIndex={-1}>{say("Run")}</h1>
        <span aria-live="polite">
          <Tag tone={tone} live={run.status === "RUNNING" && run.paused_at === null}>{text}</Tag>
        </span>
        <code>{run.id}</code>
        <CopyButton text={run.id} label={say("Copy id")} />
        <span className="grow" />
        <RunActions run={run} steps={steps} />
      </div>
      {run.error_message && (
        <div className="alert bad">
          <p>
            <bdi>{run.error_message}</bdi>
          </p>
          {run.error_code && <code className="muted">{run.error_code}</code>}
        </div>
      )}
      <dl className="panel facts">
        <Fact name={say("Workflow")}>
          <Link href={`/workflows/${run.workflow_definition_id}`}>
            <bdi>{run.workflow_name}</bdi>
          </Link>{" "}
          <span className="muted nowrap">{say("version {number}", { number: run.workflow_version })}</span>
        </Fact>
        <Fact name={say("Started by")}>
          <bdi>{run.triggered_by}</bdi>
        </Fact>
        <Fact name={say("Queued")}>
          <When at={new Date(run.created_at)} />
        </Fact>
        <Fact name={say("Started")}>
          {run.started_at ? <When at={new Date(run.started_at)} /> : <span className="muted">{say("Not yet")}</span>}
        </Fact>
        <Fact name={say("Ended")}>
          {end ? <When at={new Date(end)} /> : <span className="muted">{say("Not yet")}</span>}
        </Fact>
        {run.started_at && end && (
          <Fact name={say("Duration")}>{format.duration(Date.parse(end) - Date.parse(run.started_at))}</Fact>
        )}
        {run.paused_at && active && (
          <Fact name={say("Paused")}>
            <When at={new Date(run.paused_at)} as="ago" />
          </Fact>
        )}
        {run.cancelled_by && (
          <Fact name={say("Cancelled by")}>
            <bdi>{run.cancelled_by}</bdi>
          </Fact>
        )}
        {run.cancel_reason && (
          <Fact name={say("Reason")}>
            <bdi>{run.cancel_reason}</bdi>
          </Fact>
        )}
        {run.retry_of && (
          <Fact name={say("Begun again from")}>
            <Link href={runPath(run.retry_of)}>{say("the run before")}</Link>
          </Fact>
        )}
      </dl>
      {query.isPending && <Skeleton lines={6} label={say("Loading steps")} />}
      {query.isError && <Failure error={query.error} what={say("the steps")} onRetry={() => void query.refetch()} />}
      {query.data && (
        <div className="wfr-body">
          <div className="stack">
            <RunWaterfall
              run={drawn}
              layout={layOut(drawn, readAt)}
              chosen={step?.id}
              onChoose={({ path }) =>
                setParams((before) => {
                  const after = new URLSearchParams(before);
                  after.set("step", path);
                  return after;
                }, { replace: true })}
            />
            {query.data.total_pages > 1 && (
              <Pager
                noun="step"
                total={query.data.total}
                page={page}
                totalPages={query.data.total_pages}
                onPage={(wanted) => setParams({ page: String(wanted) }, { replace: true })}
              />
            )}
            <section className="panel stack" aria-label={say("Input and output")}>
              <div>
                <h2>{say("Input")}</h2>
                <JsonTree value={run.input_data} label={say("Input")} root="${workflow.input}" />
              </div>
              <div>
                <h2>{say("Output")}</h2>
                {run.output_data === null
                  ? <p className="muted">{active ? say("It gives its output at its end.") : say("It gave none.")}</p>
                  : <JsonTree value={run.output_data} label={say("Output")} />}
              </div>
            </section>
          </div>
          {step && <StepPanel step={step} number={steps.indexOf(step) + 1} />}
        </div>
      )}
      <RunLog runId={run.id} active={active} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** That which failed, else the last one begun, else the first. */
function stepToShow(steps: readonly WorkflowRunStep[]): WorkflowRunStep | undefined {
  return steps.find(({ status }) => status === "FAILED") ?? steps.findLast(({ started_at }) => started_at !== null) ??
    steps[0];
}

function RunActions({ run, steps }: { run: WorkflowRun; steps: readonly WorkflowRunStep[] }) {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const toast = useToast();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"cancel" | "retry">();
  const reread = () => queries.invalidateQueries({ queryKey: ["runs"] });
  const change = useMutation({
    mutationFn: (wish: "pause" | "resume") => wish === "pause" ? pauseRun(api, run.id) : resumeRun(api, run.id),
    onSuccess: () => {
      void reread();
      // The button that was pressed is gone.
      document.getElementById(TITLE)?.focus();
    },
    onError: (error: Error) => {
      toast(error.message, "bad");
      void reread();
    },
  });
  const why = refusal("operator");
  if (why) return <span className="muted">{why}.</span>;
  const wish = run.paused_at === null ? "pause" : "resume";
  return (
    <>
      {isActive(run) && (
        <>
          <button
            type="button"
            className="btn"
            aria-disabled={change.isPending}
            onClick={() => change.isPending || change.mutate(wish)}
          >
            {wish === "pause" ? say("Pause") : say("Resume")}
          </button>
          <button type="button" className="btn danger" onClick={() => setOpen("cancel")}>{say("Cancel…")}</button>
        </>
      )}
      {(run.status === "FAILED" || run.status === "CANCELLED") && (
        <button
          type="button"
          className="btn main"
          onClick={() => setOpen("retry")}
        >
          {say("Retry…")}
        </button>
      )}
      {open === "cancel" && (
        <CancelRunDialog
          run={run}
          onDone={() => {
            setOpen(undefined);
            void reread();
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "retry" && (
        <RetryRunDialog
          run={run}
          steps={steps}
          onBegun={(id) => {
            setOpen(undefined);
            void reread();
            navigate(`/runs/${id}`);
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </>
  );
}
