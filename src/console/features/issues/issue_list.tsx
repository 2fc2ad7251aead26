/** A line of the list of issues, the choice of their state, and what stands where there is none. */

import { Link, useSearchParams } from "wouter";
import { useFormat } from "../../ui/format.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Empty } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { type Issue, ISSUE_STATES, type IssueState } from "./api.ts";
import { causeText, countText, whereText } from "./issue_words.ts";

const STATE_TEXTS: Record<IssueState, string> = {
  open: say("Open##an issue"),
  muted: say("Muted"),
  resolved: say("Resolved"),
};

/** Of the address. */
export function StateChoice({ state }: { state: IssueState }) {
  const [, setParams] = useSearchParams();
  return (
    <label className="row">
      <span className="muted">{say("Show")}</span>
      <select
        value={state}
        onChange={({ target }) =>
          setParams((before) => {
            const after = new URLSearchParams(before);
            if (target.value === "open") after.delete("show");
            else after.set("show", target.value);
            return after;
          })}
      >
        {ISSUE_STATES.map((one) => <option key={one} value={one}>{STATE_TEXTS[one]}</option>)}
      </select>
    </label>
  );
}

export function NoIssue({ state }: { state: IssueState }) {
  if (state !== "open") {
    return (
      <Empty title={state === "muted" ? say("No issue is muted") : say("No issue is resolved")}>
        {say("Choose another state above.")}
      </Empty>
    );
  }
  return (
    <Empty title={say("No issue")}>
      {say(
        "No run has failed, no delivery was refused and nothing is stopped, or it was sent again, muted or resolved.",
      )} <Link href="/runs">{say("All runs")}</Link>
    </Empty>
  );
}

/** `addon`: the name of its add-on, in a list of all. */
export function IssueLine(
  { issue, href, isOpen, addon }: { issue: Issue; href: string; isOpen: boolean; addon?: string },
) {
  const format = useFormat();
  return (
    <Link href={href} className="split-row" aria-current={isOpen ? "true" : undefined} data-issue={issue.id}>
      <span className="row">
        <b className="grow">
          <bdi>{visibleText(causeText(issue, format))}</bdi>
        </b>
        {addon !== undefined && <Tag tone="idle">{addon}</Tag>}
        {issue.came_back && <Tag tone="warn">{say("Came back")}</Tag>}
        <b className="nowrap">{countText(issue, format.number)}</b>
      </span>
      <span className="row muted">
        <bdi className="grow">{visibleText(whereText(issue))}</bdi>
        <When at={new Date(issue.last_at)} as="ago" />
      </span>
    </Link>
  );
}
