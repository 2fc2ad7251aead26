/** Asks before events go through the flows again: first how many runs that makes, then where they are. */

import { useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/client.ts";
import type { ReplayAnswer } from "../../api/events.ts";
import { Dialog } from "../dialog.tsx";
import { Failure, Skeleton } from "../states.tsx";
import { reasonText } from "./outcome.tsx";

export interface ReplayDialogProps {
  /** How many events were chosen. */
  count: number;
  /** What would happen; undefined while it is asked. */
  plan?: ReplayAnswer;
  planError?: Error | null;
  onAsk(): void;
  replay(): Promise<ReplayAnswer>;
  /** Address of the runs it makes. */
  runsHref: string;
  onClose(): void;
}

export function ReplayDialog({ count, plan, planError, onAsk, replay, runsHref, onClose }: ReplayDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const [done, setDone] = useState<ReplayAnswer>();
  const start = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setDone(await replay());
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={count === 1 ? "Replay the event" : `Replay ${count} events`} onClose={onClose}>
      {done
        ? (
          <>
            <p role="status">{runsText(done.runs)} being made from {eventsText(done.events)}.</p>
            <div>
              <Link className="btn main" href={runsHref} onClick={onClose}>Show the runs</Link>
            </div>
          </>
        )
        : planError
        ? <Failure error={planError} what="what a replay would do" onRetry={onAsk} />
        : !plan
        ? <Skeleton lines={2} label="Asking what a replay would do" />
        : (
          <>
            <p role="status">
              {plan.runs === 0
                ? "No run will be made: no flow that is switched on matches as the flows are now."
                : `${plan.runs === 1 ? "1 run" : `${plan.runs} runs`} will be made from ${
                  eventsText(plan.events)
                }, with the flows as they are now. What earlier runs did stays done.`}
            </p>
            <Skipped skipped={plan.skipped} />
            {error && <p className="fault" role="alert">{error.message}. {whatIsKnown(error)}</p>}
            <div className="row">
              {plan.runs > 0 && (
                <button type="button" className="btn main" disabled={busy} onClick={start}>
                  {busy ? "Starting…" : plan.runs === 1 ? "Make 1 run" : `Make ${plan.runs} runs`}
                </button>
              )}
              <button type="button" className="btn" onClick={onClose}>{plan.runs > 0 ? "Cancel" : "Close"}</button>
            </div>
          </>
        )}
    </Dialog>
  );
}

function Skipped({ skipped }: { skipped: ReplayAnswer["skipped"] }) {
  if (skipped.length === 0) return null;
  const reasons = Map.groupBy(skipped, ({ reason }) => reason);
  return (
    <ul className="left-out">
      {[...reasons].map(([reason, { length }]) => (
        <li key={reason}>{eventsText(length)} left out: {lowerFirst(reasonText(reason))}</li>
      ))}
    </ul>
  );
}

/** A refused request did nothing; one whose answer was lost may have done all. */
function whatIsKnown(error: Error): string {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return refused ? "Nothing was replayed." : "Whether it was replayed is not known: look at the runs before a new try.";
}

function runsText(runs: number): string {
  return runs === 1 ? "1 run is" : `${runs} runs are`;
}

function eventsText(events: number): string {
  return events === 1 ? "1 event" : `${events} events`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
