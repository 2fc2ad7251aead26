/** Where a definition names operations, entities, secrets, sources and flows: places in every kind of step. */

import { assertEquals } from "@std/assert";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { MAX_PLACES, usesOf, type Wanted } from "../../src/flows/analysis/where_used.ts";

const TAG = "64c777ddd3fcab07cfbb210c";
const FLOW = {
  name: "Marks",
  trigger_event_types: ["custom:shop/paid", "custom:shop", "custom:shopping", "TIMER_STOPPED"],
  conditions: { all: [{ field: "tags[*].id", operator: "contains", value: TAG }] },
  actions: [
    { id: "find", operation_id: "findOrCreateTag", body: { name: "long" } },
    {
      kind: "branch",
      id: "size",
      cases: [{
        if: null,
        actions: [
          { operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" }, body: { tagIds: { $add: [TAG] } } },
          {
            operation_id: "updateTimeEntry",
            replace: true,
            path_params: { id: "x" },
            body: { description: `was ${TAG}.` },
          },
        ],
      }],
      otherwise: [{ type: "run_flow", flow_id: 7, wait: true }],
    },
    { kind: "wait", event: { event_types: ["NEW_TAG", "custom:shop/refund"] } },
    {
      type: "http",
      url: "https://shop.example/hook?x=1",
      headers: { Authorization: "[redacted]", "X-Id": `${TAG}0` },
      body: { nested: { api_key: "[redacted]" } },
    },
  ],
};

const uses = (kind: Wanted["kind"], value: string) =>
  usesOf(FLOW, { kind, value }, { catalogue: builtinCatalogue() }).map(({ path, words }) => `${path}: ${words}`);

Deno.test("operations by every name of theirs, and those that a step calls beside the one that it names", () => {
  const update = [
    "actions[1].cases[0].actions[0].operation_id: calls it",
    "actions[1].cases[0].actions[1].operation_id: calls it",
  ];
  assertEquals(uses("operation", "updateTimeEntry"), update);
  assertEquals(uses("operation", "PUT /v1/workspaces/{workspaceId}/time-entries/{id}"), update);
  assertEquals(uses("operation", "getTimeEntry"), [
    "actions[1].cases[0].actions[0].operation_id: calls it to read before it writes",
  ]);
  assertEquals(uses("operation", "getTags"), ["actions[0].operation_id: calls it to look for what there is"]);
  assertEquals(uses("operation", "createNewTag"), ["actions[0].operation_id: calls it to make what there is not"]);
  assertEquals(uses("operation", "findOrCreateTag"), ["actions[0].operation_id: calls it"]);
  assertEquals(uses("operation", "noSuchThing"), []);
});

Deno.test("entities wherever their id stands as a word", () => {
  assertEquals(
    uses("entity", TAG),
    [
      "conditions.all[0].value: compares with it",
      "actions[1].cases[0].actions[0].body.tagIds.$add[0]: names it",
      "actions[1].cases[0].actions[1].body.description: names it in a longer text",
    ].map((text) => text.replace(".$add", '["$add"]')),
  );
  const many = { actions: [{ operation_id: "x", body: { ids: Array.from({ length: 99 }, () => TAG) } }] };
  assertEquals(usesOf(many, { kind: "entity", value: TAG }, { catalogue: builtinCatalogue() }).length, MAX_PLACES);
});

Deno.test("secrets by the name of their field, sources with and without a type, and flows that others run", () => {
  assertEquals(uses("secret", "authorization"), ["actions[3].headers.Authorization: sends it to shop.example"]);
  assertEquals(uses("secret", "api_key"), ["actions[3].body.nested.api_key: sends it to shop.example"]);
  assertEquals(uses("secret", "X-Id"), []);
  assertEquals(uses("source", "shop"), [
    "trigger_event_types[0]: starts on its events",
    "trigger_event_types[1]: starts on its events",
    "actions[2].event.event_types[1]: waits for its events",
  ]);
  assertEquals(uses("flow", "7"), ["actions[1].otherwise[0].flow_id: runs it and waits for it"]);
  assertEquals(uses("flow", "70"), []);
  for (const odd of [{}, { actions: "x", trigger_event_types: 7 }, { actions: [null, { kind: 3 }] }]) {
    assertEquals(usesOf(odd, { kind: "source", value: "shop" }, { catalogue: builtinCatalogue() }), []);
    assertEquals(usesOf(odd, { kind: "secret", value: "a" }, { catalogue: builtinCatalogue() }), []);
  }
});
