/** Changes the guard: confirmed once, or after another administrator approved it, where the change asks for that. */

import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, type Confirmation } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type PolicyChange, putPolicy } from "./guard_api.ts";
import { leftText } from "./guard_words.ts";

export interface WantedPolicy {
  change: PolicyChange;
  /** That the change is made to. */
  version: number;
}

export interface PolicyChanging {
  /** Makes the change, or opens what it has to be confirmed by. */
  save(wanted: WantedPolicy): Promise<void>;
  isSaving: boolean;
  /** Why the last one was refused. */
  problem: string | undefined;
  /** To be shown on the page. */
  dialog: ReactNode;
}

interface Asked {
  wanted: WantedPolicy;
  confirmation: Confirmation;
}

export function usePolicyChange({ onChanged }: { onChanged(): void }): PolicyChanging {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [asked, setAsked] = useState<Asked>();

  const send = async (wanted: WantedPolicy, token?: string) => {
    if (isSaving) return;
    setSaving(true);
    setProblem(undefined);
    setAsked(undefined);
    try {
      const policy = await putPolicy(api, { ...wanted, token });
      queries.setQueryData(["guard", "policy"], policy);
      toast(say("The guard is changed"));
      onChanged();
    } catch (error) {
      const { message, code, confirmation } = error as ApiError;
      if (confirmation) setAsked({ wanted, confirmation });
      else if (code === "PRECONDITION_FAILED") {
        setProblem(
          say("Someone else changed the guard meanwhile. It was read again: look at it, then save once more"),
        );
      } else setProblem(message);
    } finally {
      setSaving(false);
      // What waits may be more or less by one, and a refused change may be older than the policy.
      void queries.invalidateQueries({ queryKey: ["guard"] });
      void queries.invalidateQueries({ queryKey: ["explorer", "policy"] });
    }
  };
  return {
    save: (wanted) => send(wanted),
    isSaving,
    problem,
    dialog: asked && (
      <PolicyDialog
        confirmation={asked.confirmation}
        onClose={() => setAsked(undefined)}
        onConfirm={(token) => void send(asked.wanted, token)}
      />
    ),
  };
}

function PolicyDialog(
  { confirmation, onClose, onConfirm }: {
    confirmation: Confirmation;
    onClose(): void;
    onConfirm(token: string): void;
  },
) {
  const [, navigate] = useLocation();
  const { confirm_token: token, request_id, expires_at, left = [] } = confirmation;
  const time = <When at={new Date(expires_at)} as="full" />;
  const list = (
    <ul className="guard-changes">
      {left.map((one) => <li key={`${one.way} ${one.grade}`}>{leftText(one)}</li>)}
    </ul>
  );
  if (token !== undefined) {
    return (
      <Dialog title={say("Change the guard?")} onClose={onClose}>
        <p>{say("Another administrator approved it. These need no second person any more:")}</p>
        {list}
        <p className="muted">
          <Say text="Asked until {time}." values={{ time }} />
        </p>
        <div className="row">
          <button type="button" className="btn danger" onClick={() => onConfirm(token)}>
            {say("Change the guard")}
          </button>
          <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={say("A second person is needed")} onClose={onClose}>
      <p>
        {say(
          "Nothing was changed. Another owner or admin of the workspace, or an operator, has to approve request {id}, because these would need no second person any more:",
          { id: request_id ?? "" },
        )}
      </p>
      {list}
      <p>
        <Say
          text="It waits until {time}. Once it is approved, make the change from there, or choose and save the same here again."
          values={{ time }}
        />
      </p>
      <div className="row">
        <button
          type="button"
          className="btn main"
          onClick={() => navigate(`/settings/approvals?request=${request_id}`)}
        >
          {say("Show the request")}
        </button>
      </div>
    </Dialog>
  );
}
