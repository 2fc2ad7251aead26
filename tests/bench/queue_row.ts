/** Row 13: claims beside many installations, and what is read of a queue with 1,000,000 open jobs, on PostgreSQL. */

import { systemClock } from "../../src/base/clock.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import type { Database } from "../../src/db/db.ts";
import { enqueueOnce } from "../../src/queue/enqueue.ts";
import { openJobOfRun } from "../../src/queue/open_jobs.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Queue } from "../../src/queue/queue.ts";
import { median, quantile } from "./quantile.ts";
import { ms, type RowResult } from "./report.ts";
import { createDatabase, createScope, type Place } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const IDLE = 10_000;
const BUSY = 500;
const OPEN = 1_000_000;
const LIMIT = 64;
const ROUNDS = 60;
const AIM_MS = 5;

export async function claims(place: Server): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const db = openPostgres({
      url: await createDatabase(place.serverUrl, scope),
      poolSize: 4,
      applicationName: "timewire-bench",
    });
    scope.onStop(db.stop);
    await migrateUp(db);
    const queue = createPostgresQueue(db, systemClock);
    const figures: Record<string, number[]> = {};

    await standing(db);
    figures["claim, 10,000 idle installations"] = await measureClaims(
      queue,
      () => addEvents(db, { from: 1, to: 8, each: 8 }),
    );
    await addEvents(db, { from: 1, to: BUSY, each: 200 });
    figures["claim, 500 busy and 9,500 idle"] = await measureClaims(queue, () => Promise.resolve());
    await db.sql`truncate job`;
    await queue.nextDueMs();

    await openJobs(db);
    figures["claim, 1,000,000 open jobs of one"] = await measureClaims(
      queue,
      () => addEvents(db, { from: 1, to: 8, each: 8 }),
    );
    figures["next due"] = await measure(() => queue.nextDueMs());
    figures["counts"] = await measure(() => queue.counts());
    figures["enqueueOnce"] = await measure(() =>
      db.scoped(
        { installationIds: [1] },
        (sql) => enqueueOnce(sql, { kind: "coverage", installationId: 1, delayMs: 60_000 }),
      )
    );
    const runId = "00000000-0000-4000-8000-000000777777";
    figures["due time of a waiting run"] = await measure(() =>
      db.scoped({ installationIds: [1] }, (sql) =>
        sql`
          select open.due_at from (select ${runId}::uuid as id, 1::bigint as installation_id, 'waiting' as state) run
          left join lateral (${openJobOfRun(sql)}) open on true`)
    );

    return [{
      row: 13,
      title: `Claims of ${LIMIT} jobs, and what is asked of the queue beside ${OPEN.toLocaleString("en-US")} open jobs`,
      figures: Object.entries(figures).map(([what, taken]) => {
        taken.sort((a, b) => a - b);
        return {
          what,
          values: { median: ms(median(taken)), p95: ms(quantile(taken, 0.95)), max: ms(quantile(taken, 1)) },
        };
      }),
      bars: Object.entries(figures).map(([what, taken]) => ({
        bar: `${what}: under ${AIM_MS} ms`,
        value: ms(median(taken)),
        met: median(taken) < AIM_MS,
      })),
      notes: [`${ROUNDS} of each, with the round trips and the commit; jobs that were claimed are closed in between`],
    }];
  } finally {
    await scope.stop();
  }
}

/** Two jobs of each installation that are due in an hour or later, as polling and coverage have them. */
async function standing({ sql }: Database) {
  await sql`
    insert into job (kind, installation_id, payload, due_at)
    select kind, n, '{}', now() + interval '1 hour' + n * interval '1 second'
    from generate_series(1, ${IDLE}::int) n, unnest(array['poll', 'coverage']) kind`;
  await sql`vacuum (analyze) job`;
}

async function addEvents({ sql }: Database, { from, to, each }: { from: number; to: number; each: number }) {
  await sql`
    insert into job (kind, installation_id, payload)
    select 'event', installation, jsonb_build_object('event_id', n)
    from generate_series(1, ${each}::int) n, generate_series(${from}::int, ${to}::int) installation`;
}

/** Of one installation: events that are due, and runs that wait. */
async function openJobs({ sql }: Database) {
  const part = OPEN / 20;
  for (let from = 0; from < OPEN; from += part) {
    await sql`
      insert into job (kind, installation_id, payload, state, due_at)
      select case when n % 2 = 0 then 'event' else 'run' end, 1,
        case when n % 2 = 0 then jsonb_build_object('event_id', n)
          else jsonb_build_object('run_id', '00000000-0000-4000-8000-' || lpad(n::text, 12, '0')) end,
        case when n % 2 = 0 then 'available' else 'scheduled' end,
        case when n % 2 = 0 then now() else now() + interval '1 hour' + n * interval '1 millisecond' end
      from generate_series(${from}::int + 1, ${from + part}::int) n`;
  }
  await sql`vacuum (analyze) job`;
}

async function measureClaims(queue: Queue, prepare: () => Promise<void>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = -5; round < ROUNDS; round++) {
    await prepare();
    const began = performance.now();
    const jobs = await queue.claim({ limit: LIMIT, owner: "bench", leaseMs: 60_000 });
    if (round >= 0) taken.push(performance.now() - began);
    if (jobs.length !== LIMIT) throw new Error(`${jobs.length} jobs were claimed`);
    await Promise.all(jobs.map((job) => queue.settle(job, { kind: "done" })));
  }
  return taken;
}

async function measure(work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    if (round >= 0) taken.push(performance.now() - began);
  }
  return taken;
}
