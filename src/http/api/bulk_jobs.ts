/** /ui/bulk-jobs: failed runs and events that were given up are sent again, over a filter, at a rate, in the background. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { personOf } from "../../clockify/call_origin.ts";
import { BULK_RATE, type BulkJob, type BulkJobs, type BulkPlan, MAX_BULK_RUNS } from "../../replay/bulk_jobs.ts";
import { type BulkFilter, filterOf } from "../../replay/bulk_filter.ts";
import { CAUSE } from "../../replay/letter_cause.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { createJobIds } from "./job_ids.ts";
import { runId } from "./run_schemas.ts";
import { anyJson, id, instant, orNull, workspaceId } from "./schemas.ts";

export interface BulkJobRoutesDeps extends AuthDeps {
  bulkJobs: BulkJobs;
  body: BodyLimits;
}

const PATH = "/ui/bulk-jobs";

const TEXT = "must be text of 1 to 200 characters";
const MAX_NAMED = 500;
/** Each is counted again. */
const LISTED = 10;

const filter = z.strictObject({
  kind: z.enum(["run", "event"], 'must be "run" or "event"').optional(),
  flow_id: z.string().regex(/^[1-9]\d{0,14}$/, "must be the id of a flow").optional(),
  code: z.string(TEXT).min(1, TEXT).max(200, TEXT).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  text: z.string(TEXT).min(1, TEXT).max(200, TEXT).optional().meta({ description: "In the reason" }),
  issue: z.string().regex(CAUSE, "must be the id of an issue").optional(),
  run_ids: z.array(z.guid("must be the id of a run")).min(1).max(MAX_NAMED).optional(),
  event_id: z.string().regex(/^[1-9]\d{0,14}$/, "must be the id of an event").optional()
    .meta({ description: "Runs of this event" }),
  run_since: z.iso.datetime({ offset: true }).optional().meta({ description: "Runs that were made not before" }),
  run_until: z.iso.datetime({ offset: true }).optional().meta({ description: "Runs that were made before" }),
  events: z.strictObject({
    event_type: z.string(TEXT).min(1, TEXT).max(200, TEXT).optional(),
    source: z.enum(["CLOCKIFY", "CUSTOM"], 'must be "CLOCKIFY" or "CUSTOM"').optional(),
    outcome: z.enum(["dispatched", "skipped", "dead", "failed"]).optional(),
    reconciled: z.boolean().optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    q: z.string(TEXT).min(1, TEXT).max(200, TEXT).optional(),
  }, "must be an object").optional().meta({
    description: "What failed of these events: as the list of events is narrowed, without what is in their bodies",
  }),
}, "must be an object").meta({ id: "BulkFilter" });

const plan = z.object({
  matched: z.int().meta({ description: "Failed runs, and events that were given up, that the filter chooses now" }),
  runs: z.int(),
  events: z.int(),
  by_flow: z.array(z.object({ flow_id: id, name: z.string(), runs: z.int() })).meta({ description: "The first 20" }),
  by_code: z.array(z.object({ code: z.string(), runs: z.int() })),
}).meta({ id: "ResendPlan" });

const bulkJob = z.object({
  id,
  at: instant,
  finished_at: instant.nullable(),
  state: z.enum(["running", "stopping", "stopped", "finished"]),
  person: z.string(),
  filter: anyJson,
  version: z.enum(["ran", "present"]),
  rate_per_minute: z.int(),
  all: z.boolean(),
  matched: z.int().meta({ description: "As it began" }),
  done: z.int().meta({ description: "Sent again or skipped" }),
  succeeded: z.int().meta({ description: "Sent again, and completed by now" }),
  failed: z.int().meta({ description: "Sent again, and failed once more" }),
  skipped: z.int(),
  problems: z.array(z.object({
    dead_letter_id: id,
    run_id: runId.nullable(),
    event_id: id.nullable(),
    reason: z.string(),
  })).meta({ description: "Some of those that were skipped, newest first" }),
}).meta({ id: "BulkJob" });

const PLAN_EXAMPLE = {
  matched: 12,
  runs: 12,
  events: 0,
  by_flow: [{ flow_id: "3", name: "Tell the shop", runs: 12 }],
  by_code: [{ code: "UPSTREAM_FAILED", runs: 12 }],
};
const JOB_EXAMPLE = {
  id: "5",
  at: "2026-11-21T08:00:00.000Z",
  finished_at: null,
  state: "running" as const,
  person: "5e6a0f7c1f3b2a0012345678",
  filter: { flow_id: "3", code: "UPSTREAM_FAILED" },
  version: "ran" as const,
  rate_per_minute: BULK_RATE.default,
  all: false,
  matched: 12,
  done: 4,
  succeeded: 3,
  failed: 0,
  skipped: 0,
  problems: [],
};

