/** Tests of a workflow's definition as it is edited: steps added, moved, copied, renamed and taken out, and nothing else changed. */

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  addSteps,
  duplicateStep,
  freeIds,
  listAt,
  moveStep,
  reachedIn,
  removeStep,
  standingsOf,
  type Way,
  waysOf,
} from "../../src/console/features/workflows/draft/edit.ts";
import { type Definition, type Fields, stepsOf, withValue } from "../../src/console/features/workflows/draft/fields.ts";
import { KINDS, kindsFor, newStep } from "../../src/console/features/workflows/draft/kinds.ts";
import { renameStep, STEP_ID, usesOf } from "../../src/console/features/workflows/draft/names.ts";
import { referenceAt, referenced, referencesFor } from "../../src/console/features/workflows/draft/completion.ts";
import { isJump, type OutlineList, rootOf } from "../../src/console/features/workflows/outline.ts";
import { workflowShape } from "../../src/workflows/definition.ts";
import { toPlan } from "../../src/workflows/to_plan.ts";

/** A workflow as nested lists, from which definitions are made that have no fault. */
interface Made {
  type: string;
  lists: Made[][];
}

const made = fc.letrec<{ list: Made[]; step: Made }>((tie) => ({
  list: fc.array(tie("step"), { minLength: 1, maxLength: 3, depthIdentifier: "list" }),
  step: fc.oneof(
    { maxDepth: 2, depthIdentifier: "list", withCrossShrink: true },
    fc.constantFrom("agent", "sub_workflow", "wait_for_event", "validate").map((type) => ({ type, lists: [] })),
    fc.record({
      type: fc.constantFrom("conditional", "parallel", "fork_join"),
      lists: fc.tuple(tie("list"), tie("list")).map((lists) => [...lists]),
    }),
    fc.record({ type: fc.constant("loop"), lists: fc.tuple(tie("list")).map((lists) => [...lists]) }),
  ),
})).list;

/** `links`: for each list inside, whether its last step names what comes after it, or the step around does. */
function definitionOf(list: readonly Made[], links: readonly boolean[]): Definition {
  const steps: Record<string, Fields> = {};
  let count = 0;
  const idsOf = (some: readonly Made[]) => some.map(() => `s${count++}`);
  const put = (some: readonly Made[], next: string | undefined, isChain: boolean): string[] => {
    const ids = idsOf(some);
    some.forEach((one, index) => {
      const to = ids[index + 1] ?? next;
      steps[ids[index]!] = stepOf(one, isChain ? to : undefined, isChain);
    });
    return ids;
  };
  const stepOf = ({ type, lists }: Made, next: string | undefined, isChain: boolean): Fields => {
    // Ways meet by naming the same step, or the step around names it.
    const isNamed = isChain && next !== undefined && links[count % links.length]! && type !== "loop" &&
      type !== "fork_join";
    const inner = lists.map((one) => put(one, isNamed ? next : undefined, type !== "loop" && type !== "fork_join"));
    const led = next !== undefined && !(isNamed && lists.length > 0) ? { next_step: next } : {};
    const extra = { "x-more": { kept: [count, null] } };
    switch (type) {
      case "conditional":
        return {
          type,
          condition: "${workflow.input.a} == 's1.output'",
          if_true_step: inner[0]![0],
          if_false_step: inner[1]![0],
          ...led,
          ...extra,
        };
      case "parallel":
        return { type, parallel_steps: inner.map(([first]) => first), ...led, ...extra };
      case "fork_join": {
        const branches = { a: { steps: inner[0] }, b: { steps: inner[1], timeout_seconds: 5 } };
        return { type, fork_join_config: { branches }, ...led, ...extra };
      }
      case "loop":
        return { type, loop_config: { collection: "${workflow.input.list}", loop_body: inner[0] }, ...led, ...extra };
      case "sub_workflow":
        return { type, workflow_name: "w", ...led, ...extra };
      case "wait_for_event":
        return { type, event_type: "ready", ...led, ...extra };
      case "validate":
        return { type, input: "${workflow.input}", schema: { type: "object" }, ...led, ...extra };
      default:
        return { type, agent_name: "a", input_mapping: { text: ["${workflow.input.a}", 7] }, ...led, ...extra };
    }
  };
  const [start_step] = put(list, undefined, true);
  return { "x-top": { any: true }, start_step, steps, input_schema: null };
}

const definition = fc.record({ list: made, links: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }) })
  .map(({ list, links }) => definitionOf(list, links));

