/** Rows 9 to 12 and 14: what another workspace does to one's events, from the committed delivery to the first call, on PostgreSQL. */

import { openPostgres } from "../../src/db/postgres.ts";
import type { Platform } from "./platform.ts";
import { quantile } from "./quantile.ts";
import { ms, type RowResult, times } from "./report.ts";
import { EVENT_TYPE, WEBHOOK_PATH } from "./requests.ts";
import {
  type BenchFlow,
  createScope,
  type Load,
  type Place,
  type Program,
  saveFlow,
  startLoad,
  startProgram,
} from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

/** Deliveries of the quiet workspace. */
const RATE = 50;
const SENDERS = 100;
const SENT_EACH = 3;
/** Order keys of row 14, each with a job that waits for an hour, and the jobs of each. */
const ORDER_KEYS = 2_000;
const ORDERED_EACH = 100;

/** What one workspace does while another sends RATE deliveries a second. */
interface Flood {
  row: number;
  title: string;
  flow: BenchFlow;
  /** Deliveries that it sends at once. */
  events: number;
}

const FLOODS: readonly Flood[] = [
  {
    row: 9,
    title: "150 events whose call takes 20 s",
    flow: { action: "slow", input: { ms: 20_000 } },
    events: 150,
  },
  {
    row: 10,
    title: "300 runs with an output of 0.9 MB",
    flow: { action: "large", input: { bytes: 900_000 } },
    events: 300,
  },
  {
    row: 11,
    title: "3 events on which 300 flows run, whose call takes 2 s",
    flow: { action: "slow", input: { ms: 2_000 }, count: 300 },
    events: 3,
  },
];

export interface Scene {
  program: Program;
  /** Of the quiet workspace and of the flood. */
  loads: [quiet: Load, flood: Load];
  seconds: number;
}

/** Each beside the quiet value of the same minute. */
export async function fairness(place: Server, seconds: number): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const program = await startProgram(place, scope);
    await saveFlow(program);
    await program.child.call({ note: true, installationIds: [await installationOf(program)] });
    const scene: Scene = {
      program,
      loads: [await startLoad(scope), await startLoad(scope)],
      seconds: Math.max(6, 2 * seconds),
    };
    await sendQuietly(scene, 2);
    const rows: RowResult[] = [];
    for (const flood of FLOODS) rows.push(await besideFlood(scene, flood));
    rows.push(await besideOrdered(scene), await afterStart(scene));
    return rows;
  } finally {
    await scope.stop();
  }
}

async function besideFlood(scene: Scene, { row, title, flow, events }: Flood): Promise<RowResult> {
  const { program, loads: [, load] } = scene;
  const platform = await joinedBy(program, row);
  await putOffBackground(program);
  const quiet = await sendQuietly(scene);
  await saveFlow({ ...program, platform }, flow);
  const [beside] = await Promise.all([
    sendQuietly(scene),
    load.send(program.port, platform, { requests: events }),
  ]);
  const { most } = await program.child.call({ release: true });
  await stopFlood(program, platform);
  return rowOf({ row, title: `Another workspace beside ${title}`, quiet, beside }, {
    notes: flow.action === "slow" ? [`${most} of the slow calls at once`] : [],
  });
}

/** What stands behind jobs that wait is in the way of none. */
async function besideOrdered(scene: Scene): Promise<RowResult> {
  const { program } = scene;
  const platform = await joinedBy(program, 14);
  await putOffBackground(program);
  const quiet = await sendQuietly(scene);
  const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  for (let place = 0; place < ORDERED_EACH; place++) {
    await db.sql`
      insert into job (kind, installation_id, generation, payload, order_key, state, due_at)
      select 'run', installation.id, generation, jsonb_build_object('run_id', gen_random_uuid()), 'entity:' || key,
        ${place === 0 ? "retryable" : "available"}, now() + ${place === 0 ? "1 hour" : "0"}::interval
      from installation, generate_series(1, ${ORDER_KEYS}::int) key
      where workspace_id = ${platform.workspaceId} order by key`;
  }
  await db.stop();
  const beside = await sendQuietly(scene);
  await stopFlood(program, platform);
  const jobs = (ORDER_KEYS * ORDERED_EACH).toLocaleString("en-US");
  const title = `Another workspace beside ${jobs} ordered jobs behind ${ORDER_KEYS.toLocaleString("en-US")} that wait`;
  return rowOf({ row: 14, title, quiet, beside }, { notes: [] });
}

/**
 * As an update of the program ends: 100 workspaces, whose tokens nothing has verified yet, send at once. The quiet value is
 * that after another start, which is slow by itself.
 */
