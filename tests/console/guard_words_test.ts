/** What the pages of the guard make of a policy, of choices, and of the JSON of a request. */

import { assertEquals } from "@std/assert";
import type { GuardPolicy, Outcome } from "../../src/console/features/settings/guard_api.ts";
import {
  changedRules,
  changeOf,
  NO_CHOICES,
  ruleText,
  shortPath,
} from "../../src/console/features/settings/guard_words.ts";
import { queryFields, requestLine, type ShownCall, shownOf } from "../../src/console/features/settings/shown.ts";

const rule = (outcome: Outcome) => ({ outcome, is_default: false });
const POLICY = {
  version: 3,
  grades: [
    { grade: "business", by_hand: rule("preview"), flows: rule("allow") },
    { grade: "destructive", by_hand: rule("second_person"), flows: rule("preview") },
  ],
} as GuardPolicy;

Deno.test("changedRules() names what differs from the policy alone, so a choice that is stored by now is none", () => {
  const choices = {
    by_hand: { business: "preview", destructive: "allow" },
    flows: { destructive: "deny" },
  } as const;
  const rules = changedRules(POLICY, choices);
  assertEquals(rules.map(ruleText), [
    "Destructive, by hand: Allowed instead of a second person",
    "Destructive, in flows: Denied instead of shown first",
  ]);
  assertEquals(changeOf(rules), { by_hand: { destructive: "allow" }, flows: { destructive: "deny" } });
  assertEquals(changedRules(POLICY, NO_CHOICES), []);
});

Deno.test("a rule that was set goes back to the default, and one that has it already is no change", () => {
  const rules = changedRules(POLICY, { by_hand: { destructive: null }, flows: {} });
  assertEquals(rules.map(ruleText), ["Destructive, by hand: the default instead of a second person"]);
  assertEquals(changeOf(rules), { by_hand: { destructive: null } });
  const [business, destructive] = POLICY.grades;
  const isDefault = {
    ...POLICY,
    grades: [business!, { ...destructive!, by_hand: { outcome: "preview", is_default: true } }],
  };
  assertEquals(changedRules(isDefault as GuardPolicy, { by_hand: { destructive: null }, flows: {} }), []);
});

Deno.test("shownOf() reads a call, a flow and a change of the guard; of another form it is undefined", () => {
  const call = { operation_id: "deleteTag", as: "viewer", method: "DELETE", path: "/v1/tags/1", query: {}, body: null };
  const shown = shownOf({ kind: "call", shown: call }) as ShownCall;
  assertEquals([shown.as, requestLine(shown), queryFields(shown)], ["viewer", "DELETE /v1/tags/1", undefined]);
  assertEquals(requestLine({ ...shown, query: "hydrated=true" }), "DELETE /v1/tags/1?hydrated=true");
  assertEquals(queryFields({ ...shown, query: { page: 2 } }), { page: 2 });

  const action = { id: "drop", operation_id: "deleteTag", path_params: { id: "$.webhook.tagId" } };
  const steps = [{
    path: "actions[0]",
    id: "drop",
    operation: "DELETE /v1/x",
    grade: "destructive",
    reason: "It deletes",
  }];
  const flow = shownOf({ kind: "flow", shown: { flow_id: null, definition: { name: "F", actions: [action] }, steps } });
  assertEquals(flow?.kind === "flow" && [flow.flowId, flow.steps[0]!.action], [null, action]);
  const nested = shownOf({
    kind: "flow",
    shown: {
      flow_id: null,
      definition: { actions: [{ kind: "branch", cases: [{ actions: [action] }] }] },
      steps: [{ ...steps[0]!, path: "actions[0].cases[0].actions[0]" }, { ...steps[0]!, path: "constructor.name" }],
    },
  });
  assertEquals(nested?.kind === "flow" && nested.steps.map((step) => step.action), [action, undefined]);

  const left = [{ way: "by_hand", grade: "destructive", to: "allow" }];
  const change = { by_hand: { destructive: "allow" }, flows: { business: null } };
  const policy = shownOf({ kind: "policy", shown: { version: 3, change, left } } as Parameters<typeof shownOf>[0]);
  assertEquals(policy?.kind === "policy" && policy.rules.map(ruleText), [
    "Destructive, by hand: Allowed instead of a second person",
    "Business, in flows: the default",
  ]);

  for (const kind of ["call", "flow", "policy"] as const) {
    for (const other of [null, "text", [], { version: "3" }]) assertEquals(shownOf({ kind, shown: other }), undefined);
  }
});

Deno.test("shortPath() leaves out the workspace that all paths begin with, and nothing else", () => {
  assertEquals(
    shortPath("DELETE /v1/workspaces/64a687e29ae1f428e7ebe303/tags/64c777ddd3fcab07cfbb210c"),
    "DELETE …/tags/64c777ddd3fcab07cfbb210c",
  );
  assertEquals(shortPath("PUT /v1/workspaces/{workspaceId}/users/{id}"), "PUT …/users/{id}");
  assertEquals(shortPath("POST /v1/workspaces"), "POST /v1/workspaces");
  assertEquals(shortPath('Flow 7 "Drops"'), 'Flow 7 "Drops"');
});
