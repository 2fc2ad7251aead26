/** A row of the editor: one line that says what it does, and its form while it is open. One row is open at a time. */

import type { KeyboardEvent, ReactNode } from "react";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { FaultText, useEditor } from "./editor_context.tsx";
import type { Fault } from "../../shell/client.ts";
import { say, sayCount } from "../../words/say.ts";

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

/** Up, down, duplicate and remove; nothing for members, who may only read. */
export function RowButtons({ name, up, down, duplicate, remove }: RowActions) {
  const { readOnly } = useEditor();
  if (readOnly !== null) return null;
  const of = <span className="visually-hidden">{name}</span>;
  return (
    <span className="fl-buttons">
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

export function RowFrame(
  { rowKey, mark, tone, label, title, note, actions, place, faults = [], children, below }: {
    rowKey: string;
    /** "When", "If", "1": shown in the square. */
    mark: string;
    tone?: "decide" | "wait";
    label: string;
    /** The line. */
    title: ReactNode;
    note?: ReactNode;
    actions?: RowActions;
    place: string;
    /** Of the row as a whole, and of its fields: counted while it is closed. */
    faults?: readonly Fault[];
    /** Its form. */
    children: ReactNode;
    /** What is there whether it is open or not. */
    below?: ReactNode;
  },
) {
  const { open, setOpen, readOnly } = useEditor();
  const isOpen = open === rowKey;
  const own = faults.filter(({ path }) => path === place || path === `${place}.type` || path === `${place}.kind`);
  const act = readOnly === null ? actions : undefined;
  return (
    <section
      className={`fl-step${isOpen ? " open" : ""}`}
      aria-label={label}
      data-at={place}
      tabIndex={-1}
      onKeyDown={act && moveKeys(act)}
    >
      <div className="fl-line">
        <span className={`fl-mark${tone ? ` ${tone}` : ""}`} aria-hidden="true">{mark}</span>
        <h2 className="fl-title">
          <button
            type="button"
            className="fl-say"
            aria-expanded={isOpen}
            data-row={rowKey}
            onClick={() => setOpen(isOpen ? undefined : rowKey)}
            onKeyDown={lineKeys(act ?? {})}
          >
            {title}
          </button>
        </h2>
        {note}
        {faults.length > 0 && !isOpen && (
          <span className="tag bad">
            {sayCount(faults.length, "1 error", "{count} errors", { count: faults.length })}
          </span>
        )}
        {isOpen && actions && <RowButtons {...actions} />}
      </div>
      {isOpen && (
        <div className="fl-body">
          <FaultText faults={own} id={undefined} />
          {children}
        </div>
      )}
      {below}
    </section>
  );
}
