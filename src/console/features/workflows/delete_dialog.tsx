/** Asks before a workflow is deleted, and says what of it stays. */

import { useMutation } from "@tanstack/react-query";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { deleteWorkflow, type Workflow } from "./api.ts";
import { say } from "../../words/say.ts";

export function DeleteWorkflowDialog(
  { workflow: { id, name }, onDeleted, onClose }: { workflow: Workflow; onDeleted(): void; onClose(): void },
) {
  const { api } = useApiSession();
  const remove = useMutation({ mutationFn: () => deleteWorkflow(api, id), onSuccess: onDeleted });
  return (
    <Dialog title={say("Delete {name}?", { name })} onClose={onClose}>
      <p>
        {say(
          "It is executed no more: neither by people nor by schedules, and workflows that run it as a step fail there. Runs in progress continue, and all its runs stay. Its name may be given again.",
        )}
      </p>
      <p className="muted">
        {say("To keep it for later, set its status to inactive or archived under Edit instead.")}
      </p>
      {remove.error && <p className="fault" role="alert">{remove.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn danger"
          aria-disabled={remove.isPending}
          onClick={() => !remove.isPending && remove.mutate()}
        >
          {remove.isPending ? say("Deleting…") : say("Delete the workflow")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
