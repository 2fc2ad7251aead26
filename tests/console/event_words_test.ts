/** Words for what became of an event. */

import { assertEquals } from "@std/assert";
import { describeOutcome } from "../../src/console/features/events/outcome.tsx";

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
});
