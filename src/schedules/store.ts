/** Rows of the schedules of flows: who has due ones, those of one installation, and how they move on. */

import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { Database, Fragment, Query, TransactionSql } from "../db/db.ts";
import type { Policy } from "./catch_up.ts";
import { requireTiming, slotsAfter, type Timing } from "./timing.ts";

export interface Schedule {
  id: number;
  flowId: number;
  timing: Timing;
  policy: Policy;
  /** The first slot that has not fired. */
  nextAt: Date;
}

/**
 * Schedules of flows in one installation. With so many each, a look at LOOK_AHEAD rows sees the due ones of forty
 * installations at least, and those that fired make room for others.
 */
export const MAX_SCHEDULES = 500;
const LOOK_AHEAD = 20_000;
/** Installations of one look. */
export const MAX_INSTALLATIONS = 100;

/** An installation with due schedules. */
export interface DueInstallation {
  id: number;
  /** Profile key. */
  addon: string;
}

/** `at`: an SQL instant. The installation that waits longest comes first; `except` are left out. */
export async function findDue(
  sql: Query,
  { at, except }: { at: Fragment; except: readonly number[] },
): Promise<DueInstallation[]> {
  return await sql<DueInstallation[]>`
    select installation.id, addon from (
      select installation_id, ${slotAt(sql)} as next_at from schedule
      where enabled and flow_id is not null and ${slotAt(sql)} <= ${at}
      order by ${slotAt(sql)} limit ${LOOK_AHEAD}
    ) due join installation on installation.id = due.installation_id
    where installation.id not in (select value::bigint from json_array_elements_text(${
    JSON.stringify(except)
  }::text::json))
    group by installation.id, addon order by min(next_at), installation.id limit ${MAX_INSTALLATIONS}`;
}

/** Milliseconds until the first slot that has not fired, of flows and of what recurs; Infinity where there is none. */
export async function firstSlots(sql: Query, at: Fragment): Promise<{ flows: number; standing: number }> {
  const [row] = await sql<{ flows: number | null; standing: number | null }[]>`
    select
      (select extract(epoch from min(${slotAt(sql)}) - ${at}) * 1000 from schedule
        where enabled and flow_id is not null)::float8 as flows,
      (select extract(epoch from min(next_at) - ${at}) * 1000 from schedule
        where enabled and kind is not null)::float8 as standing`;
  return { flows: row!.flows ?? Infinity, standing: row!.standing ?? Infinity };
}

export interface DueSchedule extends Schedule {
  now: Date;
  /** The add-on is installed and not switched off. */
  active: boolean;
}

/** Locks due schedules of the installation until the commit, but for those that another instance is about to fire. */
export async function lockDue(
  sql: TransactionSql,
  { installationId, at, limit }: { installationId: number; at: Fragment; limit: number },
): Promise<DueSchedule[]> {
  const rows = await sql<(ScheduleRow & { now: Date; active: boolean })[]>`
    select ${columns(sql)}, ${at} as now, status = 'active' as active
    from schedule join installation on installation.id = schedule.installation_id
    where schedule.installation_id = ${installationId} and flow_id is not null and schedule.enabled and ${
    slotAt(sql)
  } <= ${at}
    order by ${slotAt(sql)}, schedule.id limit ${limit} for update of schedule skip locked`;
  return rows.map((row) => ({ ...toSchedule(row), now: row.now, active: row.active }));
}

/** Where a schedule stands now: `nextAt` undefined ends it, with the reason. */
export interface Advance {
  id: number;
  nextAt: Date | undefined;
  /** The last slot that fired. */
  lastSlot: Date | undefined;
  /** Slots that passed and did not. */
  missed: number;
  fault?: string;
}

