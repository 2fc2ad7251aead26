/** A bulk job in progress: how far it is, how it goes, and its stop. Named by the address, so that a reload shows it again. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { reasonText } from "../events/outcome.tsx";
import { type BulkJob, getBulk, stopBulk } from "./api.ts";
import "./bulk.css";

const POLL_MS = 1_000;
const STATES: Readonly<Record<BulkJob["state"], { text: string; tone: Tone }>> = {
  running: { text: "In progress", tone: "wait" },
  stopping: { text: "Stopping", tone: "wait" },
  stopped: { text: "Stopped", tone: "idle" },
  finished: { text: "All sent", tone: "ok" },
};

/** `refresh`: keys of queries whose answers change with what the job does. */
export function JobPanel({ id, refresh, onClose }: { id: string; refresh: readonly string[]; onClose(): void }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const heading = useId();
  const { data: job, error, refetch } = useQuery({
    queryKey: ["bulk-jobs", id],
    queryFn: ({ signal }) => getBulk(api, id, signal),
    refetchInterval: ({ state: { data } }) => data && isOver(data) ? false : POLL_MS,
  });
  const stop = useMutation({
    mutationFn: () => stopBulk(api, id),
    onSuccess: (job) => queries.setQueryData(["bulk-jobs", id], job),
    onError: (error) => toast(error.message, "bad"),
  });
  const ended = job === undefined ? 0 : job.done + job.succeeded + job.failed;
  useEffect(() => {
    if (ended === 0) return;
    for (const key of refresh) void queries.invalidateQueries({ queryKey: [key] });
  }, [ended]);
  return (
    <section className="panel stack" aria-labelledby={heading}>
      <div className="row">
        <h2 className="said" id={heading}>Sending again</h2>
        {job && <Tag tone={STATES[job.state].tone} live={!isOver(job)}>{STATES[job.state].text}</Tag>}
        {job && <span className="muted">at most {job.rate_per_minute} a minute</span>}
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
        ? <Progress job={job} />
        : error
        ? <Failure error={error} what="the job" onRetry={() => void refetch()} />
        : <Skeleton lines={2} label="Loading the job" />}
    </section>
  );
}

/** Nothing more is sent, and each run that was is over. */
function isOver({ finished_at, done, skipped, succeeded, failed }: BulkJob): boolean {
  return finished_at !== null && succeeded + failed >= done - skipped;
}

function Progress({ job }: { job: BulkJob }) {
  const { number } = useFormat();
  const { matched, done, succeeded, failed, skipped, problems } = job;
  return (
    <>
      <progress className="bulk-progress" value={done} max={Math.max(matched, done)} aria-label="Sent again" />
      <p role="status">
        {number(done)} of {number(matched)}: {number(succeeded)} succeeded, {number(failed)} failed again
        {skipped > 0 && `, ${number(skipped)} left out`}
        {done - skipped > succeeded + failed && `, ${number(done - skipped - succeeded - failed)} in progress`}.
        {job.state === "stopping" && " What was sent continues; the rest stays as it is."}
      </p>
      {problems.length > 0 && (
        <ul className="bulk-flows">
          {problems.map(({ dead_letter_id, run_id, event_id, reason }) => (
            <li key={dead_letter_id}>
              {run_id !== null
                ? <Link href={`/runs/${run_id}`}>A run</Link>
                : <Link href={`/events/${event_id}`}>Event {event_id}</Link>} was left out: {reasonText(reason)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
