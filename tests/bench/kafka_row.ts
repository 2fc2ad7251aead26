/** Row 22: POST /workflows/{id}/execute, and from there to the first step, handed on by PostgreSQL alone and through Kafka. */

import { openPostgres } from "../../src/db/postgres.ts";
import { KAFKA_MISSING, startKafka } from "../support/kafka.ts";
import { quantile } from "./quantile.ts";
import { ms, perSecond, type RowResult } from "./report.ts";
import { createScope, type Place, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const KEY = "bench-operator-key-0123456789-0123456789";
const RATE = 100;
const AT_ONCE = 16;
const RUNS = 2_000;
const WARM_UP = 200;

interface Measured {
  /** Of each request at RATE. */
  acceptMs: number[];
  /** Of each run at RATE: from its commit to its first step. */
  startMs: number[];
  runsPerSecond: number;
}

export async function throughKafka(place: Server, seconds: number): Promise<RowResult[]> {
  const plain = await measure(place, seconds, {});
  const scope = createScope();
  try {
    const figures = [{ what: "PostgreSQL alone", values: valuesOf(plain) }];
    const notes: string[] = [];
    if (KAFKA_MISSING === undefined) {
      const broker = await startKafka();
      scope.onStop(broker.remove);
      figures.push({
        what: "through Kafka, one broker on this machine",
        values: valuesOf(await measure(place, seconds, { KAFKA_BROKERS: broker.brokers })),
      });
    } else notes.push(`Without Kafka: ${KAFKA_MISSING}`);
    return [{
      row: 22,
      title: `Workflow of one step executed over HTTP at ${RATE}/s, and ${RUNS.toLocaleString("en")} at once`,
      figures,
      bars: [],
      notes,
    }];
  } finally {
    await scope.stop();
  }
}

function valuesOf({ acceptMs, startMs, runsPerSecond }: Measured) {
  return {
    "accept p50": ms(quantile(acceptMs, 0.5)),
    "accept p99": ms(quantile(acceptMs, 0.99)),
    "to start p50": ms(quantile(startMs, 0.5)),
    "to start p95": ms(quantile(startMs, 0.95)),
    runs: perSecond(runsPerSecond),
  };
}

async function measure(place: Server, seconds: number, env: Record<string, string>): Promise<Measured> {
  const scope = createScope();
  try {
    const port = freePort();
    const program = await startProgram(place, scope, "all", {
      env: { API_PORT: String(port), OPERATOR_API_KEYS: `bench:${KEY}`, API_RATE_LIMIT_RPS: "1000000", ...env },
    });
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
    scope.onStop(db.stop);
    const at = `http://127.0.0.1:${port}/api/v1`;
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(`${at}${path}`, {
        method: "POST",
        headers: { "x-api-key": KEY, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const json = await answer.json();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(json)}`);
      return json;
    };
    const steps = { check: { type: "validate", input: "${workflow.input.n}", schema: { type: "integer" } } };
    const { id } = await post("/workflows", { name: "bench", start_step: "check", steps });
    const execute = async (n: number) => {
      const began = performance.now();
      await post(`/workflows/${id}/execute`, { input_data: { n } });
      return performance.now() - began;
    };
    await inParallel(WARM_UP, execute);
    await finished(db, WARM_UP);

    const count = RATE * Math.max(5, 2 * seconds);
    const acceptMs = (await paced(count, execute)).sort((a, b) => a - b);
    await finished(db, WARM_UP + count);
    const started = await db.sql<{ ms: number }[]>`
      select extract(epoch from started_at - created_at)::float8 * 1000 as ms from run
      order by created_at desc limit ${count}`;

    const began = performance.now();
    await inParallel(RUNS, execute);
    await finished(db, WARM_UP + count + RUNS);
    const runsPerSecond = RUNS / ((performance.now() - began) / 1000);
    return { acceptMs, startMs: started.map(({ ms }) => ms).sort((a, b) => a - b), runsPerSecond };
  } finally {
    await scope.stop();
  }
}

async function inParallel(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** RATE a second, whether or not those before were answered. */
async function paced(count: number, work: (n: number) => Promise<number>): Promise<number[]> {
  const began = performance.now();
  const all: Promise<number>[] = [];
  for (let n = 0; n < count; n++) {
    const waitMs = began + n * (1000 / RATE) - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    all.push(work(n));
  }
  return await Promise.all(all);
}

async function finished(db: ReturnType<typeof openPostgres>, runs: number): Promise<void> {
  for (;;) {
    const [row] = await db.sql<{ open: number; all: number }[]>`
      select count(*) filter (where state in ('pending', 'running', 'waiting'))::int as open, count(*)::int as all from run`;
    if (row!.all >= runs && row!.open === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
