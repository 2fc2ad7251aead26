/** One run with its steps: loaded again each second while it is active. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useParams, useSearchParams } from "wouter";
import { ApiError } from "../../shell/client.ts";
import { getRun, type RunDetail } from "./api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { AgainDialog } from "./again_dialog.tsx";
import { CancelDialog } from "./cancel_dialog.tsx";
import { getNodes, isNested } from "./nodes_api.ts";
import { RunTree } from "./run_tree.tsx";
import { RetryDialog } from "./retry_dialog.tsx";
import { VersionDialog } from "./run_dialogs.tsx";
import { RUN_TITLE, RunHead } from "./run_head.tsx";
import { ACTIVE_STATES, stepToShow } from "./run_words.ts";
import { RunValues } from "./run_values.tsx";
import { StepDetails } from "./step_details.tsx";
import { RunWaterfall } from "./waterfall.tsx";
import { layOut } from "./waterfall_layout.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";
import { useRunChanges } from "./use_run_changes.ts";

const ACTIVE_POLL_MS = 1_000;

export function RunPage() {
  const { id } = useParams<{ id: string }>();
  const { api } = useSignedIn();
  const query = useQuery({
    queryKey: ["runs", "one", id],
    queryFn: ({ signal }) => getRun(api, id, signal),
    refetchInterval: ({ state: { data } }) => data && ACTIVE_STATES.has(data.state) ? ACTIVE_POLL_MS : false,
  });
  useEffect(() => {
    document.title = say("Run · Timewire");
  }, []);
  const { data: run, error } = query;
  return (
    <div className="stack">
      <div className="row">
        <Link href="/runs">{say("All runs")}</Link>
        {run && <Link href={`/journal?run_id=${run.id}`}>{say("What this run wrote")}</Link>}
      </div>
      {!run && query.isPending && (
        <>
          <h1>{say("Run")}</h1>
          <Skeleton lines={10} label={say("Loading the run")} />
        </>
      )}
      {error && <RunFailure error={error} known={run !== undefined} onRetry={() => void query.refetch()} />}
      {run && <Inspector key={run.id} run={run} readAt={query.dataUpdatedAt} />}
    </div>
  );
}

function RunFailure({ error, known, onRetry }: { error: Error; known: boolean; onRetry(): void }) {
  if (!known && error instanceof ApiError && error.status === 404) {
    return (
      <>
        <h1>{say("Run")}</h1>
        <Empty title={say("There is no such run")}>
          {say("It may have been deleted by retention, or belong to another workspace.")}{" "}
          <Link href="/runs">{say("All runs")}</Link>
        </Empty>
      </>
    );
  }
  return (
    <>
      {!known && <h1>{say("Run")}</h1>}
      <Failure error={error} what={say("the run")} onRetry={onRetry} />
    </>
  );
}

function Inspector({ run, readAt }: { run: RunDetail; readAt: number }) {
  const { api, session: { can } } = useSignedIn();
  const [params, setParams] = useSearchParams();
  const [open, setOpen] = useState<"retry" | "cancel" | "version" | "again">();
  const [changed, setChanged] = useState(0);
  // The dialog returns the focus to the button that opened it, which is about to be disabled.
  useEffect(() => {
    if (changed > 0) document.getElementById(RUN_TITLE)?.focus();
  }, [changed]);
  const layout = layOut(run, readAt);
  const { data: nodes } = useQuery({
    queryKey: ["runs", "nodes", run.id],
    queryFn: ({ signal }) => getNodes(api, run.id, { signal }),
    refetchInterval: ACTIVE_STATES.has(run.state) && ACTIVE_POLL_MS,
  });
  const isTree = nodes !== undefined && isNested(nodes);
  const shown = stepToShow(run.steps);
  // Of a tree the first step may be in a case that was not chosen.
  const step = run.steps.find(({ path }) => path === params.get("step")) ??
    (isTree && shown?.state === "not_started" ? undefined : shown);
  const { retry, cancel, pause, resume } = useRunChanges(run.id, () => {
    setOpen(undefined);
    setChanged((before) => before + 1);
  });
  const hold = run.pausedAt ? resume : pause;
  const blocked = !can.write ? can.reason : run.canRetry ? null : run.retryReason ?? say("This run cannot be retried");
  useKeys(blocked ? [] : [{ keys: "r", label: say("Retry this run"), run: () => setOpen("retry") }]);
  const choose = (path: string) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      after.set("step", path);
      return after;
    }, { replace: true });
  return (
    <>
      <RunHead
        run={run}
        totalMs={layout.totalMs}
        onShowVersion={() => setOpen("version")}
        actions={
          <>
            {can.write && ACTIVE_STATES.has(run.state) && (
              <>
                <button
                  type="button"
                  className="btn"
                  aria-disabled={hold.isPending}
                  onClick={() => hold.isPending || hold.mutate()}
                >
                  {run.pausedAt ? say("Resume") : say("Pause")}
                </button>
                <button type="button" className="btn danger" onClick={() => setOpen("cancel")}>{say("Cancel…")}</button>
              </>
            )}
            {can.write && step && !ACTIVE_STATES.has(run.state) && (
              <button
                type="button"
                className="btn"
                onClick={() => setOpen("again")}
              >
                {say("Run again from this step…")}
              </button>
            )}
            <GuardedButton
              blocked={blocked}
              className={run.state === "failed" ? "btn main" : "btn"}
              onClick={() => setOpen("retry")}
            >
              {say("Retry…")}
            </GuardedButton>
          </>
        }
      />
      <div className="run-split">
        {isTree
          ? <RunTree run={run} nodes={nodes} chosen={step?.path} onChoose={choose} />
          : <RunWaterfall run={run} layout={layout} chosen={step?.path} onChoose={({ path }) => choose(path)} />}
        {step && <StepDetails key={step.path} run={run} step={step} />}
      </div>
      <RunValues run={run} />
      {open === "again" && step && (
        <AgainDialog
          run={run}
          from={step}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "version" && <VersionDialog run={run} onClose={() => setOpen(undefined)} />}
      {open === "cancel" && (
        <CancelDialog
          run={run}
          busy={cancel.isPending}
          problem={cancel.error?.message}
          onCancel={() => cancel.mutate()}
          onClose={() => {
            setOpen(undefined);
            cancel.reset();
          }}
        />
      )}
      {open === "retry" && (
        <RetryDialog
          run={run}
          busy={retry.isPending}
          problem={retry.error?.message}
          onRetry={(version) => retry.mutate(version)}
          onClose={() => {
            setOpen(undefined);
            retry.reset();
          }}
        />
      )}
    </>
  );
}
