/**
 * /ui/runs: what the flows of a workspace did, newest first; each run with all its steps, and the retry of a failed
 * one.
 */

import type { Hono } from "hono";
import { z } from "zod";
import { builtinCatalogue, type Catalogue } from "../../clockify/operations.ts";
import { stepName } from "../../flows/vocabulary/step_name.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { decodeCursor, encodeCursor } from "../../runs/cursor.ts";
import type { RunInspector } from "../../runs/inspect.ts";
import { RUN_FILTER_STATES, type RunList, type RunRow } from "../../runs/list.ts";
import { personOf } from "../../clockify/call_origin.ts";
import { parseKey } from "../../idempotency/key.ts";
import type { RunAgain } from "../../runs/again.ts";
import type { RunControl } from "../../runs/control.ts";
import { type RunRetry, runUnknown } from "../../runs/retry.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, time, wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { RUN_STATUS } from "./flows.ts";
import { retryJson, runDetailJson } from "./run_detail.ts";
import { retryPlan, retryVersion, run, RUN_EXAMPLE, runChange, runDetail, runId } from "./run_schemas.ts";
import { runViewOf } from "./run_view.ts";
import { anyJson, cursorPage, workspaceId } from "./schemas.ts";

export interface RunRoutesDeps extends AuthDeps {
  runs: RunList & RunInspector & RunRetry & RunControl & RunAgain;
  settings: Pick<SettingsSource, "of">;
  catalogue: Catalogue;
  body: BodyLimits;
}

const PATH = "/ui/runs";
const ID = { fallback: undefined, min: 1, max: 999_999_999_999_999 };

export const runFilters = {
  flow_id: wholeNumber("Of one flow", ID),
  event_id: wholeNumber("Of one event", ID),
  state: oneOf("In this state; active: pending, running or waiting", RUN_FILTER_STATES),
  from: time("Created not before this time"),
  to: time("Created before this time"),
};

const listRuns = defineRoute({
  method: "get",
  path: PATH,
  tag: "Runs",
  summary: "Runs of all flows, newest first",
  who: "member",
  query: z.object({
    limit: wholeNumber("Rows of the page", { fallback: 50, min: 1, max: 100 }),
    ...runFilters,
    cursor: z.string().optional().meta({ description: "next_cursor of the page before" }),
  }),
  answer: {
    status: 200,
    about: "A page of runs; it may be short, even empty, and have a next one",
    schema: z.object({ workspace_id: workspaceId, pagination: cursorPage, runs: z.array(run) }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { limit: 50, has_more: false, next_cursor: null },
      runs: [RUN_EXAMPLE],
    },
  },
});

const params = { id: runId.meta({ description: "Id of the run", example: RUN_EXAMPLE.id }) };

const getRun = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Runs",
  summary: "One run with its steps and their attempts",
  who: "member",
  params,
  answer: {
    status: 200,
    about: "The run; members get what steps sent and got redacted",
    schema: runDetail,
    example: {
      ...RUN_EXAMPLE,
      event: {
        id: "17",
        event_type: "NEW_TIME_ENTRY",
        received_at: "2026-11-21T07:59:59.990Z",
        subject: "Design review",
      },
      flow: { id: "3", name: RUN_EXAMPLE.flow_name, version: 1, current_version: 1, enabled: true },
      queued_ms: 20,
      definition: null,
      can_retry: false,
      retry_reason: "Cannot retry: it did not fail",
      next_attempt_at: null,
      waiting_reason: null,
      input: null,
      input_truncated: false,
      output: { tag: "64c777ddd3fcab07cfbb210c" },
      output_truncated: false,
      end_message: null,
      again_of: null,
      again_by: [],
      steps: [],
      retry: null,
    },
  },
  problems: ["NOT_FOUND"],
});

