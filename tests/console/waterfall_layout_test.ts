/** Where the bars of a run stand. */

import { assert, assertEquals } from "@std/assert";
import type { RunAttempt, RunDetail, RunStep } from "../../src/console/features/runs/api.ts";
import { layOut, ticksOf, tickText } from "../../src/console/features/runs/waterfall_layout.ts";

const BEGIN = Date.UTC(2026, 10, 21, 10);

function at(ms: number): Date {
  return new Date(BEGIN + ms);
}

function attempt(number: number, state: RunAttempt["state"], [from, to]: [number, number?]): RunAttempt {
  return {
    number,
    state,
    startedAt: at(from),
    finishedAt: to === undefined ? null : at(to),
    httpStatus: state === "failed" ? 502 : null,
    error: null,
    request: null,
  };
}

function step(number: number, state: RunStep["state"], attempts: RunAttempt[]): RunStep {
  return {
    id: `step_${number}`,
    name: `Step ${number}`,
    path: `flow/step_${number}`,
    number,
    action: "clockify",
    title: "GET /workspaces/{workspaceId}/tags",
    state,
    startedAt: attempts[0]?.startedAt ?? null,
    finishedAt: null,
    idempotencyKey: null,
    input: null,
    output: null,
    outputTruncated: false,
    outputBytes: null,
    error: null,
    attempts,
  };
}

function run(changed: Partial<RunDetail>): RunDetail {
  return {
    id: "00000000-0000-4000-8000-000000000001",
    flowId: "1",
    flowName: "Flow",
    flowVersion: 1,
    eventId: "7",
    eventType: "NEW_TAG",
    state: "completed",
    trigger: "event",
    replay: 0,
    pausedAt: null,
    error: null,
    createdAt: at(10),
    startedAt: at(50),
    finishedAt: at(1000),
    durationMs: 950,
    failedStep: null,
    event: { id: "7", type: "NEW_TAG", receivedAt: at(0), subject: null },
    flow: { id: "1", name: "Flow", version: 1, currentVersion: 1, enabled: true },
    queuedMs: 50,
    definition: null,
    canRetry: false,
    retryReason: null,
    retry: null,
    nextAttemptAt: null,
    waitingReason: null,
    input: null,
    output: null,
    endMessage: null,
    steps: [],
    ...changed,
  };
}

function places(detail: RunDetail, now = BEGIN) {
  return layOut(detail, now).rows.map(({ bars }) => bars.map(({ kind, left, width }) => [kind, left, width]));
}

Deno.test("layOut() draws the trigger, the wait in the queue, and each attempt with the waiting between", () => {
  const failed = step(1, "failed", [attempt(1, "failed", [50, 100]), attempt(2, "failed", [400, 1000])]);
  assertEquals(places(run({ state: "failed", steps: [failed, step(2, "not_started", [])] })), [
    [["received", 0, 0]],
    [["queue", 0, 5]],
    [["failed", 5, 5], ["waiting", 10, 30], ["failed", 40, 60]],
    [],
  ]);
});

Deno.test("layOut() says what each bar is, and what a step took from its first attempt to its last", () => {
  const failed = step(1, "failed", [attempt(1, "failed", [50, 100]), attempt(2, "succeeded", [400, 1000])]);
  const { rows: [, , row], totalMs } = layOut(run({ steps: [failed] }), BEGIN);
  assertEquals(row!.bars.map(({ text }) => text), [
    "Attempt 1 failed with 502",
    "Waiting for the next attempt",
    "Attempt 2 succeeded",
  ]);
  assertEquals(row!.ms, 950);
  assertEquals(totalMs, 1000);
});

Deno.test("layOut() draws what waited for the rate limit as waiting", () => {
  const snoozed = step(1, "completed", [attempt(1, "snoozed", [50, 50]), attempt(2, "succeeded", [500, 1000])]);
  const { rows: [, , row] } = layOut(run({ steps: [snoozed] }), BEGIN);
  assertEquals(row!.bars.map(({ kind }) => kind), ["waiting", "waiting", "succeeded"]);
  assertEquals(row!.bars[1]!.text, "Waiting for the rate limit");
});

Deno.test("layOut() lets what is not over go on until now", () => {
  const unfinished = { state: "running" as const, finishedAt: null, durationMs: null };
  const running = step(1, "running", [attempt(1, "started", [500])]);
  assertEquals(places(run({ ...unfinished, steps: [running] }), BEGIN + 2000)[2], [["running", 25, 75]]);

  const waiting = step(1, "running", [attempt(1, "failed", [500, 1000])]);
  assertEquals(places(run({ ...unfinished, state: "waiting", steps: [waiting] }), BEGIN + 2000)[2], [
    ["failed", 25, 25],
    ["waiting", 50, 50],
  ]);

  const pending = run({ ...unfinished, state: "pending", startedAt: null });
  assertEquals(places(pending, BEGIN + 2000)[1], [["queue", 0, 100]]);
});

Deno.test("layOut() begins a replay when it was asked for, and a run without its event when it was made", () => {
  const old = { id: "7", type: "NEW_TAG", receivedAt: at(-86_400_000), subject: null };
  assertEquals(layOut(run({ replay: 1, event: old }), BEGIN).totalMs, 990);
  assertEquals(layOut(run({ event: null }), BEGIN).totalMs, 990);
});

Deno.test("layOut() of a run that took no time divides by nothing", () => {
  const instant = run({ createdAt: at(0), startedAt: at(0), finishedAt: at(0) });
  for (const { bars } of layOut(instant, BEGIN).rows) {
    for (const { left, width } of bars) assert(Number.isFinite(left) && Number.isFinite(width));
  }
});

Deno.test("ticksOf() gives at most five round times, from milliseconds to months", () => {
  assertEquals(ticksOf(950), [0, 200, 400, 600, 800]);
  assertEquals(ticksOf(3), [0, 1, 2, 3]);
  assertEquals(ticksOf(61_000), [0, 15_000, 30_000, 45_000, 60_000]);
  for (let ms = 1; ms < 3e11; ms *= 1.7) {
    const ticks = ticksOf(ms);
    assert(ticks.length >= 1 && ticks.length <= 5 && ticks.at(-1)! <= ms, `${ms}: ${ticks}`);
  }
});

Deno.test("tickText() uses the largest unit", () => {
  assertEquals([0, 200, 1000, 15_000, 120_000, 7_200_000, 172_800_000].map(tickText), [
    "0",
    "200 ms",
    "1 s",
    "15 s",
    "2 min",
    "2 h",
    "2 d",
  ]);
});
