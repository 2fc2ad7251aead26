/** /api/v1/schedules: when workflows are executed by themselves. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { isPrintable, NOT_PRINTABLE } from "../../base/unprintable.ts";
import { POLICIES } from "../../schedules/catch_up.ts";
import { type Firing, FIRING_OUTCOMES } from "../../workflows/schedule_firings.ts";
import {
  MAX_CONCURRENT_RUNS,
  ON_FAILURE,
  type ScheduleStore,
  scheduleUnknown,
  type WorkflowSchedule,
} from "../../workflows/schedules.ts";
import { RUN_STATUSES, runIdOf, runStatusOf, type WorkflowRuns } from "../../workflows/runs.ts";
import { WORKFLOW_STATUSES } from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson, instant, orNull } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, text } from "../server/query.ts";
import { idFrom, idIn, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, deletedJson, deletedSchema, finderOf, tagged } from "./resource.ts";
import { ETAG, IF_MATCH, knownRevision } from "./revision.ts";
import { RUN_EXAMPLE, runJson, runSchema } from "./run_view.ts";

export interface ScheduleRoutesDeps extends ApiAuthDeps {
  workflowSchedules: ScheduleStore;
  workflowRuns: Pick<WorkflowRuns, "list">;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/schedules";
const REFUSAL = "Cannot save the schedule";
/** Of no workflow: a text that is no id is a fault beside the others. */
const NO_ID = "00000000-0000-0000-0000-000000000000";

const input = z.record(z.string(), anyJson);

const firing = z.object({
  scheduled_at: instant.meta({ description: "The slot" }),
  fired_at: instant,
  outcome: z.enum(FIRING_OUTCOMES),
  reason: z.string().nullable().meta({ description: "Why no run began" }),
  run_id: z.string().nullable(),
  run_status: z.enum(RUN_STATUSES).nullable().meta({ description: "null where there is no run, or none any more" }),
}).meta({ id: "ScheduleFiring" });

const schedule = z.object({
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  workflow_id: uuid,
  workflow_name: z.string(),
  workflow_status: z.enum(WORKFLOW_STATUSES),
  cron: z.string().meta({ description: "minute hour day month weekday" }),
  timezone: z.string(),
  input_data: input,
  max_concurrent_runs: z.int(),
  on_failure: z.enum(ON_FAILURE),
  missed_policy: z.enum(POLICIES),
  enabled: z.boolean(),
  paused_at: instant.nullable(),
  paused_by: z.string().nullable().meta({ description: "null where the program did it" }),
  pause_reason: z.string().nullable(),
  next_firings: z.array(instant).meta({ description: "The next five; none while it is paused" }),
  last_firing: orNull(firing),
  missed_slots: z.int().meta({ description: "Slots that passed while nothing could fire them" }),
  last_missed_at: instant.nullable(),
  created_by: z.string(),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "WorkflowSchedule" });

const FIRING_EXAMPLE = {
  scheduled_at: "2026-11-29T06:00:00.000Z",
  fired_at: "2026-11-29T06:00:00.041Z",
  outcome: "started",
  reason: null,
  run_id: RUN_EXAMPLE.run_id,
  run_status: "COMPLETED",
} as const;

const EXAMPLE = {
  id: "0d1f4a57-3c2b-4b6f-9c61-5a7e2f1b9d03",
  name: "triage each morning",
  description: null,
  workflow_id: RUN_EXAMPLE.workflow_definition_id,
  workflow_name: "triage",
  workflow_status: "active",
  cron: "0 7 * * MON-FRI",
  timezone: "Europe/Berlin",
  input_data: { text: "Morning" },
  max_concurrent_runs: 1,
  on_failure: "continue",
  missed_policy: "one",
  enabled: true,
  paused_at: null,
  paused_by: null,
  pause_reason: null,
  next_firings: ["2026-11-30T06:00:00.000Z", "2026-12-01T06:00:00.000Z"],
  last_firing: FIRING_EXAMPLE,
  missed_slots: 0,
  last_missed_at: null,
  created_by: "ops",
  created_at: "2026-11-28T09:00:00.000Z",
  updated_at: "2026-11-28T09:00:00.000Z",
} as const;

const PAUSED = {
  ...EXAMPLE,
  enabled: false,
  paused_at: "2026-11-29T09:00:00.000Z",
  paused_by: "ops",
  next_firings: [],
};

const ID = { schedule_id: z.string().meta({ description: "Id of the schedule" }) };

const fields = {
  name: z.string().trim().min(1).max(255).refine(isPrintable, NOT_PRINTABLE),
  description: z.string().max(2_000).nullish(),
  cron: z.string().max(200).meta({ description: "minute hour day month weekday, as in 0 7 * * MON-FRI" }),
  timezone: z.string().max(100).meta({ description: "On whose clock, as in Europe/Berlin" }),
  input_data: input,
  max_concurrent_runs: z.int().min(1).max(MAX_CONCURRENT_RUNS).meta({
    description: "A slot is held back, and recorded so, while as many of its runs are in progress",
  }),
  on_failure: z.enum(ON_FAILURE).meta({ description: "pause: a run that failed switches the schedule off" }),
  missed_policy: z.enum(POLICIES).meta({
    description: "Of slots that nothing could fire in time: none of them, the last, or all (100 at most)",
  }),
  enabled: z.boolean(),
};

