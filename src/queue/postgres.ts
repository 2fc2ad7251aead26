/** The queue as rows of one table: claim, settle, renew and release, each one statement. */

import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import { type Database, retryRolledBack, type Scope } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { endClaims, leaseLost, lockClaims } from "./claims.ts";
import { FEW_LANES, followHints, nextDueMs, raiseLanes } from "./lanes.ts";
import { holderColumn } from "./shares.ts";
import { isStanding, type Job, type JobCount, type JobKind, type JobOutcome, type Queue } from "./queue.ts";

const CHANNEL = "timewire_jobs";
const WITHDRAWN = "timewire_withdrawn";
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
  wakes: number;
}

/** A lane that was looked at, once for each of its jobs that is given; once without one where none is. */
interface ClaimRow extends Omit<JobRow, "id"> {
  id: number | null;
  lane_of: number;
  lane_kind: JobKind;
  /** Which turn it was, from 1. */
  turn: number;
  given: boolean;
  /** Nothing more of it can be claimed now. */
  empty: boolean;
  /** It has a limit of its own until it is raised. */
  is_paced: boolean;
}

/** Turns that a claim looks at, each of an installation: a lane may have nothing, and the next is then in the same claim. */
const turnsFor = (limit: number) => 2 * limit + 16;
/** Looks of one claim: what it does not find is for the next. */
const MAX_TRIES = 10;
/** Most jobs of a lane in one claim; the statement says it in figures too, for the planner. */
const MOST = 1_000;
/** Jobs that are looked at for each that is wanted, so that few with much due fill a claim when many have little. */
const LOOK_AHEAD = 8;

