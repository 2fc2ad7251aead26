/** Starts a flow by hand: a form of the inputs that it asks for, and a link to the run. */

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { type Flow, startFlow } from "./api.ts";
import { at } from "./draft/paths.ts";
import { InputValue } from "./input_value.tsx";
import { say } from "../../words/say.ts";

export function RunNowDialog({ flow, onClose }: { flow: Flow; onClose(): void }) {
  const { api } = useSignedIn();
  const inputs = flow.definition.triggers?.manual?.inputs ?? [];
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(inputs.map(({ name, default: first }) => [name, first ?? undefined]))
  );
  const start = useMutation({
    // What was left empty is not given.
    mutationFn: () => startFlow(api, flow.id, JSON.parse(JSON.stringify(values))),
  });
  const faults = start.error instanceof ApiError ? start.error.faults : [];
  const faultOf = (name: string) => faults.find(({ path }) => path === at("input", name))?.message;
  const others = faults.filter(({ path }) => !inputs.some(({ name }) => path === at("input", name)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!start.isPending) start.mutate();
  };
  return (
    <Dialog title={say("Run the flow now")} onClose={onClose}>
      {start.data
        ? (
          <p role="status">
            {say("The run has begun.")} <Link href={`/runs/${start.data}`}>{say("Open the run")}</Link>
          </p>
        )
        : (
          <form className="stack" onSubmit={submit}>
            <p className="muted">
              {inputs.length > 0
                ? say("It runs for real, as version {version} was saved, with what you give here.", flow)
                : say("It runs for real, as version {version} was saved.", flow)}
            </p>
            {inputs.map((one) => (
              <InputValue
                key={one.name}
                input={one}
                label={one.label || one.name}
                place={at("input", one.name)}
                value={values[one.name]}
                onValue={(value) => {
                  setValues((now) => ({ ...now, [one.name]: value }));
                  if (start.error) start.reset();
                }}
                none={one.required ? say("Choose…") : say("Nothing")}
                required={one.required}
                fault={faultOf(one.name)}
              />
            ))}
            {start.error && (
              <p className="fault" role="alert">
                {[start.error.message, ...others.map(({ path, message }) => `${path} ${message}`)].join(". ")}
              </p>
            )}
            <div className="row">
              <button type="submit" className="btn main" aria-disabled={start.isPending}>
                {start.isPending ? say("Starting…") : say("Run now")}
              </button>
              <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
            </div>
          </form>
        )}
    </Dialog>
  );
}
