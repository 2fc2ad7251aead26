/** Jobs that recur for as long as an add-on is installed: a schedule for each kind, which stays whatever becomes of its jobs. */

import type { Database, Fragment, Query, TransactionSql } from "../db/db.ts";
import { insertUnlessOpen } from "../queue/enqueue.ts";
import type { Fired } from "./fire.ts";

/** What recurs. */
export type StandingKind = "coverage" | "poll" | "reconcile";

/** A kind that each installation has a schedule of, and its interval, as it is configured. */
export interface Standing {
  kind: StandingKind;
  everySeconds: number;
}

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

/** Schedules of an installation that was just made, from an interval from now on: its first jobs are the caller's. */
export async function addStanding(
  sql: Query,
  { installationId, standing }: { installationId: number; standing: readonly Standing[] },
): Promise<void> {
  await sql`
    insert into schedule (installation_id, kind, every_seconds, policy, next_at)
    select ${installationId}, kind, every_seconds, 'one', now() + every_seconds * interval '1 second'
    from ${rowsOf(sql, standing)}
    on conflict (installation_id, kind) where kind is not null do nothing`;
}

/** Of an add-on that is uninstalled: a reinstall makes its own. */
export async function removeStanding(sql: Query, installationId: number): Promise<void> {
  await sql`delete from schedule where installation_id = ${installationId} and kind is not null`;
}

/**
 * Gives each installation the schedules that it lacks (another version made it), and each schedule the interval that is
 * configured now. They begin between half an interval and a whole one from now, so that not all of them do at once.
 */
export async function keepStanding(db: Pick<Database, "scoped">, standing: readonly Standing[]): Promise<void> {
  if (standing.length === 0) return;
  await db.scoped(
    "all",
    (sql) =>
      sql`
      insert into schedule as kept (installation_id, kind, every_seconds, policy, next_at)
      select installation.id, wanted.kind, wanted.every_seconds, 'one',
        now() + wanted.every_seconds * (0.5 + random() / 2) * interval '1 second'
      from installation cross join ${rowsOf(sql, standing)}
      where installation.status <> 'uninstalled' and installation.verified
        -- It has nothing of Clockify to look at.
        and installation.addon <> 'workflow_api' and not exists (
        select 1 from schedule where schedule.installation_id = installation.id and schedule.kind = wanted.kind
          and schedule.every_seconds = wanted.every_seconds)
      on conflict (installation_id, kind) where kind is not null do update set every_seconds = excluded.every_seconds,
        next_at = least(kept.next_at, excluded.next_at)`,
  );
}

function rowsOf(sql: Query, standing: readonly Standing[]): Fragment {
  const rows = JSON.stringify(standing.map(({ kind, everySeconds }) => ({ kind, every_seconds: everySeconds })));
  return sql`json_to_recordset(${rows}::text::json) as wanted(kind text, every_seconds int)`;
}
