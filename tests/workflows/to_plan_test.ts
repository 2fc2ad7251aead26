/** Tests of workflows as plans: each type of step, how ways part and meet, and every fault at once. */

import { assert, assertEquals } from "@std/assert";
import type { Json } from "../http/door.ts";
import { type WorkflowDefinition, workflowShape } from "../../src/workflows/definition.ts";
import { faultsBesideShape, toPlan } from "../../src/workflows/to_plan.ts";

const known = {
  agent: (name: string) =>
    name === "asleep" ? "inactive" as const : name.startsWith("a") ? "active" as const : undefined,
  flowOf: (name: string) => name === "other" ? 7 : undefined,
};

function read(steps: Json, start_step = Object.keys(steps)[0]!): WorkflowDefinition {
  return workflowShape.parse({ name: "w", start_step, steps });
}

function planned(steps: Json): Json[] {
  const { plan, faults } = toPlan(read(steps), known);
  assertEquals(faults, undefined);
  const steps_ = plan!.root.steps as Json[];
  // What the last step gives is what the run gives.
  assertEquals(steps_.at(-1)!.output, `$.steps.${steps_.at(-2)!.id}.output`);
  return steps_.slice(0, -1);
}

/** The ids as they stand in the plan, lists in brackets. */
function drawn(steps: readonly Json[]): string {
  return steps.map((step) => {
    const lists = step.branches ?? step.cases?.map(({ steps }: Json) => steps).concat([step.otherwise]) ??
      (step.steps ? [step.steps] : []);
    return step.id + lists.map((list: Json[]) => `(${drawn(list)})`).join("");
  }).join(" ");
}

const agent = (next_step?: string, input_mapping: Json = {}) => ({
  type: "agent",
  agent_name: "a",
  next_step,
  input_mapping,
});

Deno.test("steps of agents go one after another; references become paths, all else stays what it is", () => {
  const steps = planned({
    "step-1": { agent_name: "a", next_step: "step-2" },
    "step-2": agent(undefined, {
      whole: "${workflow.input.order.items.0.id}",
      text: "Order ${workflow.input.id} of ${step-1.output.x[1]}",
      number: 5,
      list: [true, null, "${workflow.input.a}"],
      odd: "$.webhook.secret",
      braces: "{{not.ours}}",
    }),
  });
  assertEquals(steps.map(({ id }) => id), ["step-1", "step-2"]);
  assertEquals(steps[1]!.input, {
    agent: "a",
    data: {
      whole: "$.webhook.order.items[0].id",
      text: "Order {{$.webhook.id}} of {{$.steps.step-1.output.x[1]}}",
      number: 5,
      list: [true, null, "$.webhook.a"],
      odd: "$$.webhook.secret",
      braces: "\\{{not.ours}}",
    },
  });
});

Deno.test("the ways of a conditional meet again where they lead to the same step", () => {
  const steps = {
    check: { type: "conditional", condition: "workflow.input.n > 1", if_true_step: "yes", if_false_step: "no" },
    yes: agent("more"),
    more: agent("end"),
    no: agent("end"),
    end: agent(),
  };
  assertEquals(drawn(planned(steps)), "check__test check__branch(yes more)(no) check end");
  const alone = {
    ...steps,
    check: { ...steps.check, if_false_step: undefined, next_step: "end" },
    yes: agent(),
    more: undefined,
    no: undefined,
  };
  assertEquals(drawn(planned(JSON.parse(JSON.stringify(alone)))), "check__test check__branch(yes)() check end");
});

