/** Rows 23 and 24: a backup of a database with many events, by the command and by the program itself, and what deliveries wait meanwhile. */

import { fileURLToPath } from "node:url";
import { openEmbedded } from "../../src/db/embedded.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import type { Sql } from "../../src/db/db.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import type { LoadResult } from "./load.ts";
import { ms, type RowResult } from "./report.ts";
import { EVENT_TYPE } from "./requests.ts";
import {
  createDatabase,
  createScope,
  type Load,
  type Place,
  type Program,
  startLoad,
  startProgram,
} from "./servers.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EVENTS_PER_INSERT = 20_000;
/** Deliveries a second beside it: what a busy installation has, and no load of its own. */
const RATE = 100;
const CONNECTIONS = 16;
const QUIET_SECONDS = 8;
const MB = 1_048_576;

const fixture = JSON.parse(
  await Deno.readTextFile(new URL(`../../fixtures/events/${EVENT_TYPE}.json`, import.meta.url)),
);

export async function backupOf(place: Place, events: number): Promise<RowResult[]> {
  const scope = createScope();
  const folder = await Deno.makeTempDir({ prefix: "timewire-bench-backups-" });
  scope.onStop(() => Deno.remove(folder, { recursive: true }));
  try {
    const keys = { BACKUP_TARGET: folder, BACKUP_KEYS: newKey("b1") };
    const empty = await startProgram(place, scope, "all", { env: { ...keys, BACKUP_SCHEDULE: "0 0 * * *" } });
    let bytes = 0;
    const program = await empty.startAgain(async () => {
      bytes = await fill(empty, events);
    });
    const env = { ...program.env, ...keys };
    const load = await startLoad(scope);
    await beside(load, program, () => wait(2));
    const quiet = await beside(load, program, () => wait(QUIET_SECONDS));
    const before = await mostMemory(program);
    const own = await beside(load, program, () => program.child.call({ backup: true }));
    const after = await mostMemory(program);
    const command = await beside(load, program, () => run(["backup"], env));
    const [{ size }] = await Promise.all(
      [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".backup")).map(({ name }) =>
        Deno.stat(`${folder}/${name}`)
      ),
    ) as [Deno.FileInfo];
    await program.child.stop();
    const verify = await timed(() => run(["backup", "verify"], env));
    const target: Record<string, string> = place.kind === "postgres"
      ? { DATABASE_URL: await createDatabase(place.serverUrl, scope) }
      : { DATA_DIR: `${folder}/restored` };
    const restore = await timed(() => run(["restore", "latest"], { ...env, ...target }));
    const dump = place.kind === "postgres"
      ? await timed(() => pgDump(program.databaseUrl!, `${folder}/dump`))
      : undefined;

    const pace = (seconds: number) => ({
      takes: `${seconds.toFixed(1)} s`,
      events: `${Math.round(events / seconds).toLocaleString("en-US")}/s`,
    });
    const acks = ({ p50Ms, p99Ms, maxMs }: LoadResult) => ({ p50: ms(p50Ms), p99: ms(p99Ms), longest: ms(maxMs) });
    return [{
      row: place.kind === "postgres" ? 23 : 24,
      title: `A backup of ${events.toLocaleString("en-US")} events on ${
        place.kind === "postgres" ? "PostgreSQL" : "the embedded database"
      }, beside ${RATE} deliveries a second`,
      figures: [
        { what: "size", values: { database: megabytes(bytes), backup: megabytes(size) } },
        { what: "acks, quiet", values: acks(quiet.acks) },
        { what: "by the program itself", values: { ...pace(own.seconds), ...acks(own.acks) } },
        { what: "most memory of the program", values: { before: megabytes(before), after: megabytes(after) } },
        { what: "by the command", values: { ...pace(command.seconds), ...acks(command.acks) } },
        { what: "verify", values: pace(verify) },
        { what: "restore", values: pace(restore) },
        ...(dump === undefined ? [] : [{
          what: "pg_dump --format=custom, alone",
          values: { ...pace(dump), size: megabytes((await Deno.stat(`${folder}/dump`)).size) },
        }]),
      ],
      bars: [],
      notes: ["events of 1.5 kB, of which ids and numbers differ; commands with their start"],
    }];
  } finally {
    await scope.stop();
  }
}

/** What the deliveries waited for while `work` went on, and how long it took. */
async function beside(
  load: Load,
  { port, platform }: Program,
  work: () => Promise<unknown>,
): Promise<{ acks: LoadResult; seconds: number }> {
  const results: LoadResult[] = [];
  let isOver = false;
  // In rounds of a second, since it is not known how long the work takes.
  const sending = (async () => {
    while (!isOver) {
      results.push(await load.send(port, platform, { connections: CONNECTIONS, ratePerSecond: RATE, seconds: 1 }));
    }
  })();
  const seconds = await timed(work);
  isOver = true;
  await sending;
  // Each round has 100: the longest p99 says more than one of all would.
  const most = (of: (one: LoadResult) => number) => Math.max(...results.map(of));
  const [first] = results;
  return { seconds, acks: { ...first!, p99Ms: most((one) => one.p99Ms), maxMs: most((one) => one.maxMs) } };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(0)} MB`;
}

async function run(args: string[], env: Record<string, string>): Promise<void> {
  await output(Deno.execPath(), ["run", "-A", "--no-check", "--quiet", "src/main.ts", ...args], env);
}

async function pgDump(url: string, file: string): Promise<void> {
  await output("pg_dump", ["--format=custom", `--file=${file}`, url], {});
}

async function output(command: string, args: string[], env: Record<string, string>): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd: ROOT, env, stdout: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Bytes of the process since its start, as Linux counts them. */
async function mostMemory({ child }: Program): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${child.ready.pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1_024;
}

/** Gives the bytes of the database. */
async function fill({ databaseUrl, dataDir }: Program, events: number): Promise<number> {
  const db = databaseUrl === undefined
    ? await openEmbedded({ dataDir })
    : openPostgres({ url: databaseUrl, poolSize: 1, applicationName: "timewire-bench" });
  try {
    await insert(db.sql, events);
    const [row] = await db.sql<{ bytes: number }[]>`select pg_database_size(current_database()) as bytes`;
    return row!.bytes;
  } finally {
    await db.stop();
  }
}

async function insert(sql: Sql, events: number): Promise<void> {
  const [tenant] = await sql<{ id: number; workspace_id: string }[]>`select id, workspace_id from installation`;
  const body = JSON.stringify(fixture);
  for (let from = 0; from < events; from += EVENTS_PER_INSERT) {
    await sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body,
        outcome, reason, finished_at)
      select ${tenant!.id}, nextval('event_id_seq'), ${
      tenant!.workspace_id
    }, ${EVENT_TYPE}, 'entry:' || substr(md5(n::text), 1, 24),
        now() - interval '1 day' * (n % 90), gen_random_uuid(), '{"content-type":"application/json"}',
        convert_to(replace(${body}::text, ${fixture.id}::text, substr(md5(n::text), 1, 24)), 'UTF8'), 'skipped', 'no_flow', now()
      from generate_series(${from}::int, ${Math.min(events, from + EVENTS_PER_INSERT) - 1}::int) n`;
  }
}
