/** The table of circuit breakers: one row for a host of an installation, written when its state changes. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { type BreakerPolicy, HOST_POLICY } from "./policy.ts";
import { wakeWaiting } from "../queue/withdraw.ts";

export const BREAKER_STATES = ["open", "half_open", "closed"] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export interface BreakerTarget {
  installationId: number;
  /** As in a URL, with its port; of an agent: agentHost(). */
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
  waitMs(target: BreakerTarget, policy?: BreakerPolicy): Promise<number | undefined>;
  /** Opens it; false where another did so before. */
  open(target: BreakerTarget, cause: Cause, policy?: BreakerPolicy): Promise<boolean>;
  /** The right to make one of the calls that see; false while others have all of them, or it is not time. */
  claimProbe(target: BreakerTarget, policy?: BreakerPolicy): Promise<boolean>;
  /**
   * After that call, with the state that it led to; undefined: another call, or a person, did so before. unknown: it came to
   * nothing that says anything of the host.
   */
  settleProbe(
    target: BreakerTarget,
    end: "answered" | "failed" | "unknown",
    options?: { cause?: Cause; policy?: BreakerPolicy },
  ): Promise<BreakerState | undefined>;
  /** Those of all installations that are not closed. */
  openTargets(): Promise<BreakerTarget[]>;
}

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

/** The target of an agent, which has a breaker of its own, wherever it is. */
export function agentHost(name: string): string {
  return `agent ${name}`;
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

    waitMs: ({ installationId, host }, { trials } = HOST_POLICY) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ ms: number }[]>`
          select greatest(0, extract(epoch from case
              -- Others make the calls that see: they may be over soon, and the host back.
              when probe_until > now() and trials < ${trials} then now()
              when probe_until > now() then least(probe_until, now() + ${PROBING_SECONDS}::int * interval '1 second')
              else probe_at end - now()) * 1000)::float8 as ms
          from breaker where installation_id = ${installationId} and host = ${host} and state <> 'closed'`;
        return row?.ms;
      }),

    open: ({ installationId, host }, { failures, code, httpStatus = null }, policy = HOST_POLICY) =>
      within(installationId, async (sql) => {
        const opened = await sql`
          insert into breaker as b (installation_id, host, state, failures, error_code, http_status, probe_at)
          values (${installationId}, ${host}, 'open', ${failures}, ${code}, ${httpStatus}::int, ${
          probeAt(sql, sql`1`, policy)
        })
          on conflict (installation_id, host) do update set state = 'open', changed_at = now(), opened_at = now(),
            probe_at = excluded.probe_at, probe_until = null, trials = 0, answered = 0, openings = 1, failures = excluded.failures,
            error_code = excluded.error_code, http_status = excluded.http_status, reset_by = null
          where b.state = 'closed'
          returning 1`;
        await sql`
          delete from breaker where installation_id = ${installationId} and id in (
            select id from breaker where installation_id = ${installationId}
            order by changed_at desc, id desc offset ${MAX_ROWS})`;
        return opened.length > 0;
      }),

    claimProbe: ({ installationId, host }, { trials } = HOST_POLICY) =>
      within(installationId, async (sql) => {
        const claimed = await sql`
          update breaker set state = 'half_open', changed_at = now(),
            trials = case when probe_until > now() then trials + 1 else 1 end,
            answered = case when probe_until > now() then answered else 0 end,
            probe_until = now() + ${PROBE_SECONDS}::int * interval '1 second'
          where installation_id = ${installationId} and host = ${host} and state <> 'closed' and probe_at <= now()
            and (coalesce(probe_until <= now(), true) or (state = 'half_open' and trials < ${trials}))
          returning 1`;
        return claimed.length > 0;
      }),

    settleProbe: ({ installationId, host }, end, { cause, policy = HOST_POLICY } = {}) =>
      within(installationId, async (sql) => {
        const isLast = sql`answered + 1 >= ${policy.trials}`;
        const change = end === "answered"
          ? sql`state = case when ${isLast} then 'closed' else state end, answered = answered + 1,
              probe_until = case when not ${isLast} then probe_until end`
          : end === "failed"
          ? sql`state = 'open', openings = openings + 1, probe_at = ${probeAt(sql, sql`openings + 1`, policy)},
              failures = failures + 1, error_code = ${cause!.code}, http_status = ${cause!.httpStatus ?? null}::int,
              probe_until = null`
          // As if it had not been made.
          : sql`state = case when trials > 1 then state else 'open' end, trials = greatest(trials - 1, 0),
              probe_until = case when trials > 1 then probe_until end`;
        const [settled] = await sql<{ state: BreakerState }[]>`
          update breaker set ${change}, changed_at = now()
          where installation_id = ${installationId} and host = ${host} and state = 'half_open' returning state`;
        return settled?.state;
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

function probeAt(sql: Query, openings: ReturnType<Query>, { openSeconds, mostSeconds }: BreakerPolicy) {
  return sql`now() + least(${mostSeconds}::int, ${openSeconds}::int * power(2, least(${openings}, 20) - 1))
    * interval '1 second'`;
}

function columns(sql: Query) {
  return sql`id, installation_id as "installationId", host, state, changed_at as "changedAt", opened_at as "openedAt",
    probe_at as "probeAt", openings, failures, error_code as "errorCode", http_status as "httpStatus", reset_by as "resetBy"`;
}
