/** The queue as rows of one table: claim, settle, renew and release, each one statement. */

import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import { type Database, retryRolledBack, type Scope } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { endClaims, leaseLost } from "./claims.ts";
import { BACKGROUND } from "./shares.ts";
import { isStanding, type Job, type JobCount, type JobKind, type JobOutcome, type Queue } from "./queue.ts";

const CHANNEL = "timewire_jobs";
/** Jobs that counts() looks at, open and ended ones each: 80 ms on a busy machine, of 600,000. */
const MAX_COUNTED = 20_000;

interface JobRow {
  id: number;
  kind: JobKind;
  installation_id: number;
  payload: Record<string, unknown>;
  attempt: number;
  rescues: number;
  fence: number;
  traceparent: string | null;
  ordered: boolean;
  generation: number | null;
}

export function createPostgresQueue(db: Database, clock: Clock): Queue {
  /**
   * One scan finds the installations that have open jobs (a loose index scan: one look-up each), then takes the oldest
   * due jobs of each. Sorting by their rank within the installation serves every installation once before any twice, so
   * a flood of one does not delay the others. An expired lease is a due job like any other; taking it counts as a rescue.
   * Where the caller says what it holds, ranks are those within the holder (shares.ts) and go on from there, and a job is
   * taken while its rank and its place in the claim come to no more than the slots: both rise, so what is taken is the
   * beginning of that order.
   */
  const claim: Queue["claim"] = async ({ limit, owner, leaseMs, held }) => {
    const holders = JSON.stringify([...held ?? []].map(([holder, count]) => ({ holder, count })));
    const most = held ? limit + 1 : Number.MAX_SAFE_INTEGER;
    const rows = await db.scoped("all", (sql) => {
      const holder = held
        ? sql`case when kind in ('event', 'run') then installation_id else ${BACKGROUND}::bigint end`
        : sql`installation_id`;
      return sql<JobRow[]>`
      with recursive held as materialized (
        select * from json_to_recordset(${holders}::text::json) as t(holder bigint, count int)
      ),
      tenant as (
        (select installation_id from job where finished_at is null order by installation_id limit 1)
        union all
        select (select j.installation_id from job j
                where j.finished_at is null and j.installation_id > tenant.installation_id
                order by j.installation_id limit 1)
        from tenant where tenant.installation_id is not null
      ),
      due as (
        select j.*, row_number() over (partition by j.installation_id, j.holder order by j.due_at, j.id) as own
        from tenant, lateral (
          select id, installation_id, due_at, ${holder} as holder from job
          where installation_id = tenant.installation_id and finished_at is null and due_at <= now()
            and (order_key is null or not exists (
              select 1 from job earlier
              where earlier.installation_id = job.installation_id and earlier.order_key = job.order_key
                and earlier.id < job.id and earlier.finished_at is null))
            -- Who holds as many as are free gets no other.
            and not exists (select from held where held.holder = ${holder} and held.count + 1 >= ${most}::bigint)
          order by due_at, id limit ${limit}
          for update skip locked
        ) j
      ),
      ranked as (
        select id, due_at, coalesce(held.count, 0) +
          row_number() over (partition by due.holder order by due.own, due.due_at, due.id) as rank
        from due left join held on held.holder = due.holder
      ),
      placed as (select id, rank, row_number() over (order by rank, due_at, id) as place from ranked),
      chosen as materialized (select id from placed where place <= ${limit} and rank + place <= ${most}::bigint)
      update job set
        rescues = rescues + (state = 'executing')::int,
        state = 'executing', fence = fence + 1, leased_by = ${owner},
        due_at = now() + ${leaseMs}::int * interval '1 millisecond'
      where id in (select id from chosen)
      returning id, kind, installation_id, payload, attempt, rescues, fence, traceparent, order_key is not null as ordered,
        generation`;
    });
    return rows.map(toJob);
  };

  const settlements = createBatcher<{ job: Job; outcome: Exclude<JobOutcome, { kind: "settled" }> }, boolean>({
    purpose: "settle the job",
    clock,
    maxItems: 200,
    maxInFlight: 1,
    flush: async (items) => {
      const input = jsonText(items.map(({ job, outcome }) => ({
        job_id: job.id,
        fence: job.fence,
        outcome: outcome.kind,
        delay_ms: "delayMs" in outcome ? outcome.delayMs : 0,
        reason: "reason" in outcome ? outcome.reason : null,
        rescues: "rescues" in outcome ? outcome.rescues ?? 0 : 0,
        succeeded: outcome.kind === "snooze" && isStanding(job),
      })));
      const rows = await retryRolledBack(() =>
        db.scoped(scopeOf(items.map(({ job }) => job)), (sql) =>
          sql<{ id: number }[]>`
          with input as materialized (
            select * from json_to_recordset(${input}::text::json)
              as t(job_id bigint, fence int, outcome text, delay_ms float8, reason text, rescues int, succeeded boolean)
          ),
          owned as materialized (
            select input.* from job join input on input.job_id = job.id and input.fence = job.fence
            where job.state = 'executing' order by job.id for update of job
          ),
          ${endClaims(sql, { succeeded: sql`owned.succeeded`, rescues: sql`owned.rescues` })}
          select job_id as id from owned`)
      );
      const owned = new Set(rows.map((row) => row.id));
      return items.map(({ job }) => owned.has(job.id));
    },
  });

  return {
    claim,
    settle: async (job, outcome) => {
      if (!await settlements.submit({ job, outcome })) throw leaseLost(job);
    },
    renew: async (jobs, leaseMs) => {
      const input = JSON.stringify(jobs.map(({ id, fence }) => ({ id, fence })));
      const rows = await retryRolledBack(() =>
        db.scoped(scopeOf(jobs), (sql) =>
          sql<{ id: number }[]>`
          with owned as materialized (
            select job.id from job
            join json_to_recordset(${input}::text::json) as input(id bigint, fence int)
              on input.id = job.id and input.fence = job.fence
            where job.state = 'executing' order by job.id for update of job
          )
          update job set due_at = now() + ${leaseMs}::int * interval '1 millisecond'
          from owned where job.id = owned.id returning job.id`)
      );
      const kept = new Set(rows.map((row) => row.id));
      return new Set(jobs.filter(({ id }) => !kept.has(id)).map(({ id }) => id));
    },
    release: async (owner) => {
      await db.scoped("all", (sql) =>
        sql`
          update job set state = 'available', leased_by = null, due_at = now()
          where leased_by = ${owner} and state = 'executing'`);
      db.notify(CHANNEL);
    },
    releaseAll: async () => {
      await db.scoped(
        "all",
        (sql) =>
          sql`
          update job set state = 'available', leased_by = null, due_at = now(), rescues = rescues + 1
          where state = 'executing'`,
      );
    },
    nextDueMs: async () => {
      const [row] = await db.scoped("all", (sql) =>
        sql<{ ms: number | null }[]>`
          select (extract(epoch from min(due_at) - now()) * 1000)::float8 as ms from job where finished_at is null`);
      return row?.ms == null ? undefined : Math.max(0, row.ms);
    },
    counts: async () => [
      ...await db.scoped("all", (sql) =>
        sql<JobCount[]>`
          select kind, state, count(*)::int as count from (
            -- The order of an index that has only these rows: what is not counted is not read either.
            (select kind, state from job where finished_at is null
              order by installation_id, due_at, id limit ${MAX_COUNTED})
            union all
            (select kind, state from job where finished_at is not null
              order by installation_id, finished_at limit ${MAX_COUNTED})
          ) as counted group by kind, state`),
    ],
    wake: () => db.notify(CHANNEL),
    onWake: (hint) => db.listen(CHANNEL, hint),
  };
}

function scopeOf(jobs: Job[]): Scope {
  return { installationIds: jobs.map(({ installationId }) => installationId) };
}

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    installationId: row.installation_id,
    payload: row.payload,
    attempt: row.attempt,
    rescues: row.rescues,
    fence: row.fence,
    traceparent: row.traceparent,
    ordered: row.ordered,
    generation: row.generation,
  };
}
