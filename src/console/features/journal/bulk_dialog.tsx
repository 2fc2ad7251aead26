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
import { countText, operationText, typeText } from "./change_words.ts";

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
    <Dialog title={"runId" in of ? "Undo what this run wrote?" : "Undo what this flow wrote?"} onClose={onClose}>
      {!("runId" in of) && (
        <>
          <p>
            <b>
              <bdi>{of.flowName}</bdi>
            </b>
            , all its versions and runs in this range of time:
          </p>
          <Range range={range} onRange={setRange} />
          {wish === undefined && (
            <p className="muted">
              {range.from !== "" && range.to !== "" ? "The range ends before it begins." : "Choose both times first."}
            </p>
          )}
        </>
      )}
      {wish !== undefined && (plan.data
        ? <Counted plan={plan.data} />
        : plan.error
        ? <Failure error={plan.error} what="how many there are" onRetry={() => void plan.refetch()} />
        : <Skeleton lines={2} label="Counting" />)}
      {count > 0 && (
        <>
          <p className="muted">
            The newest first, each once; two or three requests to Clockify each. What others changed since is left as it
            is and named at the end.
          </p>
          <label className="row">
            <input
              type="checkbox"
              checked={all}
              onChange={({ target }) => setAll(target.checked)}
            />
            <span>Also take back what others changed</span>
          </label>
        </>
      )}
      <StartFault error={start.error} running={/undo job (\d+)/} onJob={onJob} />
      <div className="row">
        <GuardedButton
          className="btn danger"
          blocked={wish === undefined
            ? "Choose the range first"
            : plan.data === undefined
            ? "They are being counted"
            : count === 0
            ? "None of them can be undone"
            : null}
          aria-disabled={busy}
          onClick={() => busy || start.mutate()}
        >
          {busy ? "Starting…" : count === 0 ? "Undo" : `Undo ${countText(count, "change")}`}
        </GuardedButton>
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
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
      {field("from", "From")}
      {field("to", "To (before)")}
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
        <b>{number(changes)} {changes === 1 ? "change" : "changes"}</b>: {number(undoable)} can be undone
        {undone > 0 && `, ${number(undone)} ${undone === 1 ? "was" : "were"} undone before`}
        {notUndoable > 0 && `, ${number(notUndoable)} cannot be undone`}.
      </p>
      {byOperation.length > 0 && (
        <ul className="journal-list">
          {byOperation.map(({ operationId, entityType, changes }) => (
            <li key={`${operationId} ${entityType}`}>
              {number(changes)} × {operationText(operationId)} <span className="muted">({typeText(entityType)})</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