const retryRun = defineRoute({
  method: "post",
  path: `${PATH}/{id}/retry`,
  tag: "Replay",
  summary: "Retry a failed run from the step it failed at",
  about: "With version present it uses the flow as it is now, which must begin with the finished steps.",
  who: "admin",
  creates: true,
  params,
  body: {
    schema: z.strictObject({ version: retryVersion.default("same") }, "must be an object"),
    refusal: "Cannot retry: the request does not say how",
    example: { version: "same" },
    absent: {},
  },
  answer: {
    status: 202,
    about: "It is pending again",
    schema: retryPlan.extend({ run_id: runId, state: z.literal("pending") }),
    example: { run_id: RUN_EXAMPLE.id, state: "pending", version: 1, kept: 2, from_step: 3 },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const cancelRun = defineRoute({
  method: "post",
  path: `${PATH}/{id}/cancel`,
  creates: false,
  tag: "Runs",
  summary: "End a run that is not over",
  about:
    "Steps that finished stay as they are. A call that is in progress is aborted; it may have taken effect, and its " +
    "attempt is uncertain. Nothing is sent afterwards, and runs that wait for this one continue.",
  who: "admin",
  params,
  answer: {
    status: 200,
    about: "It is cancelled",
    schema: runChange,
    example: { run_id: RUN_EXAMPLE.id, state: "cancelled" },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const pauseRun = defineRoute({
  method: "post",
  path: `${PATH}/{id}/pause`,
  creates: false,
  tag: "Runs",
  summary: "Begin no further step of a run until it is resumed",
  about:
    "A call that is in progress is awaited and recorded: until then the run is running. Runs that wait for this one wait.",
  who: "admin",
  params,
  answer: {
    status: 200,
    about: "It is paused, as it may have been before",
    schema: runChange,
    example: { run_id: RUN_EXAMPLE.id, state: "waiting" },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const resumeRun = defineRoute({
  method: "post",
  path: `${PATH}/{id}/resume`,
  creates: false,
  tag: "Runs",
  summary: "Resume a paused run where it was",
  about: "At once, or at the time of its next attempt.",
  who: "admin",
  params,
  answer: {
    status: 200,
    about: "It is resumed",
    schema: runChange,
    example: { run_id: RUN_EXAMPLE.id, state: "pending" },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

const pointer = "must be a JSON Pointer, as in /project/name";
const patchOperation = z.strictObject({
  op: z.enum(["add", "remove", "replace", "move", "copy", "test"]),
  path: z.string(pointer).max(2_000, pointer),
  from: z.string(pointer).max(2_000, pointer).optional(),
  value: anyJson.optional(),
}, "must be an operation of a JSON Patch");

const againRun = defineRoute({
  method: "post",
  path: `${PATH}/{id}/again`,
  tag: "Runs",
  summary: "Begin a new run at a step of this one",
  about:
    "The steps before come over as they ended and not repeated; the new run has Idempotency-Keys of its own, and both " +
    "name each other. Its input is that of this run, changed by patch (JSON Patch, RFC 6902), or another one: input. It passes " +
    "the flow's concurrency and throttle. An Idempotency-Key begins one run, however often it is sent.",
  who: "admin",
  creates: true,
  params,
  body: {
    schema: z.strictObject({
      from: z.string("must be the path of a step").min(1).max(1_000).meta({ example: "root/create" }),
      input: anyJson.optional(),
      patch: z.array(patchOperation).max(100).optional(),
      version: z.enum(["ran", "present"], 'must be "ran" or "present"').default("ran"),
    }, "must be an object").refine(({ input, patch }) => input === undefined || patch === undefined, {
      path: ["patch"],
      message: "cannot be combined with input: give one of them",
    }),
    refusal: "Cannot run it again: the request does not say how",
    example: { from: "root/create", patch: [{ op: "replace", path: "/description", value: "Design review" }] },
  },
  answer: {
    status: 202,
    about: "The new run is pending",
    schema: z.object({
      run_id: runId,
      state: z.literal("pending"),
      again_of: runId,
      version: z.int(),
      kept: z.int().meta({ description: "Steps that were taken over" }),
    }),
    example: { run_id: RUN_EXAMPLE.id, state: "pending", again_of: RUN_EXAMPLE.id, version: 1, kept: 2 },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const runRoutes = [listRuns, getRun, againRun, retryRun, cancelRun, pauseRun, resumeRun];

export function mountRuns(app: Hono<AppEnv>, deps: RunRoutesDeps) {
  mount(app, deps, listRuns, async ({ c, login, query: { limit, flow_id, event_id, state, from, to, cursor } }) => {
    const { installation } = login;
    const filter = { flowId: flow_id, eventId: event_id, state, from, to };
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { runs, next, cursors } = await deps.runs.list(installation.id, filter, { limit, after });
    c.env.beside?.cursors?.push(...cursors.map(encodeCursor));
    const { show } = await runViewOf(login, deps.settings);
    return {
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next && encodeCursor(next) },
      runs: runs.map((run) => runRowJson(run, show)),
    };
  });

  mount(app, deps, getRun, async ({ login, params }) => {
    const detail = await deps.runs.inspect(login.installation.id, idOf(params.id));
    const view = await runViewOf(login, deps.settings);
    const mayRetry = login.role === "admin";
    const asks = mayRetry && detail.run.state === "failed";
    const choices = asks ? await deps.runs.choices(login.installation.id, detail.run.id) : undefined;
    return {
      ...runRowJson(detail.run, view.show),
      ...runDetailJson(detail, { view, mayRetry, catalogue: deps.catalogue }),
      retry: choices ? { same: retryJson(choices.same), present: retryJson(choices.present) } : null,
    };
  });

  // A request without a body asks for the same version.
  mount(app, deps, retryRun, async ({ login: { installation }, params, body, once }) => {
    const id = idOf(params.id);
    const { version } = await body();
    return await once(
      (atEnd) => deps.runs.retry(installation.id, id, { version, atEnd }),
      (way) => ({ run_id: id, state: "pending" as const, ...retryJson(way) }),
    );
  });

  mount(app, deps, againRun, async ({ c, login, params, body, once }) => {
    const id = idOf(params.id);
    const { from, input, patch, version } = await body();
    const header = c.req.header("idempotency-key");
    const request = {
      from,
      input: patch ? { patch } : input === undefined ? undefined : { whole: input },
      version: version === "ran" ? "same" as const : "present" as const,
      person: personOf(login),
      ...(header !== undefined && { key: parseKey(header) }),
    };
    return await once(
      (atEnd) => deps.runs.again(login.installation.id, id, { ...request, atEnd }),
      ({ runId, version, taken }) => ({ run_id: runId, state: "pending" as const, again_of: id, version, kept: taken }),
    );
  });

  mount(app, deps, cancelRun, async ({ login, params }) => {
    const id = idOf(params.id);
    return { run_id: id, ...await deps.runs.cancel(login.installation.id, id, login) };
  });

  mount(app, deps, pauseRun, async ({ login, params }) => {
    const id = idOf(params.id);
    return { run_id: id, ...await deps.runs.pause(login.installation.id, id, login) };
  });

  mount(app, deps, resumeRun, async ({ login, params }) => {
    const id = idOf(params.id);
    return { run_id: id, ...await deps.runs.resume(login.installation.id, id) };
  });
}

function idOf(param: string): string {
  const text = param.toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw runUnknown(text.slice(0, 40));
  return text;
}

/** One row of a list of runs; `show` decides what the viewer may read of an error (redactPayload for members). */
export function runRowJson(run: RunRow, show: (value: unknown) => unknown) {
  const { startedAt, finishedAt } = run;
  return {
    id: run.id,
    flow_id: String(run.flowId),
    flow_name: run.flowName,
    flow_version: run.flowVersion,
    event_id: run.eventId === null ? null : String(run.eventId),
    event_type: run.eventType,
    trigger: run.trigger,
    state: run.state,
    status: RUN_STATUS[run.state] ?? run.state.toUpperCase(),
    replay: run.replay,
    paused_at: run.pausedAt?.toISOString() ?? null,
    error: run.errorMessage === null
      ? null
      // A run that was cancelled has a reason, and no code of an error.
      : { code: run.errorCode ?? run.state.toUpperCase(), message: show(run.errorMessage) as string },
    created_at: run.createdAt.toISOString(),
    started_at: startedAt?.toISOString() ?? null,
    finished_at: finishedAt?.toISOString() ?? null,
    duration_ms: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    failed_step: run.failedStep?.id ?? null,
    failed_step_number: run.failedStep?.number ?? null,
    failed_step_name: run.failedStep && stepName(run.failedStep, builtinCatalogue()),
  };
}
