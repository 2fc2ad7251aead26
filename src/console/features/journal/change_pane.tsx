/** The opened change: who made it, its fields before and after, what changed since, and the way to its undo. */

import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { useNamed } from "../entities/use_named.ts";
import { type ChangeDetail, getChange } from "./api.ts";
import { ChangeFacts } from "./change_facts.tsx";
import { States } from "./change_list.tsx";
import { ChangeSentence } from "./change_sentence.tsx";
import { fieldsText, idsIn, type Names, stateSentence, undoLabel } from "./change_words.ts";
import { DifferenceTable, FieldList, readableFields } from "./difference_table.tsx";
import { Lost } from "./lost.tsx";
import { Since } from "./since.tsx";
import { firstIds, useNames } from "./use_names.ts";
import { say } from "../../words/say.ts";

/** The heading takes the focus when what had it is gone. */
export const CHANGE_TITLE = "change-title";

export interface ChangePaneProps {
  id: string;
  /** True where the pane stands instead of the list: it then takes the focus. */
  takesFocus: boolean;
  hrefOf(id: string): string;
  onUndo(change: ChangeDetail, names: Names): void;
  onClose(): void;
}

export function ChangePane({ id, takesFocus, hrefOf, onUndo, onClose }: ChangePaneProps) {
  const { api, session } = useSignedIn();
  const heading = useRef<HTMLHeadingElement>(null);
  const { data: change, error, refetch } = useQuery({
    queryKey: ["changes", "one", id],
    queryFn: ({ signal }) => getChange(api, id, signal),
    // Its answer may still come.
    refetchInterval: ({ state: { data } }) => data?.state === "sending" ? 3_000 : false,
  });
  const ids = useMemo(() => change === undefined ? [] : idsToName(change), [change]);
  const names = useNames([ids]);
  const isShown = change !== undefined;
  useEffect(() => {
    if (takesFocus && isShown) heading.current?.focus();
  }, [id, takesFocus, isShown]);

  const close = <button type="button" className="btn small" onClick={onClose}>{say("Close")}</button>;
  if (error && !change) {
    return (
      <>
        <div className="row">
          <span className="grow" />
          {close}
        </div>
        {error instanceof ApiError && error.status === 404
          ? (
            <Empty title={say("There is no such change")}>
              {say("It may have been deleted by retention, or be of another workspace.")}
            </Empty>
          )
          : <Failure error={error} what={say("the change")} onRetry={() => void refetch()} />}
      </>
    );
  }
  if (!change) return <Skeleton lines={8} label={say("Loading the change")} />;
  const reason = session.can.write ? null : session.can.reason;
  const sentence = stateSentence(change);
  return (
    <>
      <div className="row">
        <h2 className="said grow" id={CHANGE_TITLE} tabIndex={-1} ref={heading}>
          <ChangeSentence change={change} names={names} />
        </h2>
        {close}
      </div>
      <div className="row">
        <States change={change} />
        <When at={change.at} as="full" />
      </div>
      {sentence && <p className={change.state === "refused" ? "alert bad" : "alert"}>{sentence}</p>}
      <ChangeFacts change={change} names={names} hrefOf={hrefOf} />
      <What change={change} names={names} isAdmin={session.actor.role === "admin"} />
      {change.note && <p className="muted">{change.note}.</p>}
      {change.lost
        ? <Lost change={change} names={names} blocked={reason} />
        : <Since change={change} names={names} blocked={reason} />}
      <div className="row">
        <GuardedButton
          className={change.undoable ? "btn main" : "btn"}
          blocked={reason ?? (change.undoable ? null : change.notUndoable)}
          onClick={() => onUndo(change, names)}
        >
          {undoLabel(change)}
        </GuardedButton>
        {change.runId && <Link className="btn" href={`/runs/${change.runId}`}>{say("Open the run")}</Link>}
      </div>
      {reason !== null && <p className="muted">{reason}</p>}
      {reason === null && !change.undoable && (
        <p className="muted">{say("It cannot be undone: {why}.", { why: change.notUndoable ?? "" })}</p>
      )}
    </>
  );
}

function idsToName(change: ChangeDetail): string[] {
  const ids = idsIn([change.entityId, change.person, change.asUser, change.diff, Object.keys(wordsOf(change.fields))]);
  if (change.diff.length === 0) idsIn(readableFields(objectOf(change)).map(([, value]) => value), ids);
  return firstIds(ids);
}

/** "member <id>" names who it is about. */
function wordsOf(fields: readonly string[]): Record<string, true> {
  return Object.fromEntries(fields.flatMap((field) => field.split(" ")).map((word) => [word, true]));
}

/** What there is to show where nothing is held against it: what was deleted, what was made, else what was sent. */
function objectOf({ undoKind, before, sent, after }: ChangeDetail): unknown {
  return undoKind === "recreate" ? before ?? sent : after ?? sent;
}

function What({ change, names, isAdmin }: { change: ChangeDetail; names: Names; isAdmin: boolean }): ReactNode {
  const { hidden, diff, fields, undoKind, before, sent, after } = change;
  if (hidden) return <p className="muted">{say("What it wrote is for admins of the workspace.")}</p>;
  const unseen = fields.filter((field) => !diff.some((one) => one.field === field));
  const object = objectOf(change);
  const shown = readableFields(object);
  return (
    <section className="stack" aria-label={say("What it changed")}>
      {diff.length > 0
        ? <DifferenceTable caption={say("Fields before and after")} rows={diff} names={names} />
        : shown.length > 0 && (
          <>
            <h3>
              {undoKind === "recreate"
                ? say("What was deleted")
                : undoKind === "remove"
                ? say("What was created")
                : say("What was sent")}
            </h3>
            <FieldList fields={shown} names={names} />
          </>
        )}
      {!isAdmin && unseen.length > 0 && diff.length + unseen.length > 0 && (
        <p className="muted">{say("Amounts are for admins: {fields}.", { fields: fieldsText(unseen, names) })}</p>
      )}
      {(before !== null || sent !== null || after !== null) && <WholeObjects change={change} />}
    </section>
  );
}

/** Their ids are looked for once a person opens it. */
function WholeObjects({ change: { before, sent, after } }: { change: ChangeDetail }) {
  const [isOpen, setOpen] = useState(false);
  const value = useMemo(() => present({ before, sent, after }), [before, sent, after]);
  const nameOf = useNamed(isOpen ? value : undefined);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{say("Whole objects")}</summary>
      <JsonTree value={value} label={say("change")} nameOf={nameOf} />
    </details>
  );
}

function present(objects: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(objects).filter(([, object]) => object !== null));
}
