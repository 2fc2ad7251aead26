/** What who asked does once a request is approved: a change of the guard is made from here, all else where it was asked for. */

import { Link } from "wouter";
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
          ? <Link href="/flows/new">Create the same flow</Link>
          : <Link href={`/flows/${shown.flowId}`}>Save the same steps in the flow</Link>}{" "}
        again: they are shown once more, and published when you confirm.
      </p>
    );
  }
  return (
    <p className="alert info">
      Send the same again, where you sent it, or from the list of approvals in the{" "}
      <Link href="/explorer">Explorer</Link>: it is shown once more, and sent when you confirm.
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
          {isSaving ? "Asking…" : "Make this change…"}
        </button>
      </div>
      {dialog}
    </div>
  );
}
