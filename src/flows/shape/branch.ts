/** The shapes of steps that choose or split: branch, which takes one of its lists, and parallel, which walks all. */

import { z } from "zod";
import { literalValue } from "../../actions/http_secrets.ts";
import { at, type Fault, isObject } from "../../engine/faults.ts";
import type { FlowBranch, FlowParallel, FlowStep } from "./definition.ts";
import { readShape, type StandIns } from "./mend.ts";
import { message, someSteps, stepId, stepList, stepName, type StepShapes, whole } from "./parts.ts";
import { MAX_BRANCH_MS, MAX_CASES, MAX_EQUALS } from "./step_limits.ts";

const equals = message('must be a list of values, as in ["BILLABLE", "ADMIN"]');
const count = (what: string, min: number) => message(`must hold ${min} to ${MAX_CASES} ${what}`);

const caseShape = z.strictObject({
  name: stepName.nullish(),
  if: z.unknown().optional(),
  equals: z.array(z.unknown(), equals).min(1, equals)
    .max(MAX_EQUALS, message(`must hold at most ${MAX_EQUALS} values`)).optional(),
  actions: stepList.nullish(),
}, message('must be a case, as in {"if": {...}, "actions": [...]}'));

const branch = z.strictObject({
  kind: z.literal("branch"),
  id: stepId,
  name: stepName,
  on: z.unknown().optional(),
  cases: z.array(caseShape, message("must be a list of cases")).min(1, count("cases", 1)).max(
    MAX_CASES,
    count("cases", 1),
  ),
  otherwise: stepList.nullish(),
});

const BRANCH_KEYS = { "": Object.keys(branch.shape), cases: Object.keys(caseShape.shape) };
const CASE_STAND_INS: StandIns = { cases: [{}], "cases.*": {}, "cases.*.equals": [""] };

export const branchShape: StepShapes<FlowBranch> = {
  keys: BRANCH_KEYS[""],
  nested: BRANCH_KEYS,
  read: (input, { path, id }) => {
    const tooMany = countFault(input, { key: "cases", path });
    if (tooMany) return { faults: [tooMany] };
    return readShape(branch, input, { path, keys: BRANCH_KEYS, standIns: CASE_STAND_INS }, (data) => {
      const { name, on, cases, otherwise } = data;
      const isSwitch = on !== undefined;
      const faults: Fault[] = [];
      if (isSwitch && literalValue(on) !== undefined) {
        faults.push({
          path: at(path, "on"),
          message: 'must be an expression, as in "$.webhook.status": a fixed value has one case',
        });
      }
      const known = new Set<string>();
      for (const [index, one] of cases.entries()) {
        const place = `${path}.cases[${index}]`;
        const [wanted, other] = isSwitch ? ["equals", "if"] as const : ["if", "equals"] as const;
        if (one[other] !== undefined) {
          const message = isSwitch
            ? "cannot stand in a switch: with `on`, cases have `equals`"
            : "needs `on` in the branch: the value that it is compared with";
          faults.push({ path: at(place, other), message });
        }
        if (one[wanted] === undefined || one[wanted] === null || isEmpty(one[wanted])) {
          const message = isSwitch
            ? "is required: the values that take this case"
            : "is required: a rule or a group; what is done in all other cases stands in `otherwise`";
          faults.push({ path: at(place, wanted), message });
        }
        faults.push(...valueFaults(one.equals ?? [], { path: at(place, "equals"), known }));
      }
      return {
        faults,
        value: {
          kind: "branch",
          id,
          ...(name !== undefined && { name }),
          ...(isSwitch && { on }),
          cases: cases.map(({ name, if: condition, equals, actions }) => ({
            ...(name != null && { name }),
            ...(condition !== undefined && { if: condition }),
            ...(equals && { equals }),
            actions: (actions ?? []) as FlowStep[],
          })),
          otherwise: (otherwise ?? []) as FlowStep[],
        },
      };
    });
  },
};

/** Of a list that is too long nothing else is looked at. */
function countFault(input: unknown, { key, path }: { key: "cases" | "branches"; path: string }): Fault | undefined {
  const list = isObject(input) ? input[key] : undefined;
  if (!Array.isArray(list) || list.length <= MAX_CASES) return undefined;
  return { path: at(path, key), message: count(key, key === "cases" ? 1 : 2).error };
}

function isEmpty(condition: unknown): boolean {
  return isObject(condition) && Object.keys(condition).length === 0;
}

function valueFaults(values: readonly unknown[], { path, known }: { path: string; known: Set<string> }): Fault[] {
  return values.flatMap((value, index): Fault[] => {
    const place = at(path, index);
    if (typeof value === "object" && value !== null) {
      return [{ path: place, message: "must be text, a number, true, false or null" }];
    }
    if (literalValue(value) === undefined) {
      return [{
        path: place,
        message: "must be fixed: it takes no expression; a case of a branch with `if` compares two values",
      }];
    }
    const key = JSON.stringify(value);
    if (known.has(key)) {
      return [{ path: place, message: `is a value of a case before it too: ${key} never comes here` }];
    }
    known.add(key);
    return [];
  });
}

const branchOf = z.strictObject(
  { name: stepName.nullish(), actions: someSteps },
  message('must be a branch, as in {"actions": [...]}'),
);
const join = message('must be "all", "any", "majority" or {"at_least": 2}');
const atLeast = z.strictObject({ at_least: z.int(join).min(1, message("must be at least 1")) }, join);

const parallel = z.strictObject({
  kind: z.literal("parallel"),
  id: stepId,
  name: stepName,
  branches: z.array(branchOf, message("must be a list of branches")).min(2, count("branches", 2))
    .max(MAX_CASES, count("branches", 2)),
  join: z.union([z.enum(["all", "any", "majority"]), atLeast], join).default("all"),
  time_limit_ms: whole(1_000, MAX_BRANCH_MS).nullish(),
});

const PARALLEL_KEYS = { "": Object.keys(parallel.shape), branches: Object.keys(branchOf.shape), join: ["at_least"] };
const ONE_STEP = [{}];
const BRANCH_STAND_INS: StandIns = { "branches.*": { actions: ONE_STEP }, "branches.*.actions": ONE_STEP };

export const parallelShape: StepShapes<FlowParallel> = {
  keys: PARALLEL_KEYS[""],
  nested: PARALLEL_KEYS,
  read: (input, { path, id }) => {
    const tooMany = countFault(input, { key: "branches", path });
    if (tooMany) return { faults: [tooMany] };
    return readShape(parallel, input, { path, keys: PARALLEL_KEYS, standIns: BRANCH_STAND_INS }, (data) => {
      const { name, branches, join, time_limit_ms } = data;
      const faults: Fault[] = [];
      if (join === "majority" && branches.length === 2) {
        faults.push({
          path: at(path, "join"),
          message: 'a majority of 2 is both: write "all", or "any" for one of them',
        });
      }
      if (typeof join === "object" && join.at_least > branches.length) {
        const message = `must be at most ${branches.length}, the number of branches`;
        faults.push({ path: `${path}.join.at_least`, message });
      }
      return {
        faults,
        value: {
          kind: "parallel",
          id,
          ...(name !== undefined && { name }),
          branches: branches.map(({ name, actions }) => ({
            ...(name != null && { name }),
            actions: actions as FlowStep[],
          })),
          join,
          ...(time_limit_ms != null && { time_limit_ms }),
        },
      };
    });
  },
};