Deno.test("parallel, loop, fork_join, sub_workflow, wait_for_event and validate", () => {
  const steps = planned({
    both: { type: "parallel", parallel_steps: ["one", "two"], max_parallelism: 1, next_step: "each" },
    one: agent("each"),
    two: agent(),
    each: {
      type: "loop",
      loop_config: {
        collection: "${workflow.input.list}",
        loop_body: ["b1", "b2"],
        execution_mode: "parallel",
        max_parallelism: 3,
        max_iterations: 9,
        on_error: "collect",
      },
      next_step: "fork",
    },
    b1: agent("b2"),
    b2: agent(undefined, { item: "${loop.item.id}", at: "${loop.index}" }),
    fork: {
      type: "fork_join",
      fork_join_config: {
        branches: { left: { steps: ["l"], timeout_seconds: 5 }, right: { steps: ["r1", "r2"] } },
        join_policy: "n_of_m",
        n_required: 1,
      },
      next_step: "sub",
    },
    l: agent(),
    r1: agent(),
    r2: agent(),
    sub: { type: "sub_workflow", workflow_name: "other", input_mapping: { a: 1 }, next_step: "wait" },
    wait: {
      type: "wait_for_event",
      event_type: "paid",
      match: { "order.id": "${workflow.input.id}" },
      timeout_seconds: 60,
      next_step: "valid",
    },
    valid: { type: "validate", input: "${sub.output.output}", schema: { type: "object" } },
  });
  assertEquals(
    drawn(steps),
    "both__all(one)(two) both each__each(b1 b2) each fork__fork(l)(r1 r2) fork sub wait valid",
  );
  const by = Object.fromEntries(steps.map((step) => [step.id, step]));
  assertEquals([by.both__all.atOnce, by.both__all.join], [1, "all"]);
  assertEquals([by.each__each.maxItems, by.each__each.atOnce, by.each__each.onError], [9, 3, "collect"]);
  assertEquals(by.each__each.steps[1].input.data, { item: "$.loop.item.id", at: "$.loop.index" });
  assertEquals([by.fork__fork.join, by.fork__fork.timeLimitsMs], [{ atLeast: 1 }, [5_000, null]]);
  assertEquals(by.fork.input.output, { left: "$.steps.l.output", right: "$.steps.r2.output" });
  assertEquals(by.sub.input, { flow_id: 7, input: { a: 1 }, wait: true });
  assertEquals([by.wait.event.types, by.wait.deadline], [["flow:paid"], "PT60S"]);
});

Deno.test("every fault at once, each with its place", () => {
  const { faults } = toPlan(
    read({
      a: { type: "agent", agent_name: "none", next_step: "invoise" },
      invoice: { ...agent(), id: "c" },
      c: { type: "agent", agent_name: "asleep", next_step: "c" },
      d: { type: "conditional", condition: "1" },
      e: { type: "sub_workflow", workflow_name: "gone" },
    }),
    known,
  );
  assertEquals(faults!.map(({ path }) => path).sort(), [
    "steps.a.agent_name",
    "steps.a.next_step",
    "steps.c",
    "steps.c",
    "steps.c.agent_name",
    "steps.d",
    "steps.d.if_true_step",
    "steps.e",
    "steps.e.workflow_name",
    "steps.invoice",
    "steps.invoice.id",
  ]);
  assert(faults!.some(({ message }) => /did you mean "invoice"/.test(message)));
  const { faults: more } = toPlan(
    read({
      a: agent("b", { x: "${gone.output.y}", y: "${workflow.other}", z: "${workflow.input.*}" }),
      b: { type: "conditional", condition: "1 ==", if_true_step: "c", next_step: "d" },
      c: agent("d"),
      d: { type: "loop", loop_config: { collection: "text", loop_body: ["e"] } },
      e: agent("f"),
      f: agent(),
    }),
    known,
  );
  assertEquals(more!.map(({ path }) => path), [
    "steps.a.input_mapping",
    "steps.a.input_mapping",
    "steps.a.input_mapping",
    "steps.b.condition",
    "steps.d.loop_config.collection",
    "steps.d.loop_config.loop_body[0]",
  ]);
});

Deno.test("a loop's names count within it alone, and an output of another step where that has ended on the way to it", () => {
  const steps = (named: Record<string, string>): Json => {
    const step = (id: string, next_step?: string) => agent(next_step, named[id] ? { x: `\${${named[id]}}` } : {});
    return {
      first: step("first", "way"),
      way: {
        type: "conditional",
        condition: named.way ? `${named.way} == 1` : "true",
        if_true_step: "yes",
        if_false_step: "no",
        next_step: "each",
      },
      yes: step("yes"),
      no: step("no"),
      each: {
        type: "loop",
        loop_config: { collection: `\${${named.each ?? "workflow.input.list"}}`, loop_body: ["inner", "both"] },
        next_step: "last",
      },
      inner: { type: "loop", loop_config: { collection: `\${${named.inner ?? "loop.item"}}`, loop_body: ["deep"] } },
      deep: step("deep"),
      both: { type: "parallel", parallel_steps: ["left", "right"] },
      left: step("left"),
      right: step("right"),
      last: step("last"),
    };
  };
  const faultsOf = (named: Record<string, string>) =>
    toPlan(read(steps(named)), known).faults?.map(({ path, message }) => `${path}: ${message}`);
  const allowed: Record<string, string>[] = [
    { no: "first.output", last: "yes.output" },
    { each: "way.output", deep: "loop.item", left: "loop.index" },
    { deep: "no.output", right: "inner.output", last: "each.output" },
  ];
  for (const named of allowed) assertEquals(faultsOf(named), undefined, JSON.stringify(named));
  const refused: Record<string, string>[] = [
    { first: "loop.item" },
    { way: "loop.index" },
    { each: "loop.item" },
    { last: "loop.total" },
    { first: "last.output" },
    { first: "first.output" },
    { yes: "way.output" },
    { no: "yes.output" },
    { inner: "left.output" },
    { left: "right.output" },
    { left: "deep.output" },
    { last: "deep.output" },
    { deep: "each.output" },
  ];
  for (const named of refused) {
    const [[id, name]] = Object.entries(named) as [[string, string]];
    const part = id === "way"
      ? "condition"
      : ["each", "inner"].includes(id)
      ? "loop_config.collection"
      : "input_mapping";
    const why = name.startsWith("loop")
      ? `"\${${name}}" is known within a loop alone, and this step is in none`
      : `names the output of "${name.split(".")[0]}", which is never there when "${id}" begins: ` +
        (name.startsWith(id)
          ? "it is the same step"
          : "that step comes later, beside it, or within a loop that it is not in");
    assertEquals(faultsOf(named), [`steps.${id}.${part}: ${why}`], JSON.stringify(named));
  }
});

