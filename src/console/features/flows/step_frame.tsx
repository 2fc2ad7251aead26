/** The frame of a row: what it is, its buttons, and Alt with an arrow key to move it. */

import type { KeyboardEvent, ReactNode } from "react";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { FaultText, useEditor } from "./editor_context.tsx";
import type { Fault } from "../../shell/client.ts";

export interface RowActions {
  /** Its name in the buttons, as in "step 2". */
  name: string;
  /** Undefined where it cannot go. */
  up?: () => void;
  down?: () => void;
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
            blocked={up ? null : "It is the first"}
            onClick={up}
            title="Move up (Alt+↑)"
          >
            <span aria-hidden="true">↑</span>
            <span className="visually-hidden">Move up</span>
            {of}
          </GuardedButton>
          <GuardedButton
            className="btn plain small"
            blocked={down ? null : "It is the last"}
            onClick={down}
            title="Move down (Alt+↓)"
          >
            <span aria-hidden="true">↓</span>
            <span className="visually-hidden">Move down</span>
            {of}
          </GuardedButton>
        </>
      )}
      {duplicate && <button type="button" className="btn plain small" onClick={duplicate}>Duplicate{of}</button>}
      {remove && <button type="button" className="btn plain small danger" onClick={remove}>Remove{of}</button>}
    </span>
  );
}

/** Alt with an arrow key moves the innermost row that the focus is in. */
export function moveKeys({ up, down }: RowActions) {
  return (event: KeyboardEvent) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    event.stopPropagation();
    (event.key === "ArrowUp" ? up : down)?.();
  };
}

export function StepFrame(
  { mark, title, note, actions, place, faults = [], children }: {
    /** "When", "If", "1": shown in the square. */
    mark: string;
    title: ReactNode;
    note?: ReactNode;
    actions?: RowActions;
    place: string;
    /** Of the row as a whole. */
    faults?: readonly Fault[];
    children: ReactNode;
  },
) {
  return (
    <section
      className="panel fl-step"
      aria-label={actions?.name ?? mark}
      data-at={place}
      tabIndex={-1}
      onKeyDown={actions && moveKeys(actions)}
    >
      <div className="fl-mark" aria-hidden="true">{mark}</div>
      <div className="fl-body">
        <div className="row">
          <h2 className="fl-title grow">{title}</h2>
          {note}
          {actions && <RowButtons {...actions} />}
        </div>
        <FaultText faults={faults} id={undefined} />
        {children}
      </div>
    </section>
  );
}
