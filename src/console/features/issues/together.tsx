/** The issues of all add-ons together: each opens in its add-on, where it can be handled. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Redirect, useParams, useSearchParams } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { say } from "../../words/say.ts";
import { ISSUE_STATES, ISSUES, type IssueState, listIssuesTogether } from "./api.ts";
import { IssueLine, NoIssue, StateChoice } from "./issue_list.tsx";
import "./issues.css";

const POLL_MS = 10_000;

export function IssuesTogether() {
  const { api } = useSignedIn();
  const { number } = useFormat();
  const { id } = useParams<{ id?: string }>();
  const [params] = useSearchParams();
  const state: IssueState = ISSUE_STATES.find((one) => one === params.get("show")) ?? "open";
  const { data, error, refetch } = useQuery({
    queryKey: [ISSUES, "together", state],
    queryFn: ({ signal }) => listIssuesTogether(api, state, signal),
    refetchInterval: POLL_MS,
  });
  useEffect(() => void (document.title = say("Issues · Timewire")), []);
  const hrefOf = (one: { id: string; addon: string }) => {
    const there = new URLSearchParams(params);
    there.set("addon", one.addon);
    return `/issues/${one.id}?${there}`;
  };
  const named = data?.issues.find((one) => one.id === id);
  if (named) return <Redirect to={hrefOf(named)} replace />;
  const missing = data?.addons.filter(({ problem }) => problem !== null) ?? [];
  const nameOf = (key: string) => data?.addons.find((one) => one.key === key)?.name ?? key;
  return (
    <div className="stack is">
      <div className="row split-head">
        <h1>{say("Issues")}</h1>
        <span className="muted">{say("All add-ons")}</span>
        {data && (
          <span className="muted" role="status">
            {say("{open} open · {muted} muted", { open: number(data.counts.open), muted: number(data.counts.muted) })}
          </span>
        )}
        <span className="grow" />
        <StateChoice state={state} />
      </div>
      {missing.map(({ key, name, problem }) => (
        <p key={key} className="fault" role="alert">
          {say("The issues of {name} are missing: {why}.", { name, why: problem!.message })}
        </p>
      ))}
      {id !== undefined && data && (
        <Empty title={say("Nothing stands of it here")}>
          {say("It is over: what failed was sent again, or it was muted or resolved.")}
        </Empty>
      )}
      {error && !data && <Failure error={error} what={say("the issues")} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton label={say("Loading the issues")} />}
      {data?.issues.length === 0 && <NoIssue state={state} />}
      {data && data.issues.length > 0 && (
        <ul className="panel flush split-rows">
          {data.issues.map((one) => (
            <li key={`${one.addon} ${one.id}`}>
              <IssueLine issue={one} href={hrefOf(one)} isOpen={false} addon={nameOf(one.addon)} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
