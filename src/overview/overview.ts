/** The numbers of a workspace's overview, of one moment: what came in, what ran, what failed, and what waits for a person. */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { countEvents, type EventNumbers, type Period, periodOf } from "./events.ts";
import { countRuns, type Failure, type Latency, listFailures, measureLatency, type RunNumbers } from "./runs.ts";
import { deadEventIds } from "../queue/ended_jobs.ts";

export interface OverviewNumbers {
  period: Period;
  events: EventNumbers;
  runs: RunNumbers;
  failures: Failure[];
  latency: Latency;
  /** Events given up in the period that are still dead, at most 1,000. */
  deadEvents: number;
  /** Flows that people made and switched on. */
  enabledFlows: number;
  /** Polled lists that lack more than people delete, so that no deletion is reported (entities/poll/round.ts). */
  doubtedLists: DoubtedList[];
  storage: Storage;
}

/** Bytes of stored events, of which those since the last two seconds may be missing. */
export interface Storage {
  bytes: number;
  /** Undefined: no quota. */
  limitBytes: number | undefined;
}

export interface DoubtedList {
  /** As entities/bootstrap/lists.ts calls what it holds. */
  entityType: string;
  missing: number;
  known: number;
}

export interface OverviewStore {
  numbers(installationId: number, hours: number): Promise<OverviewNumbers>;
}

const MAX_DEAD = 1_000;

export function createOverviewStore(
  { db, clock, limitBytes }: {
    db: Pick<Database, "scoped">;
    clock: Clock;
    /** STORED_MB_PER_WORKSPACE in bytes; 0: no quota. */
    limitBytes: number;
  },
): OverviewStore {
  return {
    numbers: async (installationId, hours) => {
      const period = periodOf(clock.now(), hours);
      const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
        db.scoped({ installationIds: [installationId] }, work);
      const [ran, rest] = await Promise.all([
        within(async (sql) => {
          const runs = await countRuns(sql, installationId, period);
          const since = runs.countedSince ?? period.from;
          return {
            runs,
            failures: runs.failed === 0 ? [] : await listFailures(sql, installationId, since),
            latency: await measureLatency(sql, installationId, since),
          };
        }),
        within(async (sql) => ({
          events: await countEvents(sql, installationId, period),
          deadEvents: await countDead(sql, installationId, period.from),
          enabledFlows: await countFlows(sql, installationId),
          doubtedLists: await listDoubted(sql, installationId),
          storage: {
            bytes: await storedBytes(sql, installationId),
            limitBytes: limitBytes === 0 ? undefined : limitBytes,
          },
        })),
      ]);
      return { period, ...ran, ...rest };
    },
  };
}

/** An event that was given up leaves its job behind; replayed since then, it is dead no more. */
async function countDead(sql: TransactionSql, installationId: number, since: Date): Promise<number> {
  const ids = await deadEventIds(sql, { installationId, since, limit: MAX_DEAD });
  if (ids.length === 0) return 0;
  const [row] = await sql<{ dead: number }[]>`
    select count(distinct event.id)::int as dead
    from json_to_recordset(${JSON.stringify(ids.map((id) => ({ id })))}::text::json) as named(id bigint)
    join event on event.installation_id = ${installationId} and event.id = named.id and event.outcome = 'dead'`;
  return row!.dead;
}

async function countFlows(sql: TransactionSql, installationId: number): Promise<number> {
  const [row] = await sql<{ flows: number }[]>`
    select count(*)::int as flows from flow
    where installation_id = ${installationId} and deleted_at is null and builtin is null and enabled`;
  return row!.flows;
}

/** Of events and large outputs, as the quota counts them. */
export async function storedBytes(sql: TransactionSql, installationId: number): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select bytes from stored_bytes where installation_id = ${installationId}`;
  return row?.bytes ?? 0;
}

async function listDoubted(sql: TransactionSql, installationId: number): Promise<DoubtedList[]> {
  const rows = await sql<{ family: string; doubt: { missing: number; known: number } }[]>`
    select family, doubt from polled_family where installation_id = ${installationId} and doubt is not null order by family`;
  return rows.map(({ family, doubt }) => ({ entityType: family, ...doubt }));
}
