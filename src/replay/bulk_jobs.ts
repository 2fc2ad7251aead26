/** Sends failed runs and dead letters again in bulk: counted first, then by a job that keeps to a rate (bulk_work.ts). */

import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import { hasOpenJob } from "../queue/open_jobs.ts";
import type { RetryVersion } from "../runs/retry_plan.ts";
import { type BulkFilter, type StoredFilter, storedFilter } from "./bulk_filter.ts";
import { endedWithin, fitsFilter, isNarrow, lettersWithRuns } from "./letter_filter.ts";

/** Of one job: at the default rate it runs for some three hours. */
export const MAX_BULK_RUNS = 100_000;
/** Runs a minute. */
export const BULK_RATE = { least: 1, most: 6_000, default: 600 } as const;
/** Flows and reasons that a plan names, and what was skipped that a job does. */
const SHOWN = 20;

export interface BulkRequest {
  filter: BulkFilter;
  version: RetryVersion;
  ratePerMinute: number;
  /** All that is there is meant, and how many these are. Absent: the filter is to say which. */
  all?: { count: number };
  person: string;
}

export interface BulkPlan {
  /** Dead letters that the filter chooses: of runs and of events. */
  matched: number;
  runs: number;
  events: number;
  /** Most first. */
  byFlow: { flowId: number; name: string; runs: number }[];
  byCode: { code: string; runs: number }[];
}

export interface BulkJob {
  id: number;
  at: Date;
  finishedAt: Date | null;
  state: "running" | "stopping" | "stopped" | "finished";
  person: string;
  asked: StoredRequest;
  /** As it began. */
  matched: number;
  /** Those that it came to: sent again or skipped. */
  done: number;
  /** Sent again, and completed by now. */
  succeeded: number;
  /** Sent again, and failed once more. */
  failed: number;
  skipped: number;
  /** Some that were skipped, newest first. */
  problems: { letterId: number; runId: string | null; eventId: number | null; reason: string }[];
}

/** As the row has it; times as texts. */
export interface StoredRequest {
  filter: StoredFilter;
  version: RetryVersion;
  rate_per_minute: number;
  all: boolean;
}

export interface BulkJobs {
  plan(installationId: number, filter: BulkFilter): Promise<BulkPlan>;
  /**
   * Throws FILTER_EMPTY for a filter that says nothing without `all`, CONFLICT where `all` counts others than there are or
   * while another job of the installation runs, and REQUEST_INVALID where there are none, or too many.
   */
  start(installationId: number, request: BulkRequest & { atEnd?: AtEnd<BulkJob> }): Promise<BulkJob>;
  find(installationId: number, id: number): Promise<BulkJob | undefined>;
  /** The newest first, at most `limit`. */
  list(installationId: number, limit: number): Promise<BulkJob[]>;
  /** What was sent again goes on; the rest stays as it is. Undefined: there is no such job. */
  stop(installationId: number, id: number): Promise<BulkJob | undefined>;
}

interface JobRow {
  id: number;
  created_at: Date;
  finished_at: Date | null;
  state: BulkJob["state"];
  person: string;
  asked: StoredRequest;
  matched: number;
  done: number;
  succeeded: number;
  failed: number;
  skipped: number;
  problems: { letter_id: number; run_id: string | null; event_id: number | null; reason: string }[];
}

export function createBulkJobs({ db, wake }: { db: Pick<Database, "scoped">; wake(): void }): BulkJobs {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    plan: (installationId, filter) => within(installationId, (sql) => readPlan(sql, installationId, filter)),

    async start(installationId, { filter, version, ratePerMinute, all, person, atEnd }) {
      if (!isNarrow(filter) && !all) {
        throw new AppError(
          "FILTER_EMPTY",
          "Cannot send them again: the filter is empty; name some of them, or all with their count",
        );
      }
      const asked: StoredRequest = {
        filter: storedFilter(filter),
        version,
        rate_per_minute: ratePerMinute,
        all: all !== undefined,
      };
      const job = await within(installationId, async (sql) => {
        await sql`select 1 from installation where id = ${installationId} for no key update`;
        // One whose work is gone, as with an add-on that was uninstalled meanwhile, keeps out no other.
        await sql`
          update bulk_job set state = 'stopped', finished_at = now()
          where installation_id = ${installationId} and finished_at is null
            and not ${hasOpenJob(sql, { installationId, kind: "bulk" })}`;
        const [running] = await sql<{ id: number }[]>`
          select id from bulk_job where installation_id = ${installationId} and finished_at is null limit 1`;
        if (running) throw refused("CONFLICT", `bulk job ${running.id} of the workspace is in progress`);
        const { matched } = await readPlan(sql, installationId, filter);
        if (all && all.count !== matched) {
          throw refused(
            "CONFLICT",
            `there are ${count(matched)} of them, and not ${count(all.count)}; count them once more`,
          );
        }
        if (matched === 0) throw refused("REQUEST_INVALID", "there are none");
        if (matched > MAX_BULK_RUNS) {
          throw refused(
            "REQUEST_INVALID",
            `${count(matched)} of them, at most ${count(MAX_BULK_RUNS)} are sent by one job`,
          );
        }
        const [{ id }] = await sql<[{ id: number }]>`
          insert into bulk_job (installation_id, state, person, asked, matched)
          values (${installationId}, 'running', ${person}, ${jsonText(asked)}::text::jsonb, ${matched}) returning id`;
        await enqueueOnce(sql, { kind: "bulk", installationId, payload: { bulk_job_id: id } });
        const made = (await readJob(sql, installationId, id))!;
        await atEnd?.(sql, made);
        return made;
      });
      wake();
      return job;
    },

    find: (installationId, id) => within(installationId, (sql) => readJob(sql, installationId, id)),

    list: (installationId, limit) =>
      within(installationId, async (sql) => {
        const rows = await sql<{ id: number }[]>`
          select id from bulk_job where installation_id = ${installationId} order by created_at desc limit ${limit}`;
        return await Array.fromAsync(rows, async ({ id }) => (await readJob(sql, installationId, id))!);
      }),

    stop: async (installationId, id) => {
      const job = await within(installationId, async (sql) => {
        const stopping = await sql`
          update bulk_job set state = 'stopping'
          where installation_id = ${installationId} and id = ${id} and state = 'running' returning 1`;
        // It waits for its pace: its turn comes at once, and it ends.
        if (stopping.length > 0) await enqueueOnce(sql, { kind: "bulk", installationId, payload: { bulk_job_id: id } });
        return await readJob(sql, installationId, id);
      });
      wake();
      return job;
    },
  };
}

