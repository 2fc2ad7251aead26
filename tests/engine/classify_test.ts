/** Tests of classify() (src/engine/classify.ts): what an answer means by the step's history and its retry policy. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AppError } from "../../src/base/errors.ts";
import { type ActionResult, MAX_WAIT_MS } from "../../src/engine/action.ts";
import type { CalledAttempt } from "../../src/engine/attempt.ts";
import type { RetryPolicy } from "../../src/engine/plan.ts";
import { classify } from "../../src/engine/classify.ts";
import { planOf } from "../../src/engine/plan.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { step } from "./setup.ts";

const NOW_MS = 1_800_000_000_000;
const RETRY = { maxAttempts: 3, initialDelayMs: 1_000, maxDelayMs: 1_000, multiplier: 1 };

/** What classify() reads of an attempt. */
function called(
  result: ActionResult,
  { failures = 0, waitedMs = 0, onUncertain = "retry" as "retry" | "stop", retry = {}, history = {} }: {
    failures?: number;
    waitedMs?: number;
    onUncertain?: "retry" | "stop";
    retry?: Partial<RetryPolicy>;
    history?: { beganAt?: number };
  } = {},
): CalledAttempt {
  return {
    step: { retry: { ...RETRY, ...retry }, onUncertain },
    path: "root/only",
    walk: { run: { plan: planOf([step("only")]) } },
    deps: { clock: createFakeClock(NOW_MS) },
    history: { failures, waitedMs, ...history },
    result,
    durationMs: 400,
  } as unknown as CalledAttempt;
}

const failure = (retryable: boolean, details = {}) =>
  new AppError("UPSTREAM_REJECTED", "Cannot call: 500", { retryable, details });

Deno.test("classify() completes the step with the output of a try that succeeded", () => {
  const verdict = classify(called({ outcome: "done", output: { id: 1 }, httpStatus: 201 }));
  assertEquals(verdict.end, { kind: "completed", output: { id: 1 } });
  assertEquals([verdict.outcome, verdict.httpStatus, verdict.error], ["succeeded", 201, undefined]);
});

Deno.test("classify() parks a failed try while the policy has tries left and nothing forbids another", () => {
  const cases: [string, CalledAttempt, "parked" | "failed"][] = [
    ["the first failure", called({ outcome: "failed", error: failure(true) }), "parked"],
    ["the second of three", called({ outcome: "failed", error: failure(true) }, { failures: 1 }), "parked"],
    ["the last of three", called({ outcome: "failed", error: failure(true) }, { failures: 2 }), "failed"],
    ["not retryable", called({ outcome: "failed", error: failure(false) }), "failed"],
    ["too late", called({ outcome: "failed", error: failure(true), retryAfterMs: MAX_WAIT_MS + 1 }), "failed"],
    ["sent, may repeat", called({ outcome: "failed", error: failure(true, { sent: true }) }), "parked"],
    [
      "sent, may not repeat",
      called({ outcome: "failed", error: failure(true, { sent: true }) }, { onUncertain: "stop" }),
      "failed",
    ],
  ];
  for (const [name, attempt, end] of cases) {
    const verdict = classify(attempt);
    assertEquals(
      [verdict.end.kind, verdict.outcome, verdict.error?.code],
      [end, "failed", "UPSTREAM_REJECTED"],
      name,
    );
  }
});

Deno.test("classify() retries the statuses that the policy names and no others; a lost connection as ever", () => {
  const of = (httpStatus: number | undefined, retryable: boolean, details = {}) =>
    classify(called({ outcome: "failed", error: failure(retryable, details), httpStatus }, {
      retry: { statuses: [409, 503] },
      onUncertain: "stop",
    })).end.kind;
  assertEquals([of(409, false), of(503, true), of(500, true), of(404, false)], [
    "parked",
    "parked",
    "failed",
    "failed",
  ]);
  assertEquals([of(undefined, true), of(undefined, false)], ["parked", "failed"]);
  assertEquals(of(409, false, { sent: true }), "failed", "sent without a known effect, and not to be sent twice");
});

Deno.test("classify() gives up where the next attempt would begin after the time of all of them", () => {
  const retry = { timeLimitMs: 60_000, jitter: false, initialDelayMs: 1_000, form: "fixed" as const };
  const failed = { outcome: "failed", error: failure(true), httpStatus: 503 } as const;
  const end = (result: ActionResult, history = {}) => classify(called(result, { retry, history })).end;
  assertEquals(end(failed).kind, "parked");
  assertEquals(end({ ...failed, retryAfterMs: 59_700 }).kind, "failed", "400 ms are gone");
  assertEquals(end(failed, { beganAt: NOW_MS - 58_999 }).kind, "parked");
  const late = classify(called(failed, { retry, history: { beganAt: NOW_MS - 59_001 } }));
  assertEquals([late.end.kind, late.outcome, late.error?.code], ["failed", "failed", "UPSTREAM_REJECTED"]);
  assertMatch(late.error!.message, /^Cannot call: 500; its attempts may take 60000 ms in all$/);
  // What is put off is no attempt, and the time goes on.
  const wait = { outcome: "snooze", reason: "full", delayMs: 30_000 } as const;
  assertEquals([end(wait).kind, end(wait, { beganAt: NOW_MS - 31_000 }).kind], ["parked", "failed"]);
});

Deno.test("classify() waits after a failure for the longer of the backoff and what the answer asks for", () => {
  const { end, delayMs } = classify(called({ outcome: "failed", error: failure(true), retryAfterMs: 90_000 }));
  assertEquals(end, { kind: "parked", until: NOW_MS + 90_000, on: [], reason: "Cannot call: 500", retry: true });
  assertEquals(delayMs, 90_000);
});

Deno.test("classify() parks what was put off, longer each time where no time is named, and for 24 hours in all", () => {
  const named = classify(called({ outcome: "snooze", reason: "full", delayMs: 7_000.5 }, { waitedMs: 1_000 }));
  assertEquals(named.end, { kind: "parked", until: NOW_MS + 7_001, on: [], reason: "full", retry: false });
  assertEquals([named.outcome, named.waitedMs, named.delayMs], ["snoozed", 8_001, 7_001]);
  for (const [waitedMs, ceiling] of [[0, 5_000], [60_000, 60_000], [3_600_000, 600_000]] as const) {
    const { end, delayMs } = classify(called({ outcome: "snooze", reason: "full" }, { waitedMs }));
    assert(end.kind === "parked" && end.until === NOW_MS + delayMs!, JSON.stringify(end));
    assert(delayMs! >= ceiling / 2 && delayMs! <= ceiling, String(delayMs));
  }
  const over = classify(called({ outcome: "snooze", reason: "full", delayMs: 1_000 }, { waitedMs: MAX_WAIT_MS }));
  assertEquals([over.end.kind, over.outcome, over.error?.code], ["failed", "failed", "UPSTREAM_RATE_LIMITED"]);
  assertEquals(
    over.error?.message,
    "Cannot wait any longer in step 1: full, and 24 hours in all are allowed",
  );
});
