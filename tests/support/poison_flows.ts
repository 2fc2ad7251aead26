/** Flows that do all that a flow may, and more: what each is, and the reason that its run ends with. */

import type { Json } from "../http/door.ts";
import { mixed } from "./mixed_text.ts";

export interface Poison {
  name: string;
  actions: Json[];
  /** Of the failed run. */
  code: string;
  words: RegExp;
}

/** One event's body for all of them: lists to go over, and a text to make large outputs of. */
export const POISON_BODY = {
  all: Array.from({ length: 10_000 }, (_, index) => index),
  some: Array.from({ length: 1_100 }, (_, index) => index),
  few: Array.from({ length: 20 }, (_, index) => index),
  text: "x".repeat(100_000),
  mixed: mixed(45_000),
};

const transform = (id: string, output: Json = 1) => ({ id, type: "transform", output });
const thrower = (id: string) => transform(id, "{{ divide(1, 0) }}");
const each = (id: string, over: string, actions: Json[], more: Json = {}) => ({
  kind: "loop",
  id,
  over: `$.webhook.${over}`,
  max_items: 10_000,
  actions,
  ...more,
});

/** Loops in one another, as deep as steps may be nested, with one step in the last. */
const nest = (levels: number): Json =>
  levels === 0 ? transform("leaf") : each(`level${levels}`, "few", [nest(levels - 1)]);

/** What costs more than one condition may, and what costs more than one step may. */
const pattern = (id: string) => ({
  kind: "branch",
  id,
  cases: [{ if: { field: "$.webhook.mixed", operator: "matches", value: "a.{200}b.{199}[x-z]" }, actions: [] }],
});
const paths = (id: string) => transform(id, Array.from({ length: 100 }, (_, index) => `{{ $.webhook..z${index} }}`));

/** `child`: a flow that ends at once; `self`: one that runs itself (SELF). */
export function poisons({ child, self }: { child: number; self: number }): Poison[] {
  const limit = "RUN_LIMIT_REACHED";
  return [
    {
      name: "throws at every step",
      actions: [
        each("each", "some", [
          { kind: "try", id: "guard", actions: [thrower("a")], on_error: [thrower("b")], finally: [thrower("c")] },
        ], { on_error: "continue" }),
        thrower("last"),
      ],
      code: "EXPRESSION_FAILED",
      words: /divide\(\) cannot divide by zero/,
    },
    {
      // As much as one template gives; 16 of the largest outputs together.
      name: "outputs of 4 MB without end",
      actions: [each("each", "some", [transform("large", Array(40).fill("$.webhook.text"))], { at_once: 4 })],
      code: limit,
      words: /the outputs of a run may come to 268435456 bytes/,
    },
    {
      // A loop's output is its items' together: 16,000,000 bytes of the 16,777,216 that one may have.
      name: "outputs of 16 MB without end",
      actions: [each("each", "some", [
        each("four", "few", [transform("large", Array(8).fill("$.webhook.text"))], { at_once: 4 }),
      ])],
      code: limit,
      words: /the outputs of a run may come to 268435456 bytes/,
    },
    {
      name: "10,000 branches, 20 at once",
      actions: [
        each("each", "all", Array.from({ length: 6 }, (_, index) => transform(`n${index}`)), { at_once: 20 }),
      ],
      code: limit,
      words: /a run may walk 50000 steps in all/,
    },
    {
      name: "an endless loop",
      actions: [{
        kind: "loop",
        id: "again",
        while: { field: "$.webhook.id", operator: "exists" },
        max_items: 10_000,
        actions: [transform("one")],
      }],
      code: limit,
      words: /Cannot begin another round: 10000 are allowed/,
    },
    {
      name: "loops in loops, eight deep",
      actions: [nest(8)],
      code: limit,
      words: /a run may walk 50000 steps in all/,
    },
    {
      name: "patterns and paths that cost all they may",
      actions: [
        each("each", "some", [
          { kind: "try", id: "guard", actions: [pattern("pattern")], on_error: [paths("paths")] },
        ], { on_error: "continue" }),
        pattern("last"),
      ],
      code: "EXPRESSION_FAILED",
      words: /it takes more than the 200000 steps of work/,
    },
    {
      name: "more than 1,000 flows",
      actions: [
        each("each", "some", [{ id: "call", type: "run_flow", flow_id: child, wait: false }], { at_once: 10 }),
      ],
      code: limit,
      words: /the run and those that it started have started 1000 runs/,
    },
    {
      name: "a flow that runs itself",
      actions: [{ id: "call", type: "run_flow", flow_id: self, wait: true }],
      code: limit,
      words: /5 flows have run one another already/,
    },
  ];
}

/**
 * Saves them, or the one that is named, with the flows that they run, and gives each with its flow's id. `ask` makes a request
 * of the API and gives its body.
 */
export async function savePoisons(
  ask: (method: string, path: string, body: Json) => Promise<Json>,
  { event, only }: { event: string; only?: string },
): Promise<(Poison & { flowId: number })[]> {
  const other = { trigger_event_types: ["NEW_TAG"] };
  const { id: child } = await ask("POST", "/ui/flows", { ...other, name: "child", actions: [transform("one")] });
  const { id: self } = await ask("POST", "/ui/flows", { ...other, name: "self", actions: [transform("one")] });
  const again = [{ id: "call", type: "run_flow", flow_id: Number(self), wait: true }];
  await ask("PUT", `/ui/flows/${self}`, { actions: again });
  const saved: (Poison & { flowId: number })[] = [];
  for (const poison of poisons({ child: Number(child), self: Number(self) })) {
    const { name, actions } = poison;
    if (only !== undefined && name !== only) continue;
    const { id } = await ask("POST", "/ui/flows", { name, actions, trigger_event_types: [event] });
    saved.push({ ...poison, flowId: Number(id) });
  }
  return saved;
}
