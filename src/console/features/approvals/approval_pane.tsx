/** One request: what is asked, by which run, what follows from each answer, and the answer with a note. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
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
  const back = <Link href={closeHref} className="split-back">{say("All requests")}</Link>;
  if (error && !data) {
    const isGone = error instanceof ApiError && (error.status === 404 || error.status === 400);
    return (
      <>
        {back}
        {isGone
          ? <Empty title={say("There is no such request")}>{say("It may belong to another workspace.")}</Empty>
          : <Failure error={error} what={say("the request")} onRetry={() => void refetch()} />}
      </>
    );
  }
  if (!data) return <Skeleton lines={6} label={say("Loading the request")} />;
  return (
    <>
      {back}
      <Request approval={data} next={next} onNext={onNext} />
    </>
  );
}

type Following = Pick<ApprovalPaneProps, "next" | "onNext">;

function Request({ approval, ...following }: { approval: ApprovalDetail } & Following) {
  const { state, askedAt, expiresAt } = approval;
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
        <Where approval={approval} />. {state === "open" && expiresAt
          ? (
            <Say
              text="Asked {asked}; ends {ends}, at {time}."
              values={{
                asked: <When at={askedAt} as="ago" />,
                ends: <When at={expiresAt} as="ago" />,
                time: <When at={expiresAt} as="full" />,
              }}
            />
          )
          : <Say text="Asked {asked}." values={{ asked: <When at={askedAt} as="ago" /> }} />}
      </p>
      {state === "open" && approval.isRunPaused && (
        <p className="alert">{say("The run is paused: it uses the answer once it is resumed.")}</p>
      )}
      <Decided approval={approval} />
      <Consequences approval={approval} />
      {state === "open" && <Answer approval={approval} {...following} />}
    </>
  );
}

/** The flow, its run, and the event that started it. */
function Where({ approval: { flow, runId, event } }: { approval: ApprovalDetail }) {
  const values = {
    flow: (
      <Link href={`/flows/${flow.id}`}>
        <bdi>{flow.name}</bdi>
      </Link>
    ),
  };
  const tags = { run: (inner: ReactNode) => <Link href={`/runs/${runId}`}>{inner}</Link> };
  if (!event) return <Say text="{flow}, <run>its run</run>" values={values} tags={tags} />;
  const started = <Link href={`/events/${event.id}`}>{event.subject ? <bdi>{event.subject}</bdi> : event.type}</Link>;
  return <Say text="{flow}, <run>its run</run>, event {event}" values={{ ...values, event: started }} tags={tags} />;
}

function Decided({ approval: { state, decidedBy, decidedAt, decisionNote } }: { approval: ApprovalDetail }) {
  if (state === "open" || !decidedAt) return null;
  const { text } = STATE_TEXTS[state];
  const when = <When at={decidedAt} as="ago" />;
  return (
    <p>
      {decidedBy === null
        ? <>{text} {when}</>
        : <Say text="{state} by {who} {when}" values={{ state: text, who: <bdi>{decidedBy}</bdi>, when }} />}
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
      toast(decision === "approve" ? say("Approved: the run continues") : say("Rejected"));
      if (next !== undefined) onNext(next);
    },
    // Somebody else may have been first: what is shown is read again either way.
    onSettled: () => queries.invalidateQueries({ queryKey: ["approvals"] }),
  });
  const mayHand = mayDecide || session.can.write;
  useKeys(
    mayDecide
      ? [
        {
          keys: "a",
          label: say("To the button that approves (Enter presses it)"),
          run: () => approve.current?.focus(),
        },
        { keys: "x", label: say("To the button that rejects (Enter presses it)"), run: () => reject.current?.focus() },
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
              <span>{say("A note for the record (optional)")}</span>
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
                {say("Approve")} <kbd className="pill" aria-hidden="true">a</kbd>
              </button>
              <button
                type="button"
                ref={reject}
                className="btn danger"
                aria-disabled={decide.isPending}
                onClick={() => decide.isPending || decide.mutate("reject")}
              >
                {say("Reject")} <kbd className="pill" aria-hidden="true">x</kbd>
              </button>
              <button type="button" className="btn" onClick={() => setHanding(true)}>{say("Hand to…")}</button>
            </div>
          </>
        )
        : (
          <div className="alert info stack">
            <p>
              <Say text="You cannot decide this: {who} can." values={{ who: <bdi>{whoText(approval)}</bdi> }} />
            </p>
            {mayHand && (
              <div>
                <button type="button" className="btn" onClick={() => setHanding(true)}>
                  {say("Ask somebody else too…")}
                </button>
              </div>
            )}
          </div>
        )}
      {isHanding && <HandDialog approval={approval} onClose={() => setHanding(false)} />}
    </>
  );
}
