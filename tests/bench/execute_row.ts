/** Row 21: POST execute of the Workflow Management API until it is answered with 202, beside a bare Hono route that inserts a row. */

import { systemClock } from "../../src/base/clock.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import type { LoadResult } from "./load.ts";
import { median } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import type { Post } from "./requests.ts";
import {
  createDatabase,
  createScope,
  type Load,
  type Place,
  type Program,
  startIn,
  startLoad,
  startProgram,
} from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const RATE = 100;
const CONNECTIONS = 16;
const ROUNDS = 3;
const WARM_UP = 200;
const KEY = "bench-operator-key-0123456789-0123456789";
const INPUT = JSON.stringify({ input_data: { order: { id: 17, lines: Array(20).fill("a line of an order") } } });

/** Both at the same rate, in turns; the runs, of one step that calls nothing, go on in the same process meanwhile. */
export async function executes(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope, "all", { env: { OPERATOR_API_KEYS: `bench:${KEY}` } });
    const floor = await startIn(scope, "execute_floor.ts", {
      FLOOR_DATABASE_URL: await createDatabase(place.serverUrl, scope),
    });
    const load = await startLoad(scope);
    const at = `http://127.0.0.1:${program.child.ready.operatorPort}`;
    const ours = {
      port: program.child.ready.operatorPort as number,
      post: post(`/api/v1/workflows/${await saveWorkflow(at)}/execute`, { "x-api-key": KEY }),
    };
    const bare = { port: floor.ready.port as number, post: post("/execute") };
    const sides = {
      ours: [] as LoadResult[],
      floor: [] as LoadResult[],
      full: [] as LoadResult[],
      bare: [] as LoadResult[],
    };
    for (const side of [ours, bare]) await send(load, program, side, { requests: WARM_UP });
    for (let round = 0; round < ROUNDS; round++) {
      sides.ours.push(await send(load, program, ours, { seconds, ratePerSecond: RATE }));
      sides.floor.push(await send(load, program, bare, { seconds, ratePerSecond: RATE }));
    }
    for (let round = 0; round < ROUNDS; round++) {
      sides.full.push(await send(load, program, ours, { seconds }));
      sides.bare.push(await send(load, program, bare, { seconds }));
    }
    await allEnded(program);
    const of = (side: LoadResult[], name: keyof LoadResult) => median(side.map((one) => one[name]));
    const paced = (side: LoadResult[]) => ({ p50: ms(of(side, "p50Ms")), p99: ms(of(side, "p99Ms")) });
    const fast = (side: LoadResult[]) => ({ requests: perSecond(of(side, "perSecond")), ...paced(side) });
    const ratio = median(sides.ours.map((one, round) => one.p99Ms / sides.floor[round]!.p99Ms));
    return [{
      row: 21,
      title: `POST execute to 202, run and Idempotency-Key committed, PostgreSQL`,
      figures: [
        { what: `ours, ${RATE}/s`, values: paced(sides.ours) },
        { what: `floor, ${RATE}/s`, values: paced(sides.floor) },
        { what: `ours, ${CONNECTIONS} connections as fast as they are answered`, values: fast(sides.full) },
        { what: `floor, ${CONNECTIONS} connections as fast as they are answered`, values: fast(sides.bare) },
      ],
      bars: [],
      notes: [`p99 at ${RATE}/s is ${times(ratio)} times the floor's; every run completed`],
    }];
  } finally {
    await scope.stop();
  }
}

function post(path: string, headers: Record<string, string> = {}): Post {
  return { path, headers, body: INPUT, status: 202 };
}

function send(
  load: Load,
  { platform }: Program,
  { port, post }: { port: number; post: Post },
  options: { seconds?: number; requests?: number; ratePerSecond?: number },
): Promise<LoadResult> {
  return load.send(port, platform, { connections: CONNECTIONS, post, ...options });
}

async function saveWorkflow(at: string): Promise<string> {
  const answer = await fetch(`${at}/api/v1/workflows`, {
    method: "POST",
    headers: { "x-api-key": KEY, "content-type": "application/json" },
    body: JSON.stringify({
      name: "bench",
      start_step: "check",
      steps: {
        check: { type: "validate", input: "${workflow.input.order}", schema: { type: "object", required: ["id"] } },
      },
    }),
  });
  const workflow = await answer.json();
  if (answer.status !== 201) throw new Error(JSON.stringify(workflow));
  return workflow.id;
}

/** Waits for every run, and throws where one did not complete. */
async function allEnded({ databaseUrl }: Program): Promise<void> {
  const db = openPostgres({ url: databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  try {
    for (;;) {
      const [row] = await db.sql<{ open: number; failed: number }[]>`
        select count(*) filter (where state not in ('completed', 'failed', 'cancelled'))::int as open,
          count(*) filter (where state <> 'completed')::int as failed
        from run`;
      if (row!.open === 0 && row!.failed > 0) throw new Error(`${row!.failed} runs did not complete`);
      if (row!.open === 0) return;
      await systemClock.sleep(50);
    }
  } finally {
    await db.stop();
  }
}
