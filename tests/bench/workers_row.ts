/** Row 20: runs of one step, drained by one, two and three worker processes on one PostgreSQL database, and the processor time of a run on either side. */

import { openPostgres } from "../../src/db/postgres.ts";
import { median } from "./quantile.ts";
import { ms, perSecond, type RowResult } from "./report.ts";
import { createScope, type Place, saveFlow, startLoad, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;
type Database = ReturnType<typeof openPostgres>;

const RUNS = 8_000;
const ROUNDS = 3;
const WORKERS = [1, 2, 3];
/** The kernel's clock ticks of /proc/PID/stat, on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

interface Drained {
  runsPerSecond: number;
  /** Milliseconds of processor time for a run: of the workers, and of the server's sessions. */
  workersMs: number;
  serverMs: number;
}

/** The events are acknowledged beforehand by a process that only listens; the time goes from the workers' start until no job is left. */
export async function severalWorkers(place: Server): Promise<RowResult[]> {
  const figures: RowResult["figures"] = [];
  for (const workers of WORKERS) {
    const rounds: Drained[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await drained(place, workers));
    const of = (pick: (round: Drained) => number) => median(rounds.map(pick));
    figures.push({
      what: `${workers} worker process${workers === 1 ? "" : "es"}`,
      values: {
        runs: perSecond(of(({ runsPerSecond }) => runsPerSecond)),
        "processor of the workers": `${ms(of(({ workersMs }) => workersMs))} a run`,
        "of PostgreSQL": `${ms(of(({ serverMs }) => serverMs))} a run`,
      },
    });
  }
  return [{
    row: 20,
    title: "Runs of one no-op step by several worker processes, one database",
    figures,
    bars: [],
    notes: [
      `${RUNS.toLocaleString("en-US")} events acknowledged beforehand; median of ${ROUNDS}`,
      "workers and database share this machine's cores: what more machines give is computed from the processor times",
    ],
  }];
}

async function drained(place: Server, workers: number): Promise<Drained> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope, "listen");
    await saveFlow(program);
    await (await startLoad(scope)).send(program.port, program.platform, { requests: RUNS });
    const children = await Promise.all(Array.from({ length: workers }, () => program.startBeside()));
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
    scope.onStop(db.stop);
    const cpu = async () =>
      (await Promise.all(children.map((child) => child.call({ cpu: true })))).reduce(
        (sum, { seconds }) => sum + seconds,
        0,
      );
    const [workersBefore, serverBefore] = [await cpu(), await sessionsCpu(db)];
    const began = performance.now();
    await Promise.all(children.map((child) => child.call({ work: true })));
    while (await isBusy(db)) await new Promise((resolve) => setTimeout(resolve, 10));
    const seconds = (performance.now() - began) / 1000;
    const perRun = (before: number, after: number) => (after - before) * 1000 / RUNS;
    const result = {
      runsPerSecond: RUNS / seconds,
      workersMs: perRun(workersBefore, await cpu()),
      serverMs: perRun(serverBefore, await sessionsCpu(db)),
    };
    const [row] = await db.sql<{ count: number }[]>`select count(*)::int as count from run where state = 'completed'`;
    if (row!.count !== RUNS) throw new Error(`${row!.count} of ${RUNS} runs were completed`);
    return result;
  } finally {
    await scope.stop();
  }
}

async function isBusy({ sql }: Database): Promise<boolean> {
  return (await sql`select 1 from job where kind in ('event', 'run') limit 1`).length > 0;
}

/** Seconds of processor time of the sessions of the database, and of the server's own processes; they are on this machine. */
async function sessionsCpu({ sql }: Database): Promise<number> {
  let ticks = 0;
  for (const { pid } of await sql<{ pid: number }[]>`select pid from pg_stat_activity`) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
    // Behind the name, which may hold spaces: state is the first field, utime and stime the 12th and 13th.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}