function refused(code: "CONFLICT" | "REQUEST_INVALID", why: string): AppError {
  return new AppError(code, `Cannot send them again: ${why}`);
}

function count(of: number): string {
  return of.toLocaleString("en");
}

/** Only what can be sent again. */
export function bulkFits(sql: Query, filter: BulkFilter) {
  return sql`letter.kind in ('run', 'event') and ${fitsFilter(sql, filter)}`;
}

async function readPlan(sql: Query, installationId: number, filter: BulkFilter): Promise<BulkPlan> {
  const rows = await sql<{ flow_id: number | null; name: string | null; code: string | null; letters: number }[]>`
    select run.flow_id, coalesce(flow.name, 'Deleted flow') as name, run.error_code as code, count(*)::int as letters
    from ${lettersWithRuns(sql, installationId, endedWithin(sql, filter))} where ${
    bulkFits(sql, filter)
  } group by 1, 2, 3`;
  const sum = (some: readonly { letters: number }[]) => some.reduce((total, { letters }) => total + letters, 0);
  const runs = rows.filter(({ flow_id }) => flow_id !== null);
  const most = <Named extends { runs: number }>(named: Named[]) =>
    named.toSorted((a, b) => b.runs - a.runs).slice(0, SHOWN);
  return {
    matched: sum(rows),
    runs: sum(runs),
    events: sum(rows) - sum(runs),
    byFlow: most(
      [...Map.groupBy(runs, ({ flow_id }) => flow_id!)]
        .map(([flowId, some]) => ({ flowId, name: some[0]!.name!, runs: sum(some) })),
    ),
    byCode: most(
      [...Map.groupBy(runs, ({ code }) => code ?? "INTERNAL")].map(([code, some]) => ({ code, runs: sum(some) })),
    ),
  };
}

async function readJob(sql: Query, installationId: number, id: number): Promise<BulkJob | undefined> {
  const [row] = await sql<JobRow[]>`
    select id, created_at, finished_at, state, person, asked, matched, items.*, (
        select coalesce(jsonb_agg(jsonb_build_object('letter_id', letter_id, 'run_id', run_id, 'event_id', event_id,
          'reason', skipped) order by letter_id desc), '[]') from (
          select * from bulk_item where bulk_item.job_id = bulk_job.id and bulk_item.installation_id = ${installationId}
            and skipped is not null order by letter_id desc limit ${SHOWN}) shown
      ) as problems
    from bulk_job cross join lateral (
      select count(*)::int as done, count(*) filter (where item.skipped is not null)::int as skipped,
        count(*) filter (where item.skipped is null and ended.state = 'completed')::int as succeeded,
        count(*) filter (where item.skipped is null and ended.state = 'failed')::int as failed
      from bulk_item item
      left join lateral (
        select run.state from run where run.installation_id = ${installationId} and run.id = item.run_id
        union all
        -- Of an event's runs the worst says how it went.
        (select run.state from run where run.installation_id = ${installationId} and run.event_id = item.event_id
          and run.replay = item.replay
          order by array_position('{failed,pending,running,waiting,cancelled,completed}', run.state) limit 1)
        union all
        -- Its flows were asked, and none fits it.
        select 'completed' from event where event.installation_id = ${installationId} and event.id = item.event_id
          and event.outcome = 'skipped' and not exists (
            select from run where run.installation_id = ${installationId} and run.event_id = item.event_id
              and run.replay = item.replay)
      ) ended on true
      where item.job_id = bulk_job.id and item.installation_id = ${installationId}
    ) items
    where installation_id = ${installationId} and id = ${id}`;
  return row && {
    id: row.id,
    at: row.created_at,
    finishedAt: row.finished_at,
    state: row.state,
    person: row.person,
    asked: row.asked,
    matched: row.matched,
    done: row.done,
    succeeded: row.succeeded,
    failed: row.failed,
    skipped: row.skipped,
    problems: row.problems.map(({ letter_id, run_id, event_id, reason }) => ({
      letterId: letter_id,
      runId: run_id,
      eventId: event_id,
      reason,
    })),
  };
}