const createSchedule = defineRoute({
  method: "post",
  path: PATH,
  tag: "Schedules",
  summary: "Execute a workflow by a schedule",
  about:
    "Each slot starts one run of the version that is current then, over all instances of the program. A schedule is a " +
    "standing execute: it is made and changed by who may execute.",
  who: "api_operator",
  creates: true,
  body: {
    schema: z.strictObject({
      ...fields,
      workflow_id: z.string().max(100).meta({ description: "Id of an active workflow" }),
      timezone: fields.timezone.default("UTC"),
      input_data: input.default({}),
      max_concurrent_runs: fields.max_concurrent_runs.default(1),
      on_failure: fields.on_failure.default("continue"),
      missed_policy: fields.missed_policy.default("one"),
      enabled: fields.enabled.default(true),
    }),
    refusal: REFUSAL,
    example: {
      name: EXAMPLE.name,
      workflow_id: EXAMPLE.workflow_id,
      cron: EXAMPLE.cron,
      timezone: EXAMPLE.timezone,
      input_data: EXAMPLE.input_data,
    },
  },
  answer: {
    status: 201,
    about: "The schedule",
    headers: { Location: "Path of the schedule", ...ETAG },
    schema: schedule,
    example: { ...EXAMPLE, last_firing: null },
  },
  problems: ["CONFLICT", "BODY_TOO_LARGE"],
});

