/** kill -9 of a run's owner around a cancel and a pause: what was answered holds, and nothing is sent that must not be. */

import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import { systemClock } from "../../src/base/clock.ts";
import { ask, type Json } from "../http/door.ts";
import { type Child, startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { type CrashWorld, startCrashWorld } from "../support/crash_world.ts";
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
      body: { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z" },
    },
    { id: "tag", operation_id: "createNewTag", body: { name: "$.webhook.id" } },
    { id: "after", operation_id: "createNewTag", body: { name: "after {{ $.webhook.id }}" } },
  ],
};
/** A request of these may be made twice: where the answer was lost with its owner, it is. */
const ENTRIES = {
  name: "Three entries",
  trigger_event_types: [EVENT],
  actions: ["one", "two", "three"].map((id) => ({ ...FLOW.actions[0]!, id })),
};
/** Longer than a dead owner's lease. */
const LEASE_OVER_MS = 4_000;

interface Scene {
  world: CrashWorld;
  child: Child;
  /** Starts the next process, with these variables. */
  begin(env?: Record<string, string>): Promise<void>;
  ui(path: string, body?: Json): Promise<{ status: number; body: Json }>;
  /** Ids of the runs whose event has this id. */
  run(): Promise<Json>;
  detail(): Promise<Json>;
  sent(): Promise<{ what: string; key: string; status: number | null }[]>;
}

/** A flow, and an event that began a run of it, in a process that has these variables. */
async function withRun(
  { flow = FLOW, env = {} }: { flow?: unknown; env?: Record<string, string> },
  body: (scene: Scene) => Promise<void>,
) {
  const world = await startCrashWorld();
  const { simulator } = world;
  const [workspace] = await simulator.workspaces();
  const workspaceId = workspace!.id;
  const headers = { "x-api-key": OPERATOR_KEY };
  const scene = { world } as Scene;
  scene.begin = async (more = {}) => void (scene.child = await startChild(PROGRAM, { ...world.env, ...more }));
  scene.ui = (path, body) =>
    ask(`http://127.0.0.1:${scene.child.ready.universal_webhook}/ui${path}?workspace_id=${workspaceId}`, {
      headers,
      body,
    });
  scene.run = async () => (await scene.ui("/runs")).body.runs[0];
  scene.detail = async () => (await scene.ui(`/runs/${(await scene.run()).id}`)).body;
  scene.sent = async () =>
    (await simulator.listRequests({ method: "POST" }))
      .filter(({ path }) => path.endsWith("/tags") || path.endsWith("/time-entries"))
      .map(({ path, status, headers }) => ({
        what: path.split("/").at(-1)!,
        status,
        key: String(headers["idempotency-key"]),
      }));
  await scene.begin(env);
  try {
    const manifestUrl = `http://127.0.0.1:${scene.child.ready.universal_webhook}/manifest`;
    assertEquals((await simulator.install({ manifestUrl, workspaceId })).lifecycle.status, 200);
    assertEquals((await scene.ui("/flows", flow)).status, 201);
    await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "e1", workspaceId } }).catch(() => {});
    await body(scene);
  } finally {
    scene.child.kill("SIGKILL");
    await scene.child.status;
    await world.stop();
  }
}

async function killed({ child }: Scene) {
  child.kill("SIGKILL");
  assertEquals((await child.status).signal, "SIGKILL", child.errors());
}

Deno.test(
  "kill -9 right after a cancel was answered, its call under way: the run stays cancelled, and nothing more is sent",
  eachTime(() =>
    withRun({}, async (scene) => {
      await scene.world.simulator.addFault({ kind: "hang", method: "POST", path: "*/tags", count: 1 });
      const run = await eventually(async () => {
        const one = await scene.run();
        return one?.state === "running" && (await scene.detail()).steps[1].state === "running" && one;
      });
      assertEquals((await scene.ui(`/runs/${run.id}/cancel`, {})).body, { run_id: run.id, state: "cancelled" });
      await killed(scene);
      await scene.begin();
      await systemClock.sleep(LEASE_OVER_MS);
      const detail = await scene.detail();
      assertEquals([detail.state, detail.error.code], ["cancelled", "CANCELLED"]);
      assertMatch(detail.error.message, /^Cancelled by operator /);
      assertEquals(detail.steps.map(({ state }: Json) => state), ["completed", "cancelled", "not_started"]);
      assertEquals(detail.steps[1].attempts.map(({ state }: Json) => state), ["uncertain"]);
      assertEquals((await scene.sent()).filter(({ what }) => what === "tags").length <= 1, true);
      assertEquals((await scene.ui(`/runs/${run.id}/cancel`, {})).status, 409);
      assertEquals((await scene.ui(`/runs/${run.id}/resume`, {})).status, 409);
    })
  ),
);

