/** Words for what became of an event. */

import { assertEquals } from "@std/assert";
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
