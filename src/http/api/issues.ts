/** /ui/issues: what is not done that should be, a row for each cause, until it is over, muted or resolved. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { personOf } from "../../clockify/call_origin.ts";
import { COVERAGE_STATES } from "../../coverage/store.ts";
import { redactPayload } from "../../events/payload.ts";
import {
  type Issue,
  ISSUE_ID,
  ISSUE_KINDS,
  ISSUE_STATES,
  type IssueKind,
  MAX_CAUSES,
  NAMED,
} from "../../issues/issue.ts";
import type { IssueList } from "../../issues/issues.ts";
import { MAX_LOOKED_THROUGH } from "../../issues/letters.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { oneOf } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { run, RUN_EXAMPLE, runId } from "./run_schemas.ts";
import { runRowJson } from "./runs.ts";
import { id, instant, orNull, workspaceId } from "./schemas.ts";
import { readStops, stop, type StopDeps, stopJson } from "./stops.ts";

export interface IssueRoutesDeps extends AuthDeps {
  issues: IssueList;
  standing: StopDeps;
  body: BodyLimits;
}

const PATH = "/ui/issues";

const refused = z.object({
  source_id: id,
  source: z.string().meta({ description: "Its name" }),
  reason: z.string().meta({ description: "As `webhooks_errors_total` names it" }),
  accepted_at: instant.nullable().meta({ description: "The last delivery that was accepted, up to 10 s late" }),
}).meta({ id: "RefusedDeliveries" });

const webhooks = z.object({
  state: z.enum(COVERAGE_STATES),
  event_types: z.array(z.string()).meta({ description: "Those that count" }),
  reason: z.string(),
  next_step: z.string().nullable(),
}).meta({ id: "WebhooksOff", description: "As the last check found them" });

export const issue = z.object({
  id: z.string(),
  kind: z.enum(ISSUE_KINDS).meta({
    description:
      "run: runs failed; event: events whose flows were never asked; background: reading of the workspace and the like; " +
      "refused: a source's deliveries proved no sender; stopped: Clockify or a host is not called for a time; " +
      "webhook: Clockify does not send events of some types",
  }),
  state: z.enum(ISSUE_STATES).meta({
    description: "muted: whatever happens; resolved: it was over when a person said so, and has not happened since",
  }),
  count: z.int().nullable().meta({
    description:
      "Failed runs, what was given up, refused deliveries, or event types; since it was resolved last. null: a stop",
  }),
  first_at: instant.nullable().meta({ description: "null: it is not known" }),
  last_at: instant.meta({ description: "Of a stop: when it was stopped last; of webhooks: the last check" }),
  since: instant.nullable().meta({
    description: "Only what was given up from then on counts: `since` of a bulk job of it; null: all",
  }),
  came_back: z.boolean().meta({ description: "It was resolved, and happened again" }),
  muted_until: instant.nullable().meta({ description: "null: it is not muted, or for ever" }),
  marked_by: z.string().nullable().meta({ description: "Who muted or resolved it last" }),
  words: z.string().nullable().meta({ description: "Of the newest: what its error says" }),
  job: z.string().nullable().meta({ description: "Kind of the job that was given up" }),
  run: orNull(run).meta({ description: "The newest failed run; null: it is of none" }),
  refused: orNull(refused),
  stop: orNull(stop),
  webhooks: orNull(webhooks),
  examples: z.array(z.object({
    dead_letter_id: id,
    at: instant,
    run_id: runId.nullable(),
    event: z.object({ id, event_type: z.string() }).nullable(),
  })).meta({ description: `The newest, at most ${NAMED}` }),
}).meta({ id: "Issue" });

export const EXAMPLE = {
  id: "run-9f86d081884c7d659a2feaa0c55ad015",
  kind: "run" as const,
  state: "open" as const,
  count: 23,
  first_at: "2026-11-21T14:33:00.000Z",
  last_at: "2026-11-21T15:33:00.000Z",
  since: null,
  came_back: false,
  muted_until: null,
  marked_by: null,
  words: "Cannot call updateTimeEntry: Clockify answered 400 (code 501), Tag doesn't belong to Workspace",
  job: "run",
  run: RUN_EXAMPLE,
  refused: null,
  stop: null,
  webhooks: null,
  examples: [{
    dead_letter_id: "981",
    at: "2026-11-21T15:33:00.000Z",
    run_id: RUN_EXAMPLE.id,
    event: { id: "17", event_type: "NEW_TIME_ENTRY" },
  }],
};

export const countFields = {
  counts: z.object({ open: z.int(), muted: z.int(), resolved: z.int() }).meta({ description: "Of all states" }),
  is_cut: z.boolean().meta({ description: "There are failures that were not looked through, or more issues" }),
};

const listIssues = defineRoute({
  method: "get",
  path: PATH,
  tag: "Issues",
  summary: "What is not done that should be, the cause that came last first",
  about:
    `Of dead letters a row for each flow, step, code and words of the error, among the newest ${MAX_LOOKED_THROUGH}: what is ` +
    "sent again leaves its row, and is back where it fails again. Of sources a row for each reason why deliveries were " +
    "refused, as long as events are kept. What is stopped and webhooks that are off leave their rows when they are back. " +
    "Members see all but events and background work that were given up.",
  who: "member",
  costly: true,
  query: z.object({ state: oneOf("In this state", ISSUE_STATES) }),
  answer: {
    status: 200,
    about: `At most ${MAX_CAUSES} issues`,
    schema: z.object({ workspace_id: workspaceId, ...countFields, issues: z.array(issue) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      counts: { open: 1, muted: 0, resolved: 0 },
      is_cut: false,
      issues: [EXAMPLE],
    },
  },
});

const countIssues = defineRoute({
  method: "get",
  path: "/ui/issue-count",
  tag: "Issues",
  summary: "How many issues there are, without what each is of",
  who: "member",
  costly: true,
  answer: {
    status: 200,
    about: "As the list counts them",
    schema: z.object({ workspace_id: workspaceId, ...countFields }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      counts: { open: 1, muted: 0, resolved: 0 },
      is_cut: false,
    },
  },
});

/** What a person says of an issue; webhooks on runs have it too (v1/webhook_issues.ts). */
export const issueMark = z.strictObject({
  state: z.enum(ISSUE_STATES, 'must be "open", "muted" or "resolved"'),
  until: z.iso.datetime({ offset: true, error: "must be a time" }).nullable().default(null).meta({
    description: "Of muted; null: for ever",
  }),
}, "must be an object");

