/** What runs say of themselves, and the times their list is narrowed to. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { RunStep } from "../../src/console/features/runs/api.ts";
import {
  concurrencySentence,
  debounceSentence,
  throttleSentence,
} from "../../src/console/features/flows/gate_sentences.ts";
import { changeText, pathOfNext } from "../../src/console/features/home/overview_words.ts";
import { beginOfSpan } from "../../src/console/features/runs/run_time.ts";
import { failureText, stepToShow, waitText } from "../../src/console/features/runs/run_words.ts";
import { concurrencyWords, debounceWords, throttleWords } from "../../src/flows/gates/words.ts";
import { beginOfDay, fromWallClock, toWallClock } from "../../src/console/ui/wall_clock.ts";

function failedStep(number: number, message: string): RunStep {
  const error = { code: "UPSTREAM_ERROR", message };
  const times = { startedAt: new Date(0), finishedAt: new Date(1) };
  return {
    id: "a",
    name: "Get tags",
    path: "flow/a",
    number: 1,
    action: "clockify",
    title: "GET /tags",
    state: "failed",
    ...times,
    idempotencyKey: null,
    input: null,
    output: null,
    outputTruncated: false,
    outputBytes: null,
    error,
    attempts: [{ number, state: "failed", ...times, httpStatus: 502, error, request: null }],
  };
}

Deno.test("failureText() names the attempt of how many, the status once, and the reason", () => {
  assertEquals(failureText(failedStep(3, "Bad gateway"), 5), "Attempt 3 of 5 · 502 · Bad gateway");
  assertEquals(failureText(failedStep(3, "Clockify answered 502"), null), "Attempt 3 · Clockify answered 502");
});

Deno.test("failureText() leaves the limit out once a person's retry went beyond it", () => {
  assertEquals(failureText(failedStep(6, "Bad gateway"), 5), "Attempt 6 · 502 · Bad gateway");
});

Deno.test("stepToShow() prefers what failed, then what began last", () => {
  const step = (state: RunStep["state"], number: number) => ({ ...failedStep(1, ""), state, number });
  const shown = (...states: RunStep["state"][]) => stepToShow(states.map((state, index) => step(state, index + 1)));
  assertEquals(shown("completed", "failed", "not_started")?.number, 2);
  assertEquals(shown("completed", "running", "not_started")?.number, 2);
  assertEquals(shown("not_started", "not_started")?.number, 1);
  assertEquals(shown(), undefined);
});

Deno.test("a chosen time is read and written in the zone that is shown, also around the switch to summer time", () => {
  for (
    const [zone, wall, instant] of [
      ["UTC", "2026-11-21T10:30", "2026-11-21T10:30:00.000Z"],
      ["Europe/Belgrade", "2026-11-21T10:30", "2026-11-21T09:30:00.000Z"],
      ["Europe/Belgrade", "2026-03-29T03:30", "2026-03-29T01:30:00.000Z"],
      ["Europe/Belgrade", "2026-03-29T01:30", "2026-03-29T00:30:00.000Z"],
      ["Asia/Kathmandu", "2026-11-21T00:15", "2026-11-20T18:30:00.000Z"],
    ] as const
  ) {
    assertStrictEquals(fromWallClock(wall, zone), instant);
    assertStrictEquals(toWallClock(instant, zone), wall);
  }
  assertEquals(fromWallClock("", "UTC"), "");
  assertEquals(toWallClock("nonsense", "UTC"), "");
  // Already Sunday in Auckland; New York's clocks went back on 1 November.
  const at = new Date("2026-11-21T12:00:00Z");
  assertEquals(beginOfDay(at, { timeZone: "Pacific/Auckland" }).toISOString(), "2026-11-21T11:00:00.000Z");
  const early = new Date("2026-11-02T03:00:00Z");
  assertEquals(beginOfDay(early, { timeZone: "America/New_York" }).toISOString(), "2026-11-01T04:00:00.000Z");
  assertEquals(beginOfDay(early, { timeZone: "America/New_York", days: 1 }).toISOString(), "2026-11-02T05:00:00.000Z");
});

Deno.test("beginOfSpan() moves with the clock for the named spans alone", () => {
  const now = Date.UTC(2026, 10, 21, 10);
  assertEquals(beginOfSpan("1h", now), "2026-11-21T09:00:00.000Z");
  assertEquals(beginOfSpan("custom", now), undefined);
  assertEquals(beginOfSpan("", now), undefined);
});

Deno.test("changeText() compares with the previous period, without dividing by nothing", () => {
  assertEquals(changeText(104, 100), "+4 % vs. the previous period");
  assertEquals(changeText(50, 100), "−50 % vs. the previous period");
  assertEquals(changeText(100, 100), "same as in the previous period");
  assertEquals(changeText(5, 0), "none in the previous period");
  assertEquals(changeText(0, 0), "none in the previous period either");
  assertEquals(changeText(5000, 2), "2 in the previous period");
});

Deno.test("pathOfNext() builds the address of an alarm's next step", () => {
  const alarm = (code: string, next: Parameters<typeof pathOfNext>[0]["next"]) =>
    pathOfNext({ code, severity: "bad", title: "", detail: "", next });
  assertEquals(alarm("RUNS_FAILED", { label: "", page: "runs", query: { state: "failed" } }), "/runs?state=failed");
  assertEquals(alarm("WEBHOOKS_OFF", { label: "", page: "settings" }), "/coverage");
  assertEquals(alarm("SETTINGS_PROBLEM", { label: "", page: "settings" }), "/settings/effective");
  assertEquals(alarm("BOOTSTRAP_FAILED", { label: "", page: "settings" }), "/data");
  assertEquals(alarm("X", { label: "", page: "settings", query: { tab: "keys" } }), "/settings/keys");
  assertEquals(alarm("X", null), undefined);
});

Deno.test("waitText() says the rate limit in words, and every other reason as it was given", () => {
  assertEquals(waitText("rate_budget"), "Clockify's rate limit has no call left for it now");
  assertEquals(waitText("Clockify answered 429, too many requests"), "Clockify answered 429, too many requests");
});

Deno.test("what holds runs back is said in English as comparisons of versions say it", () => {
  for (const key of [undefined, "$.webhook.userId"]) {
    for (const count of [undefined, 1, 12]) {
      for (const when_full of [undefined, "queue", "skip", "cancel_oldest"] as const) {
        const given = { at_once: count, when_full, key };
        assertEquals(concurrencySentence(given), concurrencyWords(given));
      }
      for (const when_over of [undefined, "skip", "queue"] as const) {
        const given = { at_most: count, per: "1 h", when_over, key };
        assertEquals(throttleSentence(given), throttleWords(given));
      }
    }
    for (const max_wait of [undefined, "5 min"]) {
      const given = { wait: "30 s", max_wait, key };
      assertEquals(debounceSentence(given), debounceWords(given));
    }
  }
});
