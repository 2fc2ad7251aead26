/** kill -9 within a search for missed events: what it had published comes once, and what it had not comes too. */

import { assertEquals } from "@std/assert";
import { ask, type Json } from "../http/door.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { openDoor, startCrashWorld } from "../support/crash_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
/** Nothing listens there. */
const NOWHERE = 1;

Deno.test(
  "kill -9 between the events that a search published and the note of its page: none is lost, none comes twice",
  eachTime(async () => {
    const { simulator, env: base, stop } = await startCrashWorld();
    // A search begins when it is asked for, and not before.
    const env = { ...base, RECONCILE_MINUTES: "0", RECONCILE_GRACE_MINUTES: "0" };
    let child = await startChild(PROGRAM, { ...env, CRASH_AT: "missed_published" });
    let isAway = false;
    const door = openDoor(() => isAway ? NOWHERE : child.ready.universal_webhook);
    try {
      const [workspace] = await simulator.workspaces();
      const workspaceId = workspace!.id;
      const ui = async (path: string, method = "GET") => {
        const url = `http://127.0.0.1:${child.ready.universal_webhook}/ui/webhooks${path}`;
        const { status, body } = await ask(`${url}${path.includes("?") ? "&" : "?"}workspace_id=${workspaceId}`, {
          method,
          headers: { "x-api-key": OPERATOR_KEY },
        });
        assertEquals(status, method === "POST" ? 202 : 200, JSON.stringify(body));
        return body;
      };
      const installed = await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId });
      assertEquals(installed.lifecycle.status, 200);
      // The feeds are asked for events that a webhook should have brought.
      await eventually(async () => (await ui("/coverage")).summary.manifest > 0);
      isAway = true;
      const at = new Date().toISOString().slice(0, 19) + "Z";
      const make = (description: string) =>
        simulator.change({
          workspaceId,
          method: "POST",
          path: "/time-entries",
          body: { start: at, end: at, description },
        }) as Promise<Json>;
      const entries = [await make("one"), await make("two"), await make("three")];
      const made = Math.floor(Date.now() / 1_000);
      // A search looks at whole seconds that are over.
      await eventually(() => Promise.resolve(Math.floor(Date.now() / 1_000) > made));
      await ui("/coverage/reconcile", "POST");
      assertEquals((await child.status).signal, "SIGKILL", child.errors());

      child = await startChild(PROGRAM, env);
      const { sources } = await eventually(async () => {
        const { reconciliation } = await ui("/coverage");
        return reconciliation.sources.length > 0 && reconciliation.sources.every(({ checked_at }: Json) =>
          checked_at !== null
        ) && reconciliation;
      });
      const created = sources.find(({ name }: Json) => name === "created");
      assertEquals([created.expected, created.seen, created.reconciled, created.error], [3, 0, 3, null]);
      const { webhooks } = await ui("?event_type=NEW_TIME_ENTRY");
      assertEquals(
        webhooks.map(({ entity, reconciled }: Json) => [entity, reconciled]).sort(),
        entries.map(({ id }) => [`timeEntry:${id}`, true]).sort(),
      );
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await door.stop();
      await stop();
    }
  }),
);
