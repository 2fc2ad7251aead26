/** One agent: whether it answers, its breaker, the workflows that call it, and its last calls. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { AgentForm } from "./agent_form.tsx";
import { AgentStatus, Breaker, CalledWith, Calls, Health } from "./agent_facts.tsx";
import { LastCalls, Uses } from "./agent_calls.tsx";
import { type Agent, getAgent, resetBreaker } from "./api.ts";
import { CallDialog } from "./call_dialog.tsx";
import { DeleteAgentDialog } from "./delete_dialog.tsx";

const REREAD_MS = 10_000;

export function AgentPage() {
  const { id } = useParams<{ id: string }>();
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["agents", "one", id],
    queryFn: () => getAgent(api, id),
    refetchInterval: REREAD_MS,
  });
  const agent = query.data?.agent;
  useEffect(() => {
    document.title = `${agent?.name ?? say("Agent")} · Timewire`;
  }, [agent?.name]);
  const isUnknown = query.error instanceof ApiError && query.error.status === 404;
  return (
    <div className="stack">
      <div>
        <Link href="/agents">{say("All agents")}</Link>
      </div>
      {!agent && <h1>{say("Agent")}</h1>}
      {query.isPending && <Skeleton lines={8} label={say("Loading the agent")} />}
      {isUnknown && (
        <Empty title={say("There is no such agent")}>
          <Link href="/agents">{say("All agents")}</Link>
        </Empty>
      )}
      {query.error && !isUnknown && (
        <Failure
          error={query.error}
          what={say("the agent")}
          onRetry={() => void query.refetch()}
        />
      )}
      {agent && <Shown key={id} agent={agent} />}
    </div>
  );
}

function Shown({ agent }: { agent: Agent }) {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"edit" | "call" | "delete">();
  const isGone = agent.status === "deleted";
  const close = () => setOpen(undefined);
  const changed = () => {
    close();
    void queries.invalidateQueries({ queryKey: ["agents"] });
  };
  return (
    <>
      <div className="row">
        <h1 className="grow">
          <bdi>{agent.name}</bdi> <AgentStatus agent={agent} />
        </h1>
        {!isGone && <Buttons onOpen={setOpen} />}
      </div>
      {agent.description && (
        <p>
          <bdi>{agent.description}</bdi>
        </p>
      )}
      <dl className="facts">
        <div>
          <dt>{say("Address")}</dt>
          <dd>
            <bdi>{agent.url}</bdi>
          </dd>
        </div>
        <div>
          <dt>{say("Called with")}</dt>
          <dd>
            <CalledWith agent={agent} />
          </dd>
        </div>
        {!isGone && (
          <>
            <div>
              <dt>{say("Health")}</dt>
              <dd>
                <Health agent={agent} />
              </dd>
            </div>
            <div>
              <dt>{say("Breaker")}</dt>
              <dd>
                <ResettableBreaker agent={agent} />
              </dd>
            </div>
          </>
        )}
        <div>
          <dt>{say("Calls, 24 h")}</dt>
          <dd>
            <Calls agent={agent} />
          </dd>
        </div>
        <div>
          <dt>{say("Changed")}</dt>
          <dd>
            <Say
              text="{changed}, registered {registered}"
              values={{
                changed: <When at={new Date(agent.updated_at)} as="ago" />,
                registered: <When at={new Date(agent.created_at)} as="ago" />,
              }}
            />
          </dd>
        </div>
      </dl>
      <Uses agent={agent} />
      <LastCalls agent={agent} />
      {open === "edit" && <AgentForm agent={agent} onSaved={changed} onClose={close} />}
      {open === "call" && <CallDialog agent={agent} onClose={close} />}
      {open === "delete" && (
        <DeleteAgentDialog
          agent={agent}
          onDeleted={() => {
            changed();
            navigate("/agents");
          }}
          onClose={close}
        />
      )}
    </>
  );
}

function Buttons({ onOpen }: { onOpen(what: "edit" | "call" | "delete"): void }) {
  const { refusal } = useApiSession();
  return (
    <>
      {!refusal("operator") && (
        <button type="button" className="btn main" onClick={() => onOpen("call")}>{say("Call it now…")}</button>
      )}
      {!refusal("editor") && (
        <>
          <button type="button" className="btn" onClick={() => onOpen("edit")}>{say("Edit")}</button>
          <button type="button" className="btn danger" onClick={() => onOpen("delete")}>{say("Delete")}</button>
        </>
      )}
    </>
  );
}

/** While it is open, steps wait: an operator who knows that the agent answers need not wait with them. */
function ResettableBreaker({ agent }: { agent: Agent }) {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const reset = useMutation({
    mutationFn: () => resetBreaker(api, agent.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["agents"] }),
  });
  const isOpen = agent.circuit_breaker.state !== "closed";
  return (
    <div className="agent-health">
      <Breaker agent={agent} />
      {isOpen && !refusal("operator") && (
        <button
          type="button"
          className="btn small"
          aria-disabled={reset.isPending}
          onClick={() => reset.isPending || reset.mutate()}
        >
          {reset.isPending ? say("Closing…") : say("Close it now")}
        </button>
      )}
      {reset.error && <span className="fault" role="alert">{reset.error.message}</span>}
    </div>
  );
}
