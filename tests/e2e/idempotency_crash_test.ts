/** kill -9 while a request with an Idempotency-Key is at work: sent again to the next process, it creates one, whenever the death came. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { ask, assertProblem, type Json } from "../http/door.ts";
import { startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { startCrashWorld } from "../support/crash_world.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);

/** Where it dies: with the work done and its answer not kept, with both done and not committed, and committed with no answer sent. */
const POINTS = ["before_answer_kept", "after_answer_kept", "before_answer"] as const satisfies CrashPoint[];

for (const point of POINTS) {
  const isCommitted = point === "before_answer";
  Deno.test(
    `kill -9 ${point.replaceAll("_", " ")}: the same request creates ${isCommitted ? "no second" : "the first"} source`,
    eachTime(async () => {
      const { simulator, env, stop } = await startCrashWorld();
      const settings = { ...env, UW_ENABLE_CUSTOM_WEBHOOKS: "true" };
      let child = await startChild(PROGRAM, { ...settings, CRASH_AT: point });
      try {
        const [workspace] = await simulator.workspaces();
        const workspaceId = workspace!.id;
        const port = () => child.ready.universal_webhook;
        const ui = (path: string, options: { body?: Json; headers?: Record<string, string> } = {}) =>
          ask(`http://127.0.0.1:${port()}/ui${path}?workspace_id=${workspaceId}`, {
            ...options,
            headers: { "x-api-key": OPERATOR_KEY, ...options.headers },
          });
        const installed = await simulator.install({ manifestUrl: `http://127.0.0.1:${port()}/manifest`, workspaceId });
        assertEquals(installed.lifecycle.status, 200);
        const create = () =>
          ui("/sources", { body: { name: "shop", preset: "github" }, headers: { "idempotency-key": "order-4711" } });
        await assertRejects(create, "no answer came");
        assertEquals((await child.status).signal, "SIGKILL", child.errors());

        child = await startChild(PROGRAM, settings);
        if (!isCommitted && env.DATABASE_URL) {
          // Others may be at work on the same server: the claim of the dead one ends by its time alone.
          const refused = await create();
          assertProblem(refused, 409, "IDEMPOTENCY_KEY_IN_USE");
          assertEquals(refused.headers.get("retry-after"), "1");
          const db = openPostgres({ url: env.DATABASE_URL, poolSize: 1, applicationName: "timewire-tests" });
          await db.sql`update idempotency_key set claimed_until = now()`;
          await db.stop();
        }
        const made = await eventually(async () => {
          const answer = await create();
          return answer.status !== 409 && answer;
        });
        assertEquals(made.status, 201, JSON.stringify(made.body));
        assertStrictEquals(made.headers.get("idempotent-replayed"), isCommitted ? "true" : null);
        assert(made.body.secret.length > 20, "the secret that nobody has seen yet");
        const { sources } = (await ui("/sources")).body;
        assertEquals(sources.map(({ id, secrets }: Json) => [id, secrets.length]), [[made.body.id, 1]]);
        assertEquals((await create()).body, made.body);
      } finally {
        child.kill("SIGTERM");
        await child.status;
        await stop();
      }
    }),
  );
}
