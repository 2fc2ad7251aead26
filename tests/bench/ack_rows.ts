/** Rows 1 to 3: the acknowledgement of a delivery, beside its floor and the earlier Python service. */

import { openPostgres } from "../../src/db/postgres.ts";
import type { LoadResult } from "./load.ts";
import { median } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import {
  createScope,
  type Load,
  type Place,
  type Program,
  saveFlow,
  type Scope,
  startFloor,
  startLoad,
  startProgram,
} from "./servers.ts";

interface Compared {
  ours: LoadResult;
  floor: LoadResult;
  /** Median of the ratios of neighbouring rounds: the machine's own swings hit both halves of a pair. */
  ratio: number;
  /** Runs that ended in a second of ours, beside the acks. */
  runsPerSecond: number;
}

/** Recorded, not measured here: the earlier service on SQLite with its signature check off. */
const PYTHON = { perSecond: 293, p99: "1,090 ms" };
const WARM_UP_SECONDS = 2;
const ROUNDS = 5;
const EXTRA_ROUNDS = 3;

export async function ackPostgres(place: Place, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const { program, floorPort, load } = await warmUp(place, scope, seconds);
    const compare = (connections: number, rounds: number) =>
      compareRounds({ program, floorPort, load, connections, rounds, seconds });
    const few = await compare(64, ROUNDS);
    const many = await compare(256, EXTRA_ROUNDS);
    await saveFlow(program);
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
    const flow = await compareRounds({
      program,
      floorPort,
      load,
      connections: 64,
      rounds: EXTRA_ROUNDS,
      seconds,
      countRuns: async () => {
        const [row] = await db.sql<
          { count: number }[]
        >`select count(*)::int as count from run where state = 'completed'`;
        return row!.count;
      },
    });
    await db.stop();
    const target = PYTHON.perSecond * 40;
    return [{
      row: 1,
      title: "Verified, deduplicated, durable ack, PostgreSQL",
      figures: [
        ...compared("64 connections", few),
        ...compared("256 connections", many),
        {
          what: "64 connections, a flow listening and running",
          values: { ...values(flow.ours), "runs ended meanwhile": perSecond(flow.runsPerSecond) },
        },
      ],
      bars: [
        { bar: "at least 0.6 of the floor at 64 connections", value: times(few.ratio), met: few.ratio >= 0.6 },
        { bar: "p99 under 50 ms at 64 connections", value: ms(few.ours.p99Ms), met: few.ours.p99Ms < 50 },
      ],
      notes: [`of the floor: ${times(many.ratio)} at 256 connections, ${times(flow.ratio)} with the flow`],
    }, {
      row: 3,
      title: "The earlier Python service (recorded, not measured here), beside row 1",
      figures: [
        { what: "earlier service", values: { requests: perSecond(PYTHON.perSecond), p99: PYTHON.p99 } },
        { what: "ours, 64 connections", values: values(few.ours) },
      ],
      bars: [{
        bar: `at least 40 times it (${perSecond(target)})`,
        value: times(few.ours.perSecond / PYTHON.perSecond),
        met: few.ours.perSecond >= target,
      }],
      notes: [],
    }];
  } finally {
    await scope.stop();
  }
}

export async function ackEmbedded(seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const { program, floorPort, load } = await warmUp({ kind: "embedded" }, scope, seconds);
    const few = await compareRounds({ program, floorPort, load, connections: 64, rounds: ROUNDS, seconds });
    return [{
      row: 2,
      title: "The same on the embedded database",
      figures: compared("64 connections", few),
      bars: [{ bar: "at least 0.5 of the floor", value: times(few.ratio), met: few.ratio >= 0.5 }],
      notes: [],
    }];
  } finally {
    await scope.stop();
  }
}

async function warmUp(place: Place, scope: Scope, seconds: number) {
  const program = await startProgram(place, scope);
  const floorPort = await startFloor(place, scope);
  const load = await startLoad(scope);
  for (const port of [program.port, floorPort]) {
    await load.send(port, program.platform, { seconds: Math.min(WARM_UP_SECONDS, seconds) });
  }
  return { program, floorPort, load };
}

async function compareRounds(options: {
  program: Program;
  floorPort: number;
  load: Load;
  connections: number;
  rounds: number;
  seconds: number;
  countRuns?: () => Promise<number>;
}): Promise<Compared> {
  const { program, floorPort, load, connections, rounds, seconds, countRuns = () => Promise.resolve(0) } = options;
  const ours: LoadResult[] = [];
  const runs: number[] = [];
  const floor: LoadResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await countRuns();
    ours.push(await load.send(program.port, program.platform, { connections, seconds }));
    runs.push((await countRuns() - before) / seconds);
    floor.push(await load.send(floorPort, program.platform, { connections, seconds }));
  }
  return {
    ours: medianOf(ours),
    floor: medianOf(floor),
    ratio: median(ours.map((one, round) => one.perSecond / floor[round]!.perSecond)),
    runsPerSecond: median(runs),
  };
}

/** Each figure's median over the rounds. */
function medianOf(results: LoadResult[]): LoadResult {
  const of = (name: keyof LoadResult) => median(results.map((result) => result[name]));
  return {
    requests: of("requests"),
    refused: 0,
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    maxMs: of("maxMs"),
  };
}

function compared(what: string, { ours, floor }: Compared) {
  return [{ what: `ours, ${what}`, values: values(ours) }, { what: `floor, ${what}`, values: values(floor) }];
}

function values(result: LoadResult) {
  return { requests: perSecond(result.perSecond), p50: ms(result.p50Ms), p99: ms(result.p99Ms) };
}
