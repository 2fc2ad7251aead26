/** Jobs that recur for as long as an add-on is installed: a schedule for each kind, which stays whatever becomes of its jobs. */

import type { Fragment, TransactionSql } from "../db/db.ts";
import { insertUnlessOpen } from "../queue/enqueue.ts";
import type { Fired } from "./fire.ts";

/** What recurs. */
export type StandingKind = "coverage" | "poll";

/** Schedules of one statement. */
const MAX_FIRED = 500;

/**
 * Moves the due ones on by whole intervals, so that installations stay as far apart as they were, and adds a job for each
 * whose add-on is active and which has none that is open: one stands for all slots that were missed. All in one statement,
 * however many installations they are of; what another instance is about to fire is left to it.
 */
export async function fireStanding(sql: TransactionSql, at: Fragment): Promise<Fired> {
  const [row] = await sql<Fired[]>`
    with due as materialized (
      select id, installation_id, kind, next_at, every_seconds,
        floor(extract(epoch from ${at} - next_at) / every_seconds) as passed
      from schedule where enabled and kind is not null and next_at <= ${at}
      order by next_at limit ${MAX_FIRED} for update skip locked
    ),
    moved as (
      update schedule set
        last_slot = due.next_at + due.passed * due.every_seconds * interval '1 second',
        next_at = due.next_at + (due.passed + 1) * due.every_seconds * interval '1 second'
      from due where schedule.installation_id = due.installation_id and schedule.id = due.id
    ),
    added as (
      ${
    insertUnlessOpen(
      sql,
      sql`(select due.installation_id, due.kind from due join installation on installation.id = due.installation_id
        where installation.status = 'active') fired`,
    )
  }
      returning id
    )
    select (select count(*)::int from added) as started, (select count(*)::int from due) as moved`;
  return { ...row! };
}