export async function advance(
  sql: TransactionSql,
  installationId: number,
  advances: readonly Advance[],
): Promise<void> {
  const input = jsonText(advances.map(({ id, nextAt, lastSlot, missed, fault }) => ({
    id,
    next_at: nextAt?.toISOString(),
    last_slot: lastSlot?.toISOString(),
    missed,
    fault,
  })));
  await sql`
    update schedule set next_at = coalesce(input.next_at, schedule.next_at), enabled = input.next_at is not null,
      last_slot = coalesce(input.last_slot, schedule.last_slot), fault = input.fault,
      missed_slots = least(schedule.missed_slots::bigint + input.missed, 2000000000)::int,
      missed_at = case when input.missed > 0 then now() else schedule.missed_at end
    from json_to_recordset(${input}::text::json)
      as input(id bigint, next_at timestamptz, last_slot timestamptz, missed int, fault text)
    where schedule.installation_id = ${installationId} and schedule.id = input.id`;
}

/**
 * Gives the flow a schedule, from its next slot on. Throws what requireTiming() throws, and REQUEST_INVALID where the
 * installation has MAX_SCHEDULES of its flows.
 */
export async function addSchedule(
  sql: TransactionSql,
  { installationId, flowId, timing, policy, enabled = true }: {
    installationId: number;
    flowId: number;
    timing: Timing;
    policy: Policy;
    enabled?: boolean;
  },
): Promise<Schedule> {
  const [row] = await sql<{ now: Date; count: number }[]>`
    select now() as now, (select count(*)::int from schedule
      where installation_id = ${installationId} and flow_id is not null) as count`;
  const { now, count } = row!;
  const known = requireTiming(timing, now);
  if (count >= MAX_SCHEDULES) {
    throw new AppError(
      "REQUEST_INVALID",
      `Cannot add the schedule: the workspace has ${count}, and ${MAX_SCHEDULES} are allowed; delete one first`,
    );
  }
  const { cron, zone, everySeconds } = "everySeconds" in known
    ? { ...known, cron: null, zone: null }
    : { ...known, everySeconds: null };
  const [added] = await sql<ScheduleRow[]>`
    insert into schedule (installation_id, flow_id, cron, zone, every_seconds, policy, enabled, next_at)
    values (${installationId}, ${flowId}, ${cron}, ${zone}, ${everySeconds}, ${policy}, ${enabled},
      ${slotsAfter(known, now, 1)[0]!})
    returning ${columns(sql)}`;
  return toSchedule(added!);
}

/** Takes the schedules of a flow away. */
export async function removeSchedules(
  sql: Query,
  { installationId, flowId }: { installationId: number; flowId: number },
): Promise<void> {
  await sql`delete from schedule where installation_id = ${installationId} and flow_id = ${flowId}`;
}

/** What a flow's definition says of one schedule. */
export interface WantedSchedule {
  cron: string;
  zone: string;
  policy: Policy;
}

/**
 * Gives the flow, locked by the caller, the schedules that its definition names. One that it has stays where it is, with its
 * last slot; one that is new, or was off, goes from its next slot on; `enabled` false: all of them are off. Throws as addSchedule().
 */
export async function keepSchedules(
  sql: TransactionSql,
  { installationId, flowId, wanted, enabled }: {
    installationId: number;
    flowId: number;
    wanted: readonly WantedSchedule[];
    enabled: boolean;
  },
): Promise<void> {
  const rows = await sql<{ id: number; cron: string | null; zone: string | null; enabled: boolean; now: Date }[]>`
    select id, cron, zone, enabled, now() as now from schedule
    where installation_id = ${installationId} and flow_id = ${flowId} order by id for update`;
  const left = [...rows];
  const missing: WantedSchedule[] = [];
  for (const one of wanted) {
    const at = left.findIndex(({ cron, zone }) => cron === one.cron && zone === one.zone);
    if (at === -1) {
      missing.push(one);
      continue;
    }
    const [row] = left.splice(at, 1);
    const { cron, zone, policy } = one;
    const nextAt = enabled && !row!.enabled ? slotsAfter({ cron, zone }, row!.now, 1)[0] : undefined;
    await sql`
      update schedule set policy = ${policy}, enabled = ${enabled}, next_at = coalesce(${nextAt ?? null}, next_at),
        fault = case when ${enabled}::boolean then null else fault end
      where installation_id = ${installationId} and id = ${row!.id}`;
  }
  if (left.length > 0) {
    const ids = JSON.stringify(left.map(({ id }) => id));
    await sql`
      delete from schedule where installation_id = ${installationId} and flow_id = ${flowId}
        and id in (select value::bigint from json_array_elements_text(${ids}::text::json))`;
  }
  for (const { cron, zone, policy } of missing) {
    await addSchedule(sql, { installationId, flowId, timing: { cron, zone }, policy, enabled });
  }
}

