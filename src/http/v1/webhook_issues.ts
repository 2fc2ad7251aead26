/** /api/v1/webhook_issues: messages of webhooks that were given up, and webhooks that are off: a row for each cause. */

import type { Hono } from "hono";
import { z } from "zod";
import type { ApiCaller } from "../../access/roles.ts";
import { AppError } from "../../base/errors.ts";
import { ISSUE_STATES } from "../../issues/issue.ts";
import {
  WEBHOOK_ISSUE_ID,
  WEBHOOK_ISSUE_KINDS,
  type WebhookIssue,
  type WebhookIssues,
} from "../../issues/run_webhooks.ts";
import { runIdOf } from "../../workflows/runs.ts";
import { KEPT_DELIVERIES, type WebhookStore } from "../../workflows/webhooks.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { issueMark } from "../api/issues.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf } from "../server/query.ts";
import { uuid } from "./ids.ts";
import { byOf } from "./resource.ts";
import { RUN_EXAMPLE } from "./run_view.ts";
import { shownUrl } from "./webhooks.ts";

export interface WebhookIssueRoutesDeps extends ApiAuthDeps {
  webhookIssues: WebhookIssues;
  webhooks: Pick<WebhookStore, "redeliverFailed">;
  body: BodyLimits;
}

const PATH = "/api/v1/webhook_issues";
/** Messages that are named of an issue, the newest. */
const NAMED = 20;

const issue = z.object({
  id: z.string(),
  kind: z.enum(WEBHOOK_ISSUE_KINDS).meta({
    description: "failed: messages were given up; off: the webhook was switched off by the program, and brings nothing",
  }),
  state: z.enum(ISSUE_STATES).meta({
    description: "muted: whatever happens; resolved: it was over when a person said so, and has not happened since",
  }),
  webhook_id: uuid,
  webhook_url: z.string().meta({ description: "Whole for admins; others get its host alone" }),
  webhook_description: z.string().nullable(),
  webhook_enabled: z.boolean(),
  http_status: z.int().nullable().meta({ description: "Of the last answer; null without one" }),
  reason: z.string().meta({ description: "Why the messages failed, or the webhook was switched off" }),
  count: z.int().meta({
    description:
      `Messages that failed, since it was resolved last; of each webhook the newest ${KEPT_DELIVERIES} are kept`,
  }),
  first_at: instant,
  last_at: instant,
  came_back: z.boolean().meta({ description: "It was resolved, and happened again" }),
  muted_until: instant.nullable().meta({ description: "null: it is not muted, or for ever" }),
  marked_by: z.string().nullable().meta({ description: "Who muted or resolved it last" }),
  messages: z.array(
    z.object({
      delivery_id: uuid,
      event: z.string().meta({ description: "As run.failed" }),
      run_id: z.string().nullable(),
      failed_at: instant,
    }).meta({ id: "FailedMessage" }),
  ).meta({ description: `The newest, ${NAMED} at most` }),
}).meta({ id: "WebhookIssue" });

const EXAMPLE = {
  id: "failed-9f86d081884c7d659a2feaa0c55ad015",
  kind: "failed" as const,
  state: "open" as const,
  webhook_id: "9c4b1d3a-2f6e-4d58-8a77-1b0c9e5f3a21",
  webhook_url: "https://hooks.example.com/runs",
  webhook_description: null,
  webhook_enabled: true,
  http_status: 503,
  reason: "the receiver answered 503",
  count: 1,
  first_at: "2026-11-29T10:00:01.000Z",
  last_at: "2026-11-29T10:00:01.000Z",
  came_back: false,
  muted_until: null,
  marked_by: null,
  messages: [{
    delivery_id: "4e7a9c02-6b1d-4f0e-9a3c-8d2f5b6e7c10",
    event: "run.failed",
    run_id: RUN_EXAMPLE.run_id,
    failed_at: "2026-11-29T10:00:01.000Z",
  }],
};

const ID = {
  issue_id: z.string().regex(WEBHOOK_ISSUE_ID).meta({ description: "Id of the issue", example: EXAMPLE.id }),
};

