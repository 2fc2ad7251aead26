/** Starts a flow by hand: a form of the inputs that it asks for, and a link to the run. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { type Flow, startFlow } from "./api.ts";
import type { FlowJson } from "./draft/json.ts";

type Input = NonNullable<NonNullable<FlowJson["triggers"]>["manual"]>["inputs"][number];

export function RunNowDialog({ flow, onClose }: { flow: Flow; onClose(): void }) {
  const { api } = useSignedIn();
  const inputs = flow.definition.triggers?.manual?.inputs ?? [];
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(
      inputs.map(({ name, type, default: first }) => [name, first ?? (type === "boolean" ? false : "")]),
    )
  );
  const start = useMutation({
    mutationFn: () =>
      startFlow(
        api,
        flow.id,
        // What was left empty is not given.
        Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")),
      ),
  });
  const faults = start.error instanceof ApiError ? start.error.faults : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!start.isPending) start.mutate();
  };
  return (
    <Dialog title="Run the flow now" onClose={onClose}>
      {start.data
        ? (
          <p role="status">
            The run has begun. <Link href={`/runs/${start.data}`}>Open the run</Link>
          </p>
        )
        : (
          <form className="stack" onSubmit={submit}>
            <p className="muted">
              It runs for real, as version {flow.version}{" "}
              was saved{inputs.length > 0 ? ", with what you give here" : ""}.
            </p>
            {inputs.map((one) => (
              <InputField
                key={one.name}
                input={one}
                value={values[one.name]}
                onValue={(value) => setValues({ ...values, [one.name]: value })}
              />
            ))}
            {start.error && (
              <p className="fault" role="alert">
                {[start.error.message, ...faults.map(({ path, message }) => `${path} ${message}`)].join(". ")}
              </p>
            )}
            <div className="row">
              <button type="submit" className="btn main" aria-disabled={start.isPending}>
                {start.isPending ? "Starting…" : "Run now"}
              </button>
              <button type="button" className="btn" onClick={onClose}>Cancel</button>
            </div>
          </form>
        )}
    </Dialog>
  );
}

function InputField({ input, value, onValue }: { input: Input; value: unknown; onValue(value: unknown): void }) {
  const { label, name, type, required, choices = [] } = input;
  const said = `${label || name}${required ? " (required)" : ""}`;
  if (type === "boolean") {
    return (
      <label className="row">
        <input type="checkbox" checked={value === true} onChange={({ target }) => onValue(target.checked)} />
        <span>{said}</span>
      </label>
    );
  }
  return (
    <label className="field">
      <span>{said}</span>
      {type === "choice"
        ? (
          <select value={String(value)} onChange={({ target }) => onValue(target.value)}>
            <option value="">Choose…</option>
            {choices.map((one) => <option key={one}>{one}</option>)}
          </select>
        )
        : (
          <input
            type={type === "date" ? "date" : "text"}
            inputMode={type === "number" || type === "money" ? "decimal" : undefined}
            value={String(value ?? "")}
            placeholder={type === "duration" ? "8 h, 1 h 30 min" : type === "entity" ? "Id" : undefined}
            onChange={({ target }) =>
              onValue(type === "number" && /^-?\d+(\.\d+)?$/.test(target.value) ? Number(target.value) : target.value)}
          />
        )}
    </label>
  );
}
