/** Tests of src/app/stops.ts: what was opened ends in the reverse order, whatever fails. */

import { assertEquals } from "@std/assert";
import { createStops } from "../../src/app/stops.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createLogger } from "../../src/telemetry/log.ts";

Deno.test("stopAll() ends each part after the one that was opened behind it; one that fails is logged by its name", async () => {
  const lines: string[] = [];
  const log = createLogger({ level: "INFO", format: "json", clock: systemClock, write: (line) => lines.push(line) });
  const stops = createStops(log);
  const ended: string[] = [];
  for (const part of ["metrics", "database", "streams"]) {
    stops.add(part, async () => {
      await Promise.resolve();
      ended.push(part);
      if (part === "database") throw new Error("no answer");
    });
  }
  await stops.stopAll();
  assertEquals(ended, ["streams", "database", "metrics"]);
  assertEquals(lines.map((line) => JSON.parse(line)).map(({ message, part }) => [message, part]), [
    ["stop.failed", "database"],
  ]);
  await stops.stopAll();
  assertEquals(ended.length, 3);
});
