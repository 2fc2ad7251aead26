/** One step of a workflow as JSON, saved as a new version; what is typed is kept while the page stays open. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { updateWorkflow, type Workflow, type WorkflowPatch } from "./api.ts";
import { draftOf, keepDraft } from "./definition_drafts.ts";
import { JsonEditor, type LineFault, toLineFaults } from "./json_editor.tsx";
import { readJson } from "./json_places.ts";
import { say } from "../../words/say.ts";

/** `tag`: of the workflow as it is shown. */
export function StepForm(
  { id, workflow, tag, onSaved }: { id: string; workflow: Workflow; tag: string; onSaved(): void },
) {
  const { api, caller, refusal } = useApiSession();
  const toast = useToast();
  const { steps } = workflow.workflow_data;
  const [owner, place] = [`${caller.kind} ${caller.name}`, `${workflow.id} ${id}`];
  const stored = JSON.stringify(steps[id], null, 2);
  const [draft, setDraft] = useState(() => draftOf(owner, place));
  const [faults, setFaults] = useState<LineFault[]>([]);
  const text = draft?.text ?? stored;
  const setText = (typed: string) => {
    const changed = typed === stored ? undefined : { text: typed, tag: draft?.tag ?? tag };
    keepDraft(owner, place, changed);
    setDraft(changed);
  };
  const save = useMutation({
    mutationFn: (step: unknown) =>
      updateWorkflow(api, workflow.id, { steps: { ...steps, [id]: step } } as WorkflowPatch, draft?.tag ?? tag),
    onSuccess: ({ version }) => {
      setText(stored);
      toast(say("Saved as version {version}; runs in progress keep theirs", { version }));
      onSaved();
    },
    onError: (error) => {
      const found = error instanceof ApiError ? error.faults : [];
      setFaults(toLineFaults(found.map((fault) => ({ ...fault, path: withinStep(fault.path, id) })), text));
    },
  });
  const readOnly = refusal("editor") ?? (workflow.status === "deleted" ? say("It was deleted") : null);
  if (readOnly) return <p className="muted">{readOnly}.</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending || text === stored) return;
    save.reset();
    setFaults([]);
    const read = readJson(text);
    if ("value" in read) save.mutate(read.value);
    else setFaults([read]);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      {save.error && faults.length === 0 && (
        <div className="alert bad" role="alert">
          <p>{save.error.message}.</p>
        </div>
      )}
      <JsonEditor label={say("Step {id} (JSON)", { id })} text={text} faults={faults} onText={setText} />
      {text !== stored && (
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={save.isPending}>
            {save.isPending ? say("Saving…") : say("Save as version {version}", { version: workflow.version + 1 })}
          </button>
          <button
            type="button"
            className="btn"
            onClick={() => {
              setText(stored);
              setFaults([]);
              save.reset();
            }}
          >
            {say("Take back")}
          </button>
        </div>
      )}
    </form>
  );
}

/** "steps.check.condition" as "condition", for the step check; the paths of others as they are. */
function withinStep(path: string, id: string): string {
  const own = `steps.${id}`;
  return path === own || path.startsWith(`${own}.`) ? path.slice(own.length + 1) : path;
}
