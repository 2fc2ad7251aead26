/**
 * Numbers of received events by hour: read from the tally of deliveries, since counting events would cost as much as
 * there are.
 */

import type { TransactionSql } from "../db/db.ts";

export const HOUR_MS = 3_600_000;

/** Whole clock hours (UTC) up to now: the present one, which is not over, counts as one. */
export interface Period {
  hours: number;
  from: Date;
  to: Date;
}

export interface EventNumbers {
  /** Events stored; repeats are apart. */
  total: number;
  /** Events of the period before, as far as this one has gone: of the last of its hours in proportion. */
  previousTotal: number;
  duplicates: number;
  /** Every hour of the period, oldest first. */
  byHour: { hour: Date; stored: number; duplicates: number }[];
  /** The most frequent ones. */
  byType: { eventType: string; count: number }[];
  /** The last event of any time; at most 2 s behind (ingest/tally.ts). */
  lastEventAt: Date | null;
}

const SHOWN_TYPES = 10;

export function periodOf(nowMs: number, hours: number): Period {
  const thisHourMs = nowMs - nowMs % HOUR_MS;
  return { hours, from: new Date(thisHourMs - (hours - 1) * HOUR_MS), to: new Date(nowMs) };
}

export async function countEvents(
  sql: TransactionSql,
  installationId: number,
  { hours, from, to }: Period,
): Promise<EventNumbers> {
  const previousFrom = new Date(from.getTime() - hours * HOUR_MS);
  const rows = await sql<{ hour: Date; event_type: string; stored: number; duplicates: number }[]>`
    select hour, event_type, stored, duplicates from event_tally
    where installation_id = ${installationId} and hour >= ${previousFrom} and hour <= ${to}`;
  const [last] = await sql<{ at: Date | null }[]>`
    select max(last_at) as at from event_tally where installation_id = ${installationId}
      and hour = (select max(hour) from event_tally where installation_id = ${installationId})`;
  const present = rows.filter(({ hour }) => hour >= from);
  const share = (to.getTime() % HOUR_MS) / HOUR_MS;
  const lastPrevious = from.getTime() - HOUR_MS;
  const previous = rows.filter(({ hour }) => hour < from)
    .reduce((sum, { hour, stored }) => sum + stored * (hour.getTime() === lastPrevious ? share : 1), 0);
  const byType = Map.groupBy(present.filter(({ stored }) => stored > 0), (row) => row.event_type);
  const byHour = Map.groupBy(present, ({ hour }) => hour.getTime());
  return {
    total: stored(present),
    previousTotal: Math.round(previous),
    duplicates: duplicates(present),
    byHour: hoursOf({ hours, from }).map((hour) => {
      const found = byHour.get(hour.getTime()) ?? [];
      return { hour, stored: stored(found), duplicates: duplicates(found) };
    }),
    byType: [...byType].map(([eventType, found]) => ({ eventType, count: stored(found) }))
      .sort((a, b) => b.count - a.count || (a.eventType < b.eventType ? -1 : 1)).slice(0, SHOWN_TYPES),
    lastEventAt: last?.at ?? null,
  };
}

export function hoursOf({ hours, from }: Pick<Period, "hours" | "from">): Date[] {
  return Array.from({ length: hours }, (_, index) => new Date(from.getTime() + index * HOUR_MS));
}

function stored(rows: readonly { stored: number }[]): number {
  return rows.reduce((sum, row) => sum + row.stored, 0);
}

function duplicates(rows: readonly { duplicates: number }[]): number {
  return rows.reduce((sum, row) => sum + row.duplicates, 0);
}
