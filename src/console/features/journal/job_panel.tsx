/** An undo of many in progress: how far it is, how each ended, and its stop. Named by the address, so that a reload shows it again. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { getUndoJob, stopUndoJob, type UndoJob } from "./api.ts";
import { outcomeText } from "./change_words.ts";

const POLL_MS = 1_000;
const STATES: Readonly<Record<UndoJob["state"], { text: string; tone: Tone }>> = {
  running: { text: "In progress", tone: "wait" },
  stopping: { text: "Stopping", tone: "wait" },
  stopped: { text: "Stopped", tone: "idle" },
  finished: { text: "Finished", tone: "ok" },
};

export function JobPanel({ id, hrefOf, onClose }: { id: string; hrefOf(id: string): string; onClose(): void }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const heading = useId();
  const { data: job, error, refetch } = useQuery({
    queryKey: ["undo-jobs", id],
    queryFn: ({ signal }) => getUndoJob(api, id, signal),
    refetchInterval: ({ state: { data } }) => data && isOver(data) ? false : POLL_MS,
  });
  const stop = useMutation({
    mutationFn: () => stopUndoJob(api, id),
    onSuccess: (job) => queries.setQueryData(["undo-jobs", id], job),
    onError: (error) => toast(error.message, "bad"),
  });
  const ended = job === undefined ? 0 : job.total - job.left;
  useEffect(() => {
    if (ended > 0) void queries.invalidateQueries({ queryKey: ["changes"] });
  }, [ended]);
  return (
    <section className="panel stack" aria-labelledby={heading}>
      <div className="row">
        <h2 className="said" id={heading}>Undo of {ofText(job)}</h2>
        {job && <Tag tone={STATES[job.state].tone} live={!isOver(job)}>{STATES[job.state].text}</Tag>}
        <span className="grow" />
        {job?.state === "running" && (
          <button
            type="button"
            className="btn danger"
            aria-disabled={stop.isPending}
            onClick={() => stop.isPending || stop.mutate()}
          >
            Stop
          </button>
        )}
        <button type="button" className="btn small" onClick={onClose}>Close</button>
      </div>
      {job
        ? <Progress job={job} hrefOf={hrefOf} />
        : error
        ? <Failure error={error} what="the undo" onRetry={() => void refetch()} />
        : <Skeleton lines={2} label="Loading the undo" />}
    </section>
  );
}

function ofText(job: UndoJob | undefined): string {
  if (job === undefined) return "many changes";
  return job.runId === null ? "what a flow wrote" : "what a run wrote";
}

function isOver({ state }: UndoJob): boolean {
  return state === "stopped" || state === "finished";
}

function Progress({ job, hrefOf }: { job: UndoJob; hrefOf(id: string): string }) {
  const { number } = useFormat();
  const { total, left, outcomes, problems, state } = job;
  const ended = total - left;
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${number(count)} ${outcomeText(outcome)}`);
  return (
    <>
      <progress value={ended} max={total} aria-label="Changes that came to an end" />
      <p role="status">
        {number(ended)} of {number(total)}
        {parts.length > 0 && `: ${parts.join(", ")}`}
        {!isOver(job) && `, ${number(left)} left`}.
        {state === "stopping" && " The one at hand is finished; the rest stays as it is."}
      </p>
      {problems.length > 0 && (
        <ul className="journal-list">
          {problems.map(({ changeId, outcome, reason }) => (
            <li key={changeId}>
              <Link href={hrefOf(changeId)}>Change {changeId}</Link>:{" "}
              {reason === null ? outcomeText(outcome) : reason.replace(/^Cannot undo change \d+: /, "")}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
