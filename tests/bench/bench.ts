/**
 * `deno task bench [row ...] [--seconds N] [--events N] [--postgres | --embedded] [--json] [--strict]`: ingest, runs and steps (1 to 6),
 * retention under load (7), paths (8), what workspaces do to each other (9 to 12, 14), the queue (13), runs that wait (16), attacks on expressions (17), flows that do all they may (18), calls by hand (19) and several workers (20), POST execute (21) and the same through Kafka (22), backups (23, 24), each figure beside its
 * floor, peer or quiet value of the same run. Large databases (15, 23, 24) take minutes and run only when they are named.
 */

import { parseArgs } from "node:util";
import { startPostgres } from "../support/postgres_server.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { attacksRow } from "./attacks_row.ts";
import { throughKafka } from "./kafka_row.ts";
import { besideExplorer } from "./explorer_row.ts";
import { backupOf } from "./backup_row.ts";
import { ackEmbedded, ackPostgres } from "./ack_rows.ts";
import { fairness } from "./fairness_rows.ts";
import { manyEvents } from "./many_events_row.ts";
import { pathsRow } from "./path_row.ts";
import { claims } from "./queue_row.ts";
import { machineFacts, machineText, type RowResult, rowText } from "./report.ts";
import { besidePoison } from "./poison_row.ts";
import { retentionUnderLoad } from "./retention_row.ts";
import { severalWorkers } from "./workers_row.ts";
import { executes } from "./execute_row.ts";
import { waitingRuns } from "./waiting_row.ts";
import { pickUp, runThroughput, sequentialSteps } from "./run_rows.ts";

const SECTIONS = {
  ack: { rows: "1, 3", on: "postgres" },
  embedded: { rows: "2", on: "embedded" },
  pickup: { rows: "4", on: "postgres" },
  runs: { rows: "5", on: "postgres" },
  steps: { rows: "6", on: "postgres" },
  retention: { rows: "7", on: "postgres" },
  paths: { rows: "8", on: "process" },
  fairness: { rows: "9 to 12, 14", on: "postgres" },
  queue: { rows: "13", on: "postgres" },
  events: { rows: "15", on: "postgres" },
  waiting: { rows: "16", on: "postgres" },
  attacks: { rows: "17", on: "process" },
  poison: { rows: "18", on: "postgres" },
  explorer: { rows: "19", on: "postgres" },
  workers: { rows: "20", on: "postgres" },
  execute: { rows: "21", on: "postgres" },
  kafka: { rows: "22", on: "postgres" },
  backup: { rows: "23", on: "postgres" },
  "backup-embedded": { rows: "24", on: "embedded" },
} as const;
type Section = keyof typeof SECTIONS;
/** Left out unless they are named. */
const WHEN_NAMED: readonly Section[] = ["events", "backup", "backup-embedded"];

const USAGE = `deno task bench [${
  Object.keys(SECTIONS).join(" | ")
} ...] [--seconds N] [--events N] [--postgres | --embedded] [--json] [--strict]
  --seconds N   length of one round of load (3)
  --events N    events of the one workspace in rows 15, 23 and 24 (10,000,000: some 8 GB of disk and half an hour)
  --postgres    only what runs on PostgreSQL (DATABASE_URL, else a private server from the installed binaries)
  --embedded    only what runs on the embedded database
  --json        one JSON object instead of text
  --strict      exit code 1 when a bar is missed`;

const { values: flags, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "3" },
    events: { type: "string", default: "10000000" },
    postgres: { type: "boolean", default: false },
    embedded: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const seconds = Number(flags.seconds);
const events = Number(flags.events);
const unknown = positionals.filter((name) => !(name in SECTIONS));
if (flags.help || unknown.length > 0 || !(seconds > 0) || !(events >= 100_000)) {
  console.log(USAGE);
  Deno.exit(flags.help ? 0 : 2);
}
const asked = positionals as Section[];
const chosen = (Object.keys(SECTIONS) as Section[]).filter((name) =>
  (asked.length === 0 ? !WHEN_NAMED.includes(name) : asked.includes(name)) &&
  (flags.postgres === flags.embedded || isOn(SECTIONS[name].on))
);

const server = chosen.some((name) => SECTIONS[name].on === "postgres") ? await openServer() : undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => void (server?.stop() ?? Promise.resolve()).finally(() => Deno.exit(130)));
}
const results: RowResult[] = [];
let exitCode = 0;
try {
  const machine = machineFacts(server?.version);
  if (!flags.json) console.log(`${machineText(machine)}\n`);
  for (const name of chosen) {
    if (SECTIONS[name].on === "postgres" && !server) continue;
    const rows = await measure(name, { kind: "postgres", serverUrl: server?.url ?? "" });
    results.push(...rows);
    if (!flags.json) rows.forEach((row) => console.log(`${rowText(row)}\n`));
  }
  if (flags.json) console.log(JSON.stringify({ machine, seconds, rows: results }, null, 2));
  if (flags.strict && results.some(({ bars }) => bars.some(({ met }) => !met))) exitCode = 1;
} finally {
  await server?.stop();
}
Deno.exit(exitCode);

function isOn(place: (typeof SECTIONS)[Section]["on"]): boolean {
  return place !== "process" && flags[place];
}

function measure(name: Section, place: { kind: "postgres"; serverUrl: string }): Promise<RowResult[]> {
  switch (name) {
    case "ack":
      return ackPostgres(place, seconds);
    case "embedded":
      return ackEmbedded(seconds);
    case "pickup":
      return pickUp(place, seconds);
    case "runs":
      return runThroughput(place);
    case "steps":
      return sequentialSteps(place);
    case "retention":
      return retentionUnderLoad(place, seconds);
    case "paths":
      return Promise.resolve(pathsRow());
    case "fairness":
      return fairness(place, seconds);
    case "queue":
      return claims(place);
    case "events":
      return manyEvents(place, { seconds, events });
    case "waiting":
      return waitingRuns(place, seconds);
    case "attacks":
      return attacksRow();
    case "poison":
      return besidePoison(place, seconds);
    case "explorer":
      return besideExplorer(place, seconds);
    case "workers":
      return severalWorkers(place);
    case "execute":
      return executes(place, seconds);
    case "backup":
      return backupOf(place, events);
    case "backup-embedded":
      return backupOf({ kind: "embedded" }, events);
    case "kafka":
      return throughKafka(place, seconds);
  }
}

/** The server of DATABASE_URL, or a private one; undefined, after a sentence, when there is neither. */
async function openServer(): Promise<{ url: string; version: string; stop(): Promise<void> } | undefined> {
  const url = Deno.env.get("DATABASE_URL");
  if (!url) {
    return await startPostgres({
      onMissing: (sentence) => console.error(`${sentence}; rows on PostgreSQL are left out`),
    });
  }
  const db = openPostgres({ url, poolSize: 1, applicationName: "timewire-bench" });
  const [row] = await db.sql<
    { version: string }[]
  >`select 'PostgreSQL ' || current_setting('server_version') as version`;
  await db.stop();
  return { url, version: row!.version, stop: () => Promise.resolve() };
}
