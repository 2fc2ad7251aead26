/** The versions of a workflow: who made which, what differs between two, and the way back to an earlier one. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { compareVersions, listVersions, rollBack, type Workflow, type WorkflowDifference } from "./api.ts";
import { say } from "../../words/say.ts";

export function VersionsTab({ workflow, onChanged }: { workflow: Workflow; onChanged(): void }) {
  const { api, refusal } = useApiSession();
  const [page, setPage] = useState(1);
  const [compared, setCompared] = useState({ from: Math.max(1, workflow.version - 1), to: workflow.version });
  const [back, setBack] = useState<number>();
  const query = useQuery({
    queryKey: ["workflow", workflow.id, "versions", workflow.version, page],
    queryFn: ({ signal }) => listVersions(api, workflow.id, page, signal),
    placeholderData: (before) => before,
  });
  if (query.isPending) return <Skeleton lines={5} label={say("Loading versions")} />;
  if (query.isError && !query.data) {
    return <Failure error={query.error} what={say("the versions")} onRetry={() => void query.refetch()} />;
  }
  const { items, total, total_pages } = query.data!;
  const mayChange = !refusal("editor") && workflow.status !== "deleted";
  return (
    <div className="stack">
      <RowsTable
        caption={say("Versions, newest first")}
        columns={[say("Version"), say("Made by"), say("When")]}
        withActions
      >
        {items.map(({ version, is_current, restored_from, created_by, created_at }) => (
          <tr key={version}>
            <td data-label={say("Version")}>
              <span>
                {version} {is_current && <Tag tone="ok">{say("current")}</Tag>}{" "}
                {restored_from !== null && (
                  <span className="muted">{say("is version {version} again", { version: restored_from })}</span>
                )}
              </span>
            </td>
            <td data-label={say("Made by")}>
              <bdi>{created_by}</bdi>
            </td>
            <td data-label={say("When")}>
              <When at={new Date(created_at)} as="full" />
            </td>
            <td data-label={say("Actions")} className="num">
              {mayChange && !is_current && (
                <button
                  type="button"
                  className="btn small"
                  onClick={() => setBack(version)}
                >
                  {say("Roll back")}
                  <span className="visually-hidden">{say("to version {version}", { version })}</span>
                </button>
              )}
            </td>
          </tr>
        ))}
      </RowsTable>
      <Pager noun="version" total={total} page={page} totalPages={total_pages} onPage={setPage} />
      {workflow.version > 1 && (
        <Compare
          workflow={workflow}
          {...compared}
          onChoose={(changed) => setCompared({ ...compared, ...changed })}
        />
      )}
      {back !== undefined && (
        <RollBackDialog
          workflow={workflow}
          version={back}
          onDone={() => {
            setBack(undefined);
            onChanged();
          }}
          onClose={() => setBack(undefined)}
        />
      )}
    </div>
  );
}

function Compare(
  { workflow, from, to, onChoose }: {
    workflow: Workflow;
    from: number;
    to: number;
    onChoose(changed: { from?: number; to?: number }): void;
  },
) {
  const versions = Array.from({ length: Math.min(workflow.version, 200) }, (_, index) => workflow.version - index);
  const choice = (label: string, value: number, name: "from" | "to") => (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChoose({ [name]: Number(target.value) })}>
        {versions.map((version) => (
          <option key={version} value={version}>{say("Version {version}", { version })}</option>
        ))}
      </select>
    </label>
  );
  return (
    <section className="panel stack" aria-label={say("Compare versions")}>
      <h2>{say("Compare")}</h2>
      <div className="row">
        {choice(say("From"), from, "from")}
        {choice(say("To"), to, "to")}
      </div>
      <Differences id={workflow.id} from={from} to={to} />
    </section>
  );
}

function Differences({ id, from, to }: { id: string; from: number; to: number }) {
  const { api } = useApiSession();
  const query = useQuery({
    queryKey: ["workflow", id, "compare", from, to],
    queryFn: ({ signal }) => compareVersions(api, id, { from, to }, signal),
  });
  if (query.isPending) return <Skeleton lines={3} label={say("Comparing")} />;
  if (query.isError) {
    return (
      <Failure
        error={query.error}
        what={say("the differences")}
        onRetry={() => void query.refetch()}
      />
    );
  }
  const { changes } = query.data;
  if (changes.length === 0) return <p>{say("They do not differ.")}</p>;
  return (
    <table className="cards wf-diff">
      <caption className="visually-hidden">
        {say("Differences between version {from} and version {to}", { from, to })}
      </caption>
      <thead>
        <tr>
          <th scope="col">{say("Where")}</th>
          <th scope="col">{say("Version {version}", { version: from })}</th>
          <th scope="col">{say("Version {version}", { version: to })}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <td data-label={say("Where")}>
              <bdi>{change.path}</bdi>
            </td>
            <td data-label={say("Version {version}", { version: from })}>
              <bdi>{shown(change, "before")}</bdi>
            </td>
            <td data-label={say("Version {version}", { version: to })}>
              <bdi>{shown(change, "after")}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shown({ kind, before, after }: WorkflowDifference, side: "before" | "after"): string {
  if (kind === (side === "before" ? "added" : "removed")) return "–";
  return JSON.stringify(side === "before" ? before : after, null, 1);
}

function RollBackDialog(
  { workflow, version, onDone, onClose }: {
    workflow: Workflow;
    version: number;
    onDone(): void;
    onClose(): void;
  },
) {
  const { api } = useApiSession();
  const toast = useToast();
  const change = useMutation({
    mutationFn: () => rollBack(api, workflow.id, version),
    onSuccess: ({ version: made }) => {
      toast(say("Version {made} is version {version} again", { made, version }));
      onDone();
    },
  });
  return (
    <Dialog title={say("Roll back to version {version}?", { version })} className="wf-wide" onClose={onClose}>
      <p>
        {say(
          "Version {version} becomes version {next}, which new runs take. Runs in progress keep theirs, and no version is lost. What changes:",
          { version, next: workflow.version + 1 },
        )}
      </p>
      <Differences id={workflow.id} from={workflow.version} to={version} />
      {change.error && <p className="fault" role="alert">{change.error.message}.</p>}
      <div className="row">
        <button
          type="button"
          className="btn main"
          aria-disabled={change.isPending}
          onClick={() => !change.isPending && change.mutate()}
        >
          {change.isPending ? say("Rolling back…") : say("Roll back")}
        </button>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}
