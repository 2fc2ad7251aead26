/** Begins a run: its input by a form made of the workflow's schema, or as JSON. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, type Fault } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormField, otherFaults } from "../../ui/form_field.tsx";
import { JsonTree } from "../../ui/json_tree.tsx";
import { executeWorkflow, type Workflow } from "./api.ts";
import { type InputField, inputFields, inputOf } from "./input_fields.ts";
import { JsonEditor, type LineFault, toLineFaults } from "./json_editor.tsx";
import { readJson } from "./json_places.ts";
import { say } from "../../words/say.ts";

type Input = Parameters<typeof executeWorkflow>[2];

const PLACE = "input_data";

export function ExecuteDialog(
  { workflow, onBegun, onClose }: { workflow: Workflow; onBegun(runId: string): void; onClose(): void },
) {
  const { api } = useApiSession();
  const { name, version, workflow_data: { input_schema: schema } } = workflow;
  const fields = inputFields(schema);
  const [asJson, setAsJson] = useState(fields.length === 0);
  const [values, setValues] = useState(() => Object.fromEntries(fields.map(({ name, initial }) => [name, initial])));
  const [text, setText] = useState("{}");
  const [lineFaults, setLineFaults] = useState<LineFault[]>([]);
  const begin = useMutation({
    mutationFn: (input: Input) => executeWorkflow(api, workflow.id, input),
    onSuccess: ({ id }) => onBegun(id),
    onError: (error) => {
      if (!asJson || !(error instanceof ApiError)) return;
      const inner = error.faults.map(({ path, ...fault }) => ({ ...fault, path: path.replace(/^input_data\.?/, "") }));
      setLineFaults(toLineFaults(inner, text));
    },
  });
  const faults = (begin.error instanceof ApiError ? begin.error.faults : []).map(atItsField);
  const others = otherFaults(faults, fields.map(({ name }) => `${PLACE}.${name}`));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (begin.isPending) return;
    begin.reset();
    setLineFaults([]);
    if (!asJson) return begin.mutate(inputOf(fields, values) as Input);
    const read = readJson(text);
    if ("value" in read) begin.mutate(read.value as Input);
    else setLineFaults([read]);
  };
  const switchForm = () => {
    if (!asJson) setText(JSON.stringify(inputOf(fields, values), null, 2));
    begin.reset();
    setLineFaults([]);
    setAsJson(!asJson);
  };
  return (
    <Dialog title={say("Execute {name}", { name })} onClose={onClose}>
      <p className="muted">
        {say("Begins one run of version {version}. Its agents are called at once.", { version })}
      </p>
      <form className="stack" onSubmit={submit} noValidate>
        {begin.error && lineFaults.length === 0 && (
          <div className="alert bad" role="alert">
            <p>{begin.error.message}.</p>
            {!asJson && others.map(({ path, message }) => (
              <p key={path}>
                <code>{path}</code> {message}
              </p>
            ))}
          </div>
        )}
        {asJson
          ? (
            <JsonEditor
              label={say("Input (JSON)")}
              text={text}
              faults={lineFaults}
              nothing={say("no run began")}
              onText={setText}
            />
          )
          : (
            <div className="stack">
              {fields.map((field) => (
                <InputRow
                  key={field.name}
                  field={field}
                  value={values[field.name] ?? ""}
                  faults={faults}
                  onValue={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
                />
              ))}
            </div>
          )}
        {schema && (
          <details>
            <summary>{say("JSON Schema of the input")}</summary>
            <JsonTree value={schema} label={say("Schema")} />
          </details>
        )}
        <div className="row">
          <button type="submit" className="btn main" aria-disabled={begin.isPending}>
            {begin.isPending ? say("Starting…") : say("Execute")}
          </button>
          {fields.length > 0 && (
            <button type="button" className="btn" onClick={switchForm}>
              {asJson ? say("Use the form") : say("Write it as JSON")}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

/** JSON Schema reports what is missing at the object around it. */
function atItsField({ path, message }: Fault): Fault {
  const missing = path === PLACE ? /required property "([^"]+)"/.exec(message)?.[1] : undefined;
  return missing === undefined ? { path, message } : { path: `${PLACE}.${missing}`, message: say("is required") };
}

function InputRow(
  { field: { name, label, about, kind, choices, required }, value, faults, onValue }: {
    field: InputField;
    value: string;
    faults: ApiError["faults"];
    onValue(value: string): void;
  },
) {
  return (
    <FormField
      label={required ? say("{label} (required)", { label }) : label}
      place={`${PLACE}.${name}`}
      faults={faults}
      hint={about ?? (kind === "json" ? "JSON" : undefined)}
    >
      {(props) =>
        kind === "choice" || kind === "boolean"
          ? (
            <select {...props} value={value} onChange={({ target }) => onValue(target.value)}>
              <option value="">{required ? say("Choose…") : say("Not given")}</option>
              {(kind === "boolean" ? ["true", "false"] : choices).map((one) => (
                <option key={one} value={one}>{one}</option>
              ))}
            </select>
          )
          : kind === "json"
          ? <textarea {...props} rows={3} value={value} onChange={({ target }) => onValue(target.value)} />
          : (
            <input
              {...props}
              inputMode={kind === "number" ? "decimal" : undefined}
              value={value}
              onChange={({ target }) => onValue(target.value)}
            />
          )}
    </FormField>
  );
}
