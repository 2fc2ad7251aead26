/** kill -9 of the only process at each point of a run that waits for events and a person: each counts once, and no step is sent again that was recorded. */

import { assert, assertEquals } from "@std/assert";
import type { AskingPoint } from "../support/asking_program.ts";
import { CRASH_TIMES, eachTime } from "../support/crash_times.ts";
import { SERVER_URL } from "../support/database.ts";
import { dieAndGoOn } from "../support/die_and_go_on.ts";

const PROGRAM = new URL("../support/asking_program.ts", import.meta.url);
/** Of each point, how often it is passed before. */
const POINTS: [AskingPoint, number[]][] = [
  ["in_waits", [1, 2]],
  ["after_waits", [1, 2]],
  ["in_decision", [1]],
  ["after_decision", [1]],
  ["after_dispatch", [1, 2]],
  ["before_snooze", [1, 2, 3]],
  ["after_snooze", [1, 3]],
  // Of the mail that asks.
  ["before_call", [2]],
  ["after_call", [2]],
  ["after_claim", [2, 4]],
  ["before_run_end", [1]],
];
/** Each start of the embedded database takes seconds. */
const EMBEDDED: readonly AskingPoint[] = ["in_waits"];
const PATHS = ["root/first", "root/last", "root/manager#0/thank", "root/manager#3/mail"];

for (const [point, all] of POINTS) {
  for (const [place, nth] of all.entries()) {
    // Once each: the first place of a point alone.
    if (CRASH_TIMES === 1 && (place > 0 || (SERVER_URL === undefined && !EMBEDDED.includes(point)))) continue;
    Deno.test({
      name: `kill -9 at ${point}, ${nth}, loses no event or answer of a run that waits, and counts none twice`,
      fn: eachTime(() => checkEnd(point, nth)),
    });
  }
}

async function checkEnd(point: AskingPoint, nth: number): Promise<void> {
  const { result, ledger } = await dieAndGoOn(PROGRAM, { point, nth });
  const { state, outputs, waits, signals, jobs, approvals } = result;
  assertEquals([state, waits, signals, jobs], ["completed", [], [], []]);
  // Both events were sent once: one that counted for both waits would leave the second without its own.
  assertEquals(["made", "again"].map((id) => outputs[`root/${id}`].event.body.id), ["made", "again"]);
  assertEquals([outputs["root/manager"].decision, outputs["root/manager"].by], ["approved", "user-1"]);
  assertEquals(approvals, [{ state: "approved", by: "user-1" }]);
  assertEquals([...new Set(ledger)].sort(), PATHS);
  // One whose answer was lost with its process is sent again: one at most, since calls are made one at a time.
  assert(ledger.length <= 5, ledger.join());
}
