/** The undo of one change: what it would do now, field by field, what does not come back, and what the guard asks besides. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { type ChangeDetail, previewUndo, undoChange, type Undone } from "./api.ts";
import { ChangeSentence } from "./change_sentence.tsx";
import { confirmLabel, idsIn, type Names } from "./change_words.ts";
import { Asked, SecondPerson } from "./undo_asked.tsx";
import { PlanView } from "./undo_plan.tsx";
import { firstIds, useNames } from "./use_names.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export interface UndoDialogProps {
  change: ChangeDetail;
  names: Names;
  hrefOf(id: string): string;
  onClose(): void;
}

/** After these another look at the plan says what is to be decided now. */
const PLAN_IS_OLD = new Set(["UNDO_CONFLICT", "UNDO_DONE", "UNDO_IN_PROGRESS", "UNDO_IMPOSSIBLE"]);
const TOKEN_IS_OVER = /^CONFIRM_TOKEN_/;

export function UndoDialog({ change, names: known, hrefOf, onClose }: UndoDialogProps) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [all, setAll] = useState(false);
  const [answer, setAnswer] = useState<Undone>();
  const plan = useQuery({
    queryKey: ["changes", "plan", change.id, all],
    queryFn: ({ signal }) => previewUndo(api, change.id, { all, signal }),
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
    // The box keeps its place and the focus while the other plan is made.
    placeholderData: (before) => before,
  });
  const ids = useMemo(() => firstIds(idsIn(plan.data?.fields)), [plan.data]);
  const more = useNames([ids]);
  const names = useMemo(() => new Map([...known, ...more]), [known, more]);
  const undo = useMutation({
    mutationFn: (token?: string) => undoChange(api, change.id, { all, token }),
    onSuccess: (undone) => {
      const isWhole = undone.outcome === "undone" && undone.incomplete.length === 0;
      if (isWhole) {
        toast(undone.undoId === null ? say("Undone") : say("Undone: change {id}", { id: undone.undoId }));
        onClose();
      } else setAnswer(undone);
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) return;
      if (PLAN_IS_OLD.has(error.code)) void plan.refetch();
      if (TOKEN_IS_OVER.test(error.code)) setAnswer(undefined);
    },
    // The plan of an open dialog is not read again by this: it is a call to Clockify.
    onSettled: () =>
      queries.invalidateQueries({ queryKey: ["changes"], predicate: ({ queryKey }) => queryKey[1] !== "plan" }),
  });
  const busy = undo.isPending;
  const title = say("Undo this change?");
  const cancel = <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>;

  let content: ReactNode;
  let actions: ReactNode = cancel;
  if (answer?.outcome === "preview") {
    content = <Asked grade={answer.grade} expiresAt={answer.expiresAt} />;
    actions = (
      <>
        <button
          type="button"
          className="btn danger"
          aria-disabled={busy}
          onClick={() => busy || undo.mutate(answer.confirmToken)}
        >
          {busy ? say("Undoing…") : say("Confirm the undo")}
        </button>
        {cancel}
      </>
    );
  } else if (answer?.outcome === "second_person") {
    content = <SecondPerson requestId={answer.requestId} expiresAt={answer.expiresAt} />;
    actions = null;
  } else if (answer?.outcome === "nothing") {
    content = <p>{say("Nothing was sent: {why}.", { why: answer.reason })}</p>;
    actions = null;
  } else if (answer?.outcome === "undone") {
    content = (
      <>
        <p>
          {answer.undoId === null ? say("It was undone, but this did not come back:") : (
            <Say
              text="It was undone by <a>change {id}</a>, but this did not come back:"
              values={{ id: answer.undoId }}
              tags={{ a: (inner) => <Link href={hrefOf(answer.undoId!)} onClick={onClose}>{inner}</Link> }}
            />
          )}
        </p>
        <ul className="journal-list">
          {answer.incomplete.map((text) => (
            <li key={text}>
              <bdi>{text}</bdi>
            </li>
          ))}
        </ul>
      </>
    );
    actions = null;
  } else if (plan.data) {
    const { outcome } = plan.data;
    content = <PlanView plan={plan.data} change={change} names={names} all={all} onAll={setAll} />;
    if (outcome === "ready" || outcome === "conflict") {
      actions = (
        <>
          <GuardedButton
            className={plan.data.kind === "remove" ? "btn danger" : "btn main"}
            blocked={outcome === "conflict"
              ? say("Others changed this since: check the box to take it back all the same")
              : null}
            aria-disabled={busy || plan.isFetching}
            onClick={() => busy || plan.isFetching || undo.mutate(undefined)}
          >
            {busy ? say("Undoing…") : confirmLabel(plan.data, { noun: change.noun, all })}
          </GuardedButton>
          {cancel}
        </>
      );
    }
  } else if (plan.error) {
    content = <Failure error={plan.error} what={say("what the undo would do")} onRetry={() => void plan.refetch()} />;
  } else {
    content = <Skeleton lines={4} label={say("Reading the object from Clockify")} />;
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>
        <ChangeSentence change={change} names={names} />
      </p>
      {content}
      {undo.error && <p className="fault" role="alert">{undo.error.message}.</p>}
      {actions && <div className="row">{actions}</div>}
    </Dialog>
  );
}
