/** What who asked does once a request is approved: a change of the guard is made from here, all else where it was asked for. */

import { Link } from "wouter";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { RequestState, WholeGuardRequest } from "./guard_api.ts";
import { shownOf, type ShownPolicy } from "./shown.ts";
import { usePolicyChange } from "./policy_change.tsx";

export function ApprovalNext({ request, state }: { request: WholeGuardRequest; state: RequestState }) {
  if (state !== "approved") return null;
  const shown = shownOf(request);
  if (shown?.kind === "policy") return <PolicyNext shown={shown} />;
  if (shown?.kind === "flow") {
    return (
      <p className="alert info">
        {shown.flowId === null
          ? (
            <Say
              text="<a>Create the same flow</a> again: they are shown once more, and published when you confirm."
              tags={{ a: (inner) => <Link href="/flows/new">{inner}</Link> }}
            />
          )
          : (
            <Say
              text="<a>Save the same steps in the flow</a> again: they are shown once more, and published when you confirm."
              tags={{ a: (inner) => <Link href={`/flows/${shown.flowId}`}>{inner}</Link> }}
            />
          )}
      </p>
    );
  }
  return (
    <p className="alert info">
      <Say
        text="Send the same again, where you sent it, or from the list of approvals in the <a>Explorer</a>: it is shown once more, and sent when you confirm."
        tags={{ a: (inner) => <Link href="/explorer">{inner}</Link> }}
      />
    </p>
  );
}

function PolicyNext({ shown }: { shown: ShownPolicy }) {
  const { save, isSaving, problem, dialog } = usePolicyChange({ onChanged: () => {} });
  return (
    <div className="stack">
      {problem && <p className="fault" role="alert">{problem}.</p>}
      <div>
        <button type="button" className="btn main" aria-disabled={isSaving} onClick={() => void save(shown)}>
          {isSaving ? say("Asking…") : say("Make this change…")}
        </button>
      </div>
      {dialog}
    </div>
  );
}
