/** The workflows whose steps call an agent, and its last calls with what became of each. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { runPath } from "../workflow_runs/api.ts";
import { StatusTag } from "../workflows/status.tsx";
import { type Agent, type AgentStepCall, callsOfAgent, usesOfAgent } from "./api.ts";

const REREAD_MS = 10_000;

export function Uses({ agent: { id } }: { agent: Agent }) {
  const { api } = useApiSession();
  const query = useQuery({ queryKey: ["agent_uses", id], queryFn: ({ signal }) => usesOfAgent(api, id, signal) });
  const { data } = query;
  return (
    <section className="stack agent-part">
      <h2>{say("Workflows that call it")}</h2>
      {query.isPending && <Skeleton lines={3} label={say("Looking for workflows that call it")} />}
      {query.isError && <Failure error={query.error} what={say("its uses")} onRetry={() => void query.refetch()} />}
      {data?.total === 0 && <p className="muted">{say("No workflow calls it.")}</p>}
      {data && data.total > 0 && (
        <RowsTable
          caption={say("Workflows that call the agent, by name")}
          columns={[say("Workflow"), say("Status"), say("Steps")]}
        >
          {data.items.map((use) => (
            <tr key={use.id}>
              <td data-label={say("Workflow")}>
                <Link href={`/workflows/${use.id}`}>
                  <bdi>{use.name}</bdi>
                </Link>
              </td>
              <td data-label={say("Status")}>
                <StatusTag status={use.status} />
              </td>
              <td data-label={say("Steps")}>
                <bdi>{use.steps.join(", ")}</bdi>
              </td>
            </tr>
          ))}
        </RowsTable>
      )}
      {data && data.total > data.items.length && (
        <p className="muted">{say("And {count} more.", { count: data.total - data.items.length })}</p>
      )}
      {data?.is_cut && <p className="muted">{say("Only the workflows that were changed last were looked through.")}</p>}
    </section>
  );
}

export function LastCalls({ agent: { id } }: { agent: Agent }) {
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["agent_calls", id],
    queryFn: ({ signal }) => callsOfAgent(api, id, signal),
    refetchInterval: REREAD_MS,
  });
  const { data } = query;
  return (
    <section className="stack agent-part">
      <h2>{say("Last calls")}</h2>
      {query.isPending && <Skeleton lines={5} label={say("Loading its last calls")} />}
      {query.isError && (
        <Failure
          error={query.error}
          what={say("its last calls")}
          onRetry={() => void query.refetch()}
        />
      )}
      {data?.items.length === 0 && (
        <p className="muted">{say("No step has called it in the last runs of the workflows above.")}</p>
      )}
      {data && data.items.length > 0 && (
        <RowsTable
          caption={say("Calls by steps, newest first")}
          columns={[say("Time"), say("Step"), say("Outcome"), { head: say("Duration"), align: "num" }]}
        >
          {data.items.map((call) => <CallRow key={`${call.run_id} ${call.step_id} ${call.started_at}`} call={call} />)}
        </RowsTable>
      )}
    </section>
  );
}

const OUTCOMES: Record<AgentStepCall["state"], { tone: Tone; word: string }> = {
  started: { tone: "wait", word: say("In progress") },
  succeeded: { tone: "ok", word: say("Answered") },
  failed: { tone: "bad", word: say("Failed") },
  snoozed: { tone: "warn", word: say("Put off") },
  uncertain: { tone: "warn", word: say("Answer unknown") },
};

function CallRow({ call }: { call: AgentStepCall }) {
  const format = useFormat();
  const { tone, word } = OUTCOMES[call.state];
  const ms = call.completed_at === null ? null : Date.parse(call.completed_at) - Date.parse(call.started_at);
  return (
    <tr>
      <td data-label={say("Time")}>
        <Link href={runPath(call.run_id)}>
          <When at={new Date(call.started_at)} />
        </Link>
      </td>
      <td data-label={say("Step")}>
        <div>
          <Link href={`/workflows/${call.workflow_definition_id}`}>
            <bdi>{call.workflow_name}</bdi>
          </Link>
          <div className="muted">
            {call.attempt > 1
              ? (
                <Say
                  text="step <code>{step}</code>, attempt {attempt}"
                  values={{ step: call.step_id, attempt: call.attempt }}
                />
              )
              : <Say text="step <code>{step}</code>" values={{ step: call.step_id }} />}
          </div>
        </div>
      </td>
      <td data-label={say("Outcome")}>
        <div>
          <Tag tone={tone}>{word}</Tag>
          {call.error_message && (
            <div className="muted">
              <bdi>{call.error_message}</bdi>
            </div>
          )}
        </div>
      </td>
      <td data-label={say("Duration")} className="num nowrap">
        {ms === null ? <span className="muted">–</span> : format.duration(ms)}
      </td>
    </tr>
  );
}
