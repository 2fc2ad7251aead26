/** The head of the editor, which stays in sight: name, on or off, what is published, what is changed, and what can be done. */

import { Link } from "wouter";
import type { StoredFlow } from "./draft_api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Tag } from "../../ui/tag.tsx";
import { say, sayCount } from "../../words/say.ts";
import { useChanges } from "./compare_view.tsx";
import { FaultText, useEditor, useFaults } from "./editor_context.tsx";
import { Switch } from "./switch.tsx";
import type { FlowView } from "../../ui/canvas/use_flow_view.ts";
import { UndoButtons } from "../../ui/undo_buttons.tsx";
import { ViewChoice } from "../../ui/canvas/view_choice.tsx";

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
            <Link href="/flows">{say("Flows")}</Link>
            <span className="faint" aria-hidden="true">/</span>
            <h1>{!saved ? say("New flow") : readOnly === null ? say("Edit flow") : say("Flow")}</h1>
          </div>
          <label className="visually-hidden" htmlFor="fl-name">{say("Name")}</label>
          <input
            id="fl-name"
            className="fl-name"
            value={draft.name}
            onChange={({ target }) => change({ ...draft, name: target.value }, "name")}
            placeholder={suggestedName || say("Name: what the flow does")}
            readOnly={readOnly !== null}
            aria-invalid={invalid || undefined}
            aria-describedby={id}
            data-at="name"
          />
          <Switch label={say("The flow is on")} on={isOn} onSwitch={onSwitch} blocked={readOnly} />
          <ViewChoice view={view} onView={onView} />
          {readOnly === null && <UndoButtons undo={undo} redo={redo} />}
          {saved && <Link className="fl-runs" href={`/runs?flow_id=${saved.flow.id}`}>{say("Show runs")}</Link>}
        </div>
        <FaultText faults={faults} id={id} />
        <EditorBar saved={saved} isDirty={isDirty} {...acts} />
      </div>
      {readOnly !== null && (
        <p className="alert info">{say("This flow is read-only for you: {reason}", { reason: readOnly })}</p>
      )}
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
  const busy = readOnly ?? (isSaving ? say("Saving…") : null);
  const faults = draft?.faults.length ?? 0;
  return (
    <div className="fl-bar">
      <div className="row fl-state" role="group" aria-label={say("State of the flow")}>
        {flow && (
          <Tag tone={flow.definition.enabled ? "ok" : "idle"}>
            {say("Version {version} is published", { version: flow.version })}
          </Tag>
        )}
        {draft && <DraftTag flowId={flow!.id} stamp={draft.updatedAt.toISOString()} onOpen={onVersions} />}
        {isDirty && <Tag tone="warn">{say("not saved")}</Tag>}
        {draft && faults > 0 && (
          <button type="button" className="fl-link" onClick={onFaults}>
            {sayCount(faults, "1 error before it can be published", "{count} errors before it can be published", {
              count: faults,
            })}
          </button>
        )}
      </div>
      <div className="row fl-acts">
        {flow && <button type="button" className="btn small" onClick={onVersions}>{say("Versions")}</button>}
        <button type="button" className="btn small" onClick={showTest}>{say("Test")}</button>
        {flow?.definition.triggers?.manual && (
          <GuardedButton
            className="btn small"
            blocked={readOnly ?? (flow.definition.enabled ? null : say("The flow is off"))}
            onClick={onRunNow}
          >
            {say("Run now…")}
          </GuardedButton>
        )}
        <GuardedButton
          className="btn small"
          blocked={busy ?? (!isDirty && saved ? say("There are no changes to save") : null)}
          onClick={onSave}
          title={say("Ctrl+S")}
        >
          {say("Save draft")}
        </GuardedButton>
        <GuardedButton
          className="btn small main"
          blocked={busy ?? publishBlocked ??
            (saved && !isDirty && !draft ? say("There are no changes to publish") : null)}
          onClick={onPublish}
        >
          {saved ? say("Publish…") : say("Publish")}
        </GuardedButton>
      </div>
    </div>
  );
}

function DraftTag({ flowId, stamp, onOpen }: { flowId: string; stamp: string; onOpen(): void }) {
  const { data } = useChanges({ flowId, from: "published", to: "draft", stamp });
  const words = data === undefined
    ? say("Draft")
    : data.total === 0
    ? say("Draft: no changes")
    : sayCount(data.total, "Draft: 1 change", "Draft: {count} changes", { count: data.total });
  return (
    <button type="button" className="fl-draft" onClick={onOpen} title={say("Show the changes")}>
      <Tag tone="warn">{words}</Tag>
    </button>
  );
}

/** Beside the steps, or below them where it is narrow. */
function showTest() {
  const panel = document.getElementById("fl-test");
  panel?.scrollIntoView({ block: "start" });
  panel?.focus({ preventScroll: true });
}
