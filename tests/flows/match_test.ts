/** Tests of src/flows/triggers/match.ts: the work of all flows of an event is bounded, each has its share, and none takes another's. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseCondition } from "../../src/engine/condition_shape.ts";
import type { EntityQuery } from "../../src/engine/entity_lookup.ts";
import { buildScope } from "../../src/engine/scope.ts";
import { createWorkBudget, WORK } from "../../src/engine/work_budget.ts";
import type { LoadedFlow } from "../../src/flows/triggers/flow_cache.ts";
import { leftOutReason, matchFlows } from "../../src/flows/triggers/match.ts";

/** 0.3 MB. */
const items = Array.from({ length: 5_000 }, (_, i) => ({ id: `t${i}`, name: `item ${i}`, on: true, n: [i] }));
const scope = buildScope({ body: { id: "e1", items }, results: [] });

function flow(id: number, rules: unknown[]): LoadedFlow {
  const { condition } = parseCondition({ any: rules }, "conditions");
  return {
    id,
    version: 1,
    ordered: false,
    name: `Flow ${id}`,
    planId: id,
    gates: {},
    writes: false,
    plan: {} as LoadedFlow["plan"],
    condition: condition!,
  };
}

const find = () => Promise.reject(new Error("nothing is looked up"));
const cheap = (id: number) => flow(id, [{ field: "id", operator: "==", value: "e1" }]);
/** Each of its 200 rules walks the whole event. */
const costly = (id: number) =>
  flow(id, Array.from({ length: 200 }, (_, n) => ({ field: `$.webhook..x${id}_${n}`, operator: "exists" })));

Deno.test("a flow whose rules take too much work is left out by name and rule, and those around it are decided", async () => {
  const { matched, leftOut } = await matchFlows([cheap(1), costly(2), cheap(3), costly(4), cheap(5)], scope, { find });
  assertEquals(matched.map(({ id }) => id), [1, 3, 5]);
  assertEquals(leftOut.map(({ id, why }) => [id, why]), [[2, "too_costly"], [4, "too_costly"]]);
  const reason = leftOutReason(leftOut);
  assertMatch(
    reason,
    /^flow_too_costly: "Flow 2", "Flow 4"\. Cannot evaluate conditions\.any\[\d+\] \("\$\.webhook\.\.x2_\d+"\): /,
  );
  assertMatch(
    reason,
    /it takes more than the \d+ steps of work that this flow may take: name fields without wildcards/,
  );
});

Deno.test("of many costly flows each has a share: together they end within the event's work, and cheap ones still match", async () => {
  const flows = Array.from({ length: 60 }, (_, id) => (id % 2 ? costly(id) : cheap(id)));
  let turns = 0;
  const timer = setInterval(() => void turns++);
  const work = createWorkBudget(WORK.event, "the flows of an event");
  const { matched, leftOut } = await matchFlows(flows, scope, { find, work });
  clearInterval(timer);
  const spent = WORK.event - work.left;
  assertEquals(matched.length, 30);
  assertEquals(leftOut.length, 30);
  assert(spent <= WORK.event, `${spent} steps`);
  assert(turns >= spent / (2 * WORK.flow) - 1, `${turns} turns of the event loop within ${spent} steps`);
});

Deno.test("flows that look something up are decided after one read of it all, and only where their other rules leave it open", async () => {
  const named = (name: string) => ({ field: "id", operator: "==", value: `{{ cache.tag("${name}").id }}` });
  const all = (id: number, rules: unknown[]) => ({
    ...flow(id, []),
    condition: parseCondition({ all: rules }, "conditions").condition!,
  });
  const flows = [
    flow(1, [named("this")]),
    flow(2, [named("other")]),
    // Decided by the rule before it.
    all(3, [{ field: "id", operator: "==", value: "e2" }, named("unasked")]),
    flow(4, [{ ...named("none"), operator: "!=" }]),
    flow(5, [{ field: "id", operator: "in", value: ["e7", '{{ cache.tag("this").id }}'] }]),
    flow(6, [named("twice")]),
    cheap(7),
    all(8, Array.from({ length: 51 }, (_, n) => named(`t${n}`))),
    // 200 of an event: the first four of these have room beside the four names above.
    ...Array.from({ length: 5 }, (_, f) => flow(10 + f, Array.from({ length: 49 }, (_, n) => named(`f${f} ${n}`)))),
  ];
  const asked: EntityQuery[][] = [];
  const { matched, leftOut } = await matchFlows(flows, buildScope({ body: { id: "e1" }, results: [] }), {
    find: (queries) => {
      asked.push([...queries]);
      return Promise.resolve(queries.map(({ key }) => {
        if (key === "none" || key === "twice") return { matches: key === "none" ? 0 : 2 };
        return { entity: { id: key === "this" ? "e1" : `id of ${key}`, name: key, archived: false } };
      }));
    },
  });
  assertEquals(matched.map(({ id }) => id), [1, 5, 7]);
  assertEquals(asked.map((queries) => queries.length), [4 + 4 * 49]);
  assertEquals(leftOut.map(({ id, why }) => [id, why]), [
    [4, "lookup_failed"],
    [6, "lookup_failed"],
    [8, "lookup_failed"],
    [14, "too_costly"],
  ]);
  assertMatch(
    leftOutReason(leftOut),
    /^flow_too_costly: "Flow 14"\. .+ at most 200 entities; flow_lookup_failed: "Flow 4", "Flow 6", "Flow 8"\. Cannot resolve conditions\.any\[0\]\.value: cache\.tag\("none"\) is not there/,
  );
});

Deno.test("flows that ask for the same path have it walked once", async () => {
  const same = (id: number) => flow(id, [{ field: "$.webhook..zz", operator: "exists" }]);
  const { matched, leftOut } = await matchFlows(Array.from({ length: 500 }, (_, id) => same(id)), scope, {
    find,
  });
  assertEquals([matched.length, leftOut.length], [0, 0]);
});
