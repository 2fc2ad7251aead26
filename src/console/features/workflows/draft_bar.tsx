/** What was changed and not saved: undo, redo, save, take back; and what the last save was refused for. */

import { useEffect, useRef } from "react";
import { ApiError } from "../../shell/client.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { UndoButtons } from "../../ui/undo_buttons.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { Workflow } from "./api.ts";
import { stepOfPath } from "./draft/text.ts";
import type { DefinitionEditing } from "./use_definition.ts";

export function DraftBar({ workflow, editing }: { workflow: Workflow; editing: DefinitionEditing }) {
  const { isDirty, isSaving, broken, undo, redo, save, discard } = editing;
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isSave = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "s";
      if (!isSave) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) latest.current();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <div className="row wf-bar" role="group" aria-label={say("Changes")}>
      <UndoButtons undo={undo} redo={redo} />
      {isDirty && (
        <>
          <Tag tone="warn">{say("not saved")}</Tag>
          <span className="grow" />
          <button type="button" className="btn small" onClick={discard}>{say("Take back")}</button>
          <GuardedButton
            className="btn main small"
            blocked={broken ? say("The JSON under Edit cannot be read") : isSaving ? say("Saving…") : null}
            onClick={() => save()}
            title={say("Ctrl+S")}
          >
            {say("Save as version {version}", { version: workflow.version + 1 })}
          </GuardedButton>
        </>
      )}
    </div>
  );
}

/** Why the last save was refused. `onShow`: opens the step that a fault is of. */
export function SaveFaults(
  { editing, onShow, onReread }: { editing: DefinitionEditing; onShow?(path: string): void; onReread(): void },
) {
  const { faults, error, discard } = editing;
  const heading = useRef<HTMLElement>(null);
  useEffect(() => {
    if (faults.length > 0) heading.current?.focus();
  }, [faults.length > 0]);
  if (error) {
    return (
      <div className="alert bad" role="alert">
        <p>{error.message}.</p>
        {error instanceof ApiError && error.status === 412 && (
          <p>
            <Say
              text="What you typed is still below: copy it, then <button>read the workflow again</button>"
              tags={{
                button: (inner) => (
                  <button
                    type="button"
                    className="btn small"
                    onClick={() => {
                      discard();
                      onReread();
                    }}
                  >
                    {inner}
                  </button>
                ),
              }}
            />
          </p>
        )}
      </div>
    );
  }
  if (!onShow || faults.length === 0) return null;
  return (
    <div className="alert bad stack" role="alert">
      <b ref={heading} tabIndex={-1}>
        {sayCount(faults.length, "Not saved: 1 error", "Not saved: {count} errors", { count: faults.length })}
      </b>
      <ol className="wf-faults">
        {faults.slice(0, MOST).map(({ path, message }, index) => (
          <li key={index}>
            <button type="button" className="btn small" onClick={() => onShow(path)}>
              {stepOfPath(path) ?? say("Workflow")}
            </button>{" "}
            <code>{path.replace(/^steps\.[\w-]+\.?/, "")}</code> <bdi>{message}</bdi>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** More are not read at once. */
const MOST = 50;
