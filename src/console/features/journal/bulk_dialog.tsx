/** Undoes what a run wrote, or a flow in a range of time: counted first, begun by a button of its own. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { StartFault } from "../../ui/job_panel.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { type BulkPlan, type BulkWish, planBulkUndo, startBulkUndo } from "./api.ts";
import { typeWord } from "../entities/kinds.ts";
import { operationText } from "./change_words.ts";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

/** One run; or a flow, with the range that the list is narrowed to ("" for open). */
export type BulkOf = { runId: string } | { flowId: string; flowName: string; from: string; to: string };

export interface BulkDialogProps {
  of: BulkOf;
  /** Called with the id of the job that was begun, or of one that is in progress. */
  onJob(id: string): void;
  onClose(): void;
}

export function BulkDialog({ of, onJob, onClose }: BulkDialogProps) {
  const { api } = useSignedIn();
  const [all, setAll] = useState(false);
  const [range, setRange] = useState(() => "runId" in of ? { from: "", to: "" } : { from: of.from, to: of.to });
  const wish: BulkWish | undefined = "runId" in of
    ? { runId: of.runId }
    : range.from !== "" && range.to !== "" && range.from < range.to
    ? { flowId: of.flowId, ...range }
    : undefined;
  const plan = useQuery({
    queryKey: ["changes", "bulk", wish],
    queryFn: () => planBulkUndo(api, wish!),
    enabled: wish !== undefined,
    gcTime: 0,
    staleTime: 0,
  });
  const start = useMutation({
    mutationFn: () => startBulkUndo(api, wish!, { all }),
    onSuccess: onJob,
  });
  const busy = start.isPending;
  const count = plan.data?.undoable ?? 0;
  return (
    <Dialog
      title={"runId" in of ? say("Undo what this run wrote?") : say("Undo what this flow wrote?")}
      onClose={onClose}
    >
      {!("runId" in of) && (
        <>
          <p>
            <Say
              text="<b>{flow}</b>, all its versions and runs in this range of time:"
              values={{ flow: <bdi>{of.flowName}</bdi> }}
            />
          </p>
          <Range range={range} onRange={setRange} />
          {wish === undefined && (
            <p className="muted">
              {range.from !== "" && range.to !== ""
                ? say("The range ends before it begins.")
                : say("Choose both times first.")}
            </p>
          )}
        </>
      )}
      {wish !== undefined && (plan.data
        ? <Counted plan={plan.data} />
        : plan.error
        ? <Failure error={plan.error} what={say("how many there are")} onRetry={() => void plan.refetch()} />
        : <Skeleton lines={2} label={say("Counting")} />)}
      {count > 0 && (
        <>
          <p className="muted">
            {say(
              "The newest first, each once; two or three requests to Clockify each. What others changed since is left as it is and named at the end.",
            )}
          </p>
          <label className="row">
            <input
              type="checkbox"
              checked={all}
              onChange={({ target }) => setAll(target.checked)}
            />
            <span>{say("Also take back what others changed")}</span>
          </label>
        </>
      )}
      <StartFault error={start.error} running={/undo job (\d+)/} onJob={onJob} />
      <div className="row">
        <GuardedButton
          className="btn danger"
          blocked={wish === undefined
            ? say("Choose the range first")
            : plan.data === undefined
            ? say("They are being counted")
            : count === 0
            ? say("None of them can be undone")
            : null}
          aria-disabled={busy}
          onClick={() => busy || start.mutate()}
        >
          {busy
            ? say("Starting…")
            : count === 0
            ? say("Undo")
            : sayCount(count, "Undo {count} change", "Undo {count} changes", { count })}
        </GuardedButton>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}

function Range(
  { range, onRange }: { range: { from: string; to: string }; onRange(range: { from: string; to: string }): void },
) {
  const { zone } = useFormat();
  const field = (name: "from" | "to", label: string) => (
    <label className="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        title={zone}
        value={toWallClock(range[name], zone)}
        onChange={({ target }) => onRange({ ...range, [name]: fromWallClock(target.value, zone) })}
      />
    </label>
  );
  return (
    <div className="row">
      {field("from", say("From"))}
      {field("to", say("To (before)"))}
      <span className="muted">{zone}</span>
    </div>
  );
}

function Counted({ plan }: { plan: BulkPlan }) {
  const { number } = useFormat();
  const { changes, undoable, undone, notUndoable, byOperation } = plan;
  return (
    <div className="stack" role="status">
      <p>
        <b>{sayCount(changes, "{count} change", "{count} changes", { count: number(changes) })}</b>:{" "}
        {say("{count} can be undone", { count: number(undoable) })}
        {undone > 0 &&
          `, ${sayCount(undone, "{count} was undone before", "{count} were undone before", { count: number(undone) })}`}
        {notUndoable > 0 && `, ${say("{count} cannot be undone", { count: number(notUndoable) })}`}.
      </p>
      {byOperation.length > 0 && (
        <ul className="journal-list">
          {byOperation.map(({ operationId, entityType, changes }) => (
            <li key={`${operationId} ${entityType}`}>
              {number(changes)} × {operationText(operationId)} <span className="muted">({typeWord(entityType)})</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