/** The server's faults, but for those of fields that it does not know and of lists that are empty. */
function faultsOf(given: Definition): string[] {
  const steps = Object.fromEntries(
    Object.entries(stepsOf(given)).map(([id, step]) => {
      const { "x-more": _, ...rest } = step as Fields;
      return [id, rest];
    }),
  );
  const parsed = workflowShape.safeParse({ name: "n", start_step: given.start_step, steps });
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const known = { agent: () => "active" as const, flowOf: () => 1 };
  return (toPlan(parsed.data, known).faults ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const isOfEmpty = (fault: string) =>
  /Too small|or if_false_step is needed|parallel_steps|start_step|names 0 steps|has 0 steps|nested more than|Too big/
    .test(fault);

/** Ids nested as the lists are. */
function shapeOf({ steps }: OutlineList): unknown[] {
  return steps.map((one) => isJump(one) ? `>${one.jumpsTo}` : [one.id, ...one.lists.map(shapeOf)]);
}

const NUM_RUNS = 100;

Deno.test("a made definition has no fault for the server, and the outline draws each of its steps once", () => {
  fc.assert(
    fc.property(definition, (given) => {
      assertEquals(faultsOf(given), []);
      assertEquals([...standingsOf(given).keys()].toSorted(), Object.keys(stepsOf(given)).toSorted());
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("withValue() changes the one value, and everything else is equal, whatever JSON a definition is", () => {
  const path = fc.array(fc.oneof(fc.string(), fc.constantFrom("steps", "a", "__proto__", "constructor")), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), path, fc.jsonValue(), (given, path, value) => {
      const text = JSON.stringify(given);
      const next = withValue(given, path, value) as Fields;
      assertEquals(JSON.stringify(given), text);
      const at = (of: unknown) =>
        path.reduce<unknown>((found, key) => Object.entries(found as Fields).find(([name]) => name === key)?.[1], of);
      assertEquals(JSON.stringify(at(next)), JSON.stringify(value));
      // Where there was a value at the place, it put back is all that there was, in its order.
      let was: unknown = given;
      for (const key of path) {
        if (typeof was !== "object" || was === null || Array.isArray(was) || !Object.hasOwn(was, key)) return;
        was = (was as Fields)[key];
      }
      assertEquals(JSON.stringify(withValue(next, path, was)), text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("one field of one step changed leaves every other part of any definition as it is", () => {
  fc.assert(
    fc.property(definition, fc.nat(), fc.jsonValue(), (given, pick, value) => {
      const ids = Object.keys(stepsOf(given));
      const id = ids[pick % ids.length]!;
      const next = withValue(given, ["steps", id, "description"], value);
      const { description, ...rest } = stepsOf(next)[id] as Fields;
      assertEquals(description, value);
      assertEquals(rest, stepsOf(given)[id]);
      assertEquals(withValue(next, ["steps", id], stepsOf(given)[id]), given);
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("a step that is added stands at its spot, and taken out again all is as before", () => {
  fc.assert(
    fc.property(definition, fc.nat(), fc.nat(), fc.constantFrom(...KINDS), (given, pick, place, { type }) => {
      const lists = [rootOf(given), ...[...standingsOf(given).values()].flatMap(({ step }) => step.lists)];
      const list = lists[pick % lists.length]!;
      const index = place % (list.steps.length + 1);
      const { step, others } = newStep(type, { agent: "a", freeId: freeIds(given) });
      const next = addSteps(given, { list: list.path, index, steps: { new: step, ...others } });
      const names = (of: OutlineList["steps"]) => of.map((one) => isJump(one) ? `>${one.jumpsTo}` : one.id);
      assertEquals(names(listAt(next, list.path)!.steps), names(list.steps).toSpliced(index, 0, "new"));
      assertEquals(reachedIn(next).size, Object.keys(stepsOf(next)).length);
      const { definition: back, removed } = removeStep(next, "new");
      assertEquals(back, given);
      assertEquals(removed, ["new", ...Object.keys(others)]);
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("a lane whose only step is taken out is no lane, and what came after all lanes stays", () => {
  const given = {
    start_step: "both",
    steps: {
      both: { type: "parallel", parallel_steps: ["one", "two"] },
      one: { type: "agent", agent_name: "a", next_step: "after" },
      two: { type: "agent", agent_name: "a", next_step: "after" },
      after: { type: "agent", agent_name: "a" },
    },
  };
  const both = { type: "parallel", parallel_steps: ["two"], next_step: "after" };
  const two = { type: "agent", agent_name: "a" };
  const first = removeStep(given, "one");
  assertEquals(first, {
    removed: ["one"],
    definition: { ...given, steps: { both, two, after: given.steps.after } },
  });
  assertEquals(removeStep(first.definition, "two"), {
    removed: ["two"],
    definition: { ...given, steps: { both: { ...both, parallel_steps: [] }, after: given.steps.after } },
  });
});

type Edit = [kind: "remove" | "duplicate" | Way | "add", pick: number];

Deno.test("after any edits every step is reached, each stands once, and nothing but an empty list is a fault", () => {
  const edits = fc.array(
    fc.tuple(fc.constantFrom("remove", "duplicate", "up", "down", "out", "into", "add"), fc.nat()) as fc.Arbitrary<
      Edit
    >,
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(definition, edits, (given, edits) => {
      let now = given;
      for (const [kind, pick] of edits) {
        const ids = Object.keys(stepsOf(now));
        const id = ids[pick % Math.max(1, ids.length)];
        if (kind === "add" || id === undefined) {
          now = addSteps(now, {
            list: undefined,
            index: pick % (rootOf(now).steps.length + 1),
            steps: { [freeIds(now)("new")]: { type: "agent", agent_name: "a" } },
          });
        } else if (kind === "remove") now = removeStep(now, id).definition;
        else if (kind === "duplicate") {
          // Copies of copies would be thousands.
          if (ids.length < 40) now = duplicateStep(now, id).definition;
        } else now = moveStep(now, id, kind);
        assertEquals([...standingsOf(now).keys()].toSorted(), Object.keys(stepsOf(now)).toSorted());
        const root = shapeOf(rootOf(now));
        assertEquals(JSON.stringify(root).includes(">"), false, JSON.stringify(root));
        assertEquals(faultsOf(now).filter((fault) => !isOfEmpty(fault)), []);
        assertEquals(now["x-top"], { any: true });
      }
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("a step moved up and down again stands where it stood, between the same steps", () => {
  fc.assert(
    fc.property(definition, fc.nat(), (given, pick) => {
      const ids = Object.keys(stepsOf(given));
      const id = ids[pick % ids.length]!;
      const { index } = standingsOf(given).get(id)!;
      if (!waysOf(given, id).includes("up") || index === 0) return;
      const up = moveStep(given, id, "up");
      assertEquals(standingsOf(up).get(id)!.index, index - 1);
      assertEquals(shapeOf(rootOf(moveStep(up, id, "down"))), shapeOf(rootOf(given)));
    }),
    { numRuns: NUM_RUNS },
  );
});

Deno.test("a renamed step is followed by all that names it, and by nothing else; named back all is as before", () => {
  fc.assert(
    fc.property(definition, fc.nat(), (given, pick) => {
      const ids = Object.keys(stepsOf(given));
      const id = ids[pick % ids.length]!;
      const next = renameStep(given, id, "renamed");
      assertEquals(
        JSON.stringify(shapeOf(rootOf(next))),
        JSON.stringify(shapeOf(rootOf(given))).replaceAll(`"${id}"`, '"renamed"'),
      );
      assertEquals(JSON.stringify(renameStep(next, "renamed", id)), JSON.stringify(given));
    }),
    { numRuns: NUM_RUNS },
  );
  const given = {
    start_step: "ask",
    steps: {
      ask: { id: "ask", agent_name: "ask", description: "${ask.output}", next_step: "check" },
      check: {
        type: "conditional",
        condition: "ask.output.length > 5 and ${ ask.output.text } != 'ask.output' and task.output == ask.outputs",
        if_true_step: "end",
      },
      end: {
        type: "agent",
        agent_name: "a",
        input_mapping: { ask: ["so ${ask.output.a} and ${workflow.input.ask}"], n: { deep: "${ask.output}" } },
      },
    },
  };
  assertEquals(renameStep(given, "ask", "put-1"), {
    start_step: "put-1",
    steps: {
      "put-1": { id: "put-1", agent_name: "ask", description: "${ask.output}", next_step: "check" },
      check: {
        type: "conditional",
        condition: "put-1.output.length > 5 and ${ put-1.output.text } != 'ask.output' and task.output == ask.outputs",
        if_true_step: "end",
      },
      end: {
        type: "agent",
        agent_name: "a",
        input_mapping: { ask: ["so ${put-1.output.a} and ${workflow.input.ask}"], n: { deep: "${put-1.output}" } },
      },
    },
  });
  assertMatch(
    String((stepsOf(renameStep(given, "ask", "1st")).check as Fields).condition),
    /^\$\{1st\.output\.length\} > 5/,
  );
  assertEquals(usesOf(given, "ask"), [
    { by: undefined, path: "start_step", isReference: false },
    { by: "check", path: "steps.check.condition", isReference: true },
    { by: "end", path: "steps.end.input_mapping", isReference: true },
  ]);
  assertEquals(usesOf(given, "end"), [{ by: "check", path: "steps.check.if_true_step", isReference: false }]);
  assertEquals(["a", "a-b_1", "a__b", "", "a b", "x".repeat(51)].map((id) => STEP_ID.test(id)), [
    ...[true, true, false, false, false, false],
  ]);
});

Deno.test("steps that end at the same step are led around what is added before it, and to what follows what is taken out", () => {
  const ask = (next_step?: string) => ({ type: "agent", agent_name: "a", ...(next_step && { next_step }) });
  const given = {
    start_step: "check",
    steps: {
      check: { type: "conditional", condition: "x == 1", if_true_step: "yes", if_false_step: "join" },
      yes: ask("join"),
      join: ask(),
    },
  };
  const added = addSteps(given, { list: undefined, index: 1, steps: { new: ask() } });
  assertEquals(added.steps, {
    check: { type: "conditional", condition: "x == 1", if_true_step: "yes", if_false_step: "new" },
    yes: ask("new"),
    join: ask(),
    new: ask("join"),
  });
  assertEquals(removeStep(given, "join").definition.steps, {
    check: { type: "conditional", condition: "x == 1", if_true_step: "yes" },
    yes: ask(),
  });
  assertEquals(removeStep(given, "check"), {
    removed: ["check", "yes"],
    definition: { start_step: "join", steps: { join: ask() } },
  });
  assertEquals(removeStep({ start_step: "a", steps: { a: ask() } }, "a").definition, { steps: {} });
  const { definition: twice, copy } = duplicateStep(given, "check");
  assertEquals([copy, twice.steps], ["check-1", {
    check: { type: "conditional", condition: "x == 1", if_true_step: "yes", if_false_step: "check-1" },
    yes: ask("check-1"),
    join: ask(),
    "check-1": { type: "conditional", condition: "x == 1", if_true_step: "yes-1", if_false_step: "join" },
    "yes-1": ask("join"),
  }]);
});

Deno.test("references are offered that exist where a step stands: input, what ended before it, and the loop it is in", () => {
  const ask = (next_step?: string) => ({ type: "agent", agent_name: "a", ...(next_step && { next_step }) });
  const given = {
    start_step: "first",
    steps: {
      first: ask("all"),
      all: { type: "parallel", parallel_steps: ["left", "right"], next_step: "each" },
      left: ask(),
      right: ask(),
      each: {
        type: "loop",
        loop_config: { collection: "${workflow.input.list}", loop_body: ["one", "two"] },
        next_step: "last",
      },
      one: ask(),
      two: ask(),
      last: ask(),
    },
    input_schema: { properties: { list: { type: "array", title: "List" }, of: { properties: { id: {} } } } },
  };
  const textsFor = (id: string) =>
    referencesFor(given, id, new Map([["first", { length: 4 }]])).map(({ text }) => text);
  const input = ["workflow.input", "workflow.input.list", "workflow.input.of", "workflow.input.of.id"];
  assertEquals(textsFor("first"), input);
  assertEquals(textsFor("right"), [...input, "first.output", "first.output.length"]);
  assertEquals(textsFor("two").slice(4, 12), [
    ...["loop.item", "loop.index", "loop.total", "loop.is_first", "loop.is_last"],
    ...["one.output", "all.output", "all.output.left"],
  ]);
  assertEquals(textsFor("last").slice(4, 10), [
    "each.output",
    "each.output.iterations",
    "each.output.total_count",
    "each.output.failed_count",
    "each.output.errors",
    "all.output",
  ]);
  assertEquals(textsFor("none"), input);
  const known = referencesFor(given, "right", new Map());
  const at = (text: string, isCondition = false) => {
    const found = referenceAt(text.replace("|", ""), { caret: text.indexOf("|"), known, isCondition });
    return found &&
      [found.items.length, found.items[0] && referenced(text.replace("|", ""), found, found.items[0]).text];
  };
  assertEquals(at("|"), [5, "${workflow.input}"]);
  assertEquals(at("a $|"), [5, "a ${workflow.input}"]);
  assertEquals(at("a ${first|.x} b"), [1, "a ${first.output} b"]);
  assertEquals(at("a ${fi| b"), [1, "a ${first.output} b"]);
  assertEquals(at("first|"), undefined);
  assertEquals(at("first| > 5", true), [1, "${first.output} > 5"]);
  assertEquals(at("'first|", true), undefined);
  assertEquals(at("x == 5|", true), undefined);
});

Deno.test("a kind is found by the words that people use for it", () => {
  const first = (text: string) => kindsFor(text)[0]?.type;
  assertEquals(["if", "repeat", "wait", "same time", "race", "schema", "agent"].map(first), [
    ...["conditional", "loop", "wait_for_event", "parallel", "fork_join", "validate", "agent"],
  ]);
  assertEquals(kindsFor("").length, KINDS.length);
  assertEquals(kindsFor("zebra"), []);
});
