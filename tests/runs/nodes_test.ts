/** Tests of what became of each step of a run, of every kind, as /ui/runs/{id}/nodes and /items answer it. */

import { assert, assertEquals } from "@std/assert";
import type { World } from "../support/world.ts";
import { eventually } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../http/door.ts";

let world: World;
let admin: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
});

const door = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });

const ITEMS = ["a", "b", "c", "d"];
const FLOW = {
  name: "All kinds",
  enabled: true,
  trigger_event_types: ["NEW_TAG"],
  triggers: { api: true },
  actions: [
    {
      kind: "branch",
      id: "check",
      cases: [
        { name: "Other", if: { field: "$.webhook.name", operator: "==", value: "other" }, actions: [value("never")] },
      ],
      otherwise: [value("chosen")],
    },
    {
      kind: "loop",
      id: "each",
      over: ITEMS,
      on_error: "continue",
      actions: [
        {
          kind: "branch",
          id: "bad",
          cases: [{ if: { field: "$.loop.index", operator: "==", value: 2 }, actions: [fail()] }],
        },
        value("made"),
      ],
    },
    { kind: "wait", id: "pause", for: "2 d" },
  ],
};

Deno.test("a branch says which list was chosen, a loop counts its items, those that failed come first, and a wait says until when", async () => {
  const made = await door("/flows", { body: FLOW });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const started = await door(`/flows/${made.body.id}/run`, { body: { input: { name: "x" } } });
  assertEquals(started.status, 202, JSON.stringify(started.body));
  const runId = started.body.run_id;
  const steps = await eventually(async () => {
    const { status, body } = await door(`/runs/${runId}/nodes`);
    assertEquals(status, 200, JSON.stringify(body));
    return body.steps[2].state === "running" && body.steps as Json[];
  });
  const [check, each, pause] = steps as Json[];
  assertEquals([check.state, check.taken, check.lists.map(({ name }: Json) => name)], ["completed", 1, [
    "Other",
    null,
  ]]);
  assertEquals(check.lists.map((list: Json) => list.steps[0].state), ["not_started", "completed"]);
  assertEquals(each.items, { total: 4, begun: 4, failed: 1, open: 0 });
  const span = Date.parse(pause.until) - Date.now();
  assert(span > 47 * 3_600_000 && span < 49 * 3_600_000, pause.until);

  const page = await door(`/runs/${runId}/items?loop=${encodeURIComponent(each.path)}&limit=3`);
  assertEquals(page.body.items.map(({ item, state }: Json) => [item, state]), [
    [2, "failed"],
    [0, "completed"],
    [1, "completed"],
  ]);
  assert(page.body.has_more && page.body.items[0].error.code !== "", JSON.stringify(page.body.items[0]));
  const inner = await door(`/runs/${runId}/nodes?below=${encodeURIComponent(`${each.path}#2`)}`);
  assertEquals(inner.body.steps.map(({ id, taken, state }: Json) => [id, taken, state]), [
    ["bad", 0, "failed"],
    ["made", null, "not_started"],
  ]);
  assertProblem(await door(`/runs/${runId}/nodes?below=root%2Fnone%231`), 400, "REQUEST_INVALID");
  assertProblem(await door(`/runs/${runId}/items?loop=root%2Fcheck`), 400, "REQUEST_INVALID");
});

function value(id: string) {
  return { id, type: "transform", output: { id } };
}

function fail() {
  return {
    id: "stop",
    type: "clockify",
    operation_id: "getTag",
    path_params: { id: "f".repeat(24) },
    retry: { max_attempts: 1 },
  };
}
