/**
 * Timewire as a child process that kills itself: CRASH_AT names the point, CRASH_NTH how many times it is passed before, and
 * CRASH_WHEN a file, if passing counts only while that is there; CRASH_NTH may stand in it.
 * Configuration comes from the environment as usual; prints `ready {"profile":port,...}` once it listens.
 */

import { existsSync, readFileSync } from "node:fs";
import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { nextSignal, start } from "../../src/app/start.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { configOf } from "./world.ts";

const { CRASH_AT, CRASH_NTH = "1", CRASH_WHEN, ...env } = Deno.env.toObject();
let left: number | undefined;

function onPoint(point: CrashPoint) {
  if (point !== CRASH_AT || (CRASH_WHEN && !existsSync(CRASH_WHEN))) return;
  left ??= Number((CRASH_WHEN && readFileSync(CRASH_WHEN, "utf8")) || CRASH_NTH);
  if (--left > 0) return;
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes in a moment: nothing more may happen until then.
  while (true);
}

const config = configOf(env);
const log = createLogger({ ...config.log, clock: systemClock, write: () => {} });
const stopSignal = nextSignal();
const serving = await start({ config, clock: systemClock, log, onPoint });
console.log(`ready ${JSON.stringify(serving.ports)}`);
await stopSignal;
await serving.stop();
Deno.exit(0);