const listWebhookIssues = defineRoute({
  method: "get",
  path: PATH,
  tag: "Run webhooks",
  summary: "What webhooks did not bring: one row for a webhook and a reason, the one that came last first",
  about:
    "Messages that were given up, but not those of POST /webhooks/{webhook_id}/test; and webhooks that were switched off " +
    "after an answer of 410, with what was not sent since. What is sent again leaves its row, and is back where it fails again.",
  who: "api_viewer",
  query: z.object({ state: oneOf("In this state", ISSUE_STATES) }),
  answer: {
    status: 200,
    about: "All of them: there are 20 webhooks at most",
    schema: z.object({
      counts: z.object({ open: z.int(), muted: z.int(), resolved: z.int() }).meta({ description: "Of all states" }),
      is_cut: z.boolean().meta({ description: "There are failed messages that were not looked through" }),
      issues: z.array(issue),
    }),
    example: { counts: { open: 1, muted: 0, resolved: 0 }, is_cut: false, issues: [EXAMPLE] },
  },
});

const markWebhookIssue = defineRoute({
  method: "put",
  path: `${PATH}/{issue_id}`,
  tag: "Run webhooks",
  summary: "Mute or resolve an issue of a webhook, or open it again",
  about:
    "Muted: it is not counted until then, or for ever. Resolved: it is out of sight until it happens again. Nothing is " +
    "sent again, and nothing that failed is lost.",
  who: "api_operator",
  params: ID,
  body: {
    schema: issueMark,
    refusal: "Cannot change the issue: the request does not say how",
    example: { state: "muted", until: "2026-11-30T08:00:00Z" },
  },
  answer: { status: 200, about: "The issue", schema: issue, example: { ...EXAMPLE, state: "muted" as const } },
  problems: ["NOT_FOUND"],
});

const sendAgain = defineRoute({
  method: "post",
  path: `${PATH}/{issue_id}/send_again`,
  tag: "Run webhooks",
  summary: "Send what failed of an issue once more, and nothing else",
  about:
    "Each under its own webhook-id, by which a receiver knows a repeat. Refused while the webhook is switched off: 409.",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: {
    status: 202,
    about: "How many messages are about to be sent",
    schema: z.object({ sent: z.int() }).meta({ id: "MessagesSentAgain" }),
    example: { sent: 1 },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const webhookIssueRoutes = [listWebhookIssues, markWebhookIssue, sendAgain];

export function mountWebhookIssues(app: Hono<AppEnv>, deps: WebhookIssueRoutesDeps): void {
  const { webhookIssues, webhooks } = deps;
  const installation = async () => (await deps.home()).installationId;

  mount(app, deps, listWebhookIssues, async ({ login, query: { state } }) => {
    const { issues, isCut } = await webhookIssues.list(await installation());
    const counts = { open: 0, muted: 0, resolved: 0 };
    for (const one of issues) counts[one.state]++;
    const shown = issues.filter((one) => state === undefined || one.state === state);
    return { counts, is_cut: isCut, issues: shown.map((one) => issueJson(one, login)) };
  });

  mount(app, deps, markWebhookIssue, async ({ c, login, params, body }) => {
    const { state, until } = await body();
    if (until !== null && state !== "muted") {
      throw new AppError("REQUEST_INVALID", "Cannot change the issue: until is of a muted one");
    }
    const wish = state === "muted" ? { state, until: until === null ? null : new Date(until) } : { state };
    const asked = { id: params.issue_id, wish, by: byOf(c, login) };
    return issueJson(await webhookIssues.mark(await installation(), asked), login);
  });

  mount(app, deps, sendAgain, async ({ c, login, params }) => {
    const installationId = await installation();
    const { webhook, messages } = await webhookIssues.find(installationId, params.issue_id);
    const ids = messages.map(({ id }) => id);
    return { sent: await webhooks.redeliverFailed(installationId, webhook.id, ids, byOf(c, login)) };
  });
}

function issueJson(one: WebhookIssue, caller: ApiCaller) {
  return {
    id: one.id,
    kind: one.kind,
    state: one.state,
    webhook_id: one.webhook.id,
    webhook_url: shownUrl(one.webhook, caller),
    webhook_description: one.webhook.description,
    webhook_enabled: one.webhook.enabled,
    http_status: one.httpStatus,
    reason: one.reason,
    count: one.count,
    first_at: one.firstAt.toISOString(),
    last_at: one.lastAt.toISOString(),
    came_back: one.cameBack,
    muted_until: one.mutedUntil?.toISOString() ?? null,
    marked_by: one.person,
    messages: one.messages.slice(0, NAMED).map(({ id, event, runId, failedAt }) => ({
      delivery_id: id,
      event,
      run_id: runIdOf(runId),
      failed_at: failedAt.toISOString(),
    })),
  };
}