Deno.test("1,000 steps in a chain, and a step that two ways come to without meeting", () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`s${index}`, agent(index < 999 ? `s${index + 1}` : undefined)]),
  );
  assertEquals(planned(many).length, 1_000);
  const { faults } = toPlan(
    read({
      p: { type: "parallel", parallel_steps: ["a", "b", "c"] },
      a: agent("x"),
      b: agent("x"),
      c: agent(),
      x: agent(),
    }),
    known,
  );
  assertEquals(faults!.map(({ path }) => path), ["steps.x"]);
});

Deno.test("conditions and references are checked beside what is wrong with the graph", () => {
  const { faults } = toPlan(
    read({
      a: agent("b", { q: "${gone.output.x}" }),
      b: { type: "conditional", condition: "${a.output >", if_true_step: "a" },
      c: { type: "loop", loop_config: { collection: "none", loop_body: ["missing"] } },
    }),
    known,
  );
  assertEquals(faults!.map(({ path }) => path), [
    "steps.c.loop_config.loop_body[0]",
    "steps.a",
    "steps.c",
    "steps.a.input_mapping",
    "steps.b.condition",
    "steps.c.loop_config.collection",
  ]);
});

Deno.test("an unknown agent hides no ways that do not meet; a schema of a step is read when it is saved", () => {
  const { faults } = toPlan(
    read({
      p: { type: "parallel", parallel_steps: ["a", "b", "c"] },
      a: { ...agent("x"), agent_name: "none" },
      b: agent("x"),
      c: { type: "validate", input: "${workflow.input}", schema: { pattern: "(a+)+$" } },
      x: agent(),
    }),
    known,
  );
  assertEquals(faults!.map(({ path }) => path), ["steps.a.agent_name", "steps.c.schema.pattern", "steps.x"]);
});

Deno.test("of a definition whose parts have not their shape all else is checked, by what can be read", () => {
  const steps = {
    a: { type: "agent", agent_name: 5, next_step: "b", input_mapping: { x: "${gone.output}" } },
    b: { type: "loop", loop_config: { collection: "none", loop_body: ["c"], max_iterations: 0 }, next_step: "d" },
    c: { agent_name: "none", more: 1 },
    d: { type: "conditional", condition: { expression: "1 ==" }, if_true_step: "e", if_false_step: "f" },
    e: { type: "nothing", next_step: "a" },
    f: { type: "fork_join", fork_join_config: { branches: { one: { steps: ["g"], timeout_seconds: "5" } } } },
    g: { type: "parallel", parallel_steps: ["h"] },
    h: { type: "sub_workflow", workflow_name: "gone", next_step: "j" },
    i: 5,
  };
  assertEquals(faultsBesideShape({ start_step: "a", steps }, known).map(({ path }) => path), [
    "steps.h.next_step",
    "steps.a",
    "steps.i",
    "steps.a.input_mapping",
    "steps.b.loop_config.collection",
    "steps.c.agent_name",
    "steps.d.condition",
    "steps.f.fork_join_config.branches",
    "steps.h.workflow_name",
  ]);
  for (const given of [{}, { start_step: 5, steps: { a: null } }, { start_step: "a", steps: [] }, { steps: "x" }]) {
    assert(faultsBesideShape(given, known).every(({ path }) => path === "steps"), JSON.stringify(given));
  }
});
