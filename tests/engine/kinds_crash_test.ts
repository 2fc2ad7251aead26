/** kill -9 at the points of a walk through steps of all kinds: each call is made once, but for one whose answer was lost, and the run ends as it would have. */

import { assert, assertEquals } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { CRASH_TIMES, eachTime } from "../support/crash_times.ts";
import { SERVER_URL } from "../support/database.ts";
import { dieAndGoOn } from "../support/die_and_go_on.ts";

const PROGRAM = new URL("../support/kinds_program.ts", import.meta.url);
const PATHS = [
  "size#0/big",
  "each#0/item",
  "each#1/item",
  "each#2/item",
  "again#0/round",
  "again#1/round",
  "guard#0/bad",
  "guard#1/mend",
  "guard#2/tidy",
  "both#0/late",
  "both#1/left",
  "both#1/right",
  // Of the flow that it runs.
  "only",
].map((path) => `root/${path}`);
/** Of each point, how often it is passed: calls are made in the order of PATHS, and what is late once more. */
const POINTS: [CrashPoint, number[]][] = [
  ["before_call", [2, 6, 8, 9, 12, 14]],
  ["after_call", [1, 4, 5, 7, 10, 14]],
  // It waits for what is late, and then for the other flow's run, which ends first.
  ["before_snooze", [1, 2]],
  ["after_snooze", [1, 2]],
  ["before_run_end", [1, 2]],
  ["after_run_end", [1, 2]],
];
/** Once each: these alone. Two starts of the program take some 5 s, and those of the embedded database more. */
const SOME = SERVER_URL
  ? [
    "after_call 4",
    "before_call 8",
    "before_call 14",
    "after_snooze 1",
    "after_snooze 2",
    "before_run_end 1",
    "after_run_end 1",
  ]
  : ["after_call 4"];

for (const [point, all] of POINTS) {
  for (const nth of all) {
    if (CRASH_TIMES === 1 && !SOME.includes(`${point} ${nth}`)) continue;
    Deno.test({
      name: `kill -9 at ${point}, ${nth}, repeats no step of any kind that was recorded`,
      fn: eachTime(() => checkEnd(point, nth)),
    });
  }
}

async function checkEnd(point: CrashPoint, nth: number): Promise<void> {
  const { result, ledger } = await dieAndGoOn(PROGRAM, { point, nth });
  const { state, steps, jobs } = result as {
    state: string;
    steps: { path: string; state: string; output: unknown }[];
    jobs: unknown[];
  };
  const output = (path: string) => steps.find((one) => one.path === path)?.output;
  assertEquals([state, jobs], ["completed", []]);
  assertEquals(output("root"), { items: ["a", "b", "c"], rounds: 2, other: "completed" });
  assertEquals(output("root/guard#1/mend"), "bad");
  assertEquals(steps.filter((one) => !["completed", "failed"].includes(one.state)), []);
  assertEquals([...new Set(ledger)].sort(), [...PATHS].sort());
  // Two calls of items may be in progress; what is late waits once in each process that comes to it.
  const again = ledger.length - PATHS.length;
  assert(again >= 0 && again <= 4, ledger.join());
  assert(ledger.filter((path) => path === "root/guard#0/bad").length <= 2);
}
