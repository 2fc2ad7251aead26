/** A job of many in progress: its state, its stop, and how far it is in the words of its kind; and why none could begin. */

import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useId } from "react";
import { ApiError } from "../shell/client.ts";
import { Failure, Skeleton } from "./states.tsx";
import { Tag, type Tone } from "./tag.tsx";
import { useToast } from "./toasts.tsx";
import { say } from "../words/say.ts";

const POLL_MS = 1_000;

type JobState = "running" | "stopping" | "stopped" | "finished";

export interface JobPanelProps<Job> {
  queryKey: QueryKey;
  read(signal: AbortSignal): Promise<Job>;
  stop(): Promise<Job>;
  /** Nothing about it changes any more: it is read no more. */
  isOver(job: Job): boolean;
  /** How many of it came to an end. */
  endedOf(job: Job): number;
  /** First keys of queries whose answers change as more of it comes to an end. */
  refresh: readonly string[];
  /** Of the job as far as it is known. */
  title(job: Job | undefined): string;
  /** Of the state "finished". */
  finished: string;
  /** "the undo" */
  what: string;
  fact?(job: Job): ReactNode;
  onClose(): void;
  /** How far it is, and what went wrong. */
  children(job: Job): ReactNode;
}

export function JobPanel<Job extends { state: JobState }>(props: JobPanelProps<Job>) {
  const { queryKey, read, isOver, endedOf, refresh, title, finished, what, fact, onClose, children } = props;
  const queries = useQueryClient();
  const toast = useToast();
  const heading = useId();
  const { data: job, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) => read(signal),
    refetchInterval: ({ state: { data } }) => data && isOver(data) ? false : POLL_MS,
  });
  const stop = useMutation({
    mutationFn: () => props.stop(),
    onSuccess: (job) => queries.setQueryData<Job>(queryKey, job),
    onError: (error) => toast(error.message, "bad"),
  });
  const ended = job === undefined ? 0 : endedOf(job);
  useEffect(() => {
    if (ended === 0) return;
    for (const key of refresh) void queries.invalidateQueries({ queryKey: [key] });
  }, [ended]);
  return (
    <section className="panel stack" aria-labelledby={heading}>
      <div className="row">
        <h2 className="said" id={heading}>{title(job)}</h2>
        {job && <StateTag state={job.state} finished={finished} live={!isOver(job)} />}
        {job && fact?.(job)}
        <span className="grow" />
        {job?.state === "running" && (
          <button
            type="button"
            className="btn danger"
            aria-disabled={stop.isPending}
            onClick={() => stop.isPending || stop.mutate()}
          >
            {say("Stop")}
          </button>
        )}
        <button type="button" className="btn small" onClick={onClose}>{say("Close")}</button>
      </div>
      {job
        ? children(job)
        : error
        ? <Failure error={error} what={what} onRetry={() => void refetch()} />
        : <Skeleton lines={2} label={say("Loading {what}", { what })} />}
    </section>
  );
}

function StateTag({ state, finished, live }: { state: JobState; finished: string; live: boolean }) {
  const states: Record<JobState, { text: string; tone: Tone }> = {
    running: { text: say("In progress"), tone: "wait" },
    stopping: { text: say("Stopping"), tone: "wait" },
    stopped: { text: say("Stopped"), tone: "idle" },
    finished: { text: finished, tone: "ok" },
  };
  const { text, tone } = states[state];
  return <Tag tone={tone} live={live}>{text}</Tag>;
}

/** Why a job could not begin; `running` finds the id of the one that is in progress instead, in the words of the answer. */
export function StartFault(
  { error, running, onJob }: { error: Error | null; running: RegExp; onJob(id: string): void },
) {
  if (error === null) return null;
  const id = error instanceof ApiError ? running.exec(error.message)?.[1] : undefined;
  return (
    <p className="fault" role="alert">
      {error.message}. {id !== undefined && (
        <button
          type="button"
          className="btn small"
          onClick={() => onJob(id)}
        >
          {say("Show it")}
        </button>
      )}
    </p>
  );
}
