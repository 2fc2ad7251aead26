/** /api/v1/runs: runs of workflows, watched, cancelled, paused and retried. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Audit, AuditEntry } from "../../access/audit.ts";
import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import type { ApiCaller } from "../../access/roles.ts";
import type { AtEnd } from "../../db/at_end.ts";
import type { TransactionSql } from "../../db/db.ts";
import type { RunAgain } from "../../runs/again.ts";
import type { RunControl } from "../../runs/control.ts";
import type { RunRetry } from "../../runs/retry.ts";
import { callerKey, type Dispatch } from "../../workflows/executions.ts";
import type { WorkflowRunLog } from "../../workflows/run_log.ts";
import type { WorkflowRunSteps } from "../../workflows/run_steps.ts";
import { RUN_ORDERS, RUN_STATUSES, runUnknown, type WorkflowRun, type WorkflowRuns } from "../../workflows/runs.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, text, time } from "../server/query.ts";
import { idFrom, idIn } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf } from "./resource.ts";
import { acceptedRunJson, RUN_EXAMPLE, runJson, runSchema, STEP_EXAMPLE, stepJson, stepSchema } from "./run_view.ts";

export interface WorkflowRunRoutesDeps extends ApiAuthDeps {
  appendAudit: Audit;
  /** A run ended so, by a request. */
  onCancelled(): void;
  /** Absent: runs are handed on by the queue alone. */
  dispatch?: Pick<Dispatch, "cancelled" | "wake">;
  workflowRuns: WorkflowRuns & WorkflowRunSteps & WorkflowRunLog;
  runs: RunControl & RunAgain & RunRetry;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/runs";
const ID = { run_id: z.string().meta({ description: "Id of the run, with or without run-" }) };

