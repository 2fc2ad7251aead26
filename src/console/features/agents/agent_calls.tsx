/** The workflows whose steps call an agent, and its last calls with what became of each. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { runPath } from "../workflow_runs/api.ts";
import { StatusTag } from "../workflows/status.tsx";
import { type Agent, type AgentStepCall, callsOfAgent, usesOfAgent } from "./api.ts";

const REREAD_MS = 10_000;

export function Uses({ agent: { id } }: { agent: Agent }) {
  const { api } = useApiSession();
  const query = useQuery({ queryKey: ["agent uses", id], queryFn: ({ signal }) => usesOfAgent(api, id, signal) });
  const { data } = query;
  return (
    <section className="stack agent-part">
      <h2>Workflows that call it</h2>
      {query.isPending && <Skeleton lines={3} label="Looking for workflows that call it" />}
      {query.isError && <Failure error={query.error} what="its uses" onRetry={() => void query.refetch()} />}
      {data?.total === 0 && <p className="muted">No workflow calls it.</p>}
      {data && data.total > 0 && (
        <RowsTable caption="Workflows that call the agent, by name" columns={["Workflow", "Status", "Steps"]}>
          {data.items.map((use) => (
            <tr key={use.id}>
              <td data-label="Workflow">
                <Link href={`/workflows/${use.id}`}>
                  <bdi>{use.name}</bdi>
                </Link>
              </td>
              <td data-label="Status">
                <StatusTag status={use.status} />
              </td>
              <td data-label="Steps">
                <bdi>{use.steps.join(", ")}</bdi>
              </td>
            </tr>
          ))}
        </RowsTable>
      )}
      {data && data.total > data.items.length && <p className="muted">And {data.total - data.items.length} more.</p>}
      {data?.is_cut && <p className="muted">Only the workflows that were changed last were looked through.</p>}
    </section>
  );
}

export function LastCalls({ agent: { id } }: { agent: Agent }) {
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["agent calls", id],
    queryFn: ({ signal }) => callsOfAgent(api, id, signal),
    refetchInterval: REREAD_MS,
  });
  const { data } = query;
  return (
    <section className="stack agent-part">
      <h2>Last calls</h2>
      {query.isPending && <Skeleton lines={5} label="Loading its last calls" />}
      {query.isError && <Failure error={query.error} what="its last calls" onRetry={() => void query.refetch()} />}
      {data?.items.length === 0 && (
        <p className="muted">No step has called it in the last runs of the workflows above.</p>
      )}
      {data && data.items.length > 0 && (
        <RowsTable
          caption="Calls by steps, newest first"
          columns={["Time", "Step", "Outcome", { head: "Duration", align: "num" }]}
        >
          {data.items.map((call) => <CallRow key={`${call.run_id} ${call.step_id} ${call.started_at}`} call={call} />)}
        </RowsTable>
      )}
    </section>
  );
}

const OUTCOMES: Record<AgentStepCall["state"], { tone: Tone; word: string }> = {
  started: { tone: "wait", word: "In progress" },
  succeeded: { tone: "ok", word: "Answered" },
  failed: { tone: "bad", word: "Failed" },
  snoozed: { tone: "warn", word: "Put off" },
  uncertain: { tone: "warn", word: "Answer unknown" },
};

function CallRow({ call }: { call: AgentStepCall }) {
  const format = useFormat();
  const { tone, word } = OUTCOMES[call.state];
  const ms = call.completed_at === null ? null : Date.parse(call.completed_at) - Date.parse(call.started_at);
  return (
    <tr>
      <td data-label="Time">
        <Link href={runPath(call.run_id)}>
          <When at={new Date(call.started_at)} />
        </Link>
      </td>
      <td data-label="Step">
        <div>
          <Link href={`/workflows/${call.workflow_definition_id}`}>
            <bdi>{call.workflow_name}</bdi>
          </Link>
          <div className="muted">
            step <code>{call.step_id}</code>
            {call.attempt > 1 && `, attempt ${call.attempt}`}
          </div>
        </div>
      </td>
      <td data-label="Outcome">
        <div>
          <Tag tone={tone}>{word}</Tag>
          {call.error_message && (
            <div className="muted">
              <bdi>{call.error_message}</bdi>
            </div>
          )}
        </div>
      </td>
      <td data-label="Duration" className="num nowrap">
        {ms === null ? <span className="muted">–</span> : format.duration(ms)}
      </td>
    </tr>
  );
}
