/** SIGSTOP of the owner of a run until its lease has ended: another goes on, and the owner that is continued records nothing and begins no call. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { migratedOnServer, SERVER_URL } from "../support/database.ts";
import type { WaitingPoint } from "../support/waiting_program.ts";
import { send } from "./setup.ts";

const PROGRAM = new URL("../support/waiting_program.ts", import.meta.url);
/** How often each point is passed before. */
const POINTS: [WaitingPoint, number][] = [
  ["after_claim", 2],
  ["before_call", 2],
  ["after_call", 1],
  ["before_snooze", 2],
  ["before_run_end", 1],
];
/** Far longer than a busy machine keeps a living owner from renewing it. */
const LEASE_MS = "3000";
const PATHS = ["root/first", "root/fork/beside", "root/last"];
const TABLES = ["run", "step", "attempt", "job", "wait", "signal"];

for (const [point, nth] of POINTS) {
  Deno.test({
    name: `an owner that is frozen at ${point} past its lease records nothing when it goes on`,
    // The embedded database is one process's.
    ignore: SERVER_URL === undefined,
    fn: eachTime(() => freezeAndGoOn(point, nth)),
  });
}

async function freezeAndGoOn(point: WaitingPoint, nth: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-frozen-" });
  const database = (await migratedOnServer())!;
  // Keys are brought from here: a process that is frozen in a transaction keeps its locks until the server ends its session.
  const env = { DATABASE_URL: database.url, LEDGER: `${folder}/ledger`, LEASE_MS, KEYS: "" };
  const ledger = async () => (await Deno.readTextFile(env.LEDGER)).trim().split("\n");
  const frozen = await startChild(PROGRAM, {
    ...env,
    RESULT: `${folder}/result_of_frozen`,
    CRASH_AT: point,
    CRASH_NTH: String(nth),
    CRASH_SIGNAL: "SIGSTOP",
  });
  const end = new AbortController();
  const bringing = bringKeys(database.db, end.signal);
  try {
    await untilStopped(frozen.pid);
    const next = await startChild(PROGRAM, { ...env, RESULT: `${folder}/result` });
    assertEquals((await next.status).code, 0, next.errors());
    const { state, waits, signals, jobs } = JSON.parse(await Deno.readTextFile(`${folder}/result`));
    assertEquals([state, waits, signals, jobs], ["completed", [], [], []]);
    const [rows, sent] = [await rowsOf(database.db), await ledger()];

    frozen.kill("SIGCONT");
    assertEquals((await frozen.status).code, 0, frozen.errors());
    assertEquals(await rowsOf(database.db), rows);
    // The one that it was about to send goes out: nothing is asked between the record of a try and its call.
    const late = (await ledger()).slice(sent.length);
    assertEquals(late.length, point === "before_call" ? 1 : 0, late.join());
    // The end of a step may be recorded together with the end of the walk: what is not recorded is sent again, once.
    const calls = await ledger();
    assertEquals([...new Set(calls)].sort(), PATHS);
    assert(calls.length <= (point === "after_claim" ? 3 : 4), calls.join());
  } finally {
    end.abort();
    await bringing;
    frozen.kill("SIGKILL");
    await frozen.status;
    await database.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Each once a step waits for it. */
async function bringKeys(db: Database, signal: AbortSignal): Promise<void> {
  const queue = createPostgresQueue(db, systemClock);
  const left = new Set(["go", "a", "b"]);
  while (left.size > 0 && !signal.aborted) {
    const waits = await db.sql<{ run_id: string; match_key: string }[]>`select run_id, match_key from wait`;
    for (const { run_id: runId, match_key: key } of waits) {
      if (!left.delete(key)) continue;
      await send(db, runId, key, `${key} came`);
      queue.wake();
    }
    await systemClock.sleep(20);
  }
}

/** Every row of the run, as it is stored. */
async function rowsOf({ sql }: Database): Promise<unknown[]> {
  const rows = [];
  for (const table of TABLES) {
    rows.push(...await sql.unsafe(`select '${table}' as name, to_jsonb(t) as columns from ${table} t order by 1, 2`));
  }
  return rows;
}

async function untilStopped(pid: number): Promise<void> {
  for (;;) {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    // "pid (name) state ...": the name may hold blanks and brackets.
    if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")) return;
    await systemClock.sleep(20);
  }
}
