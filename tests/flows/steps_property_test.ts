/** Properties of flows with nested steps: any JSON is read without an error, and what is read stays the same when it is read again. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Plan } from "../../src/engine/plan.ts";
import { parsePath, stepPath } from "../../src/engine/step_path.ts";
import { draftFaults } from "../../src/flows/store/draft_shape.ts";
import { parseFlow, type ParseFlowDeps } from "../../src/flows/parse/parse_flow.ts";
import { hideFlowSecrets, keepFlowSecrets } from "../../src/flows/secrets.ts";
import { ACTION_WORDS, STEP_WORDS } from "../../src/flows/vocabulary/step_words.ts";
import { everyStep, mapActions, stepKind } from "../../src/flows/shape/steps.ts";
import { toPlan } from "../../src/flows/parse/to_plan.ts";

const deps: ParseFlowDeps = {
  knownEvent: (type) => /^[A-Z_]+$/.test(type),
  checkAction: () => [],
  genericHttp: true,
};
const flowOf = (actions: unknown) => ({ name: "f", trigger_event_types: ["NEW_TIME_ENTRY"], actions });

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("$.webhook.id", "{{ x", "$.steps.a.output", "$.loop.item", "1 h", "[redacted]", "2026-12-01"),
);
const right = <Value>(...values: Value[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constantFrom<unknown>(...values) }, { weight: 1, arbitrary: value });
const rule = { field: "$.webhook.billable", operator: "==", value: true };
const condition = right<unknown>(rule, { all: [rule] });
const span = right("1 h", "PT5M");

/** Steps that are mostly right, and then have one thing that is not. */
const { steps } = fc.letrec<{ step: unknown; steps: unknown[] }>((tie) => {
  const list = fc.oneof({ weight: 12, arbitrary: tie("steps") }, { weight: 1, arbitrary: value });
  const one = (fields: Record<string, unknown>, shape: Record<string, fc.Arbitrary<unknown>> = {}) => {
    const id = fc.uuid().map((text) => text.slice(0, 8));
    const made = fc.record({ id, ...shape }, { requiredKeys: Object.keys(shape) as "id"[] }).map((more) => ({
      ...fields,
      ...more,
    }));
    const odd = fc.tuple(made, fc.constantFrom("name", "odd", "id", "kind"), value).map(([step, key, value]) => ({
      ...step,
      [key]: value,
    }));
    return fc.oneof({ weight: 12, arbitrary: made }, { weight: 1, arbitrary: odd });
  };
  const some = fc.array(tie("step"), { minLength: 1, maxLength: 2 });
  const cases = (shape: Record<string, fc.Arbitrary<unknown>>) =>
    fc.array(fc.record({ ...shape, actions: list }), { minLength: 1, maxLength: 2 });
  return {
    steps: fc.array(tie("step"), { maxLength: 2 }),
    step: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      one({ operation_id: "createTag" }, { body: right({ name: "$.webhook.id" }) }),
      one({ type: "http", url: "https://a.example/" }, { headers: right({ Authorization: "Bearer x" }, {}) }),
      one({ type: "variables" }, { set: right({ a: 1 }) }),
      one({ type: "transform" }, { output: right<unknown>("{{ upper($.webhook.id) }}", [1]) }),
      one({ kind: "wait" }, { for: span }),
      one({ kind: "wait", event: { event_types: ["NEW_TAG"] } }, { deadline: span, expired: list }),
      one({ kind: "branch" }, { cases: cases({ if: condition }), otherwise: list }),
      one({ kind: "branch", on: "$.webhook.type" }, { cases: cases({ equals: right(["A"], ["B"]) }) }),
      one({ kind: "parallel" }, {
        branches: fc.array(fc.record({ actions: some }), { minLength: 2, maxLength: 3 }),
        join: right<unknown>("all", "any", { at_least: 1 }),
      }),
      one({ kind: "loop" }, { over: right("$.webhook.tags"), actions: some }),
      one({ kind: "loop" }, { while: condition, actions: some }),
      one({ kind: "approval", roles: ["OWNER"] }, {
        ask: list,
        remind: fc.record({ after: span, actions: some }),
        rejected: list,
      }),
      one({ kind: "try" }, { actions: some, on_error: list, finally: list }),
      one({ kind: "lop" }),
      value,
    ),
  };
});

/** Paths of all steps of the plan; of a loop those of its first item. */
function pathsOf(plan: Plan): string[] {
  const paths: string[] = [];
  const walk = (step: Record<string, unknown>, parent: string) => {
    const path = stepPath({ id: String(step.id) }, parent);
    paths.push(path);
    const below = (list: unknown, item?: number) => {
      const at = item === undefined ? path : stepPath({ id: String(step.id), item }, parent);
      for (const each of Array.isArray(list) ? list : []) walk(each, at);
    };
    if (step.kind === "sequence") return below(step.steps);
    const lists = [
      ...(step.cases as { steps: unknown }[] ?? []).map(({ steps }) => steps),
      ...(step.branches as unknown[] ?? []),
      step.otherwise,
      step.steps,
      step.onError,
      step.finally,
      step.expired,
      step.approved,
      step.rejected,
      step.ask,
      (step.remind as { steps: unknown } | undefined)?.steps,
    ];
    lists.forEach((list, index) => below(list, index));
  };
  walk(plan.root as unknown as Record<string, unknown>, "");
  return paths;
}

Deno.test("any steps are read or refused; what is read is read as the same again, and makes a plan with fair paths", () => {
  let read = 0;
  fc.assert(
    fc.property(steps, (actions) => {
      const input = flowOf(actions);
      const result = parseFlow(input, deps);
      // Drafts and stored secrets go over the same trees.
      draftFaults(input);
      keepFlowSecrets(input, input);
      const placed: unknown[] = [];
      const same = mapActions(actions, (step, where) => {
        placed.push({ step, ...where });
        return step;
      });
      assertEquals(same, actions);
      assertEquals(placed, [...everyStep(actions)].filter(({ step }) => stepKind(step) === "action"));
      if (!result.ok) return assert(result.faults.every(({ message }) => message.length > 0));
      if ([...everyStep(result.flow.actions)].some(({ step }) => "kind" in step)) read++;
      const stored = JSON.parse(JSON.stringify(result.flow));
      const again = parseFlow(stored, deps);
      assert(again.ok, JSON.stringify(again));
      assertEquals(JSON.parse(JSON.stringify(again.flow)), stored);
      assertEquals(again.warnings, result.warnings);
      hideFlowSecrets(result.flow);
      const paths = pathsOf(toPlan(result.flow));
      assert(paths.every((path) => parsePath(path)), paths.join());
      assertEquals(paths.length, 1 + [...everyStep(result.flow.actions)].length);
    }),
    { numRuns: 500 },
  );
  assert(read > 15, `${read} flows with steps of other kinds were read`);
});

Deno.test("each kind's example is read, and makes a plan", () => {
  for (const { example } of [...STEP_WORDS, ...ACTION_WORDS]) {
    const result = parseFlow(flowOf([example]), deps);
    assert(result.ok, JSON.stringify([example, result]));
    assertEquals(toPlan(result.flow).root.steps.length, 1);
  }
});
