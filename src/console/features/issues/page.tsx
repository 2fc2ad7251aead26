/** Issues: one row for each cause for which something is not done that should be, and beside it what it is and what to do. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useParams, useSearchParams } from "wouter";
import { ALL, useAddonPlace } from "../../shell/addon_place.ts";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { focusRow } from "../../ui/split.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { say } from "../../words/say.ts";
import { type BulkFilter } from "../bulk/api.ts";
import { BulkDialog } from "../bulk/bulk_dialog.tsx";
import { BulkJobPanel } from "../bulk/job_panel.tsx";
import { useBulkJob } from "../bulk/use_bulk_job.ts";
import { type Issue, ISSUE_STATES, ISSUES, listIssues } from "./api.ts";
import { IssueLine, NoIssue, StateChoice } from "./issue_list.tsx";
import { IssuePane } from "./issue_pane.tsx";
import { IssuesTogether } from "./together.tsx";
import { bulkFilterOf, countText } from "./issue_words.ts";
import "./issues.css";

const POLL_MS = 10_000;

export function IssuesPage() {
  return useAddonPlace() === ALL ? <IssuesTogether /> : <IssuesOfOne />;
}

function IssuesOfOne() {
  const { api, session: { can } } = useSignedIn();
  const { number } = useFormat();
  const { id } = useParams<{ id?: string }>();
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const { jobId, setJob } = useBulkJob();
  const [retrying, setRetrying] = useState<{ title: string; filter: BulkFilter }>();
  const state = ISSUE_STATES.find((one) => one === params.get("show")) ?? "open";
  const { data, error, refetch } = useQuery({
    queryKey: [ISSUES, state],
    queryFn: ({ signal }) => listIssues(api, state, signal),
    refetchInterval: POLL_MS,
  });
  useEffect(() => {
    document.title = say("Issues · Timewire");
  }, []);
  const search = params.size > 0 ? `?${params}` : "";
  const hrefOf = (one?: string) => `/issues${one === undefined ? "" : `/${one}`}${search}`;
  useKeys([
    { keys: "j", label: say("Next issue (Enter opens it)"), run: () => focusRow(1) },
    { keys: "k", label: say("Previous issue (Enter opens it)"), run: () => focusRow(-1) },
    { keys: "Escape", label: say("Close the issue"), run: () => id !== undefined && navigate(hrefOf()) },
  ]);
  const open = data?.issues.find((one) => one.id === id);
  const retry = (issue: Issue) => {
    const filter = bulkFilterOf(issue);
    if (filter) setRetrying({ title: say("Retry {what}", { what: countText(issue, number) }), filter });
  };
  return (
    <div className={id === undefined ? "stack is" : "stack is with-one"}>
      <div className="row split-head">
        <h1>{say("Issues")}</h1>
        {data && (
          <span className="muted" role="status">
            {say("{open} open · {muted} muted", {
              open: number(data.counts.open),
              muted: number(data.counts.muted),
            })}
          </span>
        )}
        <span className="grow" />
        <StateChoice state={state} />
      </div>
      {jobId !== null && can.write && (
        <BulkJobPanel
          key={jobId}
          id={jobId}
          refresh={[ISSUES]}
          onClose={() => setJob(undefined)}
        />
      )}
      <div className="split">
        <section className="stack split-list" aria-label={say("Causes")}>
          {error && !data && <Failure error={error} what={say("the issues")} onRetry={() => void refetch()} />}
          {!data && !error && <Skeleton label={say("Loading the issues")} />}
          {data?.issues.length === 0 && <NoIssue state={state} />}
          {data && data.issues.length > 0 && (
            <ul className="panel flush split-rows">
              {data.issues.map((one) => (
                <li key={one.id}>
                  <IssueLine issue={one} href={hrefOf(one.id)} isOpen={one.id === id} />
                </li>
              ))}
            </ul>
          )}
          {data?.is_cut && (
            <p className="muted">
              {say(
                "There are more failures than are looked through: the counts are of the newest 2,000, and the list is of 200.",
              )}
            </p>
          )}
        </section>
        {id !== undefined && data && (
          <section className="panel stack split-pane" aria-label={say("Issue")}>
            <Link href={hrefOf()} className="split-back">{say("All issues")}</Link>
            {open
              ? <IssuePane key={open.id} issue={open} onRetry={() => retry(open)} />
              : (
                <Empty title={say("Nothing stands of it here")}>
                  {say("It is over: what failed was sent again, or it was muted or resolved.")}
                </Empty>
              )}
          </section>
        )}
      </div>
      {retrying && (
        <BulkDialog
          {...retrying}
          onJob={(id) => {
            setRetrying(undefined);
            setJob(id);
          }}
          onClose={() => setRetrying(undefined)}
        />
      )}
    </div>
  );
}
