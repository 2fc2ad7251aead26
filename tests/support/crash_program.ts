/**
 * Timewire as a child process that kills itself: CRASH_AT names the point, CRASH_NTH how many times it is passed before.
 * Configuration comes from the environment as usual; prints `ready {"profile":port,...}` once it listens.
 */

import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { nextSignal, start } from "../../src/app/start.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { configOf } from "./world.ts";

const { CRASH_AT, CRASH_NTH = "1", ...env } = Deno.env.toObject();
let left = Number(CRASH_NTH);

function onPoint(point: CrashPoint) {
  if (point !== CRASH_AT || --left > 0) return;
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
