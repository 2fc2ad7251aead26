/** Row 16: 10,000 runs that wait, and 10,000 more: memory, another workspace beside them, and how fast they go on, on PostgreSQL. */

import { openPostgres } from "../../src/db/postgres.ts";
import type { Sql } from "../../src/db/db.ts";
import { installationOf, joinedBy, type Scene, sendQuietly } from "./fairness_rows.ts";
import { quantile } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import { createScope, type Place, saveFlow, startLoad, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const RUNS = 10_000;
/** Of the heap, for each run that waits. */
const MOST_BYTES = 300;

interface Memory {
  rss: number;
  heap: number;
}

export async function waitingRuns(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    await saveFlow(program);
    await program.child.call({ note: true, installationIds: [await installationOf(program)] });
    const loads: Scene["loads"] = [await startLoad(scope), await startLoad(scope)];
    const scene: Scene = { program, loads, seconds: Math.max(6, 2 * seconds) };
    const other = await joinedBy(program, 16);
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
    scope.onStop(db.stop);
    const of = await installationOf({ ...program, platform: other });

    // As many that do not wait: what the program keeps of any run that passed is not what waiting costs.
    await saveFlow({ ...program, platform: other });
    await loads[1].send(program.port, other, { requests: RUNS });
    await until(db.sql, of, { state: "completed", runs: RUNS });
    await db.sql`delete from flow_trigger where installation_id = ${of}`;
    await saveFlow({ ...program, platform: other }, { action: "wait", input: {} });
    await sendQuietly(scene, 2);
    const quiet = await sendQuietly(scene);
    const memory: Memory[] = [await program.child.call({ memory: true })];
    for (const runs of [RUNS, 2 * RUNS]) {
      await loads[1].send(program.port, other, { requests: RUNS });
      await until(db.sql, of, { state: "waiting", runs });
      memory.push(await program.child.call({ memory: true }));
    }
    const beside = await sendQuietly(scene);

    await program.child.call({ endWaits: true });
    await db.sql`update step set due_at = now() where installation_id = ${of} and due_at is not null`;
    await db.sql`update job set due_at = now() where installation_id = ${of} and kind = 'run'`;
    const began = performance.now();
    await until(db.sql, of, { state: "completed", runs: 3 * RUNS });
    const tookSeconds = (performance.now() - began) / 1000;

    const eachBytes = (memory[2]!.heap - memory[0]!.heap) / (2 * RUNS);
    const ratio = quantile(beside, 0.99) / quantile(quiet, 0.99);
    const p = (list: number[]) => ({ p50: ms(quantile(list, 0.5)), p99: ms(quantile(list, 0.99)) });
    const megabytes = ({ rss, heap }: Memory) => ({
      rss: `${Math.round(rss / 1e6)} MB`,
      heap: `${(heap / 1e6).toFixed(1)} MB`,
    });
    const named = (runs: number) => `${runs.toLocaleString("en-US")} wait`;
    return [{
      row: 16,
      title: `Runs that wait, ${named(RUNS)} and then ${named(2 * RUNS)}`,
      figures: [
        { what: "memory of the program, none waits", values: megabytes(memory[0]!) },
        { what: named(RUNS), values: megabytes(memory[1]!) },
        { what: named(2 * RUNS), values: megabytes(memory[2]!) },
        { what: "another workspace, quiet", values: p(quiet) },
        { what: "another workspace, beside them", values: p(beside) },
        {
          what: "all go on at once",
          values: { runs: perSecond(2 * RUNS / tookSeconds), took: ms(tookSeconds * 1000) },
        },
      ],
      bars: [
        {
          bar: `at most ${MOST_BYTES} bytes each`,
          value: `${Math.round(eachBytes)} bytes`,
          met: eachBytes <= MOST_BYTES,
        },
        { bar: "p99 of another at most twice the quiet one", value: times(ratio), met: ratio <= 2 },
      ],
      notes: ["memory after a collection of garbage; the bytes are of the heap"],
    }];
  } finally {
    await scope.stop();
  }
}

async function until(sql: Sql, installationId: number, { state, runs }: { state: string; runs: number }) {
  for (;;) {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from run where installation_id = ${installationId} and state = ${state}`;
    if (row!.count >= runs) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
