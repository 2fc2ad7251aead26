/** Rows 4 to 6: from the event to its run, on PostgreSQL, beside graphile-worker. */

import { openPostgres } from "../../src/db/postgres.ts";
import { median, quantile } from "./quantile.ts";
import { ms, perSecond, type RowResult } from "./report.ts";
import {
  createDatabase,
  createScope,
  type Place,
  type Program,
  saveFlow,
  startIn,
  startLoad,
  startProgram,
} from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const RATE = 100;
const DRAINED_RUNS = 8_000;
const DRAIN_ROUNDS = 3;
const SEQUENTIAL_STEPS = 40;
const SEQUENTIAL_RUNS = 10;

/** Row 4. Both sides at 100/s, one after the other. */
export async function pickUp(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    await saveFlow(program);
    await program.child.call({ note: true });
    const load = await startLoad(scope);
    const count = RATE * Math.max(5, seconds * 2);
    const paced = { connections: 64, ratePerSecond: RATE };
    await load.send(program.port, program.platform, { ...paced, requests: 2 * RATE });
    await program.child.call({ pickUps: 2 * RATE });
    await load.send(program.port, program.platform, { ...paced, requests: count });
    const ours: number[] = (await program.child.call({ pickUps: count })).ms;

    const peer = await startIn(scope, "graphile_worker.ts", {
      DATABASE_URL: await createDatabase(place.serverUrl, scope),
    });
    await peer.call({ pickUps: 2 * RATE, ratePerSecond: RATE });
    const theirs: number[] = (await peer.call({ pickUps: count, ratePerSecond: RATE })).ms;
    for (const list of [ours, theirs]) list.sort((a, b) => a - b);
    const values = (list: number[]) => ({
      p50: ms(quantile(list, 0.5)),
      p95: ms(quantile(list, 0.95)),
      max: ms(quantile(list, 1)),
    });
    return [{
      row: 4,
      title: `Event committed to first action started, ${RATE} events/s (${ours.length} events)`,
      figures: [
        { what: "ours", values: values(ours) },
        { what: "graphile-worker, job committed to task started", values: values(theirs) },
      ],
      bars: [{ bar: "p95 under 25 ms", value: ms(quantile(ours, 0.95)), met: quantile(ours, 0.95) < 25 }],
      notes: [],
    }];
  } finally {
    await scope.stop();
  }
}

/** Row 5. The events come in over HTTP at a process that only listens; then its worker is started and drains them. */
export async function runThroughput(place: Server): Promise<RowResult[]> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < DRAIN_ROUNDS; round++) {
    const scope = createScope();
    try {
      const program = await startProgram(place, scope, "listen");
      await saveFlow(program);
      await (await startLoad(scope)).send(program.port, program.platform, { requests: DRAINED_RUNS });
      const { seconds, completed } = await program.child.call({ drain: DRAINED_RUNS, steps: 1 });
      if (completed !== DRAINED_RUNS) throw new Error(`${completed} of ${DRAINED_RUNS} runs were completed`);
      ours.push(DRAINED_RUNS / seconds);
      const peer = await startIn(scope, "graphile_worker.ts", {
        DATABASE_URL: await createDatabase(place.serverUrl, scope),
      });
      theirs.push(DRAINED_RUNS / (await peer.call({ drain: DRAINED_RUNS })).seconds);
    } finally {
      await scope.stop();
    }
  }
  return [{
    row: 5,
    title: "Runs of one no-op step, PostgreSQL",
    figures: [
      { what: "ours: event to dispatched, run, journalled step, closed", values: { runs: perSecond(median(ours)) } },
      { what: "graphile-worker: fetch and complete a job", values: { jobs: perSecond(median(theirs)) } },
      { what: "n8n, published", values: { runs: perSecond(220) } },
    ],
    bars: [{ bar: "at least 2,000/s", value: perSecond(median(ours)), met: median(ours) >= 2_000 }],
    notes: [
      `${
        DRAINED_RUNS.toLocaleString("en-US")
      } events acknowledged over HTTP beforehand, then drained by one worker; median of ${DRAIN_ROUNDS}`,
    ],
  }];
}

/** Row 6. One event at a time; from its acknowledgement until the run is seen as completed. */
export async function sequentialSteps(place: Server): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    await saveFlow(program, { steps: SEQUENTIAL_STEPS });
    const load = await startLoad(scope);
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
    scope.onStop(db.stop);
    const taken: number[] = [];
    for (let run = 0; run <= SEQUENTIAL_RUNS; run++) {
      await load.send(program.port, program.platform, { connections: 1, requests: 1 });
      const began = performance.now();
      while (await completedRuns(db, program) <= run) await new Promise((resolve) => setTimeout(resolve, 2));
      // The first one warms up.
      if (run > 0) taken.push(performance.now() - began);
    }
    const [steps] = await db.sql<
      { count: number }[]
    >`select count(*)::int as count from step where state = 'completed'`;
    const expected = SEQUENTIAL_STEPS * (SEQUENTIAL_RUNS + 1);
    if (steps!.count !== expected) throw new Error(`${steps!.count} of ${expected} steps are in the journal`);
    return [{
      row: 6,
      title: `${SEQUENTIAL_STEPS} sequential durable no-op steps in one run`,
      figures: [
        { what: "ours", values: { median: ms(median(taken)), max: ms(Math.max(...taken)) } },
        { what: "Windmill, published", values: { median: "2,100 ms" } },
      ],
      bars: [{ bar: "under 400 ms", value: ms(median(taken)), met: median(taken) < 400 }],
      notes: [`from the acknowledgement to the completed run, ${SEQUENTIAL_RUNS} runs one after another`],
    }];
  } finally {
    await scope.stop();
  }
}

async function completedRuns(db: ReturnType<typeof openPostgres>, { platform }: Program): Promise<number> {
  const [row] = await db.sql<{ count: number }[]>`
    select count(*)::int as count from run where workspace_id = ${platform.workspaceId} and state = 'completed'`;
  return row!.count;
}
