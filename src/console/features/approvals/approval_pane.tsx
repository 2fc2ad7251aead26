/** One request: what is asked, by which run, what follows from each answer, and the answer with a note. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { type ApprovalDetail, decideApproval, type Decision, getApproval } from "./api.ts";
import { STATE_TEXTS, titleText, whoText } from "./approval_words.ts";
import { Consequences } from "./consequences.tsx";
import { HandDialog } from "./hand_dialog.tsx";

const MAX_NOTE_CHARS = 500;

export interface ApprovalPaneProps {
  id: string;
  /** Longer while the stream reports changes. */
  pollMs: number;
  closeHref: string;
  /** Shown once this one is decided. */
  next: string | undefined;
  onNext(id: string): void;
}

export function ApprovalPane({ id, pollMs, closeHref, next, onNext }: ApprovalPaneProps) {
  const { api } = useSignedIn();
  const { data, error, refetch } = useQuery({
    queryKey: ["approvals", "one", id],
    queryFn: ({ signal }) => getApproval(api, id, signal),
    refetchInterval: ({ state: { data } }) => data?.state === "open" && pollMs,
  });
  const back = <Link href={closeHref} className="split-back">All requests</Link>;
  if (error && !data) {
    const isGone = error instanceof ApiError && (error.status === 404 || error.status === 400);
    return (
      <>
        {back}
        {isGone
          ? <Empty title="There is no such request">It may belong to another workspace.</Empty>
          : <Failure error={error} what="the request" onRetry={() => void refetch()} />}
      </>
    );
  }
  if (!data) return <Skeleton lines={6} label="Loading the request" />;
  return (
    <>
      {back}
      <Request approval={data} next={next} onNext={onNext} />
    </>
  );
}

type Following = Pick<ApprovalPaneProps, "next" | "onNext">;

function Request({ approval, ...following }: { approval: ApprovalDetail } & Following) {
  const { state, flow, runId, event, askedAt, expiresAt } = approval;
  const { text, tone } = STATE_TEXTS[state];
  const title = visibleText(titleText(approval));
  return (
    <>
      <div className="row">
        <h2 className="said grow">
          <bdi>{title}</bdi>
        </h2>
        <Tag tone={tone}>{text}</Tag>
      </div>
      <p className="muted">
        <Link href={`/flows/${flow.id}`}>
          <bdi>{flow.name}</bdi>
        </Link>
        {", "}
        <Link href={`/runs/${runId}`}>its run</Link>
        {event && (
          <>
            {", event "}
            <Link href={`/events/${event.id}`}>{event.subject ? <bdi>{event.subject}</bdi> : event.type}</Link>
          </>
        )}
        {". Asked "}
        <When at={askedAt} as="ago" />
        {state === "open" && expiresAt && (
          <>
            ; ends <When at={expiresAt} as="ago" />, at <When at={expiresAt} as="full" />
          </>
        )}
        .
      </p>
      {state === "open" && approval.isRunPaused && (
        <p className="alert">The run is paused: it uses the answer once it is resumed.</p>
      )}
      <Decided approval={approval} />
      <Consequences approval={approval} />
      {state === "open" && <Answer approval={approval} {...following} />}
    </>
  );
}

function Decided({ approval: { state, decidedBy, decidedAt, decisionNote } }: { approval: ApprovalDetail }) {
  if (state === "open" || !decidedAt) return null;
  return (
    <p>
      {STATE_TEXTS[state].text} {decidedBy !== null && (
        <>
          by <bdi>{decidedBy}</bdi>
          {" "}
        </>
      )}
      <When at={decidedAt} as="ago" />
      {decisionNote === null ? "." : ": "}
      {decisionNote !== null && (
        <q>
          <bdi>{visibleText(decisionNote)}</bdi>
        </q>
      )}
    </p>
  );
}

function Answer({ approval, next, onNext }: { approval: ApprovalDetail } & Following) {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [note, setNote] = useState("");
  const [isHanding, setHanding] = useState(false);
  const approve = useRef<HTMLButtonElement>(null);
  const reject = useRef<HTMLButtonElement>(null);
  const { id, mayDecide } = approval;
  const decide = useMutation({
    mutationFn: (decision: Decision) => decideApproval(api, { id, decision, note: note.trim() }),
    // Of the list as it was: the stream may take the decided one out of it before the answer is here.
    onMutate: () => next,
    onSuccess: (_, decision, next) => {
      toast(decision === "approve" ? "Approved: the run continues" : "Rejected");
      if (next !== undefined) onNext(next);
    },
    // Somebody else may have been first: what is shown is read again either way.
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
  const mayHand = mayDecide || session.can.write;
  useKeys(
    mayDecide
      ? [
        { keys: "a", label: "To the button that approves (Enter presses it)", run: () => approve.current?.focus() },
        { keys: "x", label: "To the button that rejects (Enter presses it)", run: () => reject.current?.focus() },
      ]
      : [],
  );
  return (
    <>
      {decide.error && <p className="fault" role="alert">{decide.error.message}.</p>}
      {mayDecide
        ? (
          <>
            <label className="field">
              <span>A note for the record (optional)</span>
              <input
                autoComplete="off"
                maxLength={MAX_NOTE_CHARS}
                value={note}
                onChange={({ target }) => setNote(target.value)}
              />
            </label>
            <div className="row ap-answer">
              <button
                type="button"
                ref={approve}
                className="btn main"
                aria-disabled={decide.isPending}
                onClick={() => decide.isPending || decide.mutate("approve")}
              >
                Approve <kbd className="pill" aria-hidden="true">a</kbd>
              </button>
              <button
                type="button"
                ref={reject}
                className="btn danger"
                aria-disabled={decide.isPending}
                onClick={() => decide.isPending || decide.mutate("reject")}
              >
                Reject <kbd className="pill" aria-hidden="true">x</kbd>
              </button>
              <button type="button" className="btn" onClick={() => setHanding(true)}>Hand to…</button>
            </div>
          </>
        )
        : (
          <div className="alert info stack">
            <p>
              You cannot decide this: <bdi>{whoText(approval)}</bdi> can.
            </p>
            {mayHand && (
              <div>
                <button type="button" className="btn" onClick={() => setHanding(true)}>Ask somebody else too…</button>
              </div>
            )}
          </div>
        )}
      {isHanding && <HandDialog approval={approval} onClose={() => setHanding(false)} />}
    </>
  );
}
