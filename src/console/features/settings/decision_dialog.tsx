/** Approves or rejects a request, with a note for who asked. */

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { useToast } from "../../ui/toasts.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { decideRequest, type GuardRequest, type Verb } from "./guard_api.ts";
import { type Names, personName } from "./people.ts";

const MAX_NOTE_CHARS = 500;

export interface DecisionDialogProps {
  request: GuardRequest;
  verb: Verb;
  names: Names;
  onDecided(): void;
  onClose(): void;
}

export function DecisionDialog({ request, verb, names, onDecided, onClose }: DecisionDialogProps) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [note, setNote] = useState("");
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<string>();
  const { id, title, person } = request;
  const isApproval = verb === "approve";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    setProblem(undefined);
    try {
      await decideRequest(api, { id, verb, note: note.trim() });
      toast(
        isApproval
          ? say("Request {id} is approved: who asked may send it", { id })
          : say("Request {id} is rejected", { id }),
      );
      await queries.invalidateQueries({ queryKey: ["guard"] });
      onClose();
      onDecided();
    } catch (error) {
      setProblem((error as Error).message);
      setSending(false);
      // Somebody else may have decided it.
      await queries.invalidateQueries({ queryKey: ["guard"] });
    }
  };
  return (
    <Dialog
      title={isApproval ? say("Approve request {id}?", { id }) : say("Reject request {id}?", { id })}
      onClose={onClose}
    >
      <form className="stack" onSubmit={submit}>
        <p>
          <b>
            <bdi>{visibleText(title)}</bdi>
          </b>
        </p>
        <p className="muted">
          {isApproval
            ? (
              <Say
                text="Nothing is sent by it: {who} is shown exactly this once more, and confirms. The approval is good once, for 24 hours."
                values={{ who: <bdi>{personName(person, names)}</bdi> }}
              />
            )
            : say("Nothing is sent.")}
        </p>
        <label className="field">
          <span>{say("Note for who asked (optional)")}</span>
          <input
            ref={startHere}
            autoComplete="off"
            maxLength={MAX_NOTE_CHARS}
            value={note}
            onChange={({ target }) => setNote(target.value)}
          />
        </label>
        {problem && <p className="fault" role="alert">{problem}.</p>}
        <div className="row">
          <button type="submit" className={isApproval ? "btn main" : "btn danger"} aria-disabled={isSending}>
            {isSending ? say("Sending…") : isApproval ? say("Approve") : say("Reject")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** React's own autoFocus is over before the dialog opens, which then looks for the attribute. */
function startHere(field: HTMLInputElement | null) {
  field?.setAttribute("autofocus", "");
}
