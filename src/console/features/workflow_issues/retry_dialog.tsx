/** The failed runs of one cause are retried, one after another, until all are or a person stops it. */

import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
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
    <Dialog title={say("Retry {what}", { what: words })} onClose={onClose}>
      {retry.isIdle && (
        <p>
          <Continues step={step_id} isOne={runs.length === 1} />
          {count > runs.length && ` ${
            say("These are the newest of {count}: the others can be retried after them.", {
              count: format.number(count),
            })
          }`}
        </p>
      )}
      {!retry.isIdle && (
        <div className="stack" aria-live="polite">
          <progress
            className="wfi-progress"
            max={runs.length}
            value={retried + refused.length}
            aria-label={say("Retried")}
          />
          <p>
            {sayCount(retried, "{count} run of {total} continues.", "{count} runs of {total} continue.", {
              count: retried,
              total: runs.length,
            })}
          </p>
          {refused.length > 0 && (
            <ul className="wfi-refused">
              {refused.map(({ run, why }) => (
                <li key={run.run_id}>
                  <Link href={runPath(run.run_id)}>{say("Not retried")}</Link>: {why}.
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {retry.error && (
        <p className="fault" role="alert">
          {say("{message}. The rest was left as it is.", { message: retry.error.message })}
        </p>
      )}
      <div className="row">
        {!isOver && (
          <button
            type="button"
            className="btn main"
            aria-disabled={retry.isPending}
            onClick={() => retry.isPending || retry.mutate()}
          >
            {retry.isPending ? say("Retrying…") : say("Retry {what}", { what: words })}
          </button>
        )}
        <button type="button" className="btn" onClick={onClose}>
          {isOver ? say("Done") : retry.isPending ? say("Stop") : say("Cancel")}
        </button>
      </div>
    </Dialog>
  );
}

/** Where the runs continue. */
function Continues({ step, isOne }: { step: string | null; isOne: boolean }) {
  if (step === null) {
    return isOne
      ? say("It continues at the step that failed; what has ended is not repeated.")
      : say("Each continues at the step that failed; what has ended is not repeated.");
  }
  return isOne
    ? <Say text="It continues at step <code>{step}</code>; what has ended is not repeated." values={{ step }} />
    : <Say text="Each continues at step <code>{step}</code>; what has ended is not repeated." values={{ step }} />;
}

/** "3 runs" */
export function runWord(total: number, count: string | number = total): string {
  return sayCount(total, "{count} run", "{count} runs", { count });
}
