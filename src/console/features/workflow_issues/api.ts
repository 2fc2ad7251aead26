/** Why runs failed, by cause, and their retry. */

import { type Api, ApiError } from "../../shell/client.ts";
import type { Answer, RequestBody, Wire } from "../../wire.ts";

export type RunFailure = Wire<"RunFailure">;
export type FailedRun = Wire<"FailedRun">;

export function listFailures(
  api: Api,
  query: Partial<Record<"workflow_definition_id", string> & Record<"page", number>>,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_run_failures">> {
  return api.get("/run_failures", query, signal);
}

export type WebhookIssue = Wire<"WebhookIssue">;
export type WebhookIssueState = WebhookIssue["state"];
export const WEBHOOK_ISSUE_STATES: readonly WebhookIssueState[] = ["open", "muted", "resolved"];

export function listWebhookIssues(
  api: Api,
  state: WebhookIssueState,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_webhook_issues">> {
  return api.get("/webhook_issues", { state }, signal);
}

export type WebhookIssueMark = RequestBody<"put_api_v1_webhook_issues_issue_id">;

/** Throws ApiError 404 where nothing stands of it any more. */
export function markWebhookIssue(api: Api, id: string, mark: WebhookIssueMark): Promise<WebhookIssue> {
  return api.send("PUT", `/webhook_issues/${id}`, mark);
}

/** What failed of it and nothing else; gives how many messages. Throws ApiError 404, and 409 where the webhook is off. */
export async function sendAgain(api: Api, id: string): Promise<number> {
  const { sent } = await api.create<Answer<"post_api_v1_webhook_issues_issue_id_send_again">>(
    `/webhook_issues/${id}/send_again`,
  );
  return sent;
}

export function switchOn(api: Api, webhookId: string): Promise<Wire<"RunWebhook">> {
  return api.send("PUT", `/webhooks/${webhookId}`, { enabled: true });
}

/** A run that was not retried, and why. */
export interface Refused {
  run: FailedRun;
  why: string;
}

/** Answered so where the run was retried by somebody else, or retention took it: the others are retried all the same. */
const OF_THIS_RUN = new Set([404, 409]);

/** One after another; ends early at the signal. Throws ApiError for what would refuse the others too. */
export async function retryRuns(
  api: Api,
  runs: readonly FailedRun[],
  { signal, onEach }: { signal: AbortSignal; onEach(refused?: Refused): void },
): Promise<void> {
  for (const run of runs) {
    if (signal.aborted) return;
    try {
      await retryPaced(api, run, signal);
      onEach();
    } catch (error) {
      if (!(error instanceof ApiError) || !OF_THIS_RUN.has(error.status)) throw error;
      onEach({ run, why: error.message });
    }
  }
}

/** Waits where the requests of a caller are too many in a second. */
async function retryPaced(api: Api, { dead_letter_id }: FailedRun, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return void await api.create(`/dead-letters/${dead_letter_id}/replay`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 429 || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (error.retryAfterSeconds ?? 1)));
    }
  }
}
