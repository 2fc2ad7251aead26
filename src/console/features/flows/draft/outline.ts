/** The rows of a draft in the order that people read them: number, place in the definition, and where each stands. Pure. */

import type { Fault } from "../../../shell/client.ts";
import type { Draft } from "./draft.ts";
import { at, isWithin } from "./paths.ts";
import { type ControlStep, isControl, type Lane, lanePath, type Step } from "./tree.ts";

export interface Row {
  step: Step;
  /** From 1, over all steps. */
  number: number;
  /** "actions[2].cases[0].actions[1]" */
  place: string;
  /** The list that it stands in, and its position there. */
  siblings: readonly Step[];
  index: number;
  /** The step and the lane that hold it; undefined at the top. */
  parent?: Row & { step: ControlStep };
  lane?: Lane;
}

const KNOWN = new WeakMap<readonly Step[], readonly Row[]>();

export function outline({ steps }: Pick<Draft, "steps">): readonly Row[] {
  const known = KNOWN.get(steps);
  if (known) return known;
  const rows: Row[] = [];
  const visit = (list: readonly Step[], place: string, around: Pick<Row, "parent" | "lane">) =>
    list.forEach((step, index) => {
      const row: Row = { step, number: rows.length + 1, place: at(place, index), siblings: list, index, ...around };
      rows.push(row);
      if (!isControl(step)) return;
      for (const lane of step.lanes) {
        const parent = row as Row & { step: ControlStep };
        visit(lane.steps, `${row.place}.${lanePath(step, lane)}`, { parent, lane });
      }
    });
  visit(steps, "actions", {});
  KNOWN.set(steps, rows);
  return rows;
}

export function rowOf(draft: Pick<Draft, "steps">, key: string): Row | undefined {
  return outline(draft).find(({ step }) => step.key === key);
}

/** The innermost row that the path lies in. */
export function rowAt(draft: Pick<Draft, "steps">, path: string): Row | undefined {
  return outline(draft).findLast(({ place }) => isWithin(path, place));
}

/** Faults of the row itself and of its fields, without those of the rows below it. */
export function faultsOfRow(draft: Pick<Draft, "steps">, { place }: Row, faults: readonly Fault[]): Fault[] {
  return faults.filter(({ path }) => isWithin(path, place) && rowAt(draft, path)?.place === place);
}

/** True for a row that stands below the other, at any depth. */
export function isBelow(row: Row, key: string): boolean {
  for (let { parent } = row; parent; parent = parent.parent) if (parent.step.key === key) return true;
  return false;
}
