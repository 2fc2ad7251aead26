/**
 * Many runs that wait, as a process whose garbage can be collected (V8's flag --expose-gc): COUNT runs wait, then as many more,
 * and then a signal comes for each. Prints `ready {bytes, completed, left}`: what each of the second half added to the heap, how
 * many runs were completed, and how many jobs, waits and signals are left.
 */

import { systemClock } from "../../src/base/clock.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { addRun, fakeAction, setUpEngine } from "../engine/setup.ts";
import { planOf, TYPE, waitFor, WAITING_KINDS } from "../engine/waiting_kinds.ts";
import { setUpWorker } from "../queue/setup.ts";
import { installationOf } from "../signals/setup.ts";

const { COUNT, DATABASE_URL, DATA_DIR } = Deno.env.toObject();
const count = Number(COUNT);
const db = DATABASE_URL
  ? openPostgres({ url: DATABASE_URL, poolSize: 4, applicationName: "timewire-tests" })
  : await openEmbedded({ dataDir: DATA_DIR! });
await migrateUp(db);
await db.bind();
const { engine } = setUpEngine(db, [fakeAction()], { kinds: WAITING_KINDS });
const { worker, queue } = setUpWorker(db, { run: engine.advance, clock: systemClock, concurrency: 32 });
const pattern = await addRun(db, { steps: planOf(waitFor("go")) });
const installationId = await installationOf(db, pattern);
worker.run();

/** Runs as the pattern, with their jobs. */
async function add(replays: { from: number }) {
  await db.sql`
    with made as (
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state)
      select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, event_id, n, 'pending'
      from run, generate_series(${replays.from}::int, ${replays.from + count - 1}::int) n where run.id = ${pattern}
      returning id
    )
    insert into job (kind, installation_id, payload)
    select 'run', ${installationId}, jsonb_build_object('run_id', id) from made`;
  queue.wake();
}

async function until(runs: number, state: string) {
  for (;;) {
    const [row] = await db.sql<{ runs: number }[]>`select count(*)::int as runs from run where state = ${state}`;
    if (row!.runs >= runs) return row!.runs;
    await systemClock.sleep(50);
  }
}

async function heap(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    (globalThis as unknown as { gc(): void }).gc();
    await systemClock.sleep(50);
  }
  return Deno.memoryUsage().heapUsed;
}

await add({ from: 1 });
await until(count + 1, "waiting");
const before = await heap();
await add({ from: count + 1 });
await until(2 * count + 1, "waiting");
const bytes = (await heap() - before) / count;

// As src/signals/signal.ts does for one: the signal and the wake in one transaction.
await db.sql`
  with woken as (
    insert into signal (installation_id, run_id, match_type, match_key, value)
    select installation_id, id, ${TYPE}, 'go', '"came"' from run returning run_id
  )
  update job set wakes = wakes + 1, due_at = now() from woken where job.run_id = woken.run_id`;
queue.wake();
const completed = await until(2 * count + 1, "completed");
await worker.stop(1_000);
const [left] = await db.sql<{ rows: number }[]>`
  select (select count(*) from job) + (select count(*) from wait) + (select count(*) from signal) as rows`;
console.log(`ready ${JSON.stringify({ bytes, completed, left: Number(left!.rows) })}`);
await db.stop();
Deno.exit(0);
