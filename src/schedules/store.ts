/** Rows of the schedules of flows: who has due ones, those of one installation, and how they move on. */

import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { Fragment, Query, TransactionSql } from "../db/db.ts";
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
      select installation_id, next_at from schedule where enabled and flow_id is not null and next_at <= ${at}
      order by next_at limit ${LOOK_AHEAD}
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
      (select extract(epoch from min(next_at) - ${at}) * 1000 from schedule
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
    where schedule.installation_id = ${installationId} and flow_id is not null and schedule.enabled and next_at <= ${at}
    order by next_at, schedule.id limit ${limit} for update of schedule skip locked`;
  return rows.map((row) => ({ ...toSchedule(row), now: row.now, active: row.active }));
}

/** Where a schedule stands now: `nextAt` undefined ends it, with the reason. */
export interface Advance {
  id: number;
  nextAt: Date | undefined;
  /** The last slot that came while the add-on was active. */
  lastSlot: Date | undefined;
  fault?: string;
}

export async function advance(
  sql: TransactionSql,
  installationId: number,
  advances: readonly Advance[],
): Promise<void> {
  const input = jsonText(advances.map(({ id, nextAt, lastSlot, fault }) => ({
    id,
    next_at: nextAt?.toISOString(),
    last_slot: lastSlot?.toISOString(),
    fault,
  })));
  await sql`
    update schedule set next_at = coalesce(input.next_at, schedule.next_at), enabled = input.next_at is not null,
      last_slot = coalesce(input.last_slot, schedule.last_slot), fault = input.fault
    from json_to_recordset(${input}::text::json)
      as input(id bigint, next_at timestamptz, last_slot timestamptz, fault text)
    where schedule.installation_id = ${installationId} and schedule.id = input.id`;
}

/**
 * Gives the flow a schedule, from its next slot on. Throws what requireTiming() throws, and REQUEST_INVALID where the
 * installation has MAX_SCHEDULES of its flows.
 */
export async function addSchedule(
  sql: TransactionSql,
  { installationId, flowId, timing, policy }: {
    installationId: number;
    flowId: number;
    timing: Timing;
    policy: Policy;
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
    insert into schedule (installation_id, flow_id, cron, zone, every_seconds, policy, next_at)
    values (${installationId}, ${flowId}, ${cron}, ${zone}, ${everySeconds}, ${policy}, ${slotsAfter(
    known,
    now,
    1,
  )[0]!})
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
  return sql`schedule.id, flow_id, cron, zone, every_seconds, policy, next_at`;
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
