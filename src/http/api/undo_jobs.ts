/** /ui/changes/undo and /ui/undo-jobs: many changes undone in the background, of one run, or of one flow in a range of time. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { BulkFilter } from "../../changes/store.ts";
import { type BulkPlan, MAX_UNDO_CHANGES, type UndoJob, type UndoJobs } from "../../changes/undo_jobs.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { bulkPlan, undoJob } from "./change_schemas.ts";
import { isRunId, PATH } from "./changes.ts";
import { defineRoute, mount } from "./contract.ts";
import { createJobIds } from "./job_ids.ts";
import { id, orNull } from "./schemas.ts";

export interface UndoJobRoutesDeps extends AuthDeps {
  undoJobs: UndoJobs;
  body: BodyLimits;
}

const PLAN_EXAMPLE = {
  changes: 12,
  undoable: 10,
  undone: 1,
  not_undoable: 1,
  by_operation: [{ operation_id: "updateTimeEntry", entity_type: "time_entry", changes: 10 }],
};
const JOB_EXAMPLE = {
  id: "5",
  at: "2026-11-21T08:00:00.000Z",
  finished_at: null,
  state: "running",
  person: "5e6a0f7c1f3b2a0012345678",
  run_id: "0192f3a1-7f3c-7d22-8f1e-3c6a5b4d2e10",
  flow_id: null,
  from: null,
  to: null,
  all: false,
  total: 10,
  left: 4,
  outcomes: { undone: 6 },
  problems: [],
} as const;

const startUndo = defineRoute({
  method: "post",
  path: `${PATH}/undo`,
  tag: "Changes",
  summary: "Undo what a run wrote, or a flow in a range of time",
  about:
    `Without confirm it counts. With it a job undoes them, each once, the newest first; at most ${MAX_UNDO_CHANGES} of them. ` +
    "What others changed since stays unless all is true, and what the workspace has confirmed is to be undone by itself.",
  who: "admin",
  creates: true,
  body: {
    schema: z.strictObject({
      run_id: z.string().refine(isRunId, "must be the id of a run").optional(),
      flow_id: z.string().regex(/^[1-9]\d{0,14}$/, "must be the id of a flow").optional(),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
      all: z.boolean().default(false),
      confirm: z.boolean().default(false),
    }, "must be an object"),
    refusal: "Cannot undo them: the request does not say which",
    example: { run_id: JOB_EXAMPLE.run_id, confirm: true },
  },
  answer: {
    status: 200,
    about: "The count, and the job where there is one",
    schema: z.object({ plan: bulkPlan, job: orNull(undoJob) }),
    example: { plan: PLAN_EXAMPLE, job: JOB_EXAMPLE },
  },
  problems: ["CONFLICT"],
});

// Not below /ui/changes/undo, which /ui/changes/{id}/undo could be taken for.
const JOB_PATH = "/ui/undo-jobs/{id}";
const JOB = { params: { id: id.meta({ description: "Id of the job" }) }, patterns: { id: "[0-9]+" } } as const;

const getUndoJob = defineRoute({
  method: "get",
  path: JOB_PATH,
  tag: "Changes",
  summary: "How far a job that undoes changes has come",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: undoJob, example: JOB_EXAMPLE },
  problems: ["NOT_FOUND"],
});

const stopUndoJob = defineRoute({
  method: "post",
  path: `${JOB_PATH}/stop`,
  creates: false,
  tag: "Changes",
  summary: "Stop a job that undoes changes",
  about: "What it is undoing is finished; the rest stays as it is.",
  who: "admin",
  ...JOB,
  answer: { status: 200, about: "The job", schema: undoJob, example: { ...JOB_EXAMPLE, state: "stopping" } },
  problems: ["NOT_FOUND"],
});

export const undoJobRoutes = [startUndo, getUndoJob, stopUndoJob];

const jobs = createJobIds((id) => `undo job ${id}`);

export function mountUndoJobs(app: Hono<AppEnv>, deps: UndoJobRoutesDeps) {
  const { undoJobs } = deps;
  mount(app, deps, startUndo, async ({ login, body, once }) => {
    const { confirm, all, ...asked } = await body();
    const filter = filterOf(asked);
    const installationId = login.installation.id;
    const plan = bulkPlanJson(await undoJobs.plan(installationId, filter));
    if (!confirm) return { plan, job: null };
    return await once(
      (atEnd) => undoJobs.start(installationId, { filter, person: personOf(login), all, atEnd }),
      (job) => ({ plan, job: undoJobJson(job) }),
    );
  });
  mount(app, deps, getUndoJob, async ({ login, params }) => {
    const job = await undoJobs.find(login.installation.id, jobs.idOf(params.id));
    return undoJobJson(jobs.required(job, params.id));
  });
  mount(app, deps, stopUndoJob, async ({ login, params }) => {
    const job = await undoJobs.stop(login.installation.id, jobs.idOf(params.id));
    return undoJobJson(jobs.required(job, params.id));
  });
}

/** One run, or one flow between two times: never all there is. */
function filterOf(
  { run_id: runId, flow_id: flowId, from, to }: { run_id?: string; flow_id?: string; from?: string; to?: string },
): BulkFilter {
  if (runId !== undefined && flowId === undefined && from === undefined && to === undefined) return { runId };
  if (runId === undefined && flowId !== undefined && from !== undefined && to !== undefined) {
    const range = { from: new Date(from), to: new Date(to) };
    if (range.from <= range.to) return { flowId: Number(flowId), ...range };
    throw new AppError("REQUEST_INVALID", "Cannot undo them: from must not be after to");
  }
  throw new AppError("REQUEST_INVALID", "Cannot undo them: expected run_id, or flow_id with from and to");
}

function bulkPlanJson({ changes, undoable, undone, notUndoable, byOperation }: BulkPlan) {
  return {
    changes,
    undoable,
    undone,
    not_undoable: notUndoable,
    by_operation: byOperation.map(({ operation, entityType, changes }) => ({
      operation_id: operation,
      entity_type: entityType,
      changes,
    })),
  };
}

function undoJobJson(job: UndoJob) {
  const { runId, flowId, from, to, all = false } = job.asked;
  return {
    id: String(job.id),
    at: job.at.toISOString(),
    finished_at: job.finishedAt?.toISOString() ?? null,
    state: job.state,
    person: job.person,
    run_id: runId ?? null,
    flow_id: flowId === undefined ? null : String(flowId),
    from: from ?? null,
    to: to ?? null,
    all,
    total: job.total,
    left: job.left,
    outcomes: job.outcomes,
    problems: job.problems.map(({ changeId, outcome, reason }) => ({ change_id: String(changeId), outcome, reason })),
  };
}
