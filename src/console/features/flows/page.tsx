/** Flows: which there are, on or off, how their last runs went; new, duplicate, delete, import and export; where things are used. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { createFlow, type FlowRow, listFlows, removeFlow, updateFlow } from "./api.ts";
import { NotConfirmed, useConfirming } from "./confirm_dialog.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ExportDialog } from "./export_dialog.tsx";
import { FlowTable } from "./flow_table.tsx";
import "./flows.css";
import { ImportDialog } from "./import_dialog.tsx";
import { NewDraftList } from "./new_draft_list.tsx";
import { WhereUsed } from "./where_used.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const REFRESH_MS = 10_000;

export function FlowsPage() {
  const { api, session, drafts } = useSignedIn();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const toast = useToast();
  const [deleting, setDeleting] = useState<FlowRow>();
  const [file, setFile] = useState<"import" | "export">();
  useEffect(() => {
    document.title = `${say("Flows")} · Timewire`;
  }, []);
  const { data: flows, error, refetch } = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    refetchInterval: REFRESH_MS,
  });
  const blocked = session.can.write ? null : session.can.reason;
  const reread = () => queries.invalidateQueries({ queryKey: ["flows"] });
  const { confirmed, dialog } = useConfirming();
  const fail = (cannot: string) => (problem: Error) => {
    if (problem instanceof NotConfirmed) return;
    const faults = problem instanceof ApiError ? problem.faults.map(({ message }) => message).join("; ") : "";
    toast(`${cannot}: ${problem.message}${faults && `. ${faults}`}`, "bad");
    void reread();
  };
  const turn = useMutation({
    mutationFn: ({ flow, on }: { flow: FlowRow; on: boolean }) => updateFlow(api, flow.id, { parts: { enabled: on } }),
    onSuccess: ({ definition: { name, enabled } }) => {
      toast(enabled ? say("{name} is on", { name }) : say("{name} is off", { name }));
      return reread();
    },
    onError: fail(say("Cannot switch the flow")),
  });
  const duplicate = useMutation({
    mutationFn: ({ definition }: FlowRow) => {
      const copy = { ...definition, name: `${definition.name.slice(0, 240)} (copy)`, enabled: false };
      return confirmed((token) => createFlow(api, copy, { token }));
    },
    onSuccess: () => {
      toast(say("The flow was duplicated. The copy is off"));
      return reread();
    },
    onError: fail(say("Cannot duplicate the flow")),
  });
  const remove = useMutation({
    mutationFn: ({ id }: FlowRow) => removeFlow(api, id),
    onSuccess: (_, { id, definition: { name } }) => {
      drafts.drop(id);
      toast(say("{name} was deleted. Its runs are kept", { name }));
      return reread();
    },
    onError: fail(say("Cannot delete the flow")),
    onSettled: () => setDeleting(undefined),
  });
  const newFlow = (
    <GuardedButton className="btn main" blocked={blocked} onClick={() => navigate(`/flows/${NEW_FLOW}`)}>
      {say("New flow")}
    </GuardedButton>
  );
  const importButton = (
    <GuardedButton className="btn" blocked={blocked} onClick={() => setFile("import")}>{say("Import…")}</GuardedButton>
  );
  return (
    <div className="stack">
      <div className="row">
        <h1>{say("Flows")}</h1>
        {flows && flows.length > 0 && (
          <span className="muted">
            {sayCount(flows.length, "{count} flow, {on} on", "{count} flows, {on} on", {
              count: flows.length,
              on: flows.filter(({ definition }) => definition.enabled).length,
            })}
          </span>
        )}
        <span className="grow" />
        {flows && flows.length > 0 && (
          <>
            {importButton}
            <button type="button" className="btn" onClick={() => setFile("export")}>{say("Export…")}</button>
            {newFlow}
          </>
        )}
      </div>
      {drafts.get(NEW_FLOW) && (
        <p className="panel alert info">
          {say("You have a new flow that is not saved.")}{" "}
          <Link href={`/flows/${NEW_FLOW}`}>{say("Continue editing")}</Link>
        </p>
      )}
      <NewDraftList blocked={blocked} />
      {error && !flows && <Failure error={error} what={say("the flows")} onRetry={() => void refetch()} />}
      {!flows && !error && <Skeleton lines={6} label={say("Loading the flows")} />}
      {flows?.length === 0 && (
        <Empty title={say("No flow yet")}>
          <div className="stack">
            <p>
              {say(
                "A flow runs actions when an event arrives: it adds a tag when a timer stops without a project, or calls another system when a client is created. It has events, conditions and actions.",
              )}
            </p>
            <div className="row">
              {newFlow}
              {importButton}
            </div>
          </div>
        </Empty>
      )}
      {flows && flows.length > 0 && <WhereUsed />}
      {flows && flows.length > 0 && (
        <FlowTable
          flows={flows}
          blocked={blocked}
          isUnsaved={({ id }) => drafts.get(id) !== undefined}
          onSwitch={(flow, on) => turn.mutate({ flow, on })}
          onDuplicate={(flow) =>
            // Opens the copy only if the viewer is still on this page.
            duplicate.isPending || duplicate.mutate(flow, { onSuccess: ({ id }) => navigate(`/flows/${id}`) })}
          onDelete={setDeleting}
        />
      )}
      {dialog}
      {file === "import" && <ImportDialog onClose={() => setFile(undefined)} />}
      {file === "export" && flows && (
        <ExportDialog
          flows={flows}
          mayWrite={session.can.write}
          onClose={() => setFile(undefined)}
        />
      )}
      {deleting && (
        <Dialog title={say("Delete the flow?")} onClose={() => setDeleting(undefined)}>
          <p>
            <Say
              text="{name} will start no more runs. Its <a>runs and their history</a> are kept. This cannot be undone; you can switch the flow off instead."
              values={{ name: <bdi>{deleting.definition.name}</bdi> }}
              tags={{ a: (inner) => <Link href={`/runs?flow_id=${deleting.id}`}>{inner}</Link> }}
            />
          </p>
          <div className="row">
            <button
              type="button"
              className="btn danger"
              disabled={remove.isPending}
              onClick={() => remove.mutate(deleting)}
            >
              {say("Delete the flow")}
            </button>
            <button type="button" className="btn" onClick={() => setDeleting(undefined)}>{say("Cancel")}</button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
