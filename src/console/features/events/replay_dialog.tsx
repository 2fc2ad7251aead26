/** Confirms a replay: shows what it would run, and afterwards a link to the runs. */

import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import type { ReplayAnswer, ReplayWish } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { reasonText } from "./outcome.tsx";
import { ReplayChoice } from "./replay_choice.tsx";
import { inSentence, say, sayCount } from "../../words/say.ts";

export interface ReplayDialogProps {
  /** By the number of events unless given. */
  title?: string;
  /** In place of the choice of what to run. */
  about?: ReactNode;
  /** How many events were chosen. */
  count: number;
  wish: ReplayWish;
  onWish(wish: ReplayWish): void;
  /** Undefined while they are read. */
  flows: readonly { id: string; name: string }[] | undefined;
  /** What a replay would run; undefined while it is loading, and while no flow is selected. */
  plan?: ReplayAnswer;
  planError?: Error | null;
  onAsk(): void;
  replay(): Promise<ReplayAnswer>;
  /** Address of the runs it makes. */
  runsHref: string;
  onClose(): void;
}

export function ReplayDialog(props: ReplayDialogProps) {
  const { count, wish, onWish, flows, plan, planError, onAsk, replay, runsHref, onClose } = props;
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
  const runs = plan ? plan.retried + plan.runs : 0;
  return (
    <Dialog
      title={props.title ?? (sayCount(count, "Replay the event", "Replay {count} events", { count }))}
      onClose={onClose}
    >
      {done
        ? (
          <>
            <p role="status">{done.message}.</p>
            <Skipped answer={done} />
            <div>
              <Link className="btn main" href={runsHref} onClick={onClose}>{say("Show the runs")}</Link>
            </div>
          </>
        )
        : (
          <>
            {props.about ?? <ReplayChoice wish={wish} flows={flows} busy={busy} onWish={onWish} />}
            {wish.flows.length === 0
              ? <p role="status" className="muted">{say("Select at least one flow.")}</p>
              : planError
              ? <Failure error={planError} what={say("what a replay would do")} onRetry={onAsk} />
              : !plan
              ? <Skeleton lines={2} label={say("Checking what a replay would do")} />
              : (
                <>
                  <p role="status">{planText(plan)}</p>
                  {plan.notes.length > 0 && (
                    <ul className="replay-notes">
                      {plan.notes.map((note) => <li key={note}>{note}.</li>)}
                    </ul>
                  )}
                  <Skipped answer={plan} />
                </>
              )}
            {error && <p className="fault" role="alert">{error.message}. {replayState(error)}</p>}
            <div className="row">
              {runs > 0 && (
                <button type="button" className="btn main" disabled={busy} onClick={start}>
                  {busy ? say("Starting…") : buttonText(plan!)}
                </button>
              )}
              <button type="button" className="btn" onClick={onClose}>{runs > 0 ? say("Cancel") : say("Close")}</button>
            </div>
          </>
        )}
    </Dialog>
  );
}

function planText({ message, retried, runs }: ReplayAnswer): string {
  if (retried + runs === 0) return say("Nothing would run: {why}.", { why: message });
  return runs === 0
    ? say("{what}. Finished steps and finished flows are not repeated.", { what: message })
    : `${message}.`;
}

function buttonText({ retried, runs }: ReplayAnswer): string {
  if (retried === 0) return sayCount(runs, "Start 1 run", "Start {count} runs", { count: runs });
  const retry = sayCount(retried, "Retry 1 run", "Retry {count} runs", { count: retried });
  return runs === 0 ? retry : `${retry}, ${sayCount(runs, "start 1 run", "start {count} runs", { count: runs })}`;
}

function Skipped({ answer: { skipped } }: { answer: ReplayAnswer }) {
  if (skipped.length === 0) return null;
  const reasons = Map.groupBy(
    skipped,
    ({ reason, run_id, detail }) => JSON.stringify([run_id !== undefined, detail ?? reasonText(reason)]),
  );
  return (
    <ul className="skipped">
      {[...reasons].map(([key, { length }]) => {
        const [isRun, text] = JSON.parse(key) as [boolean, string];
        return <li key={key}>{isRun ? runsText(length) : eventsText(length)}: {inSentence(text)}</li>;
      })}
    </ul>
  );
}

/** A refused request did nothing; one whose response was lost may have succeeded. */
function replayState(error: Error): string {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return refused
    ? say("Nothing was replayed.")
    : say("The replay may have started: check the runs before you try again.");
}

function runsText(count: number): string {
  return sayCount(count, "1 failed run skipped", "{count} failed runs skipped", { count });
}

function eventsText(count: number): string {
  return sayCount(count, "1 event skipped", "{count} events skipped", { count });
}
