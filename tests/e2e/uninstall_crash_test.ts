/** kill -9 after the uninstall's own commit and within its clean-up: the add-on stays uninstalled, and its work ends. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { ask, assertProblem, type Json } from "../http/door.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { startCrashWorld } from "../support/crash_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
const EVENT = "TIMER_STOPPED";
const EVENTS = 3;
const FLOW = {
  name: "Waits an hour after its first try",
  trigger_event_types: [EVENT],
  actions: [{
    operation_id: "getTags",
    retry: { max_attempts: 3, initial_delay_ms: 3_600_000, max_delay_ms: 3_600_000 },
  }],
};

for (const point of ["after_uninstall", "in_cleanup"] satisfies CrashPoint[]) {
  Deno.test(
    `kill -9 ${point.replaceAll("_", " ")} undoes no uninstall and leaves nothing under way`,
    eachTime(async () => {
      const { simulator, env, stop } = await startCrashWorld();
      let child = await startChild(PROGRAM, { ...env, CRASH_AT: point });
      try {
        const [workspace] = await simulator.workspaces();
        const workspaceId = workspace!.id;
        const ui = (path: string, body?: Json) =>
          ask(`http://127.0.0.1:${child.ready.universal_webhook}/ui${path}?workspace_id=${workspaceId}`, {
            headers: { "x-api-key": OPERATOR_KEY },
            body,
          });
        const states = async () => ((await ui("/runs")).body.runs as Json[]).map(({ state }) => state);
        const install = async () => {
          const manifestUrl = `http://127.0.0.1:${child.ready.universal_webhook}/manifest`;
          const installed = await simulator.install({ manifestUrl, workspaceId });
          assertEquals(installed.lifecycle.status, 200);
          return installed;
        };
        const tries = async () =>
          (await simulator.listRequests({ method: "GET" })).filter(({ headers }) =>
            headers["idempotency-key"] !== undefined
          ).length;

        const { addonId } = await install();
        assertEquals((await ui("/flows", FLOW)).status, 201);
        await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
        for (let n = 0; n < EVENTS; n++) {
          await simulator.deliver({ workspaceId, event: EVENT, payload: { id: `entry-${n}`, workspaceId } });
        }
        await eventually(async () => (await states()).filter((state) => state === "waiting").length === EVENTS);
        const before = await tries();
        const { status } = await simulator.uninstall({ addonId });
        if (point === "after_uninstall") assertEquals(status, null, "no answer came");
        assertEquals((await child.status).signal, "SIGKILL", child.errors());

        child = await startChild(PROGRAM, env);
        assertProblem(await ui("/flows"), 403, "INSTALLATION_UNKNOWN");
        await install();
        await eventually(async () => (await states()).every((state) => state === "cancelled"));
        const { runs } = (await ui("/runs")).body;
        assertEquals(runs.length, EVENTS);
        assert(
          runs.every((run: Json) => run.error?.message === "The add-on was uninstalled"),
          JSON.stringify(runs[0]),
        );
        assertStrictEquals(await tries(), before, "no step was tried again");
      } finally {
        child.kill("SIGTERM");
        await child.status;
        await stop();
      }
    }),
  );
}
