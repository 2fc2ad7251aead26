/** Flows: which there are, on or off, how their last runs went; new, duplicate and delete. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { createFlow, type FlowRow, listFlows, removeFlow, updateFlow } from "./api.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { FlowTable } from "./flow_table.tsx";
import "./flows.css";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { useSignedIn } from "../../shell/session/login.tsx";

const REFRESH_MS = 10_000;

export function FlowsPage() {
  const { api, session, drafts } = useSignedIn();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const toast = useToast();
  const [deleting, setDeleting] = useState<FlowRow>();
  useEffect(() => {
    document.title = "Flows · Timewire";
  }, []);
  const { data: flows, error, refetch } = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    refetchInterval: REFRESH_MS,
  });
  const blocked = session.can.write ? null : session.can.reason;
  const reread = () => queries.invalidateQueries({ queryKey: ["flows"] });
  const fail = (what: string) => (problem: Error) => {
    const faults = problem instanceof ApiError ? problem.faults.map(({ message }) => message).join("; ") : "";
    toast(`Cannot ${what}: ${problem.message}${faults && `. ${faults}`}`, "bad");
    void reread();
  };
  const turn = useMutation({
    mutationFn: ({ flow, on }: { flow: FlowRow; on: boolean }) => updateFlow(api, flow.id, { parts: { enabled: on } }),
    onSuccess: ({ definition: { name, enabled } }) => {
      toast(`${name} is ${enabled ? "on" : "off"}`);
      return reread();
    },
    onError: fail("switch the flow"),
  });
  const duplicate = useMutation({
    mutationFn: ({ definition }: FlowRow) =>
      createFlow(api, { ...definition, name: `${definition.name.slice(0, 240)} (copy)`, enabled: false }),
    onSuccess: () => {
      toast("The copy is off until it is switched on");
      return reread();
    },
    onError: fail("duplicate the flow"),
  });
  const remove = useMutation({
    mutationFn: ({ id }: FlowRow) => removeFlow(api, id),
    onSuccess: (_, { id, definition: { name } }) => {
      drafts.drop(id);
      toast(`${name} was deleted. Its runs are kept`);
      return reread();
    },
    onError: fail("delete the flow"),
    onSettled: () => setDeleting(undefined),
  });
  const newFlow = (
    <GuardedButton className="btn main" blocked={blocked} onClick={() => navigate(`/flows/${NEW_FLOW}`)}>
      New flow
    </GuardedButton>
  );
  return (
    <div className="stack">
      <div className="row">
        <h1>Flows</h1>
        {flows && flows.length > 0 && (
          <span className="muted">
            {flows.length}, of which {flows.filter(({ definition }) => definition.enabled).length} on
          </span>
        )}
        <span className="grow" />
        {flows && flows.length > 0 && newFlow}
      </div>
      {drafts.get(NEW_FLOW) && (
        <p className="panel alert info">
          A new flow is not saved yet. <Link href={`/flows/${NEW_FLOW}`}>Go on with it</Link>
        </p>
      )}
      {error && !flows && <Failure error={error} what="the flows" onRetry={() => void refetch()} />}
      {!flows && !error && <Skeleton lines={6} label="Reading the flows" />}
      {flows?.length === 0 && (
        <Empty title="No flow yet">
          <div className="stack">
            <p>
              A flow acts when an event arrives: when a timer stops without a project, it adds a tag; when a client is
              made, it tells another system. It names the events, the conditions and the actions.
            </p>
            <div>{newFlow}</div>
          </div>
        </Empty>
      )}
      {flows && flows.length > 0 && (
        <FlowTable
          flows={flows}
          blocked={blocked}
          isUnsaved={({ id }) => drafts.get(id) !== undefined}
          onSwitch={(flow, on) => turn.mutate({ flow, on })}
          onDuplicate={(flow) =>
            // Only who waited here is led to the copy.
            duplicate.isPending || duplicate.mutate(flow, { onSuccess: ({ id }) => navigate(`/flows/${id}`) })}
          onDelete={setDeleting}
        />
      )}
      {deleting && (
        <Dialog title="Delete the flow?" onClose={() => setDeleting(undefined)}>
          <p>
            <bdi>{deleting.definition.name}</bdi> will start no more runs. Its{" "}
            <Link href={`/runs?flow_id=${deleting.id}`}>runs and their history</Link>{" "}
            are kept. It cannot be brought back; switching it off keeps it.
          </p>
          <div className="row">
            <button
              type="button"
              className="btn danger"
              disabled={remove.isPending}
              onClick={() => remove.mutate(deleting)}
            >
              Delete the flow
            </button>
            <button type="button" className="btn" onClick={() => setDeleting(undefined)}>Keep it</button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
