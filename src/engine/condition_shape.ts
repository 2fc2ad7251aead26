/** Parses conditions: their accepted JSON shapes, with every fault at once (condition.ts evaluates them). */

import { z } from "zod";
import type { Condition } from "./condition.ts";
import { at, type Fault, faultOf, isObject, kindOf, unknownName } from "./faults.ts";
import { OPERATOR_NAMES, type OperatorName, operatorNamed, operatorTest, valueFault } from "./operators.ts";
import { fieldLookupFault, lookedUpValue } from "./looked_up_value.ts";
import { compilePattern } from "./patterns.ts";
import { parsePath, type Path, pathOf, scanPath, unexpected } from "./path.ts";
import { isScopeRoot, STEP_ROOTS } from "./scope.ts";
import { typedRule } from "./typed_rule.ts";
import type { ValueType } from "./value_type.ts";

const MAX_DEPTH = 10;
const MAX_RULES = 200;
/** Instructions of all patterns of a condition together: compiling them takes some 12 ms. The largest one has 500. */
const MAX_INSTRUCTIONS = 10_000;

const ruleSchema = z.strictObject({
  field: z.string().min(1),
  operator: z.string(),
  value: z.unknown().optional(),
  quantifier: z.enum(["any", "every"]).nullish(),
  case_insensitive: z.boolean().nullish(),
});
/** Made once: zod compiles each schema when it is first used. */
const ruleOfAnyKeys = ruleSchema.strip();
const RULE_KEYS = Object.keys(ruleSchema.shape);

export interface ConditionOptions {
  /** The type of the field at a path of the scope, or of the members of the list there; undefined where it is not known. */
  typeOf?(path: Path): ValueType | undefined;
  /**
   * For a definition that was saved before: a value that its field's type cannot read is no fault. The rule compares as if
   * the type were not known, and its verdict says so.
   */
  stored?: boolean;
  /**
   * Asked before the first step: `$.vars`, `$.error` and `$.approval` are fields of the event, as they were before steps had
   * such roots.
   */
  first?: boolean;
  /** Values are what expressions gave: a text in the form of a path is a text. */
  isResolved?: boolean;
}

interface Parsing extends ConditionOptions {
  faults: Fault[];
  rules: number;
  /** Instructions of the patterns so far. */
  instructions: number;
}

/**
 * The condition, or everything that is wrong with it, with the part of it that can be read; `atPath` is where it stands, as
 * in "conditions". Never throws.
 */
export function parseCondition(
  input: unknown,
  atPath: string,
  options: ConditionOptions = {},
): { condition: Condition; faults?: undefined } | { condition?: undefined; faults: Fault[]; readable?: Condition } {
  const parsing: Parsing = { ...options, faults: [], rules: 0, instructions: 0 };
  if (input === undefined || input === null || (isObject(input) && Object.keys(input).length === 0)) {
    return { condition: { kind: "all", conditions: [] } };
  }
  const condition = parseNode(input, { path: atPath, depth: 0 }, parsing);
  if (parsing.rules > MAX_RULES) {
    const message = `has ${parsing.rules} rules, at most ${MAX_RULES} are supported`;
    return { faults: [...parsing.faults, { path: atPath, message }] };
  }
  return condition && parsing.faults.length === 0 ? { condition } : { faults: parsing.faults, readable: condition };
}

