/** A new workflow: its name, a template with an agent in it, and the definition as JSON. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { faultsAt, FormField } from "../../ui/form_field.tsx";
import { listAgents } from "../agents/api.ts";
import { Skeleton } from "../../ui/states.tsx";
import { createWorkflow, type NewWorkflow } from "./api.ts";
import { JsonEditor, type LineFault, toLineFaults } from "./json_editor.tsx";
import { readJson } from "./json_places.ts";
import { TEMPLATES } from "./templates.ts";
import { say } from "../../words/say.ts";

export function NewWorkflowDialog({ onMade, onClose }: { onMade(id: string): void; onClose(): void }) {
  const { api } = useApiSession();
  const agents = useQuery({
    queryKey: ["agents", "choices"],
    queryFn: ({ signal }) => listAgents(api, { status: "active", page_size: 100 }, signal),
    select: ({ items }) => items.map(({ name }) => name),
  });
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [status, setStatus] = useState<"active" | "draft">("active");
  const [template, setTemplate] = useState(TEMPLATES[0]!.key);
  const [wish, setAgent] = useState<string>();
  /** Undefined: that of the template, until it is changed by hand. */
  const [typed, setTyped] = useState<string>();
  const [lineFaults, setLineFaults] = useState<LineFault[]>([]);
  const agent = wish ?? agents.data?.[0] ?? "name-of-an-agent";
  const { about, definition } = TEMPLATES.find(({ key }) => key === template)!;
  const text = typed ?? JSON.stringify(definition(agent), null, 2);

  const save = useMutation({
    mutationFn: (body: NewWorkflow) => createWorkflow(api, body),
    onSuccess: ({ id }) => onMade(id),
    onError: (error) => {
      const faults = error instanceof ApiError ? error.faults : [];
      setLineFaults(toLineFaults(faults.filter((fault) => !isOfForm(fault)), text));
    },
  });
  const faults = save.error instanceof ApiError ? save.error.faults : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const read = readJson(text);
    save.reset();
    if (!("value" in read)) return setLineFaults([read]);
    setLineFaults([]);
    const { value } = read;
    const fields = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
    // What the text has besides is refused by the server, at its line.
    save.mutate({ ...fields, name, description: description.trim() || null, status } as NewWorkflow);
  };
  const replaceText = (change: () => void) => () => {
    change();
    setTyped(undefined);
    setLineFaults([]);
  };
  return (
    <Dialog title={say("New workflow")} className="wf-wide" onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        {save.error && lineFaults.length === 0 && (
          <div className="alert bad" role="alert">
            <p>{save.error.message}.</p>
          </div>
        )}
        <div className="form-grid">
          <FormField
            label={say("Name")}
            place="name"
            faults={faults}
            hint={say("A name that is in use gets its next version.")}
          >
            {(field) => <input {...field} value={name} onChange={({ target }) => setName(target.value)} data-focus />}
          </FormField>
          <FormField label={say("Status")} place="status" faults={faults} hint={say("A draft cannot be executed.")}>
            {(field) => (
              <select
                {...field}
                value={status}
                onChange={({ target }) => setStatus(target.value as typeof status)}
              >
                <option value="active">{say("Active")}</option>
                <option value="draft">{say("Draft")}</option>
              </select>
            )}
          </FormField>
          <FormField label={say("Description")} place="description" faults={faults} className="wide">
            {(field) => (
              <input
                {...field}
                value={description}
                onChange={({ target }) => setDescription(target.value)}
              />
            )}
          </FormField>
          <FormField label={say("Template")} place="template" faults={[]} hint={about}>
            {(field) => (
              <select
                {...field}
                value={template}
                onChange={({ target }) => replaceText(() => setTemplate(target.value))()}
              >
                {TEMPLATES.map(({ key, name }) => <option key={key} value={key}>{name}</option>)}
              </select>
            )}
          </FormField>
          <FormField
            label={say("Agent in the template")}
            place="agent"
            faults={[]}
            hint={agents.data?.length === 0 ? say("There is no active agent yet: register one first.") : undefined}
          >
            {(field) => (
              <select
                {...field}
                value={agent}
                onChange={({ target }) => replaceText(() => setAgent(target.value))()}
              >
                {(agents.data?.length ? agents.data : [agent]).map((name) => (
                  <option key={name} value={name}>{name}</option>
                ))}
              </select>
            )}
          </FormField>
        </div>
        {/* The text names an agent: until those are known, it would be a wrong one. */}
        {agents.isPending
          ? <Skeleton lines={5} label={say("Loading agents")} />
          : <JsonEditor label={say("Definition (JSON)")} text={text} faults={lineFaults} onText={setTyped} />}
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={save.isPending}>
            {save.isPending ? say("Saving…") : say("Create workflow")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Shown at its own field. */
function isOfForm(fault: { path: string; message: string }): boolean {
  return ["name", "description", "status"].some((place) => faultsAt([fault], place).length > 0);
}
