/** kill -9 after a change was stored and before its request left: the row becomes uncertain, and the effect comes once. */

import { assert, assertEquals } from "@std/assert";
import { openPostgres } from "../../src/db/postgres.ts";
import { ask, type Json } from "../http/door.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { openDoor, startCrashWorld } from "../support/crash_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
const EVENT = "TIMER_STOPPED";

Deno.test(
  "kill -9 between a change's row and its request: the row is uncertain, the step's next attempt has its own, and one tag is made",
  eachTime(async () => {
    const { simulator, env, stop } = await startCrashWorld();
    let child = await startChild(PROGRAM, { ...env, CRASH_AT: "change_stored" });
    const door = openDoor(() => child.ready.universal_webhook!);
    try {
      const [workspace] = await simulator.workspaces();
      const workspaceId = workspace!.id;
      const ui = (path: string, options: { body?: Json; method?: string } = {}) => {
        const [route, query = ""] = path.split("?");
        return ask(
          `http://127.0.0.1:${child.ready.universal_webhook}/ui${route}?workspace_id=${workspaceId}&${query}`,
          {
            ...options,
            headers: { "x-api-key": OPERATOR_KEY },
          },
        );
      };
      const installed = await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId });
      assertEquals(installed.lifecycle.status, 200);
      const name = `Made ${crypto.randomUUID()}`;
      const saved = await ui("/flows", {
        body: {
          name: "Make",
          trigger_event_types: [EVENT],
          actions: [{ id: "make", operation_id: "createNewTag", body: { name } }],
        },
      });
      assertEquals(saved.status, 201, JSON.stringify(saved.body));
      await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "e1", workspaceId } });
      assertEquals((await child.status).signal, "SIGKILL", child.errors());
      const named = async () =>
        (await simulator.change({ workspaceId, method: "GET", path: `/tags?name=${name}` }) as Json[]).length;
      assertEquals(await named(), 0, "nothing had left");

      child = await startChild(PROGRAM, env);
      const run = await eventually(async () => {
        const { body } = await ui("/runs");
        return body.runs.find(({ state }: Json) => state === "completed" || state === "failed");
      });
      assertEquals(run.state, "completed", JSON.stringify(run));
      assertEquals(await named(), 1);
      if (env.DATABASE_URL) {
        // Others may be at work on the same server: what the dead one left ends by its lease.
        const db = openPostgres({ url: env.DATABASE_URL, poolSize: 1, applicationName: "timewire-tests" });
        await db.sql`update change set created_at = created_at - interval '11 minutes' where state = 'sending'`;
        await db.stop();
      }
      const { changes } = (await ui(`/changes?run_id=${run.id}`)).body;
      assertEquals(
        changes.map(({ state, undoable, entity_id }: Json) => [state, undoable, entity_id !== null]),
        [["done", true, true], ["uncertain", false, false]],
      );
      assert(changes[1].not_undoable.length > 10);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await door.stop();
      await stop();
    }
  }),
);

Deno.test(
  "kill -9 in an undo that puts a field back: it can be undone after the claim, once",
  eachTime(async () => {
    const { simulator, env, stop } = await startCrashWorld();
    // The flow's write passes the point first.
    let child = await startChild(PROGRAM, { ...env, CRASH_AT: "change_stored", CRASH_NTH: "2" });
    const door = openDoor(() => child.ready.universal_webhook!);
    try {
      const [workspace] = await simulator.workspaces();
      const workspaceId = workspace!.id;
      const ui = (path: string, options: { body?: Json; method?: string } = {}) => {
        const [route, query = ""] = path.split("?");
        return ask(
          `http://127.0.0.1:${child.ready.universal_webhook}/ui${route}?workspace_id=${workspaceId}&${query}`,
          {
            ...options,
            headers: { "x-api-key": OPERATOR_KEY },
          },
        );
      };
      assertEquals(
        (await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId })).lifecycle.status,
        200,
      );
      const see = async () => (await simulator.change({ workspaceId, method: "GET", path: "/tags" }) as Json[])[1];
      const tag = await see();
      await ui("/flows", {
        body: {
          name: "Rename",
          trigger_event_types: [EVENT],
          actions: [{ id: "name", operation_id: "updateTag", path_params: { id: tag.id }, body: { name: "Renamed" } }],
        },
      });
      await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "e1", workspaceId } });
      const change = await eventually(async () => {
        const { body } = await ui("/changes");
        return body.changes.find(({ state }: Json) => state === "done");
      });
      const undo = () => ui(`/changes/${change.id}/undo`, { body: {} });
      await undo().then(() => assert(false, "it was killed"), () => {});
      assertEquals((await child.status).signal, "SIGKILL", child.errors());
      assertEquals((await see()).name, "Renamed");

      child = await startChild(PROGRAM, env);
      const refused = await undo();
      assertEquals([refused.status, refused.body.code], [409, "UNDO_IN_PROGRESS"]);
      if (!env.DATABASE_URL) return;
      const db = openPostgres({ url: env.DATABASE_URL, poolSize: 1, applicationName: "timewire-tests" });
      await db.sql`update change set undo_claimed_until = now() where undo_claimed_until is not null`;
      await db.stop();
      const undone = await undo();
      assertEquals([undone.status, undone.body.outcome], [200, "undone"], JSON.stringify(undone.body));
      assertEquals(await see(), tag);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await door.stop();
      await stop();
    }
  }),
);
