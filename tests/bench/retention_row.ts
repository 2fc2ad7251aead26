/** Row 7: a sweep over 1,000,000 old events while deliveries come in, PostgreSQL. */

import { openPostgres } from "../../src/db/postgres.ts";
import type { SweepResult } from "../../src/retention/sweep.ts";
import type { LoadResult } from "./load.ts";
import { median } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import { createScope, type Place, type Program, startLoad, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const EVENTS = 1_000_000;
const ENTITIES = 100_000;
const BODY_BYTES = 1_500;
const EVENTS_PER_INSERT = 50_000;
const RATE = 500;
const QUIET_ROUNDS = 5;

/** Needs about 2.5 GB of disk and some minutes. */
export async function retentionUnderLoad(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    await addOldEvents(program);
    const load = await startLoad(scope);
    const round = () => load.send(program.port, program.platform, { ratePerSecond: RATE, seconds });
    await round();
    const quiet: LoadResult[] = [];
    const quietRounds = async () => {
      for (let number = 0; number < QUIET_ROUNDS; number++) quiet.push(await round());
    };
    await quietRounds();

    let result: SweepResult | undefined;
    const began = performance.now();
    const sweeping = program.child.call({ sweep: true }).then((answer: SweepResult) => result = answer);
    const busy: LoadResult[] = [];
    while (!result) busy.push(await round());
    await sweeping;
    const sweptSeconds = (performance.now() - began) / 1000;
    // Half of them after it: what else the machine does changes over the minutes.
    await quietRounds();
    if (result.deleted.event !== EVENTS) throw new Error(`${result.deleted.event} of ${EVENTS} events went`);

    const p99 = (rounds: LoadResult[]) => median(rounds.map(({ p99Ms }) => p99Ms));
    const ratio = p99(busy) / p99(quiet);
    const { longestBatchMs, batches } = result;
    return [{
      row: 7,
      title: `Retention of ${EVENTS.toLocaleString("en-US")} events, ${perSecond(RATE)} coming in meanwhile`,
      figures: [
        { what: "ack without the sweep", values: values(quiet) },
        { what: "ack during the sweep", values: values(busy) },
        {
          what: "the sweep",
          values: {
            events: perSecond(EVENTS / sweptSeconds),
            batches: String(batches),
            longest: ms(longestBatchMs),
          },
        },
      ],
      bars: [
        { bar: "no batch holds its locks for over 200 ms", value: ms(longestBatchMs), met: longestBatchMs <= 200 },
        { bar: "p99 of the ack at most 1.2 times that without", value: times(ratio), met: ratio <= 1.2 },
      ],
      notes: [`bodies of ${BODY_BYTES} bytes; medians of ${quiet.length} and ${busy.length} rounds of ${seconds} s`],
    }];
  } finally {
    await scope.stop();
  }
}

/** Events of 200 days ago with the heads of their entities, in the installation that the load is for. */
async function addOldEvents({ databaseUrl, platform }: Program) {
  const db = openPostgres({ url: databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  for (let from = 1; from <= EVENTS; from += EVENTS_PER_INSERT) {
    await db.sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body,
        outcome, reason, finished_at)
      select installation.id, nextval('event_id_seq'), workspace_id, 'NEW_TAG', 'old:' || number % ${ENTITIES}::int,
        now() - interval '200 days', 'bench', '{}', convert_to(rpad(number::text, ${BODY_BYTES}::int, 'x'), 'UTF8'),
        'skipped', 'no_flow', now() - interval '200 days'
      from installation, generate_series(${from}::int, ${from + EVENTS_PER_INSERT - 1}::int) number
      where workspace_id = ${platform.workspaceId}`;
  }
  await db.sql`
    insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at)
    select installation_id, entity_key || ' NEW_TAG', 'NEW_TAG', decode(repeat('00', 32), 'hex'), max(id), now() - interval '200 days'
    from event where entity_key like 'old:%' group by 1, 2`;
  // What autovacuum does to a table that grew over months.
  await db.sql`vacuum (analyze) event`;
  await db.sql`vacuum (analyze) entity_head`;
  await db.sql`checkpoint`;
  await db.stop();
}

function values(rounds: LoadResult[]) {
  const of = (name: "p50Ms" | "p99Ms") => ms(median(rounds.map((round) => round[name])));
  return { p50: of("p50Ms"), p99: of("p99Ms"), max: ms(Math.max(...rounds.map(({ maxMs }) => maxMs))) };
}
