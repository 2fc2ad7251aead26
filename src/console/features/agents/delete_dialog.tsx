/** Asks before an agent is deleted, and names the workflows that call it. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Agent, deleteAgent, usesOfAgent } from "./api.ts";

export function DeleteAgentDialog(
  { agent, onDeleted, onClose }: { agent: Agent; onDeleted(): void; onClose(): void },
) {
  const { api } = useApiSession();
  const uses = useQuery({
    queryKey: ["agent_uses", agent.id],
    queryFn: ({ signal }) => usesOfAgent(api, agent.id, signal),
    staleTime: 0,
  });
  const remove = useMutation({ mutationFn: () => deleteAgent(api, agent.id), onSuccess: onDeleted });
  const found = uses.data;
  return (
    <Dialog title={say("Delete {name}?", { name: agent.name })} onClose={onClose}>
      {uses.isPending && <Skeleton lines={3} label={say("Looking for workflows that call it")} />}
      {uses.isError && <Failure error={uses.error} what={say("its uses")} onRetry={() => void uses.refetch()} />}
      {found && found.total === 0 && <p>{say("No workflow calls it.")}</p>}
      {found && found.total > 0 && (
        <>
          <p>
            {sayCount(
              found.total,
              "1 workflow calls it. Their steps fail from the next call on:",
              "{count} workflows call it. Their steps fail from the next call on:",
              { count: found.total },
            )}
          </p>
          <ul className="plain-list">
            {found.items.map(({ id, name, steps }) => (
              <li key={id}>
                <Link href={`/workflows/${id}`}>
                  <bdi>{name}</bdi>
                </Link>{" "}
                <span className="muted">
                  {steps.length === 1
                    ? <Say text="step {name}" values={{ name: <bdi>{steps[0]}</bdi> }} />
                    : <Say text="steps {names}" values={{ names: <bdi>{steps.join(", ")}</bdi> }} />}
                </span>
              </li>
            ))}
          </ul>
          {found.total > found.items.length && (
            <p className="muted">{say("And {count} more.", { count: found.total - found.items.length })}</p>
          )}
        </>
      )}
      {found?.is_cut && (
        <p>{say("Only the workflows that were changed last were looked through: others may call it too.")}</p>
      )}
      <p className="muted">
        {say(
          "What it is called with is removed for good. Its finished calls stay in the runs, and its name may be given again. To stop calls for a while, set its status to inactive instead.",
        )}
      </p>
      {remove.error && <p className="fault" role="alert">{remove.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn danger"
          aria-disabled={!found || remove.isPending}
          onClick={() => found && !remove.isPending && remove.mutate()}
        >
          {remove.isPending ? say("Deleting…") : say("Delete the agent")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