export function createPostgresQueue(db: Database, clock: Clock): Queue {
  /** Lanes that the last claim found empty are on their way up. */
  let raising = Promise.resolve();
  /** Where the turn of installations has come to. */
  let served: number | undefined;

  /**
   * Only lanes that may have something due are looked at (lanes.ts), those of the installations whose turn it is: one after
   * another in a circle, from a place of each process's own. Of their oldest due jobs each installation gets one before any
   * gets a second, so a flood of one does not delay the others. Where the caller says what it holds, ranks are those within
   * the holder (shares.ts) and go on from there, and a job is taken while its rank and its place in the claim come to no more
   * than the slots: both rise, so what is taken is the beginning of that order. Only the jobs that are given are locked:
   * another worker takes those behind them. The constant limits and the array are for the planner, which takes the index
   * then, whatever it believes of the tables. An expired lease is a due job like any other; taking it counts as a rescue.
   */
  const claim: Queue["claim"] = async (options) => {
    for (let tries = 1;; tries++) {
      const { jobs, looked } = await claimOnce(options);
      // So many lanes in vain, and more behind them.
      if (jobs.length > 0 || looked < turnsFor(options.limit) || tries === MAX_TRIES) return jobs;
    }
  };

  async function claimOnce(
    { limit, owner, leaseMs, held }: Parameters<Queue["claim"]>[0],
  ): Promise<{ jobs: Job[]; looked: number }> {
    await raising;
    const holders = JSON.stringify([...held ?? []].map(([holder, count]) => ({ holder, count })));
    const most = held ? limit + 1 : Number.MAX_SAFE_INTEGER;
    const rows = await db.scoped("all", (sql) => {
      const holder = held ? holderColumn(sql) : sql`installation_id`;
      // Not awaited: when it fails the transaction does, and COMMIT travels with the claim (db/transaction.ts).
      followHints(sql).catch(() => {});
      return sql<ClaimRow[]>`
      with due as materialized (
        select installation_id, kind, claim_limit, ${holder} as holder from queue_lane where next_due_at <= now()
      ),
      turns as (
        select due.*, coalesce(held.count, 0) as held, installation_id <= last.id as past,
          coalesce(held.count, 0) + dense_rank() over (
            partition by due.holder order by installation_id <= last.id, installation_id) as round
        from due
        cross join (
          select coalesce(${served ?? null}::bigint, (select installation_id from due order by random() limit 1)) as id
        ) last
        left join json_to_recordset(${holders}::text::json) as held(holder bigint, count int) on held.holder = due.holder
        -- Who holds as many as are free gets no other.
        where coalesce(held.count, 0) + 1 < ${most}::bigint
      ),
      lane as materialized (
        select * from (
          select *, dense_rank() over (order by round, past, installation_id, holder) as turn from turns
        ) numbered
        where turn <= ${turnsFor(limit)}
      ),
      bounded as materialized (
        select *, least(claim_limit, ${limit}::int, ${MOST}::int,
          ceil(${limit}::int * ${LOOK_AHEAD}::float8 / (select max(turn) from lane)))::int as depth
        from lane
      ),
      found as (
        select bounded.*, first.id, first.due_at, row_number() over (
          partition by installation_id, holder, first.id is null order by first.due_at, first.id) as own
        from bounded left join lateral (
          select * from (
            select id, due_at from job
            where installation_id = bounded.installation_id and kind = bounded.kind and not blocked and finished_at is null
              and due_at <= now()
            order by due_at, id limit 1000
          ) oldest limit bounded.depth
        ) first on true
      ),
      candidate as materialized (
        select *, held + row_number() over (partition by holder, id is null order by own, due_at, id) as rank from found
      ),
      share as materialized (
        select installation_id, kind, turn, depth, claim_limit is not null as is_paced, count(id) as found,
          count(id) filter (where place <= ${limit} and rank + place <= ${most}::bigint) as given
        from (select *, row_number() over (order by id is null, rank, turn, due_at, id) as place from candidate) placed
        group by installation_id, kind, turn, depth, claim_limit
      ),
      chosen as materialized (
        select first.id from share cross join lateral (
          select * from (
            select id from job
            where installation_id = share.installation_id and kind = share.kind and not blocked and finished_at is null
              and due_at <= now()
            order by due_at, id limit 1000 for update skip locked
          ) oldest limit share.given
        ) first
        where share.given > 0
      ),
      claimed as (
        update job set
          rescues = rescues + (state = 'executing')::int,
          state = 'executing', fence = fence + 1, leased_by = ${owner},
          due_at = now() + ${leaseMs}::int * interval '1 millisecond'
        where id = any (array(select id from chosen))
        returning id, kind, installation_id, payload, attempt, rescues, fence, traceparent, order_key is not null as ordered,
          generation, wakes
      )
      select share.installation_id as lane_of, share.kind as lane_kind, turn::int, given > 0 as given,
        found = given and found < depth as empty, is_paced, claimed.*
      from share left join claimed using (installation_id, kind)
      order by share.given > 0, turn`;
    });
    const lanes = new Map(rows.map((row) => [`${row.lane_of} ${row.lane_kind}`, row]));
    const empty = [...lanes.values()].filter((row) => row.empty);
    if (empty.length > FEW_LANES || empty.some((row) => row.is_paced)) {
      raising = raiseLanes(db, empty.map((row) => ({ installationId: row.lane_of, kind: row.lane_kind }))).catch(
        () => {},
      );
    }
    served = rows.at(-1)?.lane_of ?? served;
    const jobs = rows.filter((row) => row.id !== null).map((row) => toJob(row as JobRow));
    return { jobs, looked: Math.max(0, ...rows.map((row) => row.turn)) };
  }

  const settlements = createBatcher<{ job: Job; outcome: Exclude<JobOutcome, { kind: "settled" }> }, boolean>({
    purpose: "settle the job",
    clock,
    maxItems: 200,
    maxInFlight: 1,
    flush: async (items) => {
      const input = jsonText(items.map(({ job, outcome }) => ({
        job_id: job.id,
        fence: job.fence,
        wakes: job.wakes,
        outcome: outcome.kind,
        delay_ms: "keepsPlace" in outcome && outcome.keepsPlace ? null : "delayMs" in outcome ? outcome.delayMs : 0,
        reason: "reason" in outcome ? outcome.reason : null,
        rescues: "rescues" in outcome ? outcome.rescues ?? 0 : 0,
        succeeded: outcome.kind === "snooze" && isStanding(job),
      })));
      const rows = await retryRolledBack(() =>
        db.scoped(scopeOf(items.map(({ job }) => job)), (sql) =>
          sql<{ id: number }[]>`
          with input as materialized (
            select * from json_to_recordset(${input}::text::json)
              as t(job_id bigint, fence int, wakes int, outcome text, delay_ms float8, reason text, rescues int, succeeded boolean)
          ),
          owned as materialized (
            select input.* from job join input on input.job_id = job.id and input.fence = job.fence
            where job.id = any (array(select job_id from input)) and job.state = 'executing' order by job.id for update of job
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
          with input as materialized (
            select * from json_to_recordset(${input}::text::json) as t(id bigint, fence int)
          ),
          owned as materialized (${lockClaims(sql, sql`select id, fence from input`)})
          update job set due_at = now() + ${leaseMs}::int * interval '1 millisecond'
          from owned where job.id = owned.id returning job.id`)
      );
      const kept = new Set(rows.map((row) => row.id));
      return new Set(jobs.filter(({ id }) => !kept.has(id)).map(({ id }) => id));
    },
    release: async (owner) => {
      await raising;
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
      await raising;
      return await nextDueMs(db);
    },
    counts: async () => [
      ...await db.scoped("all", (sql) =>
        sql<JobCount[]>`
          select kind, state, count(*)::int as count from (
            -- The order of an index that has only these rows: what is not counted is not read either.
            (select kind, state from job where finished_at is null
              order by installation_id, kind, blocked, due_at, id limit ${MAX_COUNTED})
            union all
            (select kind, state from job where finished_at is not null
              order by installation_id, finished_at limit ${MAX_COUNTED})
          ) as counted group by kind, state`),
    ],
    wake: () => db.notify(CHANNEL),
    onWake: (hint) => db.listen(CHANNEL, () => hint()),
    sayWithdrawn: ({ id, fence }) => db.notify(WITHDRAWN, `${id} ${fence}`),
    onWithdrawn: (onWithdrawn) =>
      db.listen(WITHDRAWN, (text) => {
        const [id, fence] = text.split(" ").map(Number);
        if (id && fence) onWithdrawn({ id, fence });
      }),
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
    wakes: row.wakes,
  };
}