const markIssue = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Issues",
  summary: "Mute or resolve an issue, or open it again",
  about:
    "Muted: it is counted nowhere until then, or for ever. Resolved: it is out of sight until it happens again. Nothing is sent again, and nothing that stands is lost.",
  who: "admin",
  params: { id: z.string().regex(ISSUE_ID).meta({ description: "Id of the issue", example: EXAMPLE.id }) },
  body: {
    schema: issueMark,
    refusal: "Cannot change the issue: the request does not say how",
    example: { state: "muted", until: "2026-11-22T08:00:00Z" },
  },
  answer: { status: 200, about: "The issue", schema: issue, example: { ...EXAMPLE, state: "muted" as const } },
  problems: ["NOT_FOUND"],
});

export const issueRoutes = [listIssues, countIssues, markIssue];

/** The rest is of events that no flow was asked about, and of work that admins alone may look at. */
const OF_MEMBERS: readonly IssueKind[] = ["run", "refused", "stopped", "webhook"];

export function mountIssues(app: Hono<AppEnv>, deps: IssueRoutesDeps) {
  const { issues } = deps;
  const queryOf = async ({ installation, role }: Login) => ({
    kinds: role === "admin" ? ISSUE_KINDS : OF_MEMBERS,
    stops: await readStops(installation, deps.standing),
  });

  mount(app, deps, listIssues, ({ login, query: { state } }) =>
    deps.costly.run(readerOf(login), async () => {
      const { installation } = login;
      const { counts, isCut, issues: found } = await issues.list(installation.id, { ...await queryOf(login), state });
      return {
        workspace_id: installation.workspaceId,
        counts,
        is_cut: isCut,
        issues: found.map((issue) => issueJson(issue, login)),
      };
    }));

  mount(app, deps, countIssues, ({ login }) =>
    deps.costly.run(readerOf(login), async () => {
      const { installation } = login;
      const { counts, isCut } = await issues.count(installation.id, await queryOf(login));
      return { workspace_id: installation.workspaceId, counts, is_cut: isCut };
    }));

  mount(app, deps, markIssue, async ({ login, params, body }) => {
    const { state, until } = await body();
    if (until !== null && state !== "muted") {
      throw new AppError("REQUEST_INVALID", "Cannot change the issue: until is of a muted one");
    }
    const wish = state === "muted" ? { state, until: until === null ? null : new Date(until) } : { state };
    const stops = await readStops(login.installation, deps.standing);
    const asked = { id: params.id, wish, person: personOf(login), stops };
    return issueJson(await issues.mark(login.installation.id, asked), login);
  });
}

function issueJson(issue: Issue, { role }: Pick<Login, "role">) {
  const { refused, stop, webhooks } = issue;
  // What the viewer may read of an error.
  const show = role === "admin" ? (value: unknown) => value : redactPayload;
  return {
    id: issue.id,
    kind: issue.kind,
    state: issue.state,
    count: issue.count,
    first_at: issue.firstAt?.toISOString() ?? null,
    last_at: issue.lastAt.toISOString(),
    since: issue.since?.toISOString() ?? null,
    came_back: issue.cameBack,
    muted_until: issue.mutedUntil?.toISOString() ?? null,
    marked_by: issue.person,
    words: show(issue.words) as string | null,
    job: issue.job,
    run: issue.run && runRowJson(issue.run, show),
    refused: refused && {
      source_id: String(refused.sourceId),
      source: refused.source,
      reason: refused.reason,
      accepted_at: refused.acceptedAt?.toISOString() ?? null,
    },
    stop: stop && stopJson(stop, role === "admin"),
    webhooks: webhooks && {
      state: webhooks.state,
      event_types: webhooks.eventTypes,
      reason: webhooks.reason,
      next_step: webhooks.nextStep,
    },
    examples: issue.examples.map(({ letterId, at, runId, event }) => ({
      dead_letter_id: String(letterId),
      at: at.toISOString(),
      run_id: runId,
      event: event && { id: String(event.id), event_type: event.eventType },
    })),
  };
}