function parseNode(input: unknown, where: { path: string; depth: number }, parsing: Parsing): Condition | undefined {
  const { path, depth } = where;
  if (!isObject(input)) {
    return void parsing.faults.push({ path, message: `must be a rule or a group, not ${kindOf(input)}` });
  }
  if (depth > MAX_DEPTH) {
    return void parsing.faults.push({ path, message: `is nested more than ${MAX_DEPTH} deep` });
  }
  if (Object.hasOwn(input, "not")) {
    rejectOtherKeys(input, { path, known: ["not"] }, parsing);
    const inner = parseNode(input.not, { path: at(path, "not"), depth: depth + 1 }, parsing);
    return inner && { kind: "not", condition: inner };
  }
  for (const kind of ["all", "any"] as const) {
    if (!Object.hasOwn(input, kind)) continue;
    rejectOtherKeys(input, { path, known: [kind] }, parsing);
    return parseGroup(kind, input[kind], { path: at(path, kind), depth }, parsing);
  }
  if (Object.hasOwn(input, "rules") || Object.hasOwn(input, "type")) {
    rejectOtherKeys(input, { path, known: ["type", "rules"] }, parsing);
    const type = typeof input.type === "string" ? input.type.toUpperCase() : undefined;
    if (type !== "ALL" && type !== "ANY") {
      parsing.faults.push({ path: at(path, "type"), message: 'must be "ALL" or "ANY"' });
    }
    return parseGroup(type === "ANY" ? "any" : "all", input.rules ?? [], { path: at(path, "rules"), depth }, parsing);
  }
  return parseRule(input, path, parsing);
}

function parseGroup(
  kind: "all" | "any",
  list: unknown,
  { path, depth }: { path: string; depth: number },
  parsing: Parsing,
): Condition | undefined {
  if (!Array.isArray(list)) {
    return void parsing.faults.push({ path, message: `must be a list of rules, not ${kindOf(list)}` });
  }
  if (list.length > MAX_RULES) {
    return void parsing.faults.push({ path, message: `has ${list.length} rules, at most ${MAX_RULES} are supported` });
  }
  const conditions = list.map((each, index) => parseNode(each, { path: at(path, index), depth: depth + 1 }, parsing));
  return { kind, conditions: conditions.filter((each) => each !== undefined) };
}

function parseRule(input: Record<string, unknown>, path: string, parsing: Parsing): Condition | undefined {
  parsing.rules++;
  const fault = (key: string, message: string) => void parsing.faults.push({ path: at(path, key), message });
  rejectOtherKeys(input, { path, known: RULE_KEYS }, parsing);
  const parsed = ruleOfAnyKeys.safeParse(input);
  if (!parsed.success) {
    for (const { path: [key] } of parsed.error.issues) fault(String(key), ruleShape(String(key), input));
    return undefined;
  }
  const rule = parsed.data;
  const operator = operatorNamed(rule.operator);
  const place = { path: at(path, "field"), written: rule.field };
  const looked = parsing.stored || parsing.isResolved ? undefined : fieldLookupFault(rule.field);
  if (looked !== undefined) return fault("field", looked);
  const fieldPath = attempt(() => fieldOf(rule.field, parsing), place, parsing);
  if (!operator) return fault("operator", unknownName(rule.operator, OPERATOR_NAMES));
  if (fieldPath && !parsing.isResolved) {
    const lookedUp = lookedUpRule({ rule, operator, place: path, fieldPath }, parsing);
    if (lookedUp !== undefined) return lookedUp.condition;
  }
  const wrong = valueFault(operator, rule.value, parsing);
  if (wrong) return fault("value", wrong);
  if (operator === "matches" && parsing.instructions > MAX_INSTRUCTIONS && !parsing.stored) {
    const before = `the patterns before it make ${parsing.instructions} instructions, at most ${MAX_INSTRUCTIONS}`;
    return fault("value", `${before} are supported in a condition: use fewer patterns, or such without large repeats`);
  }
  const caseInsensitive = rule.case_insensitive ?? false;
  const test = attempt(
    () => operatorTest(operator, { value: rule.value, caseInsensitive }),
    { path: at(path, "value"), written: typeof rule.value === "string" ? rule.value : "" },
    parsing,
  );
  if (operator === "matches" && test) {
    parsing.instructions += compilePattern(rule.value as string, { caseInsensitive }).size;
  }
  if (!fieldPath || !test) return undefined;
  const quantifier = rule.quantifier ?? (fieldPath.definite ? undefined : "any");
  const { field, value } = rule;
  const typed = typedRule(operator, value, parsing.typeOf?.(fieldPath));
  const inexact = typed.fault ? undefined : inexactNumber(value);
  const wrongly = typed.fault ?? (inexact && { key: "value", message: inexact });
  if (wrongly && !parsing.stored) return fault(wrongly.key, wrongly.message);
  return {
    kind: "rule",
    at: path,
    field,
    operator,
    value,
    path: fieldPath,
    quantifier,
    test: typed.rule?.test ?? test,
    ...(typed.rule && { typed: typed.rule }),
    ...(typed.fault && { warning: { key: typed.fault.key, message: warningOf(operator, typed.fault) } }),
  };
}

