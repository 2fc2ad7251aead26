/** A workflow changed as JSON, with its status and description; the text is that of the draft which list and canvas show. */

import { type FormEvent, useState } from "react";
import { CopyButton } from "../../ui/copy_button.tsx";
import { faultsAt, FormField } from "../../ui/form_field.tsx";
import type { Workflow, WorkflowPatch } from "./api.ts";
import { SaveFaults } from "./draft_bar.tsx";
import { JsonEditor, toLineFaults } from "./json_editor.tsx";
import { STATUS_WORDS } from "./status.tsx";
import type { DefinitionEditing } from "./use_definition.ts";
import { say } from "../../words/say.ts";

type Status = NonNullable<WorkflowPatch["status"]>;

export function EditTab(
  { workflow, editing, onReread }: { workflow: Workflow; editing: DefinitionEditing; onReread(): void },
) {
  const { text, broken, faults, isDirty, isSaving, readOnly } = editing;
  const [description, setDescription] = useState(workflow.description ?? "");
  const [status, setStatus] = useState<Workflow["status"]>(workflow.status);
  // What is no JSON is said once a save was asked for: while it is typed it seldom is.
  const [wanted, setWanted] = useState<string>();
  const ofText = faults.filter((fault) =>
    !["description", "status"].some((place) => faultsAt([fault], place).length > 0)
  );
  const lineFaults = broken ? wanted === text ? [broken] : [] : toLineFaults(ofText, text);
  if (readOnly) {
    return (
      <div className="stack">
        <p className="muted">{readOnly}.</p>
        <div>
          <CopyButton text={text} label={say("Copy the definition")} />
        </div>
        <pre className="mono code-block" tabIndex={0} aria-label={say("Definition")}><bdi>{text}</bdi></pre>
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWanted(text);
    editing.save({ description: description.trim() || null, status: status as Status });
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <SaveFaults editing={editing} onReread={onReread} />
      <div className="form-grid">
        <FormField label={say("Status")} place="status" faults={faults} hint={STATUS_WORDS[status].about}>
          {(field) => (
            <select {...field} value={status} onChange={({ target }) => setStatus(target.value as Status)}>
              {(["active", "draft", "inactive", "deprecated", "archived"] as const).map((one) => (
                <option key={one} value={one}>{STATUS_WORDS[one].word}</option>
              ))}
            </select>
          )}
        </FormField>
        <FormField label={say("Description")} place="description" faults={faults}>
          {(field) => <input {...field} value={description} onChange={({ target }) => setDescription(target.value)} />}
        </FormField>
      </div>
      <JsonEditor label={say("Definition (JSON)")} text={text} faults={lineFaults} long onText={editing.changeText} />
      <div className="row">
        <button type="submit" className="btn main" aria-disabled={isSaving}>
          {isSaving
            ? say("Saving…")
            : !isDirty
            ? say("Save")
            : say("Save as version {version}", { version: workflow.version + 1 })}
        </button>
        {isDirty && (
          <button
            type="button"
            className="btn"
            onClick={editing.discard}
          >
            {say("Take back what I changed in it")}
          </button>
        )}
        <CopyButton text={text} label={say("Copy")} className="btn" />
      </div>
    </form>
  );
}