const listRuns = defineRoute({
  method: "get",
  path: PATH,
  tag: "Workflow runs",
  summary: "Runs of workflows",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    status: oneOf("Only in this status", RUN_STATUSES),
    workflow_definition_id: text("Id of the workflow"),
    workflow_id: text("Another name of workflow_definition_id; also wf-<name>-<version>"),
    created_after: time("Created at or after"),
    created_before: time("Created before"),
    sort_by: oneOf("What they are sorted by; absent: created_at", RUN_ORDERS),
    sort_order: oneOf("Absent: desc", ["asc", "desc"]),
  }),
  answer: {
    status: 200,
    about: "A page of runs",
    schema: listOf(runSchema),
    example: { items: [RUN_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getRun = defineRoute({
  method: "get",
  path: `${PATH}/{run_id}`,
  tag: "Workflow runs",
  summary: "One run",
  who: "api_viewer",
  params: ID,
  answer: { status: 200, about: "The run", schema: runSchema, example: RUN_EXAMPLE },
  problems: ["NOT_FOUND"],
});

const listSteps = defineRoute({
  method: "get",
  path: `${PATH}/{run_id}/steps`,
  tag: "Workflow runs",
  summary: "Steps of a run",
  about: "Those that have begun, in that order, a row for each item of a loop; then those that have not.",
  who: "api_viewer",
  params: ID,
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of steps",
    schema: listOf(stepSchema),
    example: { items: [STEP_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["NOT_FOUND"],
});

const logLine = z.object({
  timestamp: instant,
  level: z.enum(["INFO", "WARNING", "ERROR"]),
  message: z.string(),
  step_id: z.string().nullable(),
}).meta({ id: "WorkflowRunLogLine" });

const listLog = defineRoute({
  method: "get",
  path: `${PATH}/{run_id}/logs`,
  tag: "Workflow runs",
  summary: "The log of a run, oldest first",
  who: "api_viewer",
  params: ID,
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of lines",
    schema: listOf(logLine),
    example: {
      items: [{ timestamp: "2026-11-29T09:00:00.100Z", level: "INFO", message: "Step began", step_id: "classify" }],
      total: 1,
      page: 1,
      page_size: 20,
      total_pages: 1,
    },
  },
  problems: ["NOT_FOUND"],
});

const cancelRun = defineRoute({
  method: "post",
  path: `${PATH}/{run_id}/cancel`,
  tag: "Workflow runs",
  summary: "Cancel a run",
  about: "At once where it waits; a call that is in progress is stopped within 2 s, and nothing begins after it.",
  who: "api_operator",
  creates: false,
  params: ID,
  body: {
    schema: z.strictObject({ reason: z.string().max(500).nullish() }),
    refusal: "Cannot cancel the run",
    example: { reason: "No longer needed" },
    absent: {},
  },
  answer: { status: 200, about: "The run", schema: runSchema, example: { ...RUN_EXAMPLE, status: "CANCELLED" } },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const pauseRun = defineRoute({
  method: "post",
  path: `${PATH}/{run_id}/pause`,
  tag: "Workflow runs",
  summary: "Pause a run: no further step begins",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: { status: 200, about: "The run", schema: runSchema, example: { ...RUN_EXAMPLE, status: "RUNNING" } },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const resumeRun = defineRoute({
  method: "post",
  path: `${PATH}/{run_id}/resume`,
  tag: "Workflow runs",
  summary: "Resume a paused run",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: { status: 200, about: "The run", schema: runSchema, example: { ...RUN_EXAMPLE, status: "RUNNING" } },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const retryRun = defineRoute({
  method: "post",
  path: `${PATH}/{run_id}/retry`,
  tag: "Workflow runs",
  summary: "Retry a run that failed or was cancelled",
  about:
    "A failed run goes on at the step that failed, as the same run. One that was cancelled, or is to resume from another " +
    "step, is begun again as a new run, which takes over what is before that step; `retry_of` names the first.",
  who: "api_operator",
  creates: true,
  params: ID,
  body: {
    schema: z.strictObject({ resume_from_step: z.string().max(100).nullish() }),
    refusal: "Cannot retry the run",
    example: { resume_from_step: "classify" },
    absent: {},
  },
  answer: {
    status: 202,
    about: "The run that goes on",
    headers: { Location: "Path of the run" },
    schema: runSchema,
    example: RUN_EXAMPLE,
  },
  problems: ["NOT_FOUND", "CONFLICT", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

export const workflowRunRoutes = [
  listRuns,
  getRun,
  listSteps,
  listLog,
  cancelRun,
  pauseRun,
  resumeRun,
  retryRun,
];

export function mountWorkflowRuns(app: Hono<AppEnv>, deps: WorkflowRunRoutesDeps): void {
  const { workflowRuns, runs, clock } = deps;
  const installation = async () => (await deps.home()).installationId;

  mount(app, deps, listRuns, async ({ query }) => {
    const { status, workflow_definition_id, workflow_id, created_after, created_before } = query;
    const sort = { by: query.sort_by ?? "created_at" as const, descending: query.sort_order !== "asc" };
    const named = workflow_definition_id === undefined ? namedIn(workflow_id) : undefined;
    const workflowId = named ? undefined : idIn(workflow_definition_id ?? workflow_id);
    if (workflowId === null) return pageOf([], query, 0);
    const { runs: found, total } = await workflowRuns.list(await installation(), {
      status,
      workflowId,
      named,
      createdAfter: created_after,
      createdBefore: created_before,
    }, { ...rangeOf(query), sort });
    return pageOf(found.map(runJson), query, total);
  });

  mount(app, deps, getRun, async ({ params }) => runJson(await find(params.run_id)));

  mount(app, deps, listSteps, async ({ params, query }) => {
    const id = runId(params.run_id);
    const { steps, total } = await workflowRuns.steps(await installation(), id, rangeOf(query));
    return pageOf(steps.map((step) => stepJson(id, step)), query, total);
  });

  mount(app, deps, listLog, async ({ params, query }) => {
    const { lines, total } = await workflowRuns.log(await installation(), runId(params.run_id), rangeOf(query));
    const items = lines.map(({ at, level, message, stepId }) => ({
      timestamp: at.toISOString(),
      level,
      message,
      step_id: stepId,
    }));
    return pageOf(items, query, total);
  });

  mount(app, deps, cancelRun, async ({ c, login, params, body }) => {
    const { reason = null } = await body();
    const { id } = await find(params.run_id);
    const installationId = await installation();
    let isCancelled = false;
    await runs.cancel(installationId, id, person(login.name), {
      atEnd: async (sql) => {
        isCancelled = true;
        await sql`
          update workflow_run set cancel_reason = ${reason}
          where installation_id = ${installationId} and run_id = ${id}`;
        await deps.dispatch?.cancelled(sql, { installationId, runId: id, by: login.name, reason: reason ?? null });
        await audit(sql, installationId, {
          ...byOf(c, login),
          action: "cancel",
          entityId: id,
          changes: { reason },
        });
      },
    });
    deps.dispatch?.wake();
    if (isCancelled) deps.onCancelled();
    return runJson(await find(params.run_id));
  });

  mount(app, deps, pauseRun, async ({ c, login, params }) => {
    const { id } = await find(params.run_id);
    const installationId = await installation();
    const entry = { ...byOf(c, login), action: "pause", entityId: id, changes: {} };
    await runs.pause(installationId, id, person(login.name), { atEnd: (sql) => audit(sql, installationId, entry) });
    return runJson(await find(params.run_id));
  });

  mount(app, deps, resumeRun, async ({ c, login, params }) => {
    const { id } = await find(params.run_id);
    const installationId = await installation();
    const entry = { ...byOf(c, login), action: "resume", entityId: id, changes: {} };
    await runs.resume(installationId, id, { atEnd: (sql) => audit(sql, installationId, entry) });
    return runJson(await find(params.run_id));
  });

  mount(app, deps, retryRun, async ({ c, login, params, body, once }) => {
    const { resume_from_step } = await body();
    const run = await find(params.run_id);
    const installationId = await installation();
    if (run.status !== "FAILED" && run.status !== "CANCELLED") {
      throw new AppError("CONFLICT", `Cannot retry run "${run.id}": it is ${run.status}, not FAILED or CANCELLED`);
    }
    const step = resume_from_step ?? undefined;
    const said = (changes: unknown) => ({
      ...byOf(c, login),
      action: "retry",
      entityId: run.id,
      changes,
    });
    if (run.status === "FAILED" && step === undefined) {
      return await retryFailed(deps, { c, login, run, installationId, once });
    }
    const from = await workflowRuns.pathOf(installationId, run.id, step);
    const key = c.req.header("idempotency-key");
    return await once(
      (atEnd) =>
        runs.again(installationId, run.id, {
          from,
          input: undefined,
          version: "same",
          person: login.name,
          key: key === undefined ? undefined : callerKey(login, key),
          atEnd: async (sql, made) => {
            await sql`
              insert into workflow_run (run_id, installation_id, workflow_id, version, triggered_by, correlation_id)
              values (${made.runId}, ${installationId}, ${run.workflowId}, ${run.version}, ${login.name}, ${c.env.requestId})
              on conflict do nothing`;
            await audit(sql, installationId, said({ new_run_id: made.runId, from: step ?? null }));
            await atEnd?.(sql, made);
          },
        }),
      ({ runId, createdAt }) => {
        c.header("location", `${PATH}/${runId}`);
        const { workflowId, workflowName, version, input } = run;
        const by = { triggeredBy: login.name, correlationId: c.env.requestId };
        const facts = { workflowId, workflowName, version, input, ...by, createdAt };
        return acceptedRunJson({ id: runId, ...facts, retryOf: run.id });
      },
    );
  });

  function audit(sql: TransactionSql, installationId: number, entry: Omit<AuditEntry, "entityType">): Promise<void> {
    return deps.appendAudit(sql, { installationId, at: clock.now() }, { ...entry, entityType: "run" });
  }

  async function find(text: string): Promise<WorkflowRun> {
    const id = runId(text);
    const found = await workflowRuns.find(await installation(), id);
    if (!found) throw runUnknown(id);
    return found;
  }
}

/** The run goes on at the step that failed. */
export function retryFailed<Answered>(
  { runs, appendAudit, clock }: Pick<WorkflowRunRoutesDeps, "runs" | "appendAudit" | "clock">,
  { c, login, run, installationId, once }: {
    c: Context<AppEnv>;
    login: ApiCaller;
    run: WorkflowRun;
    installationId: number;
    once: (
      work: (atEnd: AtEnd<unknown> | undefined) => Promise<unknown>,
      answer: () => ReturnType<typeof runJson>,
    ) => Promise<Answered>;
  },
): Promise<Answered> {
  const entry = {
    ...byOf(c, login),
    action: "retry",
    entityType: "run",
    entityId: run.id,
    changes: {},
  };
  return once(
    (atEnd) =>
      runs.retry(installationId, run.id, {
        atEnd: async (sql, made) => {
          await appendAudit(sql, { installationId, at: clock.now() }, entry);
          await atEnd?.(sql, made);
        },
      }),
    () => {
      c.header("location", `${PATH}/${run.id}`);
      return runJson({ ...run, status: "PENDING", completedAt: null, errorCode: null, errorMessage: null });
    },
  );
}

function runId(text: string): string {
  return idFrom(text.startsWith("run-") ? text.slice("run-".length) : text, runUnknown);
}

/** What wf-<name>-<version> names; undefined for any other text. */
function namedIn(text: string | undefined): { name: string; version: number } | undefined {
  const [, name, version] = /^wf-(.+)-([1-9]\d{0,8})$/.exec(text ?? "") ?? [];
  return name === undefined ? undefined : { name, version: Number(version) };
}

function person(name: string) {
  return { kind: "operator" as const, name };
}