/** A schedule for people, with what it did last. */
export interface ListedSchedule extends Schedule {
  flowName: string;
  enabled: boolean;
  /** Why the program has switched it off. */
  fault: string | null;
  /** The last slot that fired. */
  lastSlot: Date | null;
  /** Slots that passed and did not, and when that was noticed last. */
  missedSlots: number;
  missedAt: Date | null;
  /** The run of that slot, where one is kept. */
  lastRun: { id: string; state: string } | null;
}

/** The schedules of an installation, with the database's time, which says what is yet to come. */
export type ScheduleList = (installationId: number) => Promise<{ now: Date; schedules: ListedSchedule[] }>;

export function createScheduleList(db: Pick<Database, "scoped">): ScheduleList {
  return (installationId) =>
    db.scoped({ installationIds: [installationId] }, (sql) => listSchedules(sql, installationId));
}

/** All of the installation's flows, those that fire next first; the database's time beside them. */
async function listSchedules(
  sql: Query,
  installationId: number,
): Promise<{ now: Date; schedules: ListedSchedule[] }> {
  const rows = await sql<
    (ScheduleRow & {
      flow_name: string;
      enabled: boolean;
      fault: string | null;
      last_slot: Date | null;
      missed_slots: number;
      missed_at: Date | null;
      run_id: string | null;
      run_state: string | null;
    })[]
  >`
    select ${
    columns(sql)
  }, flow.name as flow_name, schedule.enabled and flow.enabled as enabled, fault, last_slot, missed_slots, missed_at,
      run.id as run_id, run.state as run_state
    from schedule join flow on flow.id = schedule.flow_id and flow.installation_id = schedule.installation_id
    left join run on run.installation_id = schedule.installation_id and run.trigger_kind not in ('event', 'replay')
      and run.start_key = 'schedule:' || schedule.id || '/' ||
        to_char(last_slot at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
    where schedule.installation_id = ${installationId} and flow.deleted_at is null
    order by schedule.enabled and flow.enabled desc, ${slotAt(sql)}, schedule.id limit ${MAX_SCHEDULES}`;
  const [clock] = await sql<{ now: Date }[]>`select now() as now`;
  return {
    now: clock!.now,
    schedules: rows.map((row) => ({
      ...toSchedule(row),
      flowName: row.flow_name,
      enabled: row.enabled,
      fault: row.fault,
      lastSlot: row.last_slot,
      missedSlots: row.missed_slots,
      missedAt: row.missed_at,
      lastRun: row.run_id === null ? null : { id: row.run_id, state: row.run_state! },
    })),
  };
}

interface ScheduleRow {
  id: number;
  flow_id: number;
  cron: string | null;
  zone: string | null;
  every_seconds: number | null;
  policy: Policy;
  next_at: Date;
}

function columns(sql: Query): Fragment {
  return sql`schedule.id, schedule.flow_id, cron, zone, every_seconds, policy, ${slotAt(sql)} as next_at`;
}

/**
 * SQL: the first slot of a row of `schedule` that has not fired. That of a workflow stands in a column of its own, where versions
 * before schedules of workflows do not find it due; an update of next_at moves it (migration 71).
 */
export function slotAt(sql: Query): Fragment {
  return sql`coalesce(schedule.slot_at, schedule.next_at)`;
}

function toSchedule(row: ScheduleRow): Schedule {
  return {
    id: row.id,
    flowId: row.flow_id,
    timing: row.cron === null ? { everySeconds: row.every_seconds! } : { cron: row.cron, zone: row.zone! },
    policy: row.policy,
    nextAt: row.next_at,
  };
}
