/**
 * Where runs with loops may have steps that are not over, found from their plans: what is over in loops is not looked at, which may
 * be 100,000 rows in 25,000 loops.
 */

import type { Fragment, Query } from "../db/db.ts";
import { listsOf, type LoopStep, type PlanStep } from "../engine/plan.ts";

export interface Place {
  id: string;
  path: string;
}

/** Where steps of runs may have been walked: outside of loops, and then in the items of loops that are not over. */
export class OpenPlaces {
  readonly #wanted = new Map<string, Place>();
  readonly #loops = new Map<string, LoopStep[]>();

  /** The steps of a list, with what they hold. */
  enter(id: string, steps: readonly PlanStep[], list: string): void {
    for (const step of steps) {
      const path = list === "" ? step.id : `${list}/${step.id}`;
      this.#want(id, path);
      if (step.kind === "loop") {
        const key = `${id} ${path}`;
        this.#loops.set(key, [...this.#loops.get(key) ?? [], step]);
        continue;
      }
      for (const { item, steps: below } of listsOf(step)) {
        if (item !== undefined) this.#want(id, `${path}#${item}`);
        this.enter(id, below, item === undefined ? path : `${path}#${item}`);
      }
    }
  }

  /** The steps of these items of a loop that was entered. */
  enterItems(id: string, path: string, items: readonly number[]): void {
    for (const loop of this.#loops.get(`${id} ${path}`) ?? []) {
      for (const item of items) {
        this.#want(id, `${path}#${item}`);
        this.enter(id, loop.steps, `${path}#${item}`);
      }
    }
  }

  /** What was entered since the last time. */
  take(): Place[] {
    const places = [...this.#wanted.values()];
    this.#wanted.clear();
    return places;
  }

  /** The records of items, without their steps. */
  wantItems(id: string, path: string, count: number): void {
    for (let item = 0; item < count; item++) this.#want(id, `${path}#${item}`);
  }

  #want(id: string, path: string): void {
    this.#wanted.set(`${id} ${path}`, { id, path });
  }
}

/** SQL, to stand behind "from": the rows of `step` at the places. By "offset" each is looked up by itself, as in load_steps.ts. */
export function stepsAt(
  sql: Query,
  { installationId, places }: { installationId: number; places: readonly Place[] },
): Fragment {
  return sql`json_to_recordset(${JSON.stringify(places)}::text::json) as wanted(id uuid, path text)
    cross join lateral (
      select * from step
      where step.installation_id = ${installationId} and step.run_id = wanted.id and step.path = wanted.path offset 0
    ) step`;
}
