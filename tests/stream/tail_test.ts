/** Tests of what a stream tells of an installation: nothing that changes after its `hello` is left out. */

import { assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { createStreamHub } from "../../src/stream/hub.ts";
import { createLogger } from "../../src/telemetry/log.ts";

Deno.test("an approval that changes right after hello is told", async () => {
  let changed = false;
  const read = {
    start: () => Promise.resolve({ events: [], floor: 0, openRuns: [] }),
    recent: () => Promise.resolve({ events: [], floor: 0 }),
    events: () => Promise.resolve([]),
    rows: () => Promise.resolve([]),
    // Runs are looked at once readers are greeted: an approval changes just then.
    runs: () => {
      changed = true;
      return Promise.resolve({ generation: 1, runs: [] });
    },
    runRows: () => Promise.resolve([]),
    approvals: () => Promise.resolve(changed ? [{ id: "a", at: "2026-11-29" }] : []),
  };
  const hub = createStreamHub({
    read,
    json: { event: () => ({}), update: () => ({}), run: () => ({}) },
    clock: systemClock,
    log: createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} }),
  });
  const body = hub.open({ installationId: 1, login: "one", role: "admin", generation: 1, onClosed: () => {} });
  const reader = body.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  assertMatch(await next(), /^event: hello/);
  assertMatch(await next(), /^event: approvals\ndata: \{"changed":\["a"\]\}/);
  await reader.cancel();
  await hub.stop();
});
