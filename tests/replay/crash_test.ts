/** kill -9 in the middle of a replay: each event gets its one set of runs, and each call its one Idempotency-Key. */

import { assertEquals } from "@std/assert";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { startCrashWorld } from "../support/crash_world.ts";
import { effects, EVENT, installFlow, newIds } from "../support/signed_events.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";
import { ask, type Json } from "../http/door.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);

Deno.test(
  "kill -9 before the first call of a replay repeats no set of runs and loses none",
  eachTime(async () => {
    const { simulator, env, stop } = await startCrashWorld();
    let child = await startChild(PROGRAM, env);
    try {
      const [workspace] = await simulator.workspaces();
      const headers = { "x-api-key": OPERATOR_KEY };
      const ui = (path: string, body?: Json) => {
        const url = `http://127.0.0.1:${child.ready.universal_webhook}/ui${path}`;
        return ask(`${url}${path.includes("?") ? "&" : "?"}workspace_id=${workspace!.id}`, { headers, body });
      };
      const events = await installFlow(simulator, child.ready.universal_webhook!);
      for (const id of newIds(3)) {
        assertEquals((await events.send(child.ready.universal_webhook!, id)).status, 200);
      }
      const runsDone = async (count: number) => {
        const rows: Json[] = (await ui(`/webhooks?event_type=${EVENT}`)).body.webhooks;
        const all = await Promise.all(rows.map(async ({ id }) => (await ui(`/webhooks/${id}`)).body.runs as Json[]));
        const done = all.length === 3 && all.flat().every(({ status }) => status === "COMPLETED");
        return done && all.every(({ length }) => length === count) && rows.map(({ id }) => id);
      };
      const ids = await eventually(() => runsDone(1));
      child.kill("SIGTERM");
      await child.status;

      child = await startChild(PROGRAM, { ...env, CRASH_AT: "before_call" });
      const died = child.status;
      const { status, body } = await ui("/webhooks/replay", { ids, flows: "all" });
      assertEquals([status, body.events, body.runs], [200, 3, 3]);
      assertEquals((await died).signal, "SIGKILL", child.errors());
      child = await startChild(PROGRAM, env);
      await eventually(() => runsDone(2));
      for (const { keys, done } of effects(simulator).values()) {
        assertEquals([new Set(keys).size, done], [2, true], "the first run's key and the replay's");
      }
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await stop();
    }
  }),
);
