/** Tests of src/coverage/heartbeat.ts: silence is an alarm only when data moved, it was seen before, and it lasted. */

import { assert, assertEquals } from "@std/assert";
import { type Pulse, takePulse } from "../../src/coverage/heartbeat.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 21);
const at = (hours: number) => new Date(START + hours * HOUR_MS);

interface Check {
  hour: number;
  /** What the look finds; null when Clockify does not show it. */
  seen: string | null;
  lastEvent?: number;
}

/** Checks one after another, with 24 hours of patience; tells for each whether it was silent and whether it looked. */
async function run(checks: Check[]) {
  let previous: Pulse | undefined;
  const told: [silent: boolean, looked: boolean][] = [];
  for (const { hour, seen, lastEvent } of checks) {
    let looked = false;
    const { pulse, silent } = await takePulse({
      now: at(hour),
      previous,
      lastEventAt: lastEvent === undefined ? undefined : at(lastEvent),
      installedAt: at(0),
      heartbeatMs: 24 * HOUR_MS,
      look: () => {
        looked = true;
        return Promise.resolve(seen ?? undefined);
      },
    });
    previous = pulse;
    told.push([silent, looked]);
  }
  return told;
}

Deno.test("takePulse() asks Clockify nothing while events arrive", async () => {
  const told = await run([
    { hour: 0, seen: "a" },
    { hour: 1, seen: "b", lastEvent: 0.5 },
    { hour: 2, seen: "c", lastEvent: 1.5 },
  ]);
  assertEquals(told, [[false, false], [false, false], [false, false]]);
});

Deno.test("takePulse() calls it silent when data moved, at the check after the one that saw it, past the patience", async () => {
  const told = await run([
    { hour: 0, seen: "a" },
    { hour: 10, seen: "a" },
    { hour: 20, seen: "b" },
    { hour: 23, seen: "b" },
    { hour: 24, seen: "b" },
    { hour: 30, seen: "c", lastEvent: 29 },
    { hour: 31, seen: "c", lastEvent: 29 },
  ]);
  assertEquals(told.map(([silent]) => silent), [false, false, false, false, true, false, false]);
});

Deno.test("takePulse() is calm about a quiet workspace, and about one that it may not look at", async () => {
  for (const seen of ["a", null]) {
    const told = await run([0, 20, 40, 60, 80].map((hour) => ({ hour, seen })));
    assert(told.every(([silent]) => !silent));
  }
});

Deno.test("takePulse() gives a delivery on its way the time of one check", async () => {
  const told = await run([
    { hour: 0, seen: "a" },
    { hour: 30, seen: "a" },
    { hour: 31, seen: "b" },
    { hour: 32, seen: "b", lastEvent: 31.1 },
  ]);
  assert(told.every(([silent]) => !silent));
});
