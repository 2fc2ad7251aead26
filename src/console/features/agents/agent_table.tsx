/** The agents as a table; cards where it is narrow. */

import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { say } from "../../words/say.ts";
import { AgentStatus, Breaker, CalledWith, Calls, Health } from "./agent_facts.tsx";
import type { Agent } from "./api.ts";
import "./agents.css";

export interface AgentTableProps {
  agents: readonly Agent[];
  onOpen(what: "edit" | "call" | "delete", agent: Agent): void;
}

const COLUMNS = [
  say("Agent"),
  say("Status"),
  say("Health"),
  say("Breaker"),
  say("Calls, 24 h"),
  say("Called with"),
];

export function AgentTable({ agents, onOpen }: AgentTableProps) {
  return (
    <RowsTable caption={say("Agents, newest first")} columns={COLUMNS} withActions className="agent-table">
      {agents.map((agent) => <AgentRow key={agent.id} agent={agent} onOpen={onOpen} />)}
    </RowsTable>
  );
}

function AgentRow({ agent, onOpen }: { agent: Agent; onOpen: AgentTableProps["onOpen"] }) {
  const { refusal } = useApiSession();
  const isGone = agent.status === "deleted";
  return (
    <tr>
      <td data-label={say("Agent")}>
        <div>
          <Link href={`/agents/${agent.id}`}>
            <bdi>{agent.name}</bdi>
          </Link>
          <div className="muted agent-url">
            <bdi>{agent.url}</bdi>
          </div>
          {agent.description && (
            <div className="faint">
              <bdi>{agent.description}</bdi>
            </div>
          )}
        </div>
      </td>
      <td data-label={say("Status")}>
        <AgentStatus agent={agent} />
      </td>
      <td data-label={say("Health")}>{isGone ? <span className="muted">–</span> : <Health agent={agent} />}</td>
      <td data-label={say("Breaker")}>
        {isGone ? <span className="muted">–</span> : <Breaker agent={agent} />}
      </td>
      <td data-label={say("Calls, 24 h")}>
        <Calls agent={agent} />
      </td>
      <td data-label={say("Called with")}>
        <CalledWith agent={agent} />
      </td>
      <td data-label={say("Actions")}>
        {!isGone && (
          <span className="agent-buttons">
            {!refusal("operator") && (
              <button
                type="button"
                className="btn small"
                onClick={() => onOpen("call", agent)}
              >
                {say("Call it now…")}
                <span className="visually-hidden">{agent.name}</span>
              </button>
            )}
            {!refusal("editor") && (
              <>
                <button type="button" className="btn small" onClick={() => onOpen("edit", agent)}>
                  {say("Edit")}
                  <span className="visually-hidden">{agent.name}</span>
                </button>
                <button type="button" className="btn small danger" onClick={() => onOpen("delete", agent)}>
                  {say("Delete")}
                  <span className="visually-hidden">{agent.name}</span>
                </button>
              </>
            )}
          </span>
        )}
      </td>
    </tr>
  );
}