const listSchedules = defineRoute({
  method: "get",
  path: PATH,
  tag: "Schedules",
  summary: "Schedules, the newest first",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    workflow_id: text("Only of this workflow"),
    enabled: oneOf("Only those that are on, or paused", ["true", "false"]),
    name: text("A part of the name"),
  }),
  answer: {
    status: 200,
    about: "A page of schedules",
    schema: listOf(schedule),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getSchedule = defineRoute({
  method: "get",
  path: `${PATH}/{schedule_id}`,
  tag: "Schedules",
  summary: "One schedule",
  who: "api_viewer",
  params: ID,
  answer: { status: 200, about: "The schedule", headers: ETAG, schema: schedule, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const updateSchedule = defineRoute({
  method: "put",
  path: `${PATH}/{schedule_id}`,
  tag: "Schedules",
  summary: "Change a schedule",
  about: "Absent fields keep their values. Another cron or timezone counts from its next slot on.",
  who: "api_operator",
  params: ID,
  headers: IF_MATCH,
  body: { schema: z.strictObject(fields).partial(), refusal: REFUSAL, example: { max_concurrent_runs: 2 } },
  answer: {
    status: 200,
    about: "The schedule",
    headers: ETAG,
    schema: schedule,
    example: { ...EXAMPLE, max_concurrent_runs: 2 },
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "BODY_TOO_LARGE"],
});

const deleteSchedule = defineRoute({
  method: "delete",
  path: `${PATH}/{schedule_id}`,
  tag: "Schedules",
  summary: "Delete a schedule",
  about: "Its firings go with it; its runs go on and stay.",
  who: "api_operator",
  params: ID,
  headers: IF_MATCH,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: deletedSchema(schedule, "WorkflowScheduleDeleted"),
    example: {
      message: 'Schedule "triage each morning" is deleted',
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...EXAMPLE, enabled: false, next_firings: [] },
    },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const pauseSchedule = defineRoute({
  method: "post",
  path: `${PATH}/{schedule_id}/pause`,
  tag: "Schedules",
  summary: "Pause a schedule: no slot fires",
  about: "Runs in progress go on.",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: { status: 200, about: "The schedule", headers: ETAG, schema: schedule, example: PAUSED },
  problems: ["NOT_FOUND"],
});

const resumeSchedule = defineRoute({
  method: "post",
  path: `${PATH}/{schedule_id}/resume`,
  tag: "Schedules",
  summary: "Resume a schedule, from its next slot on",
  who: "api_operator",
  creates: false,
  params: ID,
  answer: { status: 200, about: "The schedule", headers: ETAG, schema: schedule, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const listScheduleRuns = defineRoute({
  method: "get",
  path: `${PATH}/{schedule_id}/runs`,
  tag: "Schedules",
  summary: "Runs that a schedule started, the newest first",
  who: "api_viewer",
  params: ID,
  query: z.object({ ...pageQuery, status: oneOf("Only in this status", RUN_STATUSES) }),
  answer: {
    status: 200,
    about: "A page of runs",
    schema: listOf(runSchema),
    example: { items: [RUN_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["NOT_FOUND"],
});

const listFirings = defineRoute({
  method: "get",
  path: `${PATH}/{schedule_id}/firings`,
  tag: "Schedules",
  summary: "What became of the slots of a schedule, the newest first",
  about: "The last 100, and those whose runs are in progress: also slots that started no run, each with the reason.",
  who: "api_viewer",
  params: ID,
  query: z.object({ ...pageQuery, outcome: oneOf("Only those that ended so", FIRING_OUTCOMES) }),
  answer: {
    status: 200,
    about: "A page of firings",
    schema: listOf(firing),
    example: { items: [FIRING_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["NOT_FOUND"],
});

export const workflowScheduleRoutes = [
  createSchedule,
  listSchedules,
  getSchedule,
  updateSchedule,
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  listScheduleRuns,
  listFirings,
];

export function mountWorkflowSchedules(app: Hono<AppEnv>, deps: ScheduleRoutesDeps): void {
  const { workflowSchedules: schedules, workflowRuns, clock } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: schedules.find, unknown: scheduleUnknown });

  mount(app, deps, createSchedule, async ({ c, login, body, once }) => {
    const given = await body();
    const workflow_id = idIn(given.workflow_id) ?? NO_ID;
    const installationId = await installation();
    const by = byOf(c, login);
    return await once(
      (atEnd) => schedules.create(installationId, { ...given, workflow_id }, { by, atEnd }),
      (made) => scheduleJson(tagged(c, made, PATH)),
    );
  });

  mount(app, deps, listSchedules, async ({ query }) => {
    const { name, enabled } = query;
    const workflowId = idIn(query.workflow_id);
    if (workflowId === null) return pageOf([], query, 0);
    const filter = { name, workflowId, enabled: enabled === undefined ? undefined : enabled === "true" };
    const { schedules: found, total } = await schedules.list(await installation(), filter, rangeOf(query));
    return pageOf(found.map(scheduleJson), query, total);
  });

  mount(app, deps, getSchedule, async ({ c, params }) => {
    const found = await find(params.schedule_id);
    return scheduleJson(tagged(c, found));
  });

  mount(app, deps, updateSchedule, async ({ c, login, params, body }) => {
    const id = idFrom(params.schedule_id, scheduleUnknown);
    const by = byOf(c, login);
    const changed = await schedules.update(await installation(), id, await body(), { by, revision: knownRevision(c) });
    return scheduleJson(tagged(c, changed));
  });

  mount(app, deps, deleteSchedule, async ({ c, login, params }) => {
    const id = idFrom(params.schedule_id, scheduleUnknown);
    const by = byOf(c, login);
    const gone = await schedules.remove(await installation(), id, { by, revision: knownRevision(c) });
    return deletedJson(clock, `Schedule "${gone.name}"`, scheduleJson(gone));
  });

  for (const [route, change] of [[pauseSchedule, "pause"], [resumeSchedule, "resume"]] as const) {
    mount(app, deps, route, async ({ c, login, params }) => {
      const id = idFrom(params.schedule_id, scheduleUnknown);
      const by = byOf(c, login);
      const changed = await schedules[change](await installation(), id, by);
      return scheduleJson(tagged(c, changed));
    });
  }

  mount(app, deps, listScheduleRuns, async ({ params, query }) => {
    const { id } = await find(params.schedule_id);
    const sort = { by: "created_at" as const, descending: true };
    const filter = { status: query.status, scheduleId: id };
    const { runs, total } = await workflowRuns.list(await installation(), filter, { ...rangeOf(query), sort });
    return pageOf(runs.map(runJson), query, total);
  });

  mount(app, deps, listFirings, async ({ params, query }) => {
    const id = idFrom(params.schedule_id, scheduleUnknown);
    const page = { ...rangeOf(query), outcome: query.outcome };
    const { firings, total } = await schedules.firings(await installation(), id, page);
    return pageOf(firings.map(firingJson), query, total);
  });
}

function firingJson({ slot, firedAt, outcome, reason, runId, runState }: Firing) {
  return {
    scheduled_at: slot.toISOString(),
    fired_at: firedAt.toISOString(),
    outcome,
    reason,
    run_id: runIdOf(runId),
    run_status: runState === null ? null : runStatusOf(runState),
  };
}

function scheduleJson(one: WorkflowSchedule) {
  return {
    id: one.id,
    name: one.name,
    description: one.description,
    workflow_id: one.workflowId,
    workflow_name: one.workflowName,
    workflow_status: one.workflowStatus,
    cron: one.cron,
    timezone: one.timezone,
    input_data: one.input,
    max_concurrent_runs: one.maxConcurrentRuns,
    on_failure: one.onFailure,
    missed_policy: one.missedPolicy,
    enabled: one.enabled,
    paused_at: one.pausedAt?.toISOString() ?? null,
    paused_by: one.pausedBy,
    pause_reason: one.pauseReason,
    next_firings: one.nextFirings.map((at) => at.toISOString()),
    last_firing: one.lastFiring && firingJson(one.lastFiring),
    missed_slots: one.missedSlots,
    last_missed_at: one.lastMissedAt?.toISOString() ?? null,
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
    updated_at: one.updatedAt.toISOString(),
  };
}
