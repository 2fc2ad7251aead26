/** A workflow changed: what is simple by fields, its steps as JSON; faults at their fields and lines. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { faultsAt, FormField } from "../../ui/form_field.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { updateWorkflow, type Workflow, type WorkflowPatch } from "./api.ts";
import { draftOf, keepDraft } from "./definition_drafts.ts";
import { JsonEditor, type LineFault, toLineFaults } from "./json_editor.tsx";
import { readJson } from "./json_places.ts";
import { orderOf } from "./outline.ts";
import { STATUS_WORDS } from "./status.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

type Status = NonNullable<WorkflowPatch["status"]>;

/** `tag`: of the workflow as it is shown. */
export function EditTab({ workflow, tag, onSaved }: { workflow: Workflow; tag: string; onSaved(): void }) {
  const { api, caller, refusal } = useApiSession();
  const owner = `${caller.kind} ${caller.name}`;
  const toast = useToast();
  const [description, setDescription] = useState(workflow.description ?? "");
  const [status, setStatus] = useState<Workflow["status"]>(workflow.status);
  const stored = definitionText(workflow);
  const [draft, setDraft] = useState(() => draftOf(owner, workflow.id));
  const text = draft?.text ?? stored;
  const setText = (typed: string | undefined) => {
    const changed = typed === undefined || typed === stored ? undefined : { text: typed, tag: draft?.tag ?? tag };
    keepDraft(owner, workflow.id, changed);
    setDraft(changed);
  };
  const [lineFaults, setLineFaults] = useState<LineFault[]>([]);
  const save = useMutation({
    mutationFn: (patch: WorkflowPatch) => updateWorkflow(api, workflow.id, patch, draft?.tag ?? tag),
    onSuccess: ({ version }) => {
      setText(undefined);
      toast(
        version === workflow.version
          ? say("Saved")
          : say("Saved as version {version}; runs in progress keep theirs", { version }),
      );
      onSaved();
    },
    onError: (error) => {
      const faults = error instanceof ApiError ? error.faults : [];
      const ofText = faults.filter((fault) =>
        !["description", "status"].some((place) => faultsAt([fault], place).length > 0)
      );
      setLineFaults(toLineFaults(ofText, text));
    },
  });
  const faults = save.error instanceof ApiError ? save.error.faults : [];
  const readOnly = refusal("editor") ?? (workflow.status === "deleted" ? say("It was deleted") : null);
  if (readOnly) {
    return (
      <div className="stack">
        <p className="muted">{readOnly}.</p>
        <div>
          <CopyButton text={stored} label={say("Copy the definition")} />
        </div>
        <pre className="mono code-block" tabIndex={0} aria-label={say("Definition")}><bdi>{stored}</bdi></pre>
      </div>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    save.reset();
    setLineFaults([]);
    const patch: WorkflowPatch = { description: description.trim() || null, status: status as Status };
    if (text === stored) return save.mutate(patch);
    const read = readJson(text);
    if (!("value" in read)) return setLineFaults([read]);
    const { value } = read;
    const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
    save.mutate({ ...fields, ...patch } as WorkflowPatch);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      {save.error && lineFaults.length === 0 && (
        <div className="alert bad" role="alert">
          <p>{save.error.message}.</p>
          {save.error instanceof ApiError && save.error.status === 412 && (
            <p>
              <Say
                text="What you typed is still below: copy it, then <button>read the workflow again</button>"
                tags={{
                  button: (inner) => (
                    <button
                      type="button"
                      className="btn small"
                      onClick={() => {
                        setText(undefined);
                        save.reset();
                        onSaved();
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
      )}
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
      <JsonEditor label={say("Definition (JSON)")} text={text} faults={lineFaults} long onText={setText} />
      <div className="row">
        <button type="submit" className="btn main" aria-disabled={save.isPending}>
          {save.isPending
            ? say("Saving…")
            : text === stored
            ? say("Save")
            : say("Save as version {version}", { version: workflow.version + 1 })}
        </button>
        {text !== stored && (
          <button
            type="button"
            className="btn"
            onClick={() => {
              setText(undefined);
              setLineFaults([]);
            }}
          >
            {say("Take back what I changed in it")}
          </button>
        )}
        <CopyButton text={text} label={say("Copy")} className="btn" />
      </div>
    </form>
  );
}

/** The database keeps the steps in an order of its own: they stand here in that in which they run. */
function definitionText({ workflow_data: { start_step, steps, input_schema } }: Workflow): string {
  const inOrder = Object.fromEntries(orderOf({ start_step, steps }).map((id) => [id, steps[id]]));
  return JSON.stringify({ start_step, steps: inOrder, input_schema }, null, 2);
}