Deno.test(
  "kill -9 while a paused run's call is under way: it stays paused, and after the resume the call is tried under the same key",
  eachTime(() =>
    withRun({}, async (scene) => {
      await scene.world.simulator.addFault({ kind: "hang", method: "POST", path: "*/tags", count: 1 });
      const run = await eventually(async () => {
        const one = await scene.run();
        return one?.state === "running" && (await scene.detail()).steps[1].state === "running" && one;
      });
      assertEquals((await scene.ui(`/runs/${run.id}/pause`, {})).body, { run_id: run.id, state: "running" });
      await killed(scene);
      await scene.begin();
      await eventually(async () => (await scene.run()).state === "waiting");
      const before = (await scene.sent()).length;
      await systemClock.sleep(LEASE_OVER_MS);
      const paused = await scene.detail();
      assertEquals([paused.state, paused.next_attempt_at], ["waiting", null]);
      assertMatch(paused.waiting_reason, /^paused by /);
      assertEquals((await scene.sent()).length, before, "nothing is sent while it is paused");
      assertEquals((await scene.ui(`/runs/${run.id}/resume`, {})).status, 200);
      const detail = await eventually(async () => {
        const one = await scene.detail();
        return one.state === "completed" && one;
      });
      const sent = await scene.sent();
      assertEquals(sent.filter(({ what }) => what === "time-entries").length, 1, "what had finished is kept");
      const keys = sent.filter(({ what }) => what === "tags").map(({ key }) => key);
      assertEquals([...new Set(keys)], [detail.steps[1].idempotency_key, detail.steps[2].idempotency_key]);
    })
  ),
);

/** Where the owner dies before the person asks; the run stands at its second step. */
const POINTS: { at: CrashPoint; nth: string }[] = [
  { at: "before_call", nth: "1" },
  { at: "after_call", nth: "1" },
  { at: "before_call", nth: "2" },
  { at: "after_call", nth: "2" },
  { at: "before_run_end", nth: "1" },
];

for (const { at, nth } of POINTS) {
  Deno.test({
    // The embedded database has one process: it would go on before anyone could ask.
    name: `a run whose owner died at ${at}, ${nth}, is cancelled by another process, or paused and resumed`,
    ignore: DATABASE_KIND !== "postgres",
    fn: eachTime(async () => {
      // Each waits most of the time, for its dead owner's lease.
      await Promise.all(
        ["cancel", "pause"].map((wish) =>
          withRun({ flow: ENTRIES, env: { CRASH_AT: at, CRASH_NTH: nth } }, async (scene) => {
            assertEquals((await scene.child.status).signal, "SIGKILL");
            await scene.begin({ ROLE: "listen" });
            const run = await scene.run();
            if (run) assertEquals((await scene.ui(`/runs/${run.id}/${wish}`, {})).status, 200);
            const before = (await scene.sent()).length;
            await killed(scene);
            await scene.begin();
            await systemClock.sleep(LEASE_OVER_MS);
            // It died before the event's flows were asked: there was no run to speak of.
            if (!run) return;
            assertEquals((await scene.sent()).length, before, "nothing is sent");
            const detail = await scene.detail();
            assertStrictEquals(detail.state, wish === "cancel" ? "cancelled" : "waiting");
            if (wish === "cancel") return;
            assertEquals((await scene.ui(`/runs/${run.id}/resume`, {})).status, 200);
            await eventually(async () => (await scene.run()).state === "completed");
            const keys = (await scene.sent()).map(({ key }) => key);
            assertEquals(new Set(keys).size, 3, "each step has one key, however often it was sent");
          })
        ),
      );
    }),
  });
}
