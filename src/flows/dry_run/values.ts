/** Dry run of the templates and conditions of one step: what they give on the sample, and what they need that is not known. */

import { parseCondition } from "../../engine/condition_shape.ts";
import { at, isObject } from "../../engine/faults.ts";
import { withEntities } from "../../engine/entity_lookup.ts";
import type { Limits } from "../../engine/expression.ts";
import { lookedUpPaths } from "../../engine/looked_up_value.ts";
import {
  type CompiledTemplate,
  entityQueries,
  evaluatePlace,
  fillTemplate,
  parseTemplate,
  templateLookups,
  templateReferences,
} from "../../engine/mapping.ts";
import type { Path } from "../../engine/path.ts";
import type { Scope } from "../../engine/scope.ts";
import type { ValueType } from "../../engine/value_type.ts";
import { toAppError } from "../../base/errors.ts";
import type { DryRunValue, DryRunWait } from "./action.ts";
import { frameScope, type Known, missingIn, type TriedFrame, UNKNOWN } from "./frame.ts";
import { evaluateLookedUp, type FindOfEvent } from "../triggers/looked_up.ts";
import type { TriedEvent } from "./tried_event.ts";
import { rulesOf } from "../parse/validate.ts";

/** What one step of a dry run has found so far. */
export interface TriedValues {
  values: DryRunValue[];
  waits: DryRunWait[];
  /** Why the step would fail. */
  problem: string | null;
  /** The first result that is needed and not known. */
  readonly needs: string | undefined;
  /** What the template gives. */
  give(written: unknown, at: string): Promise<Known>;
  /** As give(), of the values of a condition's rules. */
  giveValues(condition: unknown, at: string): Promise<void>;
  /** Undefined: it depends on what is not known, or cannot be evaluated. */
  holds(condition: unknown, at: string): Promise<boolean | undefined>;
  /** The same, where more is around the step. */
  within(parts: Pick<TriedFrame, "loop">): TriedValues;
}

export interface ValuesContext {
  event: TriedEvent;
  frame: TriedFrame;
  isFlat: boolean;
  limits: Limits;
  /** What is looked up. */
  find: FindOfEvent;
  typeOf(path: Path): ValueType | undefined;
}

export function createTriedValues(context: ValuesContext): TriedValues {
  const { event, frame, isFlat, limits, find, typeOf } = context;
  const missing = (path: Path) => missingIn(frame, path, { isFlat });
  const tried: TriedValues = {
    values: [],
    waits: [],
    problem: null,
    get needs() {
      return tried.waits[0]?.needs;
    },
    give,
    giveValues,
    holds,
    within: (parts) => {
      const inner = createTriedValues({ ...context, frame: { results: [], vars: new Map(), parent: frame, ...parts } });
      return Object.assign(inner, { values: tried.values, waits: tried.waits });
    },
  };

  async function give(written: unknown, place: string): Promise<Known> {
    const { template, faults } = parseTemplate(written, place);
    if (!template) {
      tried.problem ??= `Cannot read ${faults[0]!.path}: ${faults[0]!.message}`;
      return UNKNOWN;
    }
    let isKnown = true;
    const scope = frameScope(event, frame);
    if (templateLookups(template).length > 0) await lookUp(template, scope);
    const value = fillTemplate(template, (part) => {
      const shown: DryRunValue = { at: part.at, template: part.written };
      tried.values.push(shown);
      const waits = templateReferences(part).flatMap(({ path }): DryRunWait[] => {
        const needs = missing(path);
        return needs === undefined ? [] : [{ at: part.at, expression: path.text, needs }];
      });
      if (waits.length > 0) {
        tried.waits.push(...waits);
        isKnown = false;
        return undefined;
      }
      try {
        const given = evaluatePlace(part, scope, limits);
        if (given !== undefined) shown.value = given;
        return given;
      } catch (error) {
        shown.problem = toAppError(error).message;
        tried.problem ??= shown.problem;
        isKnown = false;
        return undefined;
      }
    });
    return isKnown ? { known: true, value } : UNKNOWN;
  }

  /** What cannot be asked fails where it stands. */
  async function lookUp(template: CompiledTemplate, scope: Scope): Promise<void> {
    try {
      const queries = entityQueries(template, scope, limits.work);
      withEntities(scope, queries, queries.length === 0 ? [] : await find(queries));
    } catch (error) {
      if (toAppError(error).code !== "EXPRESSION_FAILED") throw error;
    }
  }

  async function giveValues(condition: unknown, place: string): Promise<void> {
    if (Array.isArray(condition)) {
      for (const [index, one] of condition.entries()) await giveValues(one, at(place, index));
    } else if (!isObject(condition)) return;
    else if ("field" in condition) {
      if ("value" in condition) await give(condition.value, at(place, "value"));
    } else for (const [key, part] of Object.entries(condition)) await giveValues(part, at(place, key));
  }

  async function holds(written: unknown, place: string): Promise<boolean | undefined> {
    const { condition, faults } = parseCondition(written, place, { typeOf, stored: true });
    if (!condition) {
      tried.problem ??= `Cannot read ${faults[0]!.path}: ${faults[0]!.message}`;
      return undefined;
    }
    const waitOf = (path: Path, wait: Omit<DryRunWait, "needs">): DryRunWait[] => {
      const needs = missing(path);
      return needs === undefined ? [] : [{ ...wait, needs }];
    };
    const waits = rulesOf(condition).flatMap((rule) => [
      ...waitOf(rule.path, { at: at(rule.at, "field"), expression: rule.field }),
      ...lookedUpPaths(rule).flatMap((path) => waitOf(path, { at: at(rule.at, "value"), expression: path.text })),
    ]);
    tried.waits.push(...waits);
    if (waits.length > 0) return undefined;
    const { matched, problem } = await evaluateLookedUp(condition, frameScope(event, frame), {
      find,
      work: limits.work,
    });
    if (matched === null) tried.problem ??= problem;
    return matched ?? undefined;
  }

  return tried;
}
