/** Tests of what stands before a step of a plan, in steps of every kind that holds others. */

import { assertEquals } from "@std/assert";
import type { PlanStep } from "../../src/engine/plan.ts";
import { orderBefore, type PlanOrder } from "../../src/runs/plan_order.ts";

const action = (id: string) => ({ kind: "action", id }) as PlanStep;
const step = (fields: object) => fields as PlanStep;
const each = step({ kind: "loop", id: "each", steps: [action("x"), action("y")] });
const both = step({ kind: "parallel", id: "both", branches: [[action("p")], [each], [action("q")]] });
const tried = step({ kind: "try", id: "tried", steps: [action("t")], onError: [action("e")], finally: [action("f")] });
const which = step({
  kind: "branch",
  id: "which",
  cases: [{ steps: [action("c0")] }, { steps: [tried, action("after"), action("last")] }],
  otherwise: [action("o")],
});
const ROOT = step({ kind: "sequence", id: "root", steps: [action("a"), both, which, action("z")] });

Deno.test("orderBefore() keeps what came before in each list around the step, and what the branches around it decided", () => {
  const cases: [
    string,
    { before: string[]; around: unknown[]; taken: string[]; open: string[]; left: string[] },
  ][] = [
    ["root/a", { before: [], around: [], taken: [], open: ["root"], left: ["root/a", "root/both", "root/both#0/p"] }],
    ["root/z", {
      before: ["root/a", "root/both", "root/which"],
      around: [],
      taken: ["root/a", "root/both", "root/both#1/each#17/x", "root/which#1/tried#0/t"],
      open: ["root"],
      left: ["root/z", "root/gone", "x"],
    }],
    ["root/which#1/last", {
      before: ["root/a", "root/both", "root/which#1/tried", "root/which#1/after"],
      around: [{ kind: "branch", path: "root/which", item: 1 }],
      taken: ["root/both#2/q", "root/which#1/tried", "root/which#1/tried#2/f", "root/which#1/after"],
      open: ["root", "root/which"],
      left: ["root/which#1/last", "root/which#2/o", "root/which#0/c0", "root/z"],
    }],
    ["root/both#1/each#17/y", {
      before: ["root/a", "root/both#1/each#17/x"],
      around: [
        { kind: "parallel", path: "root/both", item: 1 },
        { kind: "loop", path: "root/both#1/each", item: 17 },
      ],
      taken: ["root/a", "root/both#1/each#17/x", "root/both#1/each#0", "root/both#1/each#16"],
      open: ["root/both#1/each"],
      left: [
        "root/both",
        "root/both#1",
        "root/both#1/each#16/x",
        "root/both#1/each#17",
        "root/both#1/each#18",
        "root/which",
      ],
    }],
    ["root/which#1/tried#2/f", {
      before: ["root/a", "root/both"],
      around: [{ kind: "branch", path: "root/which", item: 1 }, { kind: "try", path: "root/which#1/tried", item: 2 }],
      taken: ["root/both#0/p", "root/which#1/tried#0/t", "root/which#1/tried#1/e"],
      open: ["root/which", "root/which#1/tried"],
      left: ["root/which#1/tried#2/f", "root/which#1/after"],
    }],
    ["root/which#1/tried#0/t", {
      before: ["root/a", "root/both"],
      around: [{ kind: "branch", path: "root/which", item: 1 }, { kind: "try", path: "root/which#1/tried", item: 0 }],
      taken: ["root/both#0/p"],
      open: ["root/which"],
      // How its steps ended is decided again.
      left: ["root/which#1/tried", "root/which#1/tried#1/e", "root/which#1/tried#2/f"],
    }],
  ];
  for (const [from, expected] of cases) {
    const order = orderBefore(ROOT, from) as PlanOrder;
    const around = order.around.map(({ kind, path, item }) => ({ kind, path, item }));
    assertEquals([order.before, around], [expected.before, expected.around], from);
    for (const place of ["taken", "open", "left"] as const) {
      for (const path of expected[place]) assertEquals([path, order.placeOf(path)], [path, place], from);
    }
  }
  const inLoop = orderBefore(ROOT, "root/both#1/each#17/y") as PlanOrder;
  for (const path of ["root/both#0/p", "root/both#2", "root/both#2/q"]) {
    assertEquals(inLoop.placeOf(path), "beside", path);
  }
  assertEquals(["x", "y"].map((id) => inLoop.placeInPlan(`root/both#1/each#0/${id}`)), ["taken", "left"]);
  const asking = step({ kind: "approval", id: "ask", approved: [action("yes")], ask: [action("say")] });
  const root = step({ kind: "sequence", id: "root", steps: [asking] });
  assertEquals((orderBefore(root, "root/ask#0/yes") as PlanOrder).placeOf("root/ask"), "left", "it is asked again");
  assertEquals(Object.keys(orderBefore(root, "root/ask#3/say")!), ["cannot"]);
  for (
    const none of [
      "",
      "root",
      "root/none",
      "root/both/p",
      "root/both#9/p",
      "root/a#1",
      "root/which#3/o",
      "x/a",
      "root//a",
    ]
  ) {
    assertEquals(orderBefore(ROOT, none), undefined, none);
  }
});
