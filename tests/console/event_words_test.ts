/** Words for what became of an event. */

import { assertEquals } from "@std/assert";
import { differenceText, payloadDifference } from "../../src/console/features/events/event_difference.ts";
import { describeOutcome, reasonText } from "../../src/console/features/events/outcome.tsx";

const NONE = { total: 0, active: 0, completed: 0, failed: 0 };

Deno.test("describeOutcome() says what the flows did", () => {
  const text = (outcome: "waiting" | "dispatched" | "skipped" | "dead", runs = {}, reason: string | null = null) =>
    describeOutcome({ outcome, reason, runs: { ...NONE, ...runs } }).text;
  assertEquals(text("waiting"), "Waiting for flows");
  assertEquals(text("dead"), "Not processed");
  assertEquals(text("skipped", {}, "no_match"), "No match");
  assertEquals(text("skipped", {}, "flows_off"), "Flows are off");
  assertEquals(text("dispatched", { total: 2, completed: 2 }), "2 flows ran");
  assertEquals(text("dispatched", { total: 2, completed: 1, failed: 1 }), "Flow failed");
  assertEquals(text("dispatched", { total: 2, completed: 1, active: 1 }), "Running");
  assertEquals(text("dispatched", { total: 1 }), "Cancelled");
  assertEquals(text("skipped", { total: 1, completed: 1 }, "no_match"), "1 flow ran");
  assertEquals(text("dispatched", {}, "waits_ended"), "Runs went on");
  assertEquals(text("skipped", {}, 'debounced: "A"'), "Debounced");
  assertEquals(text("skipped", {}, 'throttled: "A"; loop_detected: "B"'), "Throttled");
});

Deno.test("reasonText() says why each flow did not run", () => {
  assertEquals(
    reasonText('concurrency_full: "A; B"; loop_detected: "C: D"'),
    'Skipped, as many of its runs are in progress as its concurrency allows: "A; B"; Skipped, it goes round on changes that ' +
      'flows make: "C: D"',
  );
  assertEquals(reasonText("constructor: x"), "constructor: x");
});

Deno.test("payloadDifference() names each field that differs by its path, and counts the others", () => {
  const first = { id: "a", tags: [{ name: "x" }], timeInterval: { end: null }, gone: 1, whole: { b: 1 } };
  const second = { id: "a", tags: [{ name: "y" }, { name: "z" }], timeInterval: {}, new: true, whole: [1] };
  const found = payloadDifference(first, second);
  assertEquals(found, {
    rows: [
      { path: "$.webhook.tags[0].name", first: "x", second: "y" },
      { path: "$.webhook.tags[1]", first: undefined, second: { name: "z" } },
      { path: "$.webhook.timeInterval.end", first: null, second: undefined },
      { path: "$.webhook.gone", first: 1, second: undefined },
      { path: "$.webhook.whole", first: { b: 1 }, second: [1] },
      { path: "$.webhook.new", first: undefined, second: true },
    ],
    differing: 6,
    equal: 1,
  });
  assertEquals(differenceText(found), "6 fields differ, 1 is the same.");
  assertEquals(differenceText(payloadDifference(first, first)), "The payloads are the same.");

  const many = payloadDifference(Array.from({ length: 300 }, (_, index) => index), []);
  assertEquals([many.rows.length, many.differing], [200, 300], "a browser lays out so many at once");
});
