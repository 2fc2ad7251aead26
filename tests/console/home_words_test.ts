/** Home in words: what wants a person and in which order, the sentence about it all, stops, and what was done. */

import { assertEquals } from "@std/assert";
import { doneText, verdictOf, type Want, wantsOf } from "../../src/console/features/home/wants.ts";
import type { Alarm, Overview } from "../../src/console/features/home/api.ts";
import { type Stop, stopText, waitingText, whyText } from "../../src/console/shell/stop_words.ts";

const number = (value: number) => value.toLocaleString("en");
const alarm = (code: string, severity: Alarm["severity"], page?: "settings"): Alarm => ({
  code,
  severity,
  title: code,
  detail: "why",
  next: page ? { label: "See", page } : null,
});
const failure = (count: number, flowId: string | null = "3") => ({
  flowId,
  flowName: "Weekly report",
  errorCode: "UPSTREAM_REJECTED",
  message: "tag is gone",
  count,
  lastAt: new Date(0),
  runId: "r-1",
});
const runs = (failed: number) => ({ total: 9, completed: 8, failed, active: 0, byHour: [], countedSince: null });

Deno.test("wantsOf() has problems first, each failure with its runs, approvals, then warnings; nothing that never ends", () => {
  const wants = wantsOf(
    {
      failures: [failure(23), failure(1, null)],
      runs: runs(30),
      alarms: [
        alarm("SETTINGS_PROBLEM", "warn", "settings"),
        alarm("RUNS_FAILED", "bad"),
        alarm("EVENTS_NOT_RECEIVED", "info"),
        alarm("STORAGE_FULL", "bad", "settings"),
      ],
    },
    { count: 3, hasMore: false, oldest: "oldest 2 hours ago: over 8 h" },
    number,
  );
  assertEquals(wants.map(({ tag, tone, next }) => [tag, tone, next?.path]), [
    ["Problem", "bad", "/settings"],
    ["23 failed", "bad", "/runs?state=failed&flow_id=3"],
    ["1 failed", "bad", "/runs/r-1"],
    ["6 more failed", "bad", "/runs?state=failed"],
    ["3 approvals", "wait", "/approvals"],
    ["Warning", "warn", "/settings/effective"],
  ]);
  assertEquals(wantsOf({ failures: [], runs: runs(0), alarms: [] }, undefined, number), []);
});

Deno.test("verdictOf() says the worst that is so, and numbers where all is well", () => {
  const overview = {
    receiving: { state: "receiving", since: null, lastEventAt: null },
    events: { total: 1_200, previousTotal: 0, duplicates: 0, byHour: [], byType: [] },
    runs: runs(0),
    period: { hours: 24, from: new Date(0), to: new Date(1) },
    alarms: [],
  } satisfies Pick<Overview, "receiving" | "events" | "runs" | "period" | "alarms">;
  const want: Want = { key: "a", tone: "bad", tag: "1 failed", text: "" };
  const verdict = (
    wants: Want[],
    stops: Pick<Stop, "kind" | "runsWaiting">[] = [],
    changed: Partial<typeof overview> = {},
  ) => verdictOf({ overview: { ...overview, ...changed }, wants, stops }, number);
  assertEquals(verdict([]), "All is well: 1,200 events came in and 8 runs completed in 24 hours.");
  assertEquals(verdict([want]), "One thing wants you; 1,200 events came in and 8 runs completed in 24 hours.");
  assertEquals(
    verdict([want, want], [{ kind: "clockify", runsWaiting: 8 }]),
    "2 things want you, and 8 runs wait for Clockify.",
  );
  assertEquals(verdict([], [{ kind: "host", runsWaiting: 0 }]), "Calls are stopped for a while, and no run waits.");
  // A note wants no one.
  assertEquals(verdict([{ ...want, tone: "idle" }]).startsWith("All is well"), true);
  const full = verdictOf(
    { overview: { ...overview, alarms: [alarm("STORAGE_FULL", "bad")] }, wants: [], stops: [] },
    number,
  );
  assertEquals(full, "Events are refused until there is room for them.");
});

Deno.test("a stop says what stands still, until when, who asked for it, and how many wait", () => {
  const words = {
    hour: (at: Date) => at.toISOString().slice(11, 16),
    number,
    duration: (ms: number) => `${ms / 60_000} min`,
  };
  const stop: Stop = {
    kind: "clockify",
    host: null,
    breakerId: null,
    cause: "retry_after",
    since: new Date("2026-11-21T15:33:00Z"),
    until: new Date("2026-11-21T16:03:00Z"),
    askedMs: 1_800_000,
    runsWaiting: 8,
    notNow: "no",
  };
  assertEquals(stopText(stop, words), "Clockify paused until 16:03");
  assertEquals(waitingText(stop, words), "8 runs wait");
  assertEquals(whyText(stop, words), "It answered 429, Retry-After 30 min at 15:33");
  const host: Stop = { ...stop, kind: "host", host: "shop.example", cause: "failures", runsWaiting: 1 };
  assertEquals(stopText(host, words), "Calls to shop.example stopped until 16:03");
  assertEquals(waitingText(host, words), "1 run waits");
  assertEquals(whyText({ ...stop, cause: "too_many", since: null }, words).includes("named no time"), true);
  assertEquals(doneText({ entity_type: "time_entry", verb: "tagged" }), "Time entries tagged");
  assertEquals(doneText({ entity_type: "task", verb: "created" }), "Tasks created");
});
