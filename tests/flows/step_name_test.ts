/** What people call steps: their authors' names, and what steps do whose ids say nothing. */

import { assertEquals } from "@std/assert";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { FlowDefinition } from "../../src/flows/shape/definition.ts";
import { parseFlow } from "../../src/flows/parse/parse_flow.ts";
import { stepName } from "../../src/flows/vocabulary/step_name.ts";
import { everyAction } from "../../src/flows/shape/steps.ts";
import { toStep } from "../../src/flows/parse/to_plan.ts";

function namesOf(...actions: unknown[]): string[] {
  const flow = { name: "f", trigger_event_types: ["NEW_TAG"], actions };
  const read = parseFlow(flow, { knownEvent: () => true, checkAction: () => [] }) as { flow: FlowDefinition };
  return [...everyAction(read.flow.actions)].map(({ step }) => stepName(toStep(step), builtinCatalogue()));
}

Deno.test("a step is known by the name that its author gave it, else by what it does, below other steps too", () => {
  const tag = { operation_id: "createNewTag", body: { name: "x" } };
  assertEquals(namesOf(tag, { ...tag, id: "mark" }), ["Create new tag", "mark"]);
  const rule = { field: "$.webhook.id", operator: "exists" };
  const branch = { kind: "branch", id: "size", cases: [{ if: rule, actions: [tag, { ...tag, id: "own_case" }] }] };
  assertEquals(namesOf(branch, { kind: "try", actions: [tag], on_error: [tag] }), [
    "Create new tag",
    "own_case",
    "Create new tag",
    "Create new tag",
  ]);
  assertEquals(
    namesOf(
      { type: "transform", output: 1 },
      { type: "variables", set: { a: 1, b: 2 } },
      { type: "emit_event", event: "done" },
      { type: "run_flow", flow_id: 7 },
    ),
    ["Make a value", "Set a, b", "Make the event flow:done", "Run flow 7"],
  );
});
