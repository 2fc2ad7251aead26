/** Row 8: paths with wildcards over an event of 47 kB, ours beside jsonpath-plus, in this process. */

import { JSONPath } from "jsonpath-plus";
import { evaluatePath } from "../../src/engine/follow_path.ts";
import { parsePath } from "../../src/engine/path.ts";
import { createWorkBudget } from "../../src/engine/work_budget.ts";
import { median } from "./quantile.ts";
import { type RowResult, times } from "./report.ts";

const ROUNDS = 40;
const PATHS = ["$.items[*].id", "$..b", "$.*.*.*"];
const body = {
  items: Array.from(
    { length: 700 },
    (_, i) => ({ id: `t${i}`, name: `name ${i}`, x: { a: i, b: [1, 2, 3] }, on: true }),
  ),
};

export function pathsRow(): RowResult[] {
  const figures: RowResult["figures"] = [];
  const ratios: number[] = [];
  for (const text of PATHS) {
    const path = parsePath(text);
    const ours: number[] = [];
    const theirs: number[] = [];
    let steps = 0;
    // Alternating: what else the machine does meets both.
    for (let round = 0; round < ROUNDS; round++) {
      const work = createWorkBudget(1_000_000, "the bench");
      ours.push(timed(() => evaluatePath(path, body, work)));
      steps = 1_000_000 - work.left;
      theirs.push(timed(() => JSONPath({ path: text, json: body, eval: false, resultType: "all" })));
    }
    const [own, library] = [median(ours), median(theirs)];
    ratios.push(library / own);
    figures.push({
      what: text,
      values: {
        ours: microseconds(own),
        "jsonpath-plus": microseconds(library),
        "a step": `${Math.round(own * 1e6 / steps)} ns`,
      },
    });
  }
  const least = Math.min(...ratios);
  return [{
    row: 8,
    title: "Paths with wildcards over an event of 47 kB",
    figures,
    bars: [{ bar: "at least 5 times as fast as jsonpath-plus", value: times(least), met: least >= 5 }],
    notes: [
      `medians of ${ROUNDS} rounds, alternating; its results with their parents; a step is one value looked at (src/engine/work_budget.ts)`,
    ],
  }];
}

function timed(work: () => unknown): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function microseconds(value: number): string {
  return `${Math.round(value * 1_000)} us`;
}
