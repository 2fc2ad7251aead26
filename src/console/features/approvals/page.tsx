/** What runs ask of people: the inbox, oldest first, and the opened request with what follows from each answer. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useLocation, useParams, useSearchParams } from "wouter";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { focusRow } from "../../ui/split.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Approval, type ApprovalFilter, listApprovals } from "./api.ts";
import { STATE_TEXTS, titleText } from "./approval_words.ts";
import { ApprovalPane } from "./approval_pane.tsx";
import { GuardNotice } from "./guard_notice.tsx";
import { useApprovalChanges } from "./use_approval_changes.ts";
import "./approvals.css";

const FILTERS: readonly [ApprovalFilter, string][] = [
  ["mine", say("Waiting for me")],
  ["open", say("All that wait")],
  ["approved", say("Approved")],
  ["rejected", say("Rejected")],
  ["expired", say("No answer in time")],
  ["cancelled", say("Ended without an answer")],
];

export function ApprovalsPage() {
  const { api } = useSignedIn();
  const { id } = useParams<{ id?: string }>();
  const [params, setParams] = useSearchParams();
  const [, navigate] = useLocation();
  const filter = FILTERS.find(([key]) => key === params.get("show"))?.[0] ?? "mine";
  const pollMs = useApprovalChanges();
  const { data, error, refetch } = useQuery({
    queryKey: ["approvals", "list", filter],
    queryFn: ({ signal }) => listApprovals(api, filter, signal),
    refetchInterval: pollMs,
  });
  useEffect(() => {
    document.title = say("Approvals · Timewire");
  }, []);
  const search = params.size > 0 ? `?${params}` : "";
  const hrefOf = (one?: string) => `/approvals${one === undefined ? "" : `/${one}`}${search}`;
  useKeys([
    { keys: "j", label: say("Next request (Enter opens it)"), run: () => focusRow(1) },
    { keys: "k", label: say("Previous request (Enter opens it)"), run: () => focusRow(-1) },
    { keys: "Escape", label: say("Close the request"), run: () => id !== undefined && navigate(hrefOf()) },
  ]);
  const approvals = data?.approvals;
  return (
    <div className={id === undefined ? "stack ap" : "stack ap with-one"}>
      <div className="row split-head">
        <h1>{say("Approvals")}</h1>
        {filter === "mine" && approvals && approvals.length > 0 && (
          <Tag tone="wait">
            {data.hasMore
              ? say("over {count} wait for you", { count: approvals.length })
              : sayCount(approvals.length, "{count} waits for you", "{count} wait for you", {
                count: approvals.length,
              })}
          </Tag>
        )}
        <span className="grow" />
        <label className="row">
          <span className="muted">{say("Show")}</span>
          <select
            value={filter}
            onChange={({ target }) => setParams(target.value === "mine" ? {} : { show: target.value })}
          >
            {FILTERS.map(([key, label]) => <option key={key} value={key}>{label}</option>)}
          </select>
        </label>
      </div>
      <GuardNotice />
      <div className="split">
        <section className="stack split-list" aria-label={say("Requests")}>
          {error && !data && <Failure error={error} what={say("the approvals")} onRetry={() => void refetch()} />}
          {!data && !error && <Skeleton label={say("Loading the approvals")} />}
          {approvals?.length === 0 && (
            <Empty title={filter === "mine" ? say("Nothing waits for you") : say("There is no such request")}>
              {filter === "mine"
                ? say("A flow with the step “Ask somebody to approve” waits here for an answer.")
                : say("Choose another state above.")}
            </Empty>
          )}
          {approvals && approvals.length > 0 && (
            <ul className="panel flush split-rows">
              {approvals.map((one) => (
                <li key={one.id}>
                  <ApprovalLine approval={one} href={hrefOf(one.id)} isOpen={one.id === id} />
                </li>
              ))}
            </ul>
          )}
          {data?.hasMore && <p className="muted">{say("There are more: the first hundred are shown.")}</p>}
        </section>
        {id !== undefined && (
          <section className="panel stack split-pane" aria-label={say("Request")}>
            <ApprovalPane
              key={id}
              id={id}
              pollMs={pollMs}
              closeHref={hrefOf()}
              next={nextOf(approvals, id)}
              onNext={(next) => navigate(hrefOf(next))}
            />
          </section>
        )}
      </div>
    </div>
  );
}

function ApprovalLine({ approval, href, isOpen }: { approval: Approval; href: string; isOpen: boolean }) {
  const { state, flow, askedAt, expiresAt, decidedAt } = approval;
  const { text, tone } = STATE_TEXTS[state];
  return (
    <Link href={href} className="split-row" aria-current={isOpen ? "true" : undefined}>
      <span className="row">
        <b className="grow">
          <bdi>{visibleText(titleText(approval))}</bdi>
        </b>
        {state === "open"
          ? expiresAt && (
            <Tag tone="warn">
              <Say text="ends {when}" values={{ when: <When at={expiresAt} as="ago" /> }} />
            </Tag>
          )
          : <Tag tone={tone}>{text}</Tag>}
      </span>
      <span className="muted">
        <bdi>{flow.name}</bdi> · {state === "open" || !decidedAt
          ? <Say text="asked {when}" values={{ when: <When at={askedAt} as="ago" /> }} />
          : <When at={decidedAt} as="ago" />}
      </span>
    </Link>
  );
}

/** The one that takes the place of a request that was decided. */
function nextOf(approvals: readonly Approval[] | undefined, id: string): string | undefined {
  const at = approvals?.findIndex((one) => one.id === id) ?? -1;
  return at < 0 ? undefined : approvals![at + 1]?.id ?? approvals![at - 1]?.id;
}
