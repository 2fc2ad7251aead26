/** The types of fields by the events of a flow, and what they make of its values when it is saved and when it runs. */

import { assertEquals, assertNotStrictEquals } from "@std/assert";
import { EVENTS } from "../../src/clockify/events.ts";
import { matches } from "../../src/engine/condition.ts";
import { parsePath } from "../../src/engine/path.ts";
import { buildScope } from "../../src/engine/scope.ts";
import { compileCondition, parseFlow } from "../../src/flows/parse/parse_flow.ts";
import { fieldTypes } from "../../src/flows/parse/field_types.ts";

const deps = { knownEvent: () => true, checkAction: () => [] };
const flow = (rule: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  name: "F",
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: { type: "ALL", rules: [rule] },
  actions: [{ operation_id: "getTags" }],
  ...more,
});
const faultsOf = (definition: unknown, more = {}) => {
  const result = parseFlow(definition, { ...deps, ...more });
  return result.ok ? [] : result.faults;
};

Deno.test("fieldTypes() knows the fields of entries, rates, invoices and of the delivery", () => {
  const typeOf = (path: string, ...events: string[]) => fieldTypes(events)(parsePath(path));
  assertEquals(typeOf("$.webhook.timeInterval.duration", "TIMER_STOPPED"), "duration");
  assertEquals(typeOf("$.event.timeInterval.duration", "NEW_TIMER_STARTED"), "duration");
  assertEquals(typeOf("$.webhook.timeInterval.end", "NEW_TIMER_STARTED", "TIMER_STOPPED"), "instant");
  assertEquals(typeOf("$.webhook.hourlyRate.amount", "NEW_PROJECT"), "money");
  assertEquals(typeOf("$.webhook.items[0].unitPrice", "NEW_INVOICE"), "money");
  assertEquals(typeOf("$.webhook.items[*].quantity", "NEW_INVOICE"), "number");
  assertEquals(typeOf("$.webhook.billable", "TIMER_STOPPED"), "boolean");
  assertEquals(typeOf("$.webhook.tagIds", "TIMER_STOPPED"), "list");
  assertEquals(typeOf("$.webhook.tags[*].id", "TIMER_STOPPED"), "id");
  assertEquals(typeOf("$.webhook.project.name", "TIMER_STOPPED"), "text");
  assertEquals(typeOf("$.delivery.receivedAt", "custom:shop"), "instant");
  // NEW_TASK calls its estimate so too: they agree. A source's own body does not count.
  assertEquals(typeOf("$.webhook.duration", "NEW_TASK", "NEW_PROJECT"), "duration");
  assertEquals(typeOf("$.webhook.timeInterval.duration", "TIMER_STOPPED", "custom:shop"), "duration");
  for (
    const path of ["$.webhook.nothing", "$..duration", "$.webhook", "$.installation.workspaceId", "$.webhook.__proto__"]
  ) {
    assertEquals(typeOf(path, "TIMER_STOPPED"), undefined, path);
  }
  for (const event of EVENTS.keys()) {
    assertNotStrictEquals(typeOf("$.webhook.timeInterval.duration", event), "text", event);
  }
});

Deno.test("parseFlow() refuses a duration that it cannot read, and takes the natural writings", () => {
  const field = "$.webhook.timeInterval.duration";
  for (const value of ["8 h", "8h", "8:00", "08:00", "480 min", "PT8H", "8 hours"]) {
    assertEquals(faultsOf(flow({ field, operator: ">", value })), [], value);
    const condition = compileCondition(flow({ field, operator: ">", value }));
    const holds = (duration: unknown) =>
      matches(condition, buildScope({ body: { timeInterval: { duration } }, results: [] }));
    assertEquals(["PT25M", "PT8H", "PT8H1M", null].map(holds), [false, false, true, false], value);
  }
  for (const value of [8, "8", "eight hours", ""]) {
    const faults = faultsOf(flow({ field, operator: ">", value }));
    assertEquals(faults.map(({ path }) => path), ["conditions.rules[0].value"], String(value));
  }
});

Deno.test("parseFlow() lets a stored flow that is off keep a value that is not read, and no other", () => {
  const rule = { field: "$.webhook.timeInterval.duration", operator: ">", value: "8" };
  const stored = { ...flow(rule), enabled: true, ordered: false, actions: [] };
  assertEquals(faultsOf(flow(rule, { enabled: false, name: "G" }), { stored }), []);
  assertEquals(faultsOf(flow(rule, { name: "G" }), { stored }).length, 1);
  assertEquals(faultsOf(flow(rule, { enabled: false })).length, 1);
  assertEquals(faultsOf(flow({ ...rule, value: "9" }, { enabled: false }), { stored }).length, 1);
});