interface ReadRule {
  rule: z.infer<typeof ruleSchema>;
  operator: OperatorName;
  place: string;
  fieldPath: Path;
}

/** The rule where its value is looked up; undefined where it is not, its condition where there are no faults. */
function lookedUpRule(
  { rule: { field, value, quantifier, case_insensitive }, operator, place, fieldPath }: ReadRule,
  parsing: Parsing,
): { condition: Condition | undefined } | undefined {
  const found = lookedUpValue({
    path: place,
    operator,
    value,
    caseInsensitive: case_insensitive ?? false,
    type: parsing.typeOf?.(fieldPath),
  });
  if (!found) return undefined;
  if ("faults" in found) {
    // Saved before there were look-ups in rules: a text like any other.
    if (parsing.stored) return undefined;
    parsing.faults.push(...found.faults);
    return { condition: undefined };
  }
  return {
    condition: {
      kind: "rule",
      at: place,
      field,
      operator,
      value,
      path: fieldPath,
      quantifier: quantifier ?? (fieldPath.definite ? undefined : "any"),
      test: () => false,
      lookedUp: found.value,
    },
  };
}

function warningOf(operator: string, { key, message }: { key: string; message: string }): string {
  return key === "operator" ? `${operator} ${message}` : `compared as it is written: ${message}`;
}

/** A whole number that lost digits on its way here would equal another one than its author wrote. */
function inexactNumber(value: unknown): string | undefined {
  const numbers = Array.isArray(value) ? value : [value];
  return numbers.some((one) => typeof one === "number" && Number.isInteger(one) && !Number.isSafeInteger(one))
    ? "has more digits than a number keeps: write it as text, in quotes"
    : undefined;
}

function ruleShape(key: string, input: Record<string, unknown>): string {
  if (key === "quantifier") return 'must be "any" or "every"';
  if (key === "case_insensitive") return "must be true or false";
  if (input[key] === undefined || input[key] === "") {
    return key === "field" ? 'is required, as in "project.name"' : `is required: one of ${OPERATOR_NAMES.join(", ")}`;
  }
  return `must be text, not ${kindOf(input[key])}`;
}

/** `$.action_1_result.id` over the scope; `$.project.name` and `project.name` into the event's body. */
function fieldOf(field: string, { first: isFirst = false }: ConditionOptions): Path {
  const dollar = field.startsWith("$");
  let path: Path;
  if (dollar) path = parsePath(field);
  else {
    const scanned = scanPath(field, 0, { bare: true });
    if (scanned.end < field.length) throw unexpected(field, scanned.end);
    path = scanned.path;
  }
  const [first] = path.segments;
  if (dollar && first?.kind === "name" && isScopeRoot(first.name) && !(isFirst && STEP_ROOTS.includes(first.name))) {
    return path;
  }
  return pathOf([{ kind: "name", name: "webhook" }, ...path.segments], field);
}

function rejectOtherKeys(
  input: Record<string, unknown>,
  { path, known }: { path: string; known: readonly string[] },
  { faults }: Parsing,
) {
  for (const key of Object.keys(input)) {
    if (!known.includes(key)) faults.push({ path: at(path, key), message: unknownName(key, known) });
  }
}

/** The value of `make`, or undefined and a fault at `path`, which points into `written`. */
function attempt<Value>(
  make: () => Value,
  { path, written }: { path: string; written: string },
  { faults }: Parsing,
): Value | undefined {
  try {
    return make();
  } catch (error) {
    return void faults.push(faultOf(path, error, written));
  }
}