const startBulk = defineRoute({
  method: "post",
  path: PATH,
  tag: "Dead letters",
  summary: "Send failed runs and dead letters again",
  about:
    `With dry_run it counts. Else a job sends them again, oldest first, at most ${MAX_BULK_RUNS} of them: each run from its ` +
    "failed step, with the version of its flow that ran or the present one; finished steps stay. A filter that says " +
    "nothing is refused, unless all is true and confirm_count is what the count gave.",
  who: "admin",
  creates: true,
  body: {
    schema: z.strictObject({
      filter: filter.default({}),
      version: z.enum(["ran", "present"], 'must be "ran" or "present"').default("ran"),
      rate_per_minute: z.int().min(BULK_RATE.least).max(BULK_RATE.most).default(BULK_RATE.default),
      all: z.boolean().default(false),
      confirm_count: z.int().min(0).optional(),
      dry_run: z.boolean().default(false),
    }, "must be an object"),
    refusal: "Cannot send them again: the request does not say which",
    example: { filter: JOB_EXAMPLE.filter, dry_run: true },
  },
  answer: {
    status: 200,
    about: "The count, and the job where there is one",
    schema: z.object({ plan, job: orNull(bulkJob) }),
    example: { plan: PLAN_EXAMPLE, job: JOB_EXAMPLE },
  },
  problems: ["CONFLICT", "FILTER_EMPTY"],
});

const listBulk = defineRoute({
  method: "get",
  path: PATH,
  tag: "Dead letters",
  summary: "Bulk jobs of the workspace, newest first",
  who: "admin",
  answer: {
    status: 200,
    about: `The newest ${LISTED}; one alone may be in progress`,
    schema: z.object({ workspace_id: workspaceId, jobs: z.array(bulkJob) }),
    example: { workspace_id: "64a687e29ae1f428e7ebe303", jobs: [JOB_EXAMPLE] },
  },
});

const JOB = { params: { id: id.meta({ description: "Id of the job" }) } } as const;

const getBulk = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Dead letters",
  summary: "How far a bulk job has come",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: bulkJob, example: JOB_EXAMPLE },
  problems: ["NOT_FOUND"],
});

const stopBulk = defineRoute({
  method: "post",
  path: `${PATH}/{id}/stop`,
  creates: false,
  tag: "Dead letters",
  summary: "Stop a bulk job",
  about: "What it sent again goes on; the rest stays as it is.",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: bulkJob, example: { ...JOB_EXAMPLE, state: "stopping" as const } },
  problems: ["NOT_FOUND"],
});

export const bulkJobRoutes = [startBulk, listBulk, getBulk, stopBulk];

const jobs = createJobIds((id) => `bulk job ${id}`);

export function mountBulkJobs(app: Hono<AppEnv>, deps: BulkJobRoutesDeps) {
  const { bulkJobs } = deps;
  mount(app, deps, startBulk, async ({ login, body, once }) => {
    const asked = await body();
    const installationId = login.installation.id;
    const wanted = wantedOf(asked.filter);
    const planned = planJson(await bulkJobs.plan(installationId, wanted));
    if (asked.dry_run) return { plan: planned, job: null };
    const { all, confirm_count: count } = asked;
    if (all && count === undefined) {
      throw new AppError("FILTER_EMPTY", "Cannot send all of them again: confirm_count must be their count");
    }
    const request = {
      filter: wanted,
      version: asked.version === "ran" ? "same" as const : "present" as const,
      ratePerMinute: asked.rate_per_minute,
      all: all ? { count: count! } : undefined,
      person: personOf(login),
    };
    return await once(
      (atEnd) => bulkJobs.start(installationId, { ...request, atEnd }),
      (job) => ({ plan: planned, job: jobJson(job) }),
    );
  });
  mount(app, deps, listBulk, async ({ login: { installation } }) => ({
    workspace_id: installation.workspaceId,
    jobs: (await bulkJobs.list(installation.id, LISTED)).map(jobJson),
  }));
  mount(app, deps, getBulk, async ({ login, params }) => {
    const job = await bulkJobs.find(login.installation.id, jobs.idOf(params.id));
    return jobJson(jobs.required(job, params.id));
  });
  mount(app, deps, stopBulk, async ({ login, params }) => {
    const job = await bulkJobs.stop(login.installation.id, jobs.idOf(params.id));
    return jobJson(jobs.required(job, params.id));
  });
}

function wantedOf({ flow_id, event_id, ...given }: z.output<typeof filter>): BulkFilter {
  const { from, to, ...wanted } = filterOf({
    ...given,
    flow_id: flow_id === undefined ? undefined : Number(flow_id),
    event_id: event_id === undefined ? undefined : Number(event_id),
  });
  if (from && to && from >= to) {
    throw new AppError("REQUEST_INVALID", "Cannot send them again: since must be before until");
  }
  return { ...wanted, from, to };
}

function planJson({ matched, runs, events, byFlow, byCode }: BulkPlan) {
  return {
    matched,
    runs,
    events,
    by_flow: byFlow.map(({ flowId, name, runs }) => ({ flow_id: String(flowId), name, runs })),
    by_code: byCode,
  };
}

function jobJson({ asked, ...job }: BulkJob) {
  const { flow_id: flowId, event_id: eventId, ...rest } = asked.filter;
  return {
    id: String(job.id),
    at: job.at.toISOString(),
    finished_at: job.finishedAt?.toISOString() ?? null,
    state: job.state,
    person: job.person,
    filter: {
      ...rest,
      ...(flowId !== undefined && { flow_id: String(flowId) }),
      ...(eventId !== undefined && { event_id: String(eventId) }),
    },
    version: asked.version === "same" ? "ran" as const : "present" as const,
    rate_per_minute: asked.rate_per_minute,
    all: asked.all,
    matched: job.matched,
    done: job.done,
    succeeded: job.succeeded,
    failed: job.failed,
    skipped: job.skipped,
    problems: job.problems.map(({ letterId, runId, eventId, reason }) => ({
      dead_letter_id: String(letterId),
      run_id: runId,
      event_id: eventId === null ? null : String(eventId),
      reason,
    })),
  };
}
