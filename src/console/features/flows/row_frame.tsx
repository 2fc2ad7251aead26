/** A row of the editor: one line that says what it does, and its form while it is open. One row is open at a time. */

import type { ReactNode } from "react";
import { lineKeys, moveKeys, type RowActions, RowButtons } from "../../ui/row_actions.tsx";
import { FaultText, useEditor } from "./editor_context.tsx";
import type { Fault } from "../../shell/client.ts";
import { sayCount } from "../../words/say.ts";

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
        {isOpen && act && <RowButtons {...act} />}
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
