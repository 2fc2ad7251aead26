/** The agents: whether each answers, what it is called with, and what a person may do with it. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { type ListFilter, ListFrame } from "../../ui/list_frame.tsx";
import { Empty } from "../../ui/states.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { AgentForm } from "./agent_form.tsx";
import { AgentTable } from "./agent_table.tsx";
import { type Agent, checkAgent, listAgents } from "./api.ts";
import { CallDialog } from "./call_dialog.tsx";
import { DeleteAgentDialog } from "./delete_dialog.tsx";

type Open = { what: "new" } | { what: "edit" | "call" | "delete"; agent: Agent };

const FILTERS: readonly ListFilter[] = [
  { name: "name", label: say("Name contains") },
  {
    name: "status",
    label: say("Status"),
    choices: [
      ["", say("Any status")],
      ["active", say("Active##an agent")],
      ["inactive", say("Inactive##an agent")],
      ["deleted", say("Deleted##an agent")],
    ],
  },
];

export function AgentsPage() {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const filter = useUrlFilter();
  const [open, setOpen] = useState<Open>();
  useEffect(() => {
    document.title = `${say("Agents")} · Timewire`;
  }, []);
  const asked = { name: filter.get("name"), status: filter.get("status"), page: filter.page };
  const query = useQuery({
    queryKey: ["agents", asked],
    queryFn: ({ signal }) => listAgents(api, asked, signal),
    placeholderData: (before) => before,
  });
  const changed = () => {
    setOpen(undefined);
    void queries.invalidateQueries({ queryKey: ["agents"] });
  };
  const agents = query.data?.items ?? [];
  const cannotEdit = refusal("editor");
  const checkAll = () => {
    for (const { id, status } of agents) {
      if (status === "deleted") continue;
      void queries.fetchQuery({ queryKey: ["agent_health", id], queryFn: () => checkAgent(api, id), staleTime: 0 })
        .catch(() => {});
    }
  };
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">{say("Agents")}</h1>
        {agents.length > 0 && <button type="button" className="btn" onClick={checkAll}>{say("Check all shown")}
        </button>}
        {cannotEdit === null && (
          <button type="button" className="btn main" onClick={() => setOpen({ what: "new" })}>
            {say("Register an agent")}
          </button>
        )}
      </div>
      {cannotEdit !== null && (
        <p className="muted">{say("You may look at agents and check them. {why}.", { why: cannotEdit })}</p>
      )}
      <ListFrame
        noun="agent"
        query={query}
        filter={filter}
        filters={FILTERS}
        empty={
          <Empty title={say("No agent yet")}>
            <Say text="An agent is any program that answers JSON-RPC 2.0 <code>message/send</code> over HTTP. Steps of workflows send it their input by its name." />
            {" "}
            <GuardedButton className="btn" blocked={cannotEdit} onClick={() => setOpen({ what: "new" })}>
              {say("Register the first one")}
            </GuardedButton>
          </Empty>
        }
      >
        {(agents) => <AgentTable agents={agents} onOpen={(what, agent) => setOpen({ what, agent })} />}
      </ListFrame>
      {open?.what === "new" && <AgentForm onSaved={changed} onClose={() => setOpen(undefined)} />}
      {open?.what === "edit" && <AgentForm agent={open.agent} onSaved={changed} onClose={() => setOpen(undefined)} />}
      {open?.what === "call" && <CallDialog agent={open.agent} onClose={() => setOpen(undefined)} />}
      {open?.what === "delete" && (
        <DeleteAgentDialog
          agent={open.agent}
          onDeleted={changed}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}
