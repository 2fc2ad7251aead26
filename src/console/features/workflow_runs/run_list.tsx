/** A list of runs of workflows, read again while one is active. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { isActive, listRuns, type RunFilter, runWords, type WorkflowRun } from "./api.ts";
import "./runs.css";

const ACTIVE_POLL_MS = 2_000;
const IDLE_POLL_MS = 10_000;

export function RunList(
  { filter, empty, withWorkflow, onPage }: {
    filter: RunFilter;
    /** Shown where there is none. */
    empty: ReactNode;
    /** Whether the runs are of several workflows. */
    withWorkflow: boolean;
    onPage(page: number): void;
  },
) {
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["runs", filter],
    queryFn: ({ signal }) => listRuns(api, filter, signal),
    placeholderData: (before) => before,
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => data?.items.some(isActive) ? ACTIVE_POLL_MS : IDLE_POLL_MS,
  });
  if (query.isPending) return <Skeleton lines={8} label={say("Loading runs")} />;
  const { data } = query;
  return (
    <>
      {query.isError && <Failure error={query.error} what={say("the runs")} onRetry={() => void query.refetch()} />}
      {data && data.items.length === 0 && empty}
      {data && data.items.length > 0 && (
        <>
          <div className="panel flush">
            <table className="cards">
              <caption className="visually-hidden">{say("Runs, newest first")}</caption>
              <thead>
                <tr>
                  <th scope="col">{say("Time")}</th>
                  {withWorkflow && <th scope="col">{say("Workflow")}</th>}
                  <th scope="col">{say("Started by")}</th>
                  <th scope="col">{say("State")}</th>
                  <th scope="col" className="num">{say("Duration")}</th>
                </tr>
              </thead>
              <tbody>{data.items.map((run) => <RunRow key={run.id} run={run} withWorkflow={withWorkflow} />)}</tbody>
            </table>
          </div>
          <Pager noun="run" total={data.total} page={data.page} totalPages={data.total_pages} onPage={onPage} />
        </>
      )}
    </>
  );
}

function RunRow({ run, withWorkflow }: { run: WorkflowRun; withWorkflow: boolean }) {
  const format = useFormat();
  const { text, tone } = runWords(run);
  const ms = durationOf(run);
  return (
    <tr>
      <td data-label={say("Time")}>
        <Link href={`/runs/${run.id}`} className="mono" data-run={run.id}>
          <When at={new Date(run.created_at)} />
        </Link>
      </td>
      {withWorkflow && (
        <td data-label={say("Workflow")}>
          <span>
            <Link href={`/workflows/${run.workflow_definition_id}`}>
              <bdi>{run.workflow_name}</bdi>
            </Link>{" "}
            <span className="muted nowrap">{say("version {number}", { number: run.workflow_version })}</span>
          </span>
        </td>
      )}
      <td data-label={say("Started by")}>
        <bdi>{run.triggered_by}</bdi>
        {!withWorkflow && (
          <span className="muted nowrap">{say("version {number}", { number: run.workflow_version })}</span>
        )}
      </td>
      <td data-label={say("State")}>
        <span className="wfr-state">
          <Tag tone={tone} live={run.status === "RUNNING" && run.paused_at === null}>{text}</Tag>
          {run.error_message && <bdi className="muted wfr-error">{run.error_message}</bdi>}
          {run.cancel_reason && <bdi className="muted wfr-error">{run.cancel_reason}</bdi>}
        </span>
      </td>
      <td data-label={say("Duration")} className="num nowrap">
        {ms === null ? <span className="muted">{isActive(run) ? say("in progress") : "–"}</span> : format.duration(ms)}
      </td>
    </tr>
  );
}

function durationOf({ started_at, completed_at, cancelled_at }: WorkflowRun): number | null {
  const end = completed_at ?? cancelled_at;
  return started_at === null || end === null ? null : Date.parse(end) - Date.parse(started_at);
}
