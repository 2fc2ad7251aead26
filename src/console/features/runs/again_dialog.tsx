/** Begins a new run at a step of this one: with its input as it was or changed, by the version that ran or the present one. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { getEvent } from "../events/api.ts";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { runAgain, type RunDetail } from "./api.ts";

export interface AgainDialogProps {
  run: RunDetail;
  /** The step that it begins at. */
  from: { path: string; name: string };
  onClose(): void;
}

export function AgainDialog({ run, from, onClose }: AgainDialogProps) {
  const { api } = useSignedIn();
  const [version, setVersion] = useState<"ran" | "present">("ran");
  const [text, setText] = useState<string>();
  const event = useQuery({
    queryKey: ["events", "sample", run.eventId],
    queryFn: ({ signal }) => getEvent(api, run.eventId!, signal),
    enabled: run.eventId !== null && run.input === null,
  });
  // One that is not known whole is not offered: what is left out would be gone.
  const known = run.input === null
    ? event.data && { value: event.data.payload }
    : run.input.isCut
    ? undefined
    : run.input;
  const before = known ? JSON.stringify(known.value, null, 2) : "";
  const shown = text ?? before;
  const input = text === undefined || text === before || text.trim() === "" ? undefined : parsed(text);
  const isWrong = input instanceof SyntaxError;
  const again = useMutation({ mutationFn: () => runAgain(api, run.id, { from: from.path, version, input }) });
  return (
    <Dialog title={say("Run again from this step")} onClose={onClose}>
      {again.data
        ? (
          <p role="status">
            {sayCount(
              again.data.kept,
              "The new run has begun; {count} finished steps were not repeated.",
              "The new run has begun; {count} finished steps were not repeated.",
              { count: again.data.kept },
            )} <Link href={`/runs/${again.data.runId}`} onClick={onClose}>{say("Open the new run")}</Link>
          </p>
        )
        : (
          <>
            <p>
              <Say
                text="A new run begins at {step} and does that and what follows again, for real. The steps before keep their results, and this run stays as it is."
                values={{
                  step: (
                    <b>
                      <bdi>{from.name}</bdi>
                    </b>
                  ),
                }}
              />
            </p>
            <label className="field">
              <span>{say("Version of the flow")}</span>
              <select value={version} onChange={({ target }) => setVersion(target.value as "ran" | "present")}>
                <option value="ran">{say("The one that ran ({version})", { version: run.flow.version })}</option>
                <option value="present">{say("The present one")}</option>
              </select>
            </label>
            <label className="field">
              <span>
                {before === "" ? say("Input as JSON; empty: as it was") : say("Input as JSON")}
              </span>
              <textarea
                rows={10}
                value={shown}
                spellCheck={false}
                onChange={({ target }) => setText(target.value)}
                aria-invalid={isWrong || undefined}
              />
            </label>
            {isWrong && (
              <p className="fault">{say("It is not valid JSON: a comma, a quote or a bracket is missing.")}</p>
            )}
            {again.error && <p className="fault" role="alert">{again.error.message}</p>}
            <div className="row">
              <button
                type="button"
                className="btn main"
                aria-disabled={isWrong || again.isPending}
                onClick={() => isWrong || again.isPending || again.mutate()}
              >
                {again.isPending
                  ? say("Asking…")
                  : input === undefined
                  ? say("Run again")
                  : say("Run again with this input")}
              </button>
              <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
            </div>
          </>
        )}
    </Dialog>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
