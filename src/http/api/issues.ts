/** /ui/issues: why runs failed and events were given up, a row for each cause, until they are sent again, muted or resolved. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { personOf } from "../../clockify/call_origin.ts";
import { MAX_LOOKED_THROUGH } from "../../issues/causes.ts";
import { type Issue, ISSUE_STATES, NAMED } from "../../issues/issue.ts";
import type { IssueList } from "../../issues/issues.ts";
import { CAUSE, LETTER_KINDS } from "../../replay/letter_cause.ts";
import { redactPayload } from "../../events/payload.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { run, RUN_EXAMPLE, runId } from "./run_schemas.ts";
import { runRowJson } from "./runs.ts";
import { id, instant, orNull, workspaceId } from "./schemas.ts";

export interface IssueRoutesDeps extends AuthDeps {
  issues: IssueList;
  body: BodyLimits;
}

const PATH = "/ui/issues";

const issue = z.object({
  id: z.string(),
  kind: z.enum(LETTER_KINDS).meta({
    description:
      "run: runs failed; event: events whose flows were never asked; background: reading of the workspace and the like",
  }),
  state: z.enum(ISSUE_STATES).meta({
    description: "muted: whatever happens; resolved: it was over when a person said so, and has not happened since",
  }),
  count: z.int().meta({ description: "Failed runs, or what was given up, that stand; since it was resolved last" }),
  first_at: instant,
  last_at: instant,
  since: instant.nullable().meta({
    description: "Only what was given up from then on counts: `since` of a bulk job of it; null: all",
  }),
  came_back: z.boolean().meta({ description: "It was resolved, and happened again" }),
  muted_until: instant.nullable().meta({ description: "null: it is not muted, or for ever" }),
  marked_by: z.string().nullable().meta({ description: "Who muted or resolved it last" }),
  words: z.string().nullable().meta({ description: "Of the newest: what its error says" }),
  job: z.string().meta({ description: "Kind of the job that was given up" }),
  run: orNull(run).meta({ description: "The newest failed run; null: it is of none" }),
  examples: z.array(z.object({
    dead_letter_id: id,
    at: instant,
    run_id: runId.nullable(),
    event: z.object({ id, event_type: z.string() }).nullable(),
  })).meta({ description: `The newest, at most ${NAMED}` }),
}).meta({ id: "Issue" });

const EXAMPLE = {
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
  examples: [{
    dead_letter_id: "981",
    at: "2026-11-21T15:33:00.000Z",
    run_id: RUN_EXAMPLE.id,
    event: { id: "17", event_type: "NEW_TIME_ENTRY" },
  }],
};

const listIssues = defineRoute({
  method: "get",
  path: PATH,
  tag: "Issues",
  summary: "Why runs failed and events were given up, the cause that came last first",
  about:
    `A row for each flow, step, code and words of the error, among the newest ${MAX_LOOKED_THROUGH} dead letters. What is ` +
    "sent again leaves its row, and is back where it fails again. Members see those of failed runs.",
  who: "member",
  query: z.object({ state: oneOf("In this state", ISSUE_STATES) }),
  answer: {
    status: 200,
    about: "At most 200 issues",
    schema: z.object({
      workspace_id: workspaceId,
      counts: z.object({ open: z.int(), muted: z.int(), resolved: z.int() }).meta({ description: "Of all states" }),
      is_cut: z.boolean().meta({ description: "There are failures that were not looked through" }),
      issues: z.array(issue),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      counts: { open: 1, muted: 0, resolved: 0 },
      is_cut: false,
      issues: [EXAMPLE],
    },
  },
});

const markIssue = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Issues",
  summary: "Mute or resolve an issue, or open it again",
  about:
    "Muted: it is counted nowhere until then, or for ever. Resolved: it is out of sight until it happens again. Nothing is sent again, and nothing that stands is lost.",
  who: "admin",
  params: { id: z.string().regex(CAUSE).meta({ description: "Id of the issue", example: EXAMPLE.id }) },
  body: {
    schema: z.strictObject({
      state: z.enum(ISSUE_STATES, 'must be "open", "muted" or "resolved"'),
      until: z.iso.datetime({ offset: true, error: "must be a time" }).nullable().default(null).meta({
        description: "Of muted; null: for ever",
      }),
    }, "must be an object"),
    refusal: "Cannot change the issue: the request does not say how",
    example: { state: "muted", until: "2026-11-22T08:00:00Z" },
  },
  answer: { status: 200, about: "The issue", schema: issue, example: { ...EXAMPLE, state: "muted" as const } },
  problems: ["NOT_FOUND"],
});

export const issueRoutes = [listIssues, markIssue];

export function mountIssues(app: Hono<AppEnv>, deps: IssueRoutesDeps) {
  const { issues } = deps;
  mount(app, deps, listIssues, async ({ login: { installation, role }, query: { state } }) => {
    const kinds = role === "admin" ? LETTER_KINDS : ["run" as const];
    const page = await issues.list(installation.id, { kinds, state });
    return {
      workspace_id: installation.workspaceId,
      counts: page.counts,
      is_cut: page.isCut,
      issues: page.issues.map((issue) => issueJson(issue, role === "admin" ? (value) => value : redactPayload)),
    };
  });
  mount(app, deps, markIssue, async ({ login, params, body }) => {
    const { state, until } = await body();
    if (until !== null && state !== "muted") {
      throw new AppError("REQUEST_INVALID", "Cannot change the issue: until is of a muted one");
    }
    const wish = state === "muted" ? { state, until: until === null ? null : new Date(until) } : { state };
    return issueJson(
      await issues.mark(login.installation.id, { id: params.id, wish, person: personOf(login) }),
      (value) => value,
    );
  });
}

/** `show` decides what the viewer may read of an error. */
function issueJson(issue: Issue, show: (value: unknown) => unknown) {
  return {
    id: issue.id,
    kind: issue.kind,
    state: issue.state,
    count: issue.count,
    first_at: issue.firstAt.toISOString(),
    last_at: issue.lastAt.toISOString(),
    since: issue.since?.toISOString() ?? null,
    came_back: issue.cameBack,
    muted_until: issue.mutedUntil?.toISOString() ?? null,
    marked_by: issue.person,
    words: show(issue.words) as string | null,
    job: issue.job,
    run: issue.run && runRowJson(issue.run, show),
    examples: issue.examples.map(({ letterId, at, runId, event }) => ({
      dead_letter_id: String(letterId),
      at: at.toISOString(),
      run_id: runId,
      event: event && { id: String(event.id), event_type: event.eventType },
    })),
  };
}
