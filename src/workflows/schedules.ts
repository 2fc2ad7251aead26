/** Schedules of workflows: made, changed, switched on and off, listed; what fires them is schedule_firings.ts. */

import { appendAudit, type Audit } from "../access/audit.ts";
import { accessStore, type By, requireRevision } from "../access/by.ts";
import { AppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import { jsonText } from "../base/json_text.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import type { Policy } from "../schedules/catch_up.ts";
import { MAX_SCHEDULES, slotAt } from "../schedules/store.ts";
import { nextFirings } from "../schedules/timing.ts";
import { requireSmall } from "./input.ts";
import {
  CANNOT_SAVE,
  fitFaults,
  invalid,
  nameInUse,
  nextSlot,
  readWorkflow,
  timingFaults,
  timingOf,
  workflowFaults,
} from "./schedule_faults.ts";
import { type Firing, type FiringOutcome, firingPage, lastFiring } from "./schedule_firings.ts";
import type { WorkflowStatus } from "./store.ts";

/** After a run that failed: the next slot fires all the same, or the schedule is switched off. */
export const ON_FAILURE = ["continue", "pause"] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** Runs of a schedule that may be in progress at once, at most. */
export const MAX_CONCURRENT_RUNS = 100;

export interface WorkflowSchedule {
  id: string;
  name: string;
  description: string | null;
  workflowId: string;
  workflowName: string;
  workflowStatus: WorkflowStatus;
  cron: string;
  timezone: string;
  input: Record<string, unknown>;
  maxConcurrentRuns: number;
  onFailure: OnFailure;
  missedPolicy: Policy;
  enabled: boolean;
  pausedAt: Date | null;
  /** Null: the program. */
  pausedBy: string | null;
  pauseReason: string | null;
  /** The next five slots; none while it is not enabled. */
  nextFirings: Date[];
  /** Of the last slot that came in time. */
  lastFiring: Firing | null;
  /** Slots that passed while nothing could fire them, and when that was last noticed. */
  missedSlots: number;
  lastMissedAt: Date | null;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewSchedule {
  name: string;
  description?: string | null;
  workflow_id: string;
  cron: string;
  timezone: string;
  input_data: Record<string, unknown>;
  max_concurrent_runs: number;
  on_failure: OnFailure;
  missed_policy: Policy;
  enabled: boolean;
}
export type SchedulePatch = Partial<Omit<NewSchedule, "workflow_id">>;

export interface ScheduleFilter {
  workflowId?: string;
  enabled?: boolean;
  /** A part of the name. */
  name?: string;
}

interface Change {
  by: By;
  /** The revision that the caller knows; absent: whichever there is. */
  revision?: number;
}

export interface ScheduleStore {
  /** Throws REQUEST_INVALID with every fault, CONFLICT where the name is in use or there are MAX_SCHEDULES, BODY_TOO_LARGE. */
  create(
    installationId: number,
    schedule: NewSchedule,
    options: { by: By; atEnd?: AtEnd<WorkflowSchedule> },
  ): Promise<WorkflowSchedule>;
  /** The newest first, with the true total. */
  list(
    installationId: number,
    filter: ScheduleFilter,
    page: { limit: number; offset: number },
  ): Promise<{ schedules: WorkflowSchedule[]; total: number }>;
  find(installationId: number, id: string): Promise<WorkflowSchedule | undefined>;
  /** Throws NOT_FOUND, PRECONDITION_FAILED, and what create() throws. */
  update(installationId: number, id: string, patch: SchedulePatch, change: Change): Promise<WorkflowSchedule>;
  /** Throws NOT_FOUND, PRECONDITION_FAILED. Its runs go on. */
  remove(installationId: number, id: string, change: Change): Promise<WorkflowSchedule>;
  /** Throws NOT_FOUND. Without effect where it is so already. */
  pause(installationId: number, id: string, by: By): Promise<WorkflowSchedule>;
  /** From the next slot on. As pause(). */
  resume(installationId: number, id: string, by: By): Promise<WorkflowSchedule>;
  /** What became of its slots, the newest first. Throws NOT_FOUND. */
  firings(
    installationId: number,
    id: string,
    page: { limit: number; offset: number; outcome?: FiringOutcome },
  ): Promise<{ firings: Firing[]; total: number }>;
}

interface Row {
  id: string;
  schedule_id: number;
  name: string;
  description: string | null;
  workflow_id: string;
  workflow_name: string;
  workflow_status: WorkflowStatus;
  cron: string;
  zone: string;
  input: Record<string, unknown>;
  max_runs: number;
  on_failure: OnFailure;
  policy: Policy;
  enabled: boolean;
  next_at: Date;
  fault: string | null;
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
  missed_slots: number;
  missed_at: Date | null;
  last_firing: Parameters<typeof lastFiring>[0];
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export function createScheduleStore(
  { db, clock, audit: append = appendAudit }: { db: Pick<Database, "scoped">; clock: Clock; audit?: Audit },
): ScheduleStore {
  const { within, audit } = accessStore({ db, clock, audit: append, entityType: "schedule" });

  /** The rows of schedule and workflow_schedule, locked by the first: a firing holds that one too. */
  async function lock(sql: TransactionSql, installationId: number, id: string, revision?: number): Promise<Row> {
    await sql`
      select 1 from schedule where installation_id = ${installationId} and id = (
        select schedule_id from workflow_schedule where installation_id = ${installationId} and id = ${id}) for update`;
    const row = await read(sql, installationId, id);
    if (!row) throw scheduleUnknown(id);
    requireRevision(row, revision, `schedule "${row.name}"`);
    return row;
  }

  /** Switches it on or off, and gives it as it then is. */
  async function setEnabled(
    sql: TransactionSql,
    installationId: number,
    { row, by, enabled }: { row: Row; by: By; enabled: boolean },
  ): Promise<void> {
    if (enabled === row.enabled) return;
    const nextAt = enabled ? nextSlot(row, await now(sql)) : null;
    await sql`
      update schedule set enabled = ${enabled}, next_at = coalesce(${nextAt}::timestamptz, next_at), fault = null
      where installation_id = ${installationId} and id = ${row.schedule_id}`;
    await sql`
      update workflow_schedule set paused_at = case when not ${enabled}::boolean then now() end,
        paused_by = case when not ${enabled}::boolean then ${by.actor}::text end, pause_reason = null,
        resumed_at = case when ${enabled}::boolean then now() else resumed_at end
      where installation_id = ${installationId} and id = ${row.id}`;
  }

  async function touch(sql: TransactionSql, installationId: number, id: string): Promise<WorkflowSchedule> {
    await sql`
      update workflow_schedule set revision = revision + 1, updated_at = now()
      where installation_id = ${installationId} and id = ${id}`;
    return toSchedule((await read(sql, installationId, id))!);
  }

  function switchTo(installationId: number, id: string, { enabled, by }: { enabled: boolean; by: By }) {
    return within(installationId, async (sql) => {
      const row = await lock(sql, installationId, id);
      if (row.enabled === enabled) return toSchedule(row);
      await setEnabled(sql, installationId, { row, by, enabled });
      const changed = await touch(sql, installationId, id);
      const action = enabled ? "resume" : "pause";
      await audit(sql, installationId, { ...by, action, entityId: id, changes: { enabled } });
      return changed;
    });
  }

  return {
    create: (installationId, given, { by, atEnd }) => {
      requireSmall(given.input_data, CANNOT_SAVE);
      return within(installationId, async (sql) => {
        const at = await now(sql);
        const workflow = await readWorkflow(sql, installationId, given.workflow_id);
        const timing = timingFaults(given, at);
        const faults = [...timing, ...workflowFaults(workflow), ...fitFaults(workflow, given.input_data)];
        if (faults.length > 0) throw invalid(faults);
        await requireRoom(sql, installationId);
        const id = crypto.randomUUID();
        const { cron, zone } = timingOf(given, at);
        const [slots] = await sql<{ id: number }[]>`
          insert into schedule (installation_id, flow_id, cron, zone, policy, enabled, next_at)
          values (${installationId}, ${workflow!.flow_id}, ${cron}, ${zone}, ${given.missed_policy}, ${given.enabled},
            ${nextSlot({ cron, zone }, at)})
          returning id`;
        const made = await sql`
          insert into workflow_schedule (id, installation_id, workflow_id, schedule_id, name, description, input, max_runs,
            on_failure, paused_at, paused_by, created_by)
          values (${id}, ${installationId}, ${given.workflow_id}, ${slots!.id}, ${given.name},
            ${given.description ?? null}, ${jsonText(given.input_data)}::text::jsonb, ${given.max_concurrent_runs},
            ${given.on_failure}, case when not ${given.enabled}::boolean then now() end,
            case when not ${given.enabled}::boolean then ${by.actor}::text end, ${by.actor})
          on conflict (installation_id, name) do nothing returning id`;
        if (made.length === 0) throw nameInUse(given.name);
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes: given });
        const schedule = toSchedule((await read(sql, installationId, id))!);
        await atEnd?.(sql, schedule);
        return schedule;
      });
    },

    list: (installationId, { workflowId, enabled, name }, { limit, offset }) =>
      within(installationId, async (sql) => {
        const fits = sql`workflow_schedule.installation_id = ${installationId}
          ${workflowId === undefined ? sql`` : sql`and workflow_schedule.workflow_id = ${workflowId}`}
          ${enabled === undefined ? sql`` : sql`and schedule.enabled = ${enabled}`}
          ${name === undefined ? sql`` : sql`and strpos(lower(workflow_schedule.name), lower(${name})) > 0`}`;
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from ${joined(sql, installationId)} where ${fits}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from ${joined(sql, installationId)} where ${fits}
          order by workflow_schedule.created_at desc, workflow_schedule.id limit ${limit} offset ${offset}`;
        return { schedules: rows.map(toSchedule), total: count!.total };
      }),

    find: (installationId, id) =>
      within(installationId, async (sql) => {
        const row = await read(sql, installationId, id);
        return row && toSchedule(row);
      }),

    update: (installationId, id, patch, { by, revision }) => {
      if (patch.input_data !== undefined) requireSmall(patch.input_data, CANNOT_SAVE);
      return within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id, revision);
        const at = await now(sql);
        const timing = { cron: patch.cron ?? row.cron, timezone: patch.timezone ?? row.zone };
        const movesSlots = timing.cron !== row.cron || timing.timezone !== row.zone;
        const faults = movesSlots ? timingFaults(timing, at) : [];
        if (patch.input_data !== undefined) {
          const workflow = await readWorkflow(sql, installationId, row.workflow_id);
          faults.push(...fitFaults(workflow, patch.input_data));
        }
        if (faults.length > 0) throw invalid(faults);
        const { cron, zone } = movesSlots ? timingOf(timing, at) : row;
        await sql`
          update schedule set cron = ${cron}, zone = ${zone}, policy = ${patch.missed_policy ?? row.policy},
            next_at = ${movesSlots ? nextSlot({ cron, zone }, at) : row.next_at}
          where installation_id = ${installationId} and id = ${row.schedule_id}`;
        const name = patch.name ?? row.name;
        if (name !== row.name) await lockNames(sql, installationId);
        const same = await sql`
          select 1 from workflow_schedule where installation_id = ${installationId} and name = ${name} and id <> ${id}`;
        if (same.length > 0) throw nameInUse(name);
        await sql`
          update workflow_schedule set name = ${name},
            description = ${patch.description === undefined ? row.description : patch.description},
            input = ${jsonText(patch.input_data ?? row.input)}::text::jsonb,
            max_runs = ${patch.max_concurrent_runs ?? row.max_runs}, on_failure = ${patch.on_failure ?? row.on_failure}
          where installation_id = ${installationId} and id = ${id}`;
        if (patch.enabled !== undefined) {
          await setEnabled(sql, installationId, { row: { ...row, cron, zone }, by, enabled: patch.enabled });
        }
        const changed = await touch(sql, installationId, id);
        await audit(sql, installationId, { ...by, action: "update", entityId: id, changes: patch });
        return changed;
      });
    },

    remove: (installationId, id, { by, revision }) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id, revision);
        // With its slots the schedule goes, and what became of them.
        await sql`delete from schedule where installation_id = ${installationId} and id = ${row.schedule_id}`;
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: {} });
        return { ...toSchedule(row), enabled: false, nextFirings: [] };
      }),

    pause: (installationId, id, by) => switchTo(installationId, id, { enabled: false, by }),
    resume: (installationId, id, by) => switchTo(installationId, id, { enabled: true, by }),

    firings: (installationId, id, page) =>
      within(installationId, async (sql) => {
        const known = await sql`
          select 1 from workflow_schedule where installation_id = ${installationId} and id = ${id}`;
        if (known.length === 0) throw scheduleUnknown(id);
        return await firingPage(sql, { installationId, scheduleId: id, ...page });
      }),
  };
}

export function scheduleUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find schedule "${id.slice(0, 40)}": there is none with this id`);
}

async function now(sql: Query): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select now() as now`;
  return row!.now;
}

/** Two that take a name at once follow one another. */
async function lockNames(sql: TransactionSql, installationId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('workflow_schedules', ${installationId}))`;
}

async function requireRoom(sql: TransactionSql, installationId: number): Promise<void> {
  await lockNames(sql, installationId);
  const [count] = await sql<{ all: number }[]>`
    select count(*)::int as all from workflow_schedule where installation_id = ${installationId}`;
  if (count!.all < MAX_SCHEDULES) return;
  throw new AppError("CONFLICT", `Cannot create the schedule: there are ${MAX_SCHEDULES}; delete one first`);
}

async function read(sql: Query, installationId: number, id: string): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from ${joined(sql, installationId)}
    where workflow_schedule.installation_id = ${installationId} and workflow_schedule.id = ${id}`;
  return row;
}

function joined(sql: Query, installationId: number) {
  return sql`workflow_schedule
    join schedule on schedule.installation_id = ${installationId} and schedule.id = workflow_schedule.schedule_id
    join workflow on workflow.id = workflow_schedule.workflow_id`;
}

function columns(sql: Query) {
  return sql`workflow_schedule.id, schedule_id, workflow_schedule.name, workflow_schedule.description, workflow_id,
    workflow.name as workflow_name, workflow.status as workflow_status, cron, zone, input, max_runs, on_failure, policy,
    schedule.enabled, ${slotAt(sql)} as next_at, fault, paused_at, paused_by, pause_reason, missed_slots, missed_at,
    (select to_jsonb(firing) || jsonb_build_object('run_state', (
        select state from run where run.installation_id = firing.installation_id and run.id = firing.run_id))
      from schedule_firing firing where firing.workflow_schedule_id = workflow_schedule.id
      order by slot desc limit 1) as last_firing,
    workflow_schedule.revision, workflow_schedule.created_by, workflow_schedule.created_at, workflow_schedule.updated_at`;
}

function toSchedule(row: Row): WorkflowSchedule {
  const { cron, zone } = row;
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    workflowStatus: row.workflow_status,
    cron,
    timezone: zone,
    input: row.input,
    maxConcurrentRuns: row.max_runs,
    onFailure: row.on_failure,
    missedPolicy: row.policy,
    enabled: row.enabled,
    pausedAt: row.paused_at,
    pausedBy: row.paused_by,
    pauseReason: row.pause_reason ?? row.fault,
    nextFirings: row.enabled ? nextFirings({ cron, zone }, { now: row.next_at, nextAt: row.next_at }) : [],
    lastFiring: lastFiring(row.last_firing),
    missedSlots: row.missed_slots,
    lastMissedAt: row.missed_at,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
