/** The head of the editor: name, version, switch, undo, redo and save, and why saving is blocked. */

import { Link } from "wouter";
import type { Flow } from "./api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { Switch } from "./switch.tsx";

export interface EditorHeadProps {
  /** Undefined for a flow that was never saved. */
  saved: Flow | undefined;
  isDirty: boolean;
  isSaving: boolean;
  /** What it is called where it is given no name; "" while it does nothing. */
  suggestedName: string;
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
  onSave(): void;
  onSwitch(on: boolean): void;
  onVersions(): void;
  onRunNow(): void;
}

export function EditorHead(
  { saved, isDirty, isSaving, suggestedName, undo, redo, onSave, onSwitch, onVersions, onRunNow }: EditorHeadProps,
) {
  const { draft, change, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults("name");
  const isOn = saved ? saved.definition.enabled : draft.enabled;
  const saveBlocked = readOnly ?? (isSaving ? "Saving…" : !isDirty && saved ? "There are no changes to save" : null);
  return (
    <div className="fl-head">
      <div className="row fl-top">
        <Link href="/flows">Flows</Link>
        <span className="faint" aria-hidden="true">/</span>
        <h1 className="grow">{!saved ? "New flow" : readOnly === null ? "Edit flow" : "Flow"}</h1>
        {readOnly === null && (
          <>
            <GuardedButton
              className="btn small"
              blocked={undo ? null : "There is nothing to undo"}
              onClick={undo}
              title="Ctrl+Z"
            >
              Undo
            </GuardedButton>
            <GuardedButton
              className="btn small"
              blocked={redo ? null : "There is nothing to redo"}
              onClick={redo}
              title="Ctrl+Shift+Z"
            >
              Redo
            </GuardedButton>
          </>
        )}
        <GuardedButton className="btn main" blocked={saveBlocked} onClick={onSave} title="Ctrl+S">
          Save
        </GuardedButton>
      </div>
      {readOnly !== null && <p className="alert info">This flow is read-only for you: {readOnly}</p>}
      <div className="fl-field">
        <label className="fl-label muted" htmlFor="fl-name">Name</label>
        <input
          id="fl-name"
          className="fl-name"
          value={draft.name}
          onChange={({ target }) => change({ ...draft, name: target.value }, "name")}
          placeholder={suggestedName || "What the flow does, for example: tag entries without a project"}
          readOnly={readOnly !== null}
          aria-invalid={invalid || undefined}
          aria-describedby={id}
          data-at="name"
        />
        <FaultText faults={faults} id={id} />
      </div>
      <div className="row">
        <Switch label="The flow is on" on={isOn} onSwitch={onSwitch} blocked={readOnly} />
        {isDirty && <Tag tone="warn">not saved</Tag>}
        {saved && (
          <>
            <span className="muted">
              Version {saved.version}, saved <When at={saved.updatedAt} as="ago" />
            </span>
            <button type="button" className="btn small" onClick={onVersions}>Versions</button>
            {saved.definition.triggers?.manual && (
              <GuardedButton
                className="btn small"
                blocked={readOnly ?? (saved.definition.enabled ? null : "The flow is off")}
                onClick={onRunNow}
              >
                Run now…
              </GuardedButton>
            )}
            <Link href={`/runs?flow_id=${saved.id}`}>Show runs</Link>
          </>
        )}
      </div>
    </div>
  );
}

/** Shown to a viewer who returns to unsaved changes. */
export function KeptNotice({ onDiscard }: { onDiscard(): void }) {
  return (
    <div className="panel alert info row" role="status">
      <p className="grow">Unsaved changes restored: you left this flow before saving them.</p>
      <button type="button" className="btn" onClick={onDiscard}>Discard</button>
    </div>
  );
}

/** Somebody else saved the flow since it was read. */
export function ConflictNotice(
  { version, onTheirs, onMine }: { version: number; onTheirs(): void; onMine(): void },
) {
  return (
    <div className="panel alert stack" role="alert">
      <h2 className="fl-title">Someone else changed this flow</h2>
      <p>
        It is now at version{" "}
        {version}. Your changes are not saved. Load theirs to continue from that version (Undo restores yours), or keep
        yours to overwrite it when you save.
      </p>
      <div className="row">
        <button type="button" className="btn main" onClick={onTheirs}>Load theirs</button>
        <button type="button" className="btn" onClick={onMine}>Keep mine</button>
      </div>
    </div>
  );
}
