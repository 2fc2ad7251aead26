/** What webhooks on runs did not bring: one row for a webhook and a reason, until it is sent again, muted or resolved. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { runPath } from "../workflow_runs/api.ts";
import {
  listWebhookIssues,
  markWebhookIssue,
  sendAgain,
  switchOn,
  WEBHOOK_ISSUE_STATES,
  type WebhookIssue,
  type WebhookIssueState,
} from "./api.ts";

const DAY_MS = 86_400_000;
const POLL_MS = 10_000;
/** Of queries: all that depends on them. */
const WEBHOOK_ISSUES = "webhook-issues";
const STATE_TEXTS: Record<WebhookIssueState, string> = {
  open: say("Open##an issue"),
  muted: say("Muted"),
  resolved: say("Resolved"),
};
const NONE: Record<WebhookIssueState, string> = {
  open: say("No message to a webhook was given up, or it was sent again, muted or resolved."),
  muted: say("No issue is muted"),
  resolved: say("No issue is resolved"),
};

export function WebhookIssues() {
  const { api } = useApiSession();
  const filter = useUrlFilter();
  const head = useId();
  const state = WEBHOOK_ISSUE_STATES.find((one) => one === filter.get("messages")) ?? "open";
  const { data, error, refetch } = useQuery({
    queryKey: [WEBHOOK_ISSUES, state],
    queryFn: ({ signal }) => listWebhookIssues(api, state, signal),
    placeholderData: (before) => before,
    refetchInterval: POLL_MS,
  });
  return (
    <section className="stack" aria-labelledby={head}>
      <div className="row">
        <h2 id={head} className="grow">{say("Messages to webhooks")}</h2>
        <label className="row">
          <span className="muted">{say("Show")}</span>
          <select
            value={state}
            onChange={({ target }) => filter.set({ messages: target.value === "open" ? "" : target.value })}
          >
            {WEBHOOK_ISSUE_STATES.map((one) => <option key={one} value={one}>{STATE_TEXTS[one]}</option>)}
          </select>
        </label>
      </div>
      {error && !data && <Failure error={error} what={say("the issues")} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton label={say("Loading the issues")} />}
      {data?.issues.length === 0 && <p className="muted">{NONE[state]}</p>}
      {data && data.issues.length > 0 && (
        <RowsTable
          caption={say("Messages that webhooks did not bring, the cause that came last first")}
          columns={[say("Webhook"), say("Cause"), say("Messages"), say("First"), say("Last")]}
          withActions
        >
          {data.issues.map((issue) => <IssueRow key={issue.id} issue={issue} />)}
        </RowsTable>
      )}
      {data?.is_cut && (
        <p className="muted">
          {say("There are more messages than are looked through: the counts are of the newest 2,000.")}
        </p>
      )}
    </section>
  );
}

function IssueRow({ issue }: { issue: WebhookIssue }) {
  const format = useFormat();
  const { count, messages } = issue;
  const name = issue.webhook_description ?? issue.webhook_url;
  return (
    <tr>
      <td data-label={say("Webhook")}>
        <div className="wfi-webhook">
          <bdi>{name}</bdi>
          {issue.webhook_description !== null && (
            <div className="muted">
              <bdi>{issue.webhook_url}</bdi>
            </div>
          )}
        </div>
      </td>
      <td data-label={say("Cause")}>
        <div className="wfi-cause">
          <bdi>{issue.reason.replace(/^./, (first) => first.toUpperCase())}</bdi>
          <div className="row">
            {issue.kind === "off" && <Tag tone="bad">{say("Switched off")}</Tag>}
            {issue.came_back && <Tag tone="warn">{say("Came back")}</Tag>}
            {issue.state === "muted" && (
              <Tag tone="idle">
                {issue.muted_until === null
                  ? say("Muted")
                  : say("Muted until {time}", { time: format.dateTime(new Date(issue.muted_until)) })}
              </Tag>
            )}
          </div>
        </div>
      </td>
      <td data-label={say("Messages")}>
        <details className="wfi-runs">
          <summary>
            {messageWord(count, format.number(count))}
            <span className="visually-hidden">{say("of {name}", { name })}</span>
          </summary>
          <ul>
            {messages.map(({ delivery_id, event, run_id, failed_at }) => (
              <li key={delivery_id}>
                <code>{event}</code>{" "}
                {run_id === null ? <When at={new Date(failed_at)} /> : (
                  <Link href={runPath(run_id)}>
                    <When at={new Date(failed_at)} />
                  </Link>
                )}
              </li>
            ))}
            {count > messages.length && (
              <li className="muted">
                {say("and {count} before", { count: format.number(count - messages.length) })}
              </li>
            )}
          </ul>
        </details>
      </td>
      <td data-label={say("First")}>
        <When at={new Date(issue.first_at)} as="ago" />
      </td>
      <td data-label={say("Last")}>
        <When at={new Date(issue.last_at)} as="ago" />
      </td>
      <td data-label={say("Actions")} className="num">
        <IssueButtons issue={issue} name={name} />
      </td>
    </tr>
  );
}

function IssueButtons({ issue, name }: { issue: WebhookIssue; name: string }) {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const toast = useToast();
  /** Gives what is said of it when it is done. */
  const act = useMutation({
    mutationFn: (work: () => Promise<string>) => work(),
    onSuccess: (said) => toast(said),
    onError: (error) => toast(error.message, "bad"),
    onSettled: () => queries.invalidateQueries({ queryKey: [WEBHOOK_ISSUES] }),
  });
  const button = (text: string, work: () => Promise<string>) => (
    <button
      type="button"
      className="btn small"
      aria-disabled={act.isPending}
      onClick={() => act.isPending || act.mutate(work)}
    >
      {text}
      <span className="visually-hidden">{say("of {name}", { name })}</span>
    </button>
  );
  const mark = (text: string, said: string, body: () => Parameters<typeof markWebhookIssue>[2]) =>
    button(text, async () => {
      await markWebhookIssue(api, issue.id, body());
      return said;
    });
  const { count, state } = issue;
  return (
    <div className="row wfi-buttons">
      {!issue.webhook_enabled && !refusal("editor") && button(say("Switch on"), async () => {
        await switchOn(api, issue.webhook_id);
        return say("The webhook is switched on");
      })}
      {issue.webhook_enabled && count > 0 && !refusal("operator") &&
        button(say("Send {what} again", { what: messageWord(count) }), async () => {
          const sent = await sendAgain(api, issue.id);
          return sayCount(sent, "{count} message is sent again", "{count} messages are sent again", { count: sent });
        })}
      {!refusal("operator") && (state === "open"
        ? (
          <>
            {mark(say("Mute 24 h"), say("It is muted"), () => ({
              state: "muted",
              until: new Date(Date.now() + DAY_MS).toISOString(),
            }))}
            {mark(say("Mute for good"), say("It is muted"), () => ({ state: "muted" }))}
            {mark(say("Resolve"), say("It is resolved"), () => ({ state: "resolved" }))}
          </>
        )
        : mark(state === "muted" ? say("Unmute") : say("Open again"), say("It is open again"), () => ({
          state: "open",
        })))}
    </div>
  );
}

/** "3 messages" */
function messageWord(total: number, count: string | number = total): string {
  return sayCount(total, "{count} message", "{count} messages", { count });
}
