/** One issue: what went wrong, where, examples of it, and what can be done: mend it, retry all, mute, resolve. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { toStop, waitingText, whyText } from "../../shell/stop_words.ts";
import { Facts } from "../../ui/facts.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { visibleText } from "../../ui/json_lines.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Issue, type IssueMark, ISSUES, type IssueState, markIssue } from "./api.ts";
import { bulkFilterOf, causeText, countText, whereText } from "./issue_words.ts";

const TONES: Record<IssueState, Tone> = { open: "bad", muted: "idle", resolved: "ok" };
const DAY_MS = 86_400_000;

export function IssuePane({ issue, onRetry }: { issue: Issue; onRetry(): void }) {
  const { session: { can } } = useSignedIn();
  const format = useFormat();
  const { run, words } = issue;
  return (
    <>
      <div className="row">
        <h2 className="said grow">
          <bdi>{visibleText(causeText(issue, format))}</bdi>
        </h2>
        <StateTag issue={issue} />
      </div>
      <p className="muted">
        <bdi>{visibleText(whereText(issue))}</bdi>
      </p>
      {words !== null && (
        <blockquote className="is-words">
          <bdi>{visibleText(words)}</bdi> {run?.error && <code className="muted">{run.error.code}</code>}
        </blockquote>
      )}
      <IssueFacts issue={issue} />
      {issue.since !== null && (
        <p className="muted">
          <Say
            text="It was resolved at {when}, and happened again: what came before is not counted."
            values={{ when: <When at={new Date(issue.since)} /> }}
          />
        </p>
      )}
      <NextSteps issue={issue} blocked={can.write ? null : can.reason} onRetry={onRetry} />
      <MarkButtons issue={issue} blocked={can.write ? null : can.reason} />
      <Examples issue={issue} />
    </>
  );
}

function IssueFacts({ issue }: { issue: Issue }) {
  const format = useFormat();
  const { refused, stop } = issue;
  const facts: [string, ReactNode][] = [
    [say("Count"), countText(issue, format.number)],
    [say("First"), issue.first_at !== null && <When key="first" at={new Date(issue.first_at)} />],
    [LAST[issue.kind] ?? say("Last"), <When key="last" at={new Date(issue.last_at)} />],
    [
      say("Last accepted"),
      refused && (refused.accepted_at ? <When at={new Date(refused.accepted_at)} /> : say("none yet")),
    ],
    [say("Until"), stop && <When key="until" at={new Date(stop.until)} />],
    [say("Waiting"), stop && waitingText(toStop(stop), format)],
  ];
  return <Facts facts={facts} />;
}

const LAST: Partial<Record<Issue["kind"], string>> = { stopped: say("Stopped"), webhook: say("Checked") };

function NextSteps({ issue, blocked, onRetry }: { issue: Issue; blocked: string | null; onRetry(): void }) {
  const format = useFormat();
  const { kind, run, refused, stop, webhooks, count } = issue;
  const event = issue.examples[0]?.event;
  return (
    <>
      {stop && (
        <p>{say("{why}. Runs that need it wait, and resume by themselves.", { why: whyText(toStop(stop), format) })}</p>
      )}
      {webhooks && <p>{webhooks.reason} {webhooks.next_step && <b>{webhooks.next_step}</b>}</p>}
      <div className="row">
        {bulkFilterOf(issue) && (
          <GuardedButton className="btn main" blocked={blocked} onClick={onRetry}>
            {say("Retry {count}…", { count: format.number(count ?? 0) })}
          </GuardedButton>
        )}
        {kind === "background" && <span className="muted">{say("It is done again by itself.")}</span>}
        {run && (
          <Link className="btn" href={`/flows/${run.flow_id}${event ? `?event=${event.id}` : ""}`}>
            {openText(run.failed_step_number, event !== null && event !== undefined)}
          </Link>
        )}
        {refused && <Link className="btn main" href={`/sources/${refused.source_id}`}>{say("Open the source")}</Link>}
        {stop && <Link className="btn" href="/runs?state=waiting">{say("Show waiting runs")}</Link>}
        {webhooks && <Link className="btn main" href="/coverage">{say("Show coverage")}</Link>}
      </div>
    </>
  );
}

function openText(number: number | null, withEvent: boolean): string {
  if (number === null) return withEvent ? say("Open the flow with this event") : say("Open the flow");
  return withEvent ? say("Open step {number} with this event", { number }) : say("Open step {number}", { number });
}

function Examples({ issue: { kind, run, examples } }: { issue: Issue }) {
  if (examples.length === 0) return null;
  return (
    <div>
      <h2>{say("Newest examples")}</h2>
      <ul className="is-examples">
        {examples.map(({ dead_letter_id, at, run_id, event }) => (
          <li key={dead_letter_id} className="row">
            <When at={new Date(at)} />
            {run_id !== null && <Link href={`/runs/${run_id}`}>{say("Its run")}</Link>}
            {event && (
              <Link href={`/events/${event.id}`}>
                {say("Event {id}, {type}", { id: event.id, type: event.event_type })}
              </Link>
            )}
          </li>
        ))}
      </ul>
      {kind === "run" && run && (
        <Link href={`/runs?state=failed&flow_id=${run.flow_id}`}>{say("All failed runs of the flow")}</Link>
      )}
    </div>
  );
}

function StateTag({ issue: { state, muted_until, came_back } }: { issue: Issue }) {
  const { dateTime } = useFormat();
  const text = {
    open: came_back ? say("Came back") : say("Open##an issue"),
    muted: muted_until === null ? say("Muted") : say("Muted until {time}", { time: dateTime(new Date(muted_until)) }),
    resolved: say("Resolved"),
  }[state];
  return <Tag tone={TONES[state]}>{text}</Tag>;
}

function MarkButtons({ issue, blocked }: { issue: Issue; blocked: string | null }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const mark = useMutation({
    mutationFn: (mark: IssueMark) => markIssue(api, issue.id, mark),
    onSuccess: ({ state }) => {
      toast({ open: say("It is open again"), muted: say("It is muted"), resolved: say("It is resolved") }[state]);
      return queries.invalidateQueries({ queryKey: [ISSUES] });
    },
    onError: (error) => toast(error.message, "bad"),
  });
  const button = (text: string, markOf: () => IssueMark) => (
    <GuardedButton
      className="btn small"
      blocked={blocked}
      aria-disabled={mark.isPending}
      onClick={() => mark.isPending || mark.mutate(markOf())}
    >
      {text}
    </GuardedButton>
  );
  if (issue.state !== "open") {
    return (
      <div className="row">
        {button(issue.state === "muted" ? say("Unmute") : say("Open again"), () => ({ state: "open" }))}
      </div>
    );
  }
  return (
    <div className="row">
      {button(say("Mute 24 h"), () => ({ state: "muted", until: new Date(Date.now() + DAY_MS).toISOString() }))}
      {button(say("Mute for good"), () => ({ state: "muted" }))}
      {button(say("Resolve"), () => ({ state: "resolved" }))}
    </div>
  );
}
