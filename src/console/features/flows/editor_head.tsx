/** The head of the editor, which stays in sight: name, on or off, what is published, what is changed, and what can be done. */

import { Link } from "wouter";
import type { StoredFlow } from "./draft_api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useChanges } from "./compare_view.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { Switch } from "./switch.tsx";
import type { FlowView } from "./use_flow_view.ts";
import { ViewChoice } from "./view_choice.tsx";

export interface EditorHeadProps {
  /** Undefined for a flow that was never saved. */
  saved: StoredFlow | undefined;
  isDirty: boolean;
  isSaving: boolean;
  /** What it is called where it is given no name; "" while it does nothing. */
  suggestedName: string;
  view: FlowView;
  onView(view: FlowView): void;
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
  onSave(): void;
  /** Why the draft cannot be published. */
  publishBlocked: string | null;
  onPublish(): void;
  onFaults(): void;
  onSwitch(on: boolean): void;
  onVersions(): void;
  onRunNow(): void;
}

export function EditorHead({ saved, isDirty, suggestedName, undo, redo, onSwitch, ...rest }: EditorHeadProps) {
  const { view, onView, ...acts } = rest;
  const { draft, change, readOnly } = useEditor();
  const { faults, invalid, id } = useFaults("name");
  const isOn = saved ? saved.flow.definition.enabled : draft.enabled;
  return (
    <>
      <div className="fl-top">
        <div className="fl-head">
          <div className="row fl-crumb">
            <Link href="/flows">Flows</Link>
            <span className="faint" aria-hidden="true">/</span>
            <h1>{!saved ? "New flow" : readOnly === null ? "Edit flow" : "Flow"}</h1>
          </div>
          <label className="visually-hidden" htmlFor="fl-name">Name</label>
          <input
            id="fl-name"
            className="fl-name"
            value={draft.name}
            onChange={({ target }) => change({ ...draft, name: target.value }, "name")}
            placeholder={suggestedName || "Name: what the flow does"}
            readOnly={readOnly !== null}
            aria-invalid={invalid || undefined}
            aria-describedby={id}
            data-at="name"
          />
          <Switch label="The flow is on" on={isOn} onSwitch={onSwitch} blocked={readOnly} />
          <ViewChoice view={view} onView={onView} />
          {readOnly === null && (
            <>
              <GuardedButton
                className="btn plain small"
                blocked={undo ? null : "There is nothing to undo"}
                onClick={undo}
                title="Ctrl+Z"
              >
                Undo
              </GuardedButton>
              <GuardedButton
                className="btn plain small"
                blocked={redo ? null : "There is nothing to redo"}
                onClick={redo}
                title="Ctrl+Shift+Z"
              >
                Redo
              </GuardedButton>
            </>
          )}
          {saved && <Link className="fl-runs" href={`/runs?flow_id=${saved.flow.id}`}>Show runs</Link>}
        </div>
        <FaultText faults={faults} id={id} />
        <EditorBar saved={saved} isDirty={isDirty} {...acts} />
      </div>
      {readOnly !== null && <p className="alert info">This flow is read-only for you: {readOnly}</p>}
    </>
  );
}

type BarProps = Omit<EditorHeadProps, "suggestedName" | "undo" | "redo" | "onSwitch" | "view" | "onView">;

/** What is published and what is not, with the buttons. */
function EditorBar({ saved, isDirty, isSaving, onSave, publishBlocked, onPublish, ...acts }: BarProps) {
  const { onFaults, onVersions, onRunNow } = acts;
  const { readOnly } = useEditor();
  const flow = saved?.flow;
  const draft = saved?.draft;
  const busy = readOnly ?? (isSaving ? "Saving…" : null);
  const faults = draft?.faults.length ?? 0;
  return (
    <div className="fl-bar">
      <div className="row fl-state" role="group" aria-label="State of the flow">
        {flow && <Tag tone={flow.definition.enabled ? "ok" : "idle"}>Version {flow.version} is published</Tag>}
        {draft && <DraftTag flowId={flow!.id} stamp={draft.updatedAt.toISOString()} onOpen={onVersions} />}
        {isDirty && <Tag tone="warn">not saved</Tag>}
        {draft && faults > 0 && (
          <button type="button" className="fl-link" onClick={onFaults}>
            {faults === 1 ? "1 error" : `${faults} errors`} before it can be published
          </button>
        )}
      </div>
      <div className="row fl-acts">
        {flow && <button type="button" className="btn small" onClick={onVersions}>Versions</button>}
        <button type="button" className="btn small" onClick={showTest}>Test</button>
        {flow?.definition.triggers?.manual && (
          <GuardedButton
            className="btn small"
            blocked={readOnly ?? (flow.definition.enabled ? null : "The flow is off")}
            onClick={onRunNow}
          >
            Run now…
          </GuardedButton>
        )}
        <GuardedButton
          className="btn small"
          blocked={busy ?? (!isDirty && saved ? "There are no changes to save" : null)}
          onClick={onSave}
          title="Ctrl+S"
        >
          Save draft
        </GuardedButton>
        <GuardedButton
          className="btn small main"
          blocked={busy ?? publishBlocked ?? (saved && !isDirty && !draft ? "There are no changes to publish" : null)}
          onClick={onPublish}
        >
          {saved ? "Publish…" : "Publish"}
        </GuardedButton>
      </div>
    </div>
  );
}

function DraftTag({ flowId, stamp, onOpen }: { flowId: string; stamp: string; onOpen(): void }) {
  const { data } = useChanges({ flowId, from: "published", to: "draft", stamp });
  const count = data === undefined
    ? ""
    : data.total === 0
    ? ": no changes"
    : data.total === 1
    ? ": 1 change"
    : `: ${data.total} changes`;
  return (
    <button type="button" className="fl-draft" onClick={onOpen} title="Show the changes">
      <Tag tone="warn">Draft{count}</Tag>
    </button>
  );
}

/** Beside the steps, or below them where it is narrow. */
function showTest() {
  const panel = document.getElementById("fl-test");
  panel?.scrollIntoView({ block: "start" });
  panel?.focus({ preventScroll: true });
}
