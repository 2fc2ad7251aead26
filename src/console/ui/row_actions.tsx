/** What can be done with a row of an editor or a step of a canvas, by buttons and by keys. */

import type { KeyboardEvent } from "react";
import { say } from "../words/say.ts";
import { GuardedButton } from "./guarded_button.tsx";
import "./row_actions.css";

export interface RowActions {
  /** Its name in the buttons, as in "step 2". */
  name: string;
  /** Undefined where it cannot go. */
  up?: () => void;
  down?: () => void;
  /** Out of the list that it stands in, and into the step before it. */
  out?: () => void;
  into?: () => void;
  duplicate?: () => void;
  remove?: () => void;
}

/** Up, down, duplicate and remove. */
export function RowButtons({ name, up, down, duplicate, remove }: RowActions) {
  const of = <span className="visually-hidden">{name}</span>;
  return (
    <span className="row-buttons">
      {(up || down) && (
        <>
          <GuardedButton
            className="btn plain small"
            blocked={up ? null : say("It is the first")}
            onClick={up}
            title={say("Move up (Alt+↑)")}
          >
            <span aria-hidden="true">↑</span>
            <span className="visually-hidden">{say("Move up")}</span>
            {of}
          </GuardedButton>
          <GuardedButton
            className="btn plain small"
            blocked={down ? null : say("It is the last")}
            onClick={down}
            title={say("Move down (Alt+↓)")}
          >
            <span aria-hidden="true">↓</span>
            <span className="visually-hidden">{say("Move down")}</span>
            {of}
          </GuardedButton>
        </>
      )}
      {duplicate && (
        <button type="button" className="btn plain small" onClick={duplicate}>{say("Duplicate")}{of}</button>
      )}
      {remove && <button type="button" className="btn plain small danger" onClick={remove}>{say("Remove")}{of}</button>}
    </span>
  );
}

/** Alt with an arrow key moves the innermost row that the focus is in. */
export function moveKeys({ up, down, out, into }: RowActions) {
  const acts: Record<string, (() => void) | undefined> = {
    ArrowUp: up,
    ArrowDown: down,
    ArrowLeft: out,
    ArrowRight: into,
  };
  return (event: KeyboardEvent) => {
    const isMove = event.key === "ArrowUp" || event.key === "ArrowDown" || acts[event.key] !== undefined;
    if (!event.altKey || !isMove) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]?.();
  };
}

/** On the line of a row: arrows walk over the lines, Delete and D act on it. */
export function lineKeys({ remove, duplicate }: Partial<RowActions>) {
  return (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const act = by !== undefined
      ? () => focusLine(by)
      : event.key === "Delete"
      ? remove
      : event.key.toLowerCase() === "d"
      ? duplicate
      : undefined;
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
}

function focusLine(by: number) {
  const lines = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  lines[lines.indexOf(document.activeElement as HTMLElement) + by]?.focus();
}
