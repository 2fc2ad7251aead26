/** kill -9 of the only process at each point of a run that waits: no signal is lost or taken twice, and no step is sent again that was recorded. */

import { assert, assertEquals } from "@std/assert";
import { eachTime } from "../support/crash_times.ts";
import { SERVER_URL } from "../support/database.ts";
import { dieAndGoOn } from "../support/die_and_go_on.ts";
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
const PATHS = ["root/first", "root/fork/beside", "root/last"];

/** Each start of the embedded database takes seconds, so there the first time alone is tried. */
const SLOW = SERVER_URL === undefined;

for (const [point, all] of POINTS) {
  for (const [place, nth] of all.entries()) {
    Deno.test({
      name: `kill -9 at ${point}, ${nth}, loses no signal of a run that waits and repeats no step that was recorded`,
      ignore: SLOW && place > 0,
      fn: eachTime(() => checkEnd(point, nth)),
    });
  }
}

async function checkEnd(point: WaitingPoint, nth: number): Promise<void> {
  const { result, ledger } = await dieAndGoOn(PROGRAM, { point, nth });
  const { state, outputs, waits, signals, jobs } = result;
  assertEquals([state, waits, signals, jobs], ["completed", [], [], []]);
  assertEquals([outputs["root/go"], outputs["root/fork"]], [
    "go came",
    ["a came", "b came", null, "root/fork/beside"],
  ]);
  assertEquals([...new Set(ledger)].sort(), PATHS);
  // One whose answer was lost with its process is sent again: one at most, since calls are made one at a time.
  const least = point === "after_call" ? 4 : 3;
  assert(ledger.length >= least && ledger.length <= 4, ledger.join());
}