async function afterStart(scene: Scene): Promise<RowResult> {
  const senders = await Promise.all(
    Array.from({ length: SENDERS }, (_, index) => joinedBy(scene.program, 100 + index)),
  );
  const first = await startedAgain(scene);
  const quiet = await sendQuietly(first);
  const second = await startedAgain(first);
  const [beside, statuses] = await Promise.all([
    sendQuietly(second),
    Promise.all(
      senders.flatMap((sender) => Array.from({ length: SENT_EACH }, () => deliver(second.program.port, sender))),
    ),
  ]);
  const refused = statuses.filter((status) => status !== 200).length;
  const result = rowOf(
    { row: 12, title: `Another workspace beside ${SENDERS} that send ${SENT_EACH} each after a start`, quiet, beside },
    { notes: [] },
  );
  result.bars.push({ bar: "none of them is refused", value: String(refused), met: refused === 0 });
  return result;
}

async function startedAgain(scene: Scene): Promise<Scene> {
  const program = await scene.program.startAgain(() => putOffBackground(scene.program));
  await program.child.call({ note: true, installationIds: [await installationOf(program)] });
  return { ...scene, program };
}

function rowOf(
  { row, title, quiet, beside }: { row: number; title: string; quiet: number[]; beside: number[] },
  { notes }: { notes: string[] },
): RowResult {
  const values = (list: number[]) => ({
    p50: ms(quantile(list, 0.5)),
    p99: ms(quantile(list, 0.99)),
    max: ms(quantile(list, 1)),
  });
  const ratio = quantile(beside, 0.99) / quantile(quiet, 0.99);
  return {
    row,
    title,
    figures: [{ what: "quiet", values: values(quiet) }, { what: "beside it", values: values(beside) }],
    bars: [{ bar: "p99 at most twice the quiet one", value: times(ratio), met: ratio <= 2 }],
    notes: [`${RATE} deliveries a second, committed to first call, ${beside.length} of them`, ...notes],
  };
}

/** Ascending milliseconds from each commit to its first call. */
export async function sendQuietly(
  { program, loads: [load], seconds: given }: Scene,
  seconds = given,
): Promise<number[]> {
  const requests = RATE * seconds;
  await load.send(program.port, program.platform, { connections: 16, ratePerSecond: RATE, requests });
  const taken: number[] = (await program.child.call({ pickUps: requests })).ms;
  return taken.sort((a, b) => a - b);
}

/** A workspace of its own in which the add-on is installed. */
export async function joinedBy({ platform, port }: Program, number: number): Promise<Platform> {
  const other = await platform.another(`68ef1a6c58f93c5e${String(number).padStart(8, "0")}`);
  await other.install(port);
  return other;
}

/** Its flows go, and with them what waits; what is being worked on ends by itself. */
async function stopFlood(program: Program, { workspaceId }: Platform): Promise<void> {
  const db = openPostgres({ url: program.databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  const tenant = db.sql`(select id from installation where workspace_id = ${workspaceId})`;
  await db.sql`delete from flow_trigger where installation_id in ${tenant}`;
  await db
    .sql`delete from job where installation_id in ${tenant} and state <> 'executing' and kind in ('event', 'run')`;
  while ((await db.sql`select 1 from job where installation_id in ${tenant} and kind in ('event', 'run')`).length > 0) {
    await program.child.call({ release: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await db.stop();
}

/** What the installations asked for is no part of the row; what of it has begun is over then. */
export async function putOffBackground({ databaseUrl }: Program): Promise<void> {
  const db = openPostgres({ url: databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  const isBackground = db.sql`kind not in ('event', 'run') and finished_at is null`;
  for (;;) {
    await db.sql`
      update job set due_at = now() + interval '1 hour' where ${isBackground} and state <> 'executing'`;
    if ((await db.sql`select from job where ${isBackground} and state = 'executing' limit 1`).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await db.stop();
}

export async function installationOf({ databaseUrl, platform: { workspaceId } }: Program): Promise<number> {
  const db = openPostgres({ url: databaseUrl!, poolSize: 1, applicationName: "timewire-bench" });
  const [row] = await db.sql<{ id: number }[]>`select id from installation where workspace_id = ${workspaceId}`;
  await db.stop();
  return row!.id;
}

async function deliver(port: number, { webhookToken, workspaceId }: Platform): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${WEBHOOK_PATH}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "clockify-signature": webhookToken,
      "clockify-webhook-event-type": EVENT_TYPE,
    },
    body: JSON.stringify({ id: crypto.randomUUID(), workspaceId }),
  });
  await answer.body?.cancel();
  return answer.status;
}
