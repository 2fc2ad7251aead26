/** Words for what became of an event. */

import assert from "node:assert/strict";
import { describeOutcome } from "../../src/console/features/events/outcome.tsx";

const NONE = { total: 0, active: 0, completed: 0, failed: 0 };

Deno.test("describeOutcome() says what the flows did", () => {
  const text = (outcome: "waiting" | "dispatched" | "skipped" | "dead", runs = {}, reason: string | null = null) =>
    describeOutcome({ outcome, reason, runs: { ...NONE, ...runs } }).text;
  assert.equal(text("waiting"), "Waiting for flows");
  assert.equal(text("dead"), "Not processed");
  assert.equal(text("skipped", {}, "no_match"), "No match");
  assert.equal(text("skipped", {}, "flows_off"), "Flows are off");
  assert.equal(text("dispatched", { total: 2, completed: 2 }), "2 flows ran");
  assert.equal(text("dispatched", { total: 2, completed: 1, failed: 1 }), "Flow failed");
  assert.equal(text("dispatched", { total: 2, completed: 1, active: 1 }), "Running");
  assert.equal(text("dispatched", { total: 1 }), "Cancelled");
  assert.equal(text("skipped", { total: 1, completed: 1 }, "no_match"), "1 flow ran");
});
