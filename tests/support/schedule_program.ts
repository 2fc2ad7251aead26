/**
 * An instance that fires what is due at NOW in the database of DATABASE_URL, or embedded in DATA_DIR, and then ends; where
 * CRASH_AT names a point, by SIGKILL when it passes that for the CRASH_NTH time.
 */

import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { instance } from "../schedules/setup.ts";

const { DATABASE_URL, DATA_DIR, CRASH_AT, CRASH_NTH = "1", NOW } = Deno.env.toObject();
let left = Number(CRASH_NTH);

function onPoint(point: CrashPoint) {
  if (point !== CRASH_AT || --left > 0) return;
  Deno.kill(Deno.pid, "SIGKILL");
  // The signal comes in a moment: nothing more may happen until then.
  while (true);
}

const db = DATABASE_URL
  ? openPostgres({ url: DATABASE_URL, poolSize: 4, applicationName: "timewire-tests" })
  : await openEmbedded({ dataDir: DATA_DIR! });
await db.bind();
console.log("ready {}");
await instance(db, { now: () => NOW!, clock: systemClock, onPoint }).scheduler.drain();
await db.stop();
Deno.exit(0);
