/** The table of circuit breakers: one row for a host of an installation, written when its state changes. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { wakeWaiting } from "../queue/withdraw.ts";

export const BREAKER_STATES = ["open", "half_open", "closed"] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface BreakerTarget {
  installationId: number;
  /** As in a URL, with its port. */
  host: string;
}

export interface Breaker extends BreakerTarget {
  id: number;
  state: BreakerState;
  changedAt: Date;
  openedAt: Date;
  /** From then on one call may be made, to see. */
  probeAt: Date;
  openings: number;
  failures: number;
  errorCode: string;
  httpStatus: number | null;
  resetBy: string | null;
}

/** What opened a breaker. */
export interface Cause {
  failures: number;
  code: string;
  httpStatus?: number;
}

export interface BreakerStore {
  /** All of the installation, open ones first. */
  list(installationId: number): Promise<Breaker[]>;
  /** Closes it, and wakes the runs that wait for it, over some seconds. Undefined: there is no such breaker. */
  reset(
    installationId: number,
    id: number,
    person: string,
  ): Promise<{ breaker: Breaker; wasOpen: boolean } | undefined>;
  /** Milliseconds until a call may be made (0: now); undefined where it is closed. */
  waitMs(target: BreakerTarget): Promise<number | undefined>;
  /** Opens it; false where another did so before. */
  open(target: BreakerTarget, cause: Cause): Promise<boolean>;
  /** The right to make the one call; false while another has it, or it is not time. */
  claimProbe(target: BreakerTarget): Promise<boolean>;
  /** After that call. unknown: it came to nothing that says anything of the host. */
  settleProbe(target: BreakerTarget, end: "answered" | "failed" | "unknown", cause?: Cause): Promise<void>;
  /** Those of all installations that are not closed. */
  openTargets(): Promise<BreakerTarget[]>;
}

/** Of the first opening; each further one in a row is twice as long, up to the most. */
const FIRST_SECONDS = 30;
const MOST_SECONDS = 600;
/** A call and its waits end well within it. */
const PROBE_SECONDS = 120;
/** Wait while another makes the one call. */
export const PROBING_SECONDS = 5;
/** Of an installation; beyond them those that changed longest ago go. */
const MAX_ROWS = 500;
const MAX_TARGETS = 10_000;
/** Runs that a reset wakes come back over these seconds. */
const SPREAD_SECONDS = 5;

/** Why a step waits, as its run says it; reset() finds the runs by it. */
export function waitReason(host: string): string {
  return `calls to ${host} are stopped: its circuit breaker is open`;
}

export function createBreakerStore(db: Pick<Database, "scoped">): BreakerStore {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId) =>
      within(installationId, (sql) =>
        sql<Breaker[]>`
          select ${columns(sql)} from breaker where installation_id = ${installationId}
          order by state = 'closed', changed_at desc, id desc limit ${MAX_ROWS}`),

    reset: (installationId, id, person) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ host: string; state: BreakerState }[]>`
          select host, state from breaker where installation_id = ${installationId} and id = ${id} for update`;
        if (!row) return undefined;
        const wasOpen = row.state !== "closed";
        if (wasOpen) {
          await sql`
            update breaker set state = 'closed', changed_at = now(), probe_until = null, reset_by = ${person}
            where installation_id = ${installationId} and id = ${id}`;
          await wakeRuns(sql, installationId, row.host);
        }
        const [breaker] = await sql<Breaker[]>`
          select ${columns(sql)} from breaker where installation_id = ${installationId} and id = ${id}`;
        return { breaker: breaker!, wasOpen };
      }),

    waitMs: ({ installationId, host }) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ ms: number }[]>`
          select greatest(0, extract(epoch from case
              -- Another makes the one call: it may be over soon, and the host back.
              when probe_until > now() then least(probe_until, now() + ${PROBING_SECONDS}::int * interval '1 second')
              else probe_at end - now()) * 1000)::float8 as ms
          from breaker where installation_id = ${installationId} and host = ${host} and state <> 'closed'`;
        return row?.ms;
      }),

    open: ({ installationId, host }, { failures, code, httpStatus = null }) =>
      within(installationId, async (sql) => {
        const opened = await sql`
          insert into breaker as b (installation_id, host, state, failures, error_code, http_status, probe_at)
          values (${installationId}, ${host}, 'open', ${failures}, ${code}, ${httpStatus}::int, ${probeAt(sql, sql`1`)})
          on conflict (installation_id, host) do update set state = 'open', changed_at = now(), opened_at = now(),
            probe_at = excluded.probe_at, probe_until = null, openings = 1, failures = excluded.failures,
            error_code = excluded.error_code, http_status = excluded.http_status, reset_by = null
          where b.state = 'closed'
          returning 1`;
        await sql`
          delete from breaker where installation_id = ${installationId} and id in (
            select id from breaker where installation_id = ${installationId}
            order by changed_at desc, id desc offset ${MAX_ROWS})`;
        return opened.length > 0;
      }),

    claimProbe: ({ installationId, host }) =>
      within(installationId, async (sql) => {
        const claimed = await sql`
          update breaker set state = 'half_open', changed_at = now(),
            probe_until = now() + ${PROBE_SECONDS}::int * interval '1 second'
          where installation_id = ${installationId} and host = ${host} and state <> 'closed' and probe_at <= now()
            and coalesce(probe_until <= now(), true)
          returning 1`;
        return claimed.length > 0;
      }),

    settleProbe: ({ installationId, host }, end, cause) =>
      within(installationId, async (sql) => {
        const change = end === "answered"
          ? sql`state = 'closed'`
          : end === "failed"
          ? sql`state = 'open', openings = openings + 1, probe_at = ${probeAt(sql, sql`openings + 1`)},
              failures = failures + 1, error_code = ${cause!.code}, http_status = ${cause!.httpStatus ?? null}::int`
          : sql`state = 'open'`;
        await sql`
          update breaker set ${change}, changed_at = now(), probe_until = null
          where installation_id = ${installationId} and host = ${host} and state = 'half_open'`;
      }),

    openTargets: () =>
      db.scoped("all", (sql) =>
        sql<BreakerTarget[]>`
          select installation_id as "installationId", host from breaker where state <> 'closed' limit ${MAX_TARGETS}`),
  };
}

/** Runs that wait for the host come back soon, over some seconds. Steps of theirs that wait for another attempt keep their time. */
async function wakeRuns(sql: Query, installationId: number, host: string): Promise<void> {
  await sql`
    with ${wakeWaiting(sql, installationId, { reason: waitReason(host), spreadSeconds: SPREAD_SECONDS })}
    update step set due_at = null from waiting
    where step.installation_id = ${installationId} and step.run_id = waiting.run_id and step.state = 'running'
      and step.due_at is not null and exists (
        select 1 from attempt where attempt.installation_id = ${installationId} and attempt.run_id = step.run_id
          and attempt.path = step.path and attempt.number = step.attempts + 1 and attempt.state = 'snoozed')`;
}

function probeAt(sql: Query, openings: ReturnType<Query>) {
  return sql`now() + least(${MOST_SECONDS}::int, ${FIRST_SECONDS}::int * power(2, least(${openings}, 20) - 1))
    * interval '1 second'`;
}

function columns(sql: Query) {
  return sql`id, installation_id as "installationId", host, state, changed_at as "changedAt", opened_at as "openedAt",
    probe_at as "probeAt", openings, failures, error_code as "errorCode", http_status as "httpStatus", reset_by as "resetBy"`;
}
