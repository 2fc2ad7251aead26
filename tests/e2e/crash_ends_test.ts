/** kill -9 before and after the record of a failure, a backoff and a wait: no failed step is sent again, no delay is lost, one key each. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { WalkEnd } from "../../src/base/crash_point.ts";
import { ask, type Json } from "../http/door.ts";
import { type Child, startChild } from "../support/child.ts";
import { eachTime } from "../support/crash_times.ts";
import { openDoor, startCrashWorld } from "../support/crash_world.ts";
import { startSink } from "../support/sink.ts";
import { eventually, OPERATOR_KEY } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
const EVENT = "TIMER_STOPPED";
const HOUR_S = 3_600;

type End = Exclude<WalkEnd, "run_end">;
const ORDER: End[] = ["failure", "backoff", "snooze"];

/** How the receiver answers, and what is to be seen of a run then; one that was sent and not recorded may be sent once more. */
const ENDS: Record<End, { answer(): Response; state: string; attempt: string; code?: string }> = {
  failure: {
    answer: () => new Response(null, { status: 400 }),
    state: "failed",
    attempt: "failed",
    code: "UPSTREAM_REJECTED",
  },
  backoff: {
    answer: () => new Response(null, { status: 503, headers: { "retry-after": String(HOUR_S) } }),
    state: "waiting",
    attempt: "failed",
  },
  snooze: {
    answer: () => new Response(null, { status: 429, headers: { "retry-after": String(HOUR_S) } }),
    state: "waiting",
    attempt: "snoozed",
  },
};

Deno.test(
  "kill -9 around the record of a failure, a backoff and a wait sends nothing twice that was recorded",
  eachTime(async () => {
    const { simulator, env, stop } = await startCrashWorld();
    const sink = startSink();
    sink.answer = ({ path }) => ENDS[path.split("/")[1] as End].answer();
    const program = { ...env, EGRESS_ALLOW: `127.0.0.1:${sink.port}`, UW_ENABLE_GENERIC_HTTP_ACTIONS: "true" };
    // The process that sees one crash through is the one that dies next, at a place that the first run does not pass.
    const places = (["before", "after"] as const).flatMap((side) => ORDER.map((end) => ({ side, end })));
    const startArmed = (place: typeof places[number] | undefined) =>
      startChild(PROGRAM, place ? { ...program, CRASH_AT: `${place.side}_${place.end}` } : program);
    let child: Child = await startArmed(places[0]);
    const [workspace] = await simulator.workspaces();
    const workspaceId = workspace!.id;
    const door = openDoor(() => child.ready.universal_webhook);
    const ui = (path: string, options: Parameters<typeof ask>[1] = {}) => {
      const url = `http://127.0.0.1:${child.ready.universal_webhook}/ui${path}`;
      return ask(`${url}${path.includes("?") ? "&" : "?"}workspace_id=${workspaceId}`, {
        headers: { "x-api-key": OPERATOR_KEY },
        ...options,
      });
    };
    const runOf = (flowId: string, state: string) =>
      eventually(async () => {
        const { status, body } = await ui(`/runs?flow_id=${flowId}`);
        assertEquals(status, 200, JSON.stringify(body));
        const { runs } = body;
        return runs[0]?.state === state && (await ui(`/runs/${runs[0].id}`)).body as Json;
      });
    try {
      const { lifecycle } = await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId });
      assertEquals(lifecycle.status, 200);
      await simulator.configureDeliveries({ retryDelayMs: 200, maxAttempts: 100 });

      for (const [index, { side, end }] of places.entries()) {
        const path = `/${end}/${side}`;
        const actions = [{ id: "only", type: "http", url: `${sink.url}${path}`, retry: { max_attempts: 3 } }];
        const { body: flow, status } = await ui("/flows", {
          body: { name: path, trigger_event_types: [EVENT], actions },
        });
        assertEquals(status, 201, JSON.stringify(flow));
        await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
        assertEquals((await child.status).signal, "SIGKILL", child.errors());
        child = await startArmed(places[index + 1]);

        const { state, attempt, code } = ENDS[end];
        const run = await runOf(flow.id, state);
        await simulator.settled();
        const [step] = run.steps;
        const sent = sink.requests.filter((request) => request.path === path);
        assertEquals(sent.length, side === "after" ? 1 : 2, `${path}: one send for what was recorded`);
        const keys = new Set(sent.map(({ headers }) => headers["idempotency-key"]));
        assertEquals([...keys], [step.idempotency_key], `${path}: one key over all sends`);
        const attempts = side === "after" ? [attempt] : ["started", attempt];
        assertEquals(step.attempts.map((one: Json) => one.state), attempts, path);
        assertEquals(run.error?.code, code, path);
        if (state === "waiting") {
          const waitS = (Date.parse(run.next_attempt_at) - Date.parse(step.attempts.at(-1).finished_at)) / 1_000;
          assert(waitS >= HOUR_S - 1, `${path}: Retry-After is kept, it waits ${waitS} s`);
          assertMatch(run.waiting_reason, end === "snooze" ? /answered 429/ : /503/);
        }
        assertEquals((await ui(`/flows/${flow.id}`, { method: "DELETE" })).status, 200);
      }
      assertEquals(sink.requests.length, 9, "nothing was sent for any other run");
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await door.stop();
      await sink.stop();
      await stop();
    }
  }),
);
