/** kill -9 of the only process at each point of a run that waits: no signal is lost or taken twice, and no step is sent again that was recorded. */

import { assert, assertEquals } from "@std/assert";
import { startChild } from "../support/child.ts";
import { createServerDatabase, fillDataFolder, SERVER_URL } from "../support/database.ts";
import type { WaitingPoint } from "../support/waiting_program.ts";

const PROGRAM = new URL("../support/waiting_program.ts", import.meta.url);
/** Of each point, how often it is passed before. */
const POINTS: [WaitingPoint, number[]][] = [
  ["after_claim", [2]],
  ["before_call", [2]],
  ["after_call", [1]],
  ["before_snooze", [1, 2]],
  ["after_snooze", [1]],
  ["in_signal", [1]],
  ["after_signal", [1, 3]],
  ["before_run_end", [1]],
  ["after_run_end", [1]],
];
/** How often each is tried. */
const TIMES = Number(Deno.env.get("CRASH_TIMES") ?? 1);
const PATHS = ["root/first", "root/fork/beside", "root/last"];

/** Each start of the embedded database takes seconds, so there the first time alone is tried. */
const SLOW = SERVER_URL === undefined;

for (const [point, all] of POINTS) {
  for (const [place, nth] of all.entries()) {
    Deno.test({
      name: `kill -9 at ${point}, ${nth}, loses no signal of a run that waits and repeats no step that was recorded`,
      ignore: SLOW && place > 0,
      fn: async () => {
        for (let time = 0; time < TIMES; time++) await dieAndGoOn(point, nth);
      },
    });
  }
}

async function dieAndGoOn(point: WaitingPoint, nth: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-waiting-" });
  const database = SERVER_URL ? await createServerDatabase(SERVER_URL) : undefined;
  try {
    await fillDataFolder(folder);
    const env = {
      ...(database ? { DATABASE_URL: database.url } : { DATA_DIR: folder }),
      LEDGER: `${folder}/ledger`,
      RESULT: `${folder}/result`,
    };
    const dying = await startChild(PROGRAM, { ...env, CRASH_AT: point, CRASH_NTH: String(nth) });
    const { signal } = await dying.status;
    assertEquals(signal, "SIGKILL", `${point} is passed: ${dying.errors()}`);
    const next = await startChild(PROGRAM, env);
    assertEquals((await next.status).code, 0, next.errors());

    const { state, outputs, waits, signals, jobs } = JSON.parse(await Deno.readTextFile(env.RESULT));
    assertEquals([state, waits, signals, jobs], ["completed", [], [], []]);
    assertEquals([outputs["root/go"], outputs["root/fork"]], [
      "go came",
      ["a came", "b came", null, "root/fork/beside"],
    ]);
    const ledger = (await Deno.readTextFile(env.LEDGER)).trim().split("\n");
    assertEquals([...new Set(ledger)].sort(), PATHS);
    // One whose answer was lost with its process is sent again: one at most, since calls are made one at a time.
    const least = point === "after_call" ? 4 : 3;
    assert(ledger.length >= least && ledger.length <= 4, ledger.join());
  } finally {
    await database?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}
