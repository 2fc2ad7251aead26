/** The rows of the journal: a line of cells each, two lines where there is little room; a row is a link to its change. */

import { Link } from "wouter";
import { Tag } from "../../ui/tag.tsx";
import { useFormat } from "../../ui/format.tsx";
import type { Change } from "./api.ts";
import { ChangeSentence } from "./change_sentence.tsx";
import { byText, fieldsText, type Names, stateOf, undoTag } from "./change_words.ts";
import { say } from "../../words/say.ts";

export interface ChangeListProps {
  changes: readonly Change[];
  names: Names;
  openId?: string;
  hrefOf(id: string): string;
}

/** A row has no room for them; the opened change is exact. */
const MILLISECONDS = /[.,]\d{3}$/;

export function ChangeList({ changes, names, openId, hrefOf }: ChangeListProps) {
  const format = useFormat();
  return (
    <div className="panel flush journal-rows">
      <div className="change-row head" aria-hidden="true">
        <span>{say("Time")}</span>
        <span>{say("What")}</span>
        <span>{say("By")}</span>
        <span>{say("State")}</span>
      </div>
      <ol aria-label={say("Changes, newest first")}>
        {changes.map((change) => (
          <li key={change.id}>
            <Link
              href={hrefOf(change.id)}
              className="change-row"
              data-change={change.id}
              aria-current={change.id === openId ? "true" : undefined}
            >
              <span className="time">
                <time dateTime={change.at.toISOString()} title={format.dateTime(change.at)}>
                  {format.time(change.at).replace(MILLISECONDS, "")}
                </time>
              </span>
              <span className="what">
                <span>
                  <ChangeSentence change={change} names={names} />
                </span>
                <Fields change={change} names={names} />
              </span>
              <span className="by muted">
                <bdi>{byText(change, names)}</bdi>
                <Fields change={change} names={names} />
              </span>
              <span className="state">
                <States change={change} />
                {isBlocked(change) && <span className="why muted">{change.notUndoable}</span>}
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Where the tag does not say by itself why there is no undo. */
function isBlocked({ undoable, undoneBy, state }: Change): boolean {
  return !undoable && undoneBy === null && state !== "refused" && state !== "sending";
}

/** Stands below what was done where there is room, else behind by whom: the style sheet shows one of the two. */
function Fields({ change: { undoKind, fields }, names }: { change: Change; names: Names }) {
  if (undoKind !== "restore" || fields.length === 0) return null;
  return <span className="fields muted">{fieldsText(fields, names)}</span>;
}

/** How it ended where that is not "done", and whether it can be undone. */
export function States({ change }: { change: Change }) {
  const undo = undoTag(change);
  const state = stateOf(change);
  const isOpen = change.state === "failed" || change.state === "uncertain";
  return (
    <>
      {isOpen && <Tag tone={state.tone}>{state.text}</Tag>}
      <Tag tone={change.state === "refused" ? "bad" : undo.tone} title={change.notUndoable ?? undefined}>
        {undo.text}
      </Tag>
    </>
  );
}

/** Moves the focus by rows; from outside the list to its first row. */
export function focusChange(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("[data-change]")];
  const at = links.findIndex((link) => link === document.activeElement);
  const current = at >= 0 ? at : links.findIndex((link) => link.getAttribute("aria-current") === "true");
  const next = current < 0 ? 0 : Math.min(Math.max(current + by, 0), links.length - 1);
  links[next]?.focus();
}
