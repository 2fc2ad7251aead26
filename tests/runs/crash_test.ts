/** kill -9 between a retry and its run: the run goes on at the failed step, once, under the same Idempotency-Key. */

import { assertEquals } from "@std/assert";
import { ask, type Json } from "../http/door.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { startCrashWorld } from "../support/crash_world.ts";
import { DATABASE_KIND } from "../support/database.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
const EVENT = "TIMER_STOPPED";
const FLOW = {
  name: "An entry, then a tag",
  trigger_event_types: [EVENT],
  actions: [
    {
      id: "entry",
      operation_id: "createTimeEntry",
      body: { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", description: "$.webhook.id" },
    },
    { id: "tag", operation_id: "createNewTag", body: { name: "$.webhook.id" } },
  ],
};
/**
 * On a server the retry goes to a process that only listens, and dies before any other could take the job. The embedded
 * database has one process: that one dies when it has taken the job and is about to send, its third call.
 */
const ON_SERVER = DATABASE_KIND === "postgres";
const DYING = { CRASH_AT: "before_call", CRASH_NTH: "3" };

Deno.test(
  "kill -9 after a retry was committed and before its step was sent loses no retry and repeats no step",
  eachTime(async () => {
    const { simulator, env, stop } = await startCrashWorld();
    let child = await startChild(PROGRAM, ON_SERVER ? env : { ...env, ...DYING });
    try {
      const [workspace] = await simulator.workspaces();
      const workspaceId = workspace!.id;
      const headers = { "x-api-key": OPERATOR_KEY };
      const ui = (path: string, body?: Json) => {
        const url = `http://127.0.0.1:${child.ready.universal_webhook}/ui${path}`;
        return ask(`${url}${path.includes("?") ? "&" : "?"}workspace_id=${workspaceId}`, { headers, body });
      };
      const runIs = async (state: string) => {
        const [run] = (await ui("/runs")).body.runs ?? [];
        return run?.state === state && run.id as string;
      };
      const manifestUrl = `http://127.0.0.1:${child.ready.universal_webhook}/manifest`;
      assertEquals((await simulator.install({ manifestUrl, workspaceId })).lifecycle.status, 200);
      assertEquals((await ui("/flows", FLOW)).status, 201);
      await simulator.addFault({ kind: "status", status: 400, method: "POST", path: "*/tags", count: 1 });
      await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "e1", workspaceId } });
      const id = await eventually(() => runIs("failed"));
      if (ON_SERVER) {
        child.kill("SIGTERM");
        await child.status;
        child = await startChild(PROGRAM, { ...env, ROLE: "listen" });
      }

      assertEquals((await ui(`/runs/${id}/retry`, {})).status, 202);
      if (ON_SERVER) child.kill("SIGKILL");
      assertEquals((await child.status).signal, "SIGKILL", child.errors());
      assertEquals((await sent("/tags")).length, 1, "nothing was sent since the retry");

      child = await startChild(PROGRAM, env);
      await eventually(() => runIs("completed"));
      const [entries, tags] = await Promise.all([sent("/time-entries"), sent("/tags")]);
      assertEquals(entries.map(({ status }) => status), [201], "the finished step was kept");
      assertEquals(tags.map(({ status }) => status), [400, 201]);
      assertEquals(new Set(tags.map(({ key }) => key)).size, 1, "one key over both rounds");
      const { steps } = (await ui(`/runs/${id}`)).body;
      assertEquals(steps.map(({ idempotency_key }: Json) => idempotency_key), [entries[0]!.key, tags[0]!.key]);
      assertEquals(steps.map(({ attempts }: Json) => attempts.at(-1).state), ["succeeded", "succeeded"]);
      assertEquals((await ui(`/runs/${id}/retry`, {})).status, 409);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await stop();
    }

    async function sent(end: string) {
      const requests = await simulator.listRequests({ method: "POST" });
      return requests.filter(({ path }) => path.endsWith(end))
        .map(({ status, headers }) => ({ status, key: String(headers["idempotency-key"]) }));
    }
  }),
);
