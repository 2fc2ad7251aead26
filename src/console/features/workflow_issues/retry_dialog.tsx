/** The failed runs of one cause are retried, one after another, until all are or a person stops it. */

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { runPath } from "../workflow_runs/api.ts";
import { type Refused, retryRuns, type RunFailure } from "./api.ts";

export function RetryFailuresDialog({ failure, onClose }: { failure: RunFailure; onClose(): void }) {
  const { api } = useApiSession();
  const format = useFormat();
  const stopping = useRef(new AbortController());
  const [retried, setRetried] = useState(0);
  const [refused, setRefused] = useState<Refused[]>([]);
  const { runs, count, step_id } = failure;
  const retry = useMutation({
    mutationFn: () =>
      retryRuns(api, runs, {
        signal: stopping.current.signal,
        onEach: (one) => one ? setRefused((before) => [...before, one]) : setRetried((before) => before + 1),
      }),
  });
  // A dialog that is closed retries no more.
  useEffect(() => {
    const { current } = stopping;
    return () => current.abort();
  }, []);
  const isOver = retry.isSuccess || retry.isError;
  const words = runWord(runs.length);
  return (
    <Dialog title={`Retry ${words}`} onClose={onClose}>
      {retry.isIdle && (
        <p>
          {runs.length === 1 ? "It continues" : "Each continues"} at {step_id === null ? "the step that failed" : (
            <>
              step <code>{step_id}</code>
            </>
          )}; what has ended is not repeated.
          {count > runs.length &&
            ` These are the newest of ${format.number(count)}: the others can be retried after them.`}
        </p>
      )}
      {!retry.isIdle && (
        <div className="stack" aria-live="polite">
          <progress className="wfi-progress" max={runs.length} value={retried + refused.length} aria-label="Retried" />
          <p>{runWord(retried)} of {runs.length} {retried === 1 ? "continues" : "continue"}.</p>
          {refused.length > 0 && (
            <ul className="wfi-refused">
              {refused.map(({ run, why }) => (
                <li key={run.run_id}>
                  <Link href={runPath(run.run_id)}>Not retried</Link>: {why}.
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {retry.error && <p className="fault" role="alert">{retry.error.message}. The rest was left as it is.</p>}
      <div className="row">
        {!isOver && (
          <button
            type="button"
            className="btn main"
            aria-disabled={retry.isPending}
            onClick={() => retry.isPending || retry.mutate()}
          >
            {retry.isPending ? "Retrying…" : `Retry ${words}`}
          </button>
        )}
        <button type="button" className="btn" onClick={onClose}>
          {isOver ? "Done" : retry.isPending ? "Stop" : "Cancel"}
        </button>
      </div>
    </Dialog>
  );
}

export function runWord(count: number): string {
  return `${count} ${count === 1 ? "run" : "runs"}`;
}
