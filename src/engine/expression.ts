/** Expressions inside `{{ }}`: paths, literals and calls of listed functions; their parser and their evaluation. */

import { AppError } from "../base/errors.ts";
import { cut, unknownName } from "./faults.ts";
import {
  ENTITY_FIELDS,
  type EntityField,
  type EntityQuery,
  entityQuery,
  foundEntity,
  LOOKUP_TYPES,
  type LookupType,
  lookupType,
} from "./entity_lookup.ts";
import { ArgumentError, type PureFunction } from "./function.ts";
import { FUNCTIONS } from "./functions.ts";
import { evaluatePath } from "./follow_path.ts";
import { type Path, pathOf, scanPath, type Segment } from "./path.ts";
import { isScopeRoot, type Scope, SCOPE_ROOTS, timeZoneOf } from "./scope.ts";
import { type WorkBudget, WorkSpent } from "./work_budget.ts";

/** `position` is where it begins in the text of the template. */
export type Expression =
  | { kind: "path"; path: Path; position: number }
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "call"; name: string; call: PureFunction; args: Expression[]; position: number }
  | Lookup;

/** An entity by its name or id: `args` are that, and maybe the id of what it hangs on. Absent field: all that is known. */
export interface Lookup {
  kind: "lookup";
  type: LookupType;
  args: readonly Expression[];
  field: EntityField | undefined;
  position: number;
}

const MAX_NESTING = 10;
const MAX_TEXT = 2_000;
/** What functions do with lists and texts is in the size of what they get and give. */
const STEPS_PER_CALL = 5;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?/y;
const SPACE = /\s*/y;
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([["true", true], ["false", false], ["null", null]]);

/** What evaluating may take. */
export interface Limits {
  /** Called with every value that a path or a function gives, so that the caller can limit them. */
  charge: (value: unknown) => void;
  work: WorkBudget;
}

/**
 * The expression that begins at `start` in `text`, spaces around it included, and where it ends.
 * Throws EXPRESSION_INVALID with `details.position`.
 */
export function scanExpression(text: string, start: number, nesting = 0): { expression: Expression; end: number } {
  if (nesting > MAX_NESTING) throw invalid(`calls are nested more than ${MAX_NESTING} deep`, start);
  const position = skipSpace(text, start);
  if (position - start > MAX_TEXT) throw invalid(`it is longer than ${MAX_TEXT} characters`, start);
  const sign = text[position];
  let found: { expression: Expression; end: number };
  if (sign === '"' || sign === "'") found = scanText(text, position);
  else if (sign === "$") {
    const { path, end } = scanPath(text, position);
    found = { expression: pathExpression(path, position), end };
  } else {
    const word = match(WORD, text, position);
    const number = word ? undefined : match(NUMBER, text, position);
    if (number !== undefined) {
      if (!Number.isFinite(Number(number))) throw invalid(`the number ${number} is out of range`, position);
      found = { expression: { kind: "literal", value: Number(number) }, end: position + number.length };
    } else if (word === undefined) {
      throw invalid("expected a path, a function, a number or a text in quotes", position);
    } else found = scanWord(text, { word, position, nesting });
  }
  return { expression: found.expression, end: skipSpace(text, found.end) };
}

/** The path, its root checked; one below `cache` is a look-up. Throws EXPRESSION_INVALID. */
export function pathExpression(path: Path, position: number): Expression {
  const [root, type, key, field, ...more] = path.segments;
  if (root?.kind !== "name" || root.name !== "cache") return { kind: "path", path: rooted(path, position), position };
  if (type?.kind !== "name" || key?.kind !== "name" || more.length > 0) throw noLookup(path, position);
  if (field && field.kind !== "name") throw noLookup(path, position);
  return {
    kind: "lookup",
    type: typeNamed(type.name, position),
    args: [{ kind: "literal", value: key.name }],
    field: field && fieldNamed(field.name, position),
    position,
  };
}

/** The look-ups that the expression holds. */
export function* lookupsOf(expression: Expression): Generator<Lookup> {
  if (expression.kind === "lookup") yield expression;
  if (expression.kind === "call") { for (const arg of expression.args) yield* lookupsOf(arg); }
}

/** What is asked by a look-up. Throws EXPRESSION_FAILED, and WorkSpent. */
export function queryOf({ type, args: [key, parent] }: Lookup, scope: Scope, limits: Limits): EntityQuery {
  const value = (arg: Expression) => evaluateExpression(arg, scope, limits) ?? null;
  return entityQuery(type, value(key!), parent && value(parent));
}

/** The path, its root checked. Throws EXPRESSION_INVALID. */
function rooted(path: Path, position: number): Path {
  const [first] = path.segments;
  if (first?.kind === "name" && isScopeRoot(first.name)) return path;
  const known = [...SCOPE_ROOTS, "action_1_result"];
  if (first?.kind !== "name") throw invalid(`"${cut(path.text)}" begins with none of ${known.join(", ")}`, position);
  const unknown = unknownName(first.name, known);
  throw new AppError(
    "EXPRESSION_INVALID",
    `Cannot read "${cut(path.text)}": ${unknown}${
      unknown.endsWith("?") ? " Fields" : "; fields"
    } of the event are under $.webhook`,
    // At the name itself, where it is written as it reads.
    { details: { position: position + Math.max(path.text.indexOf(first.name), 0) } },
  );
}

/**
 * What the expression gives. Throws EXPRESSION_FAILED, with `details.position`, when a function gets a wrong argument or too
 * much is given, and WorkSpent.
 */
export function evaluateExpression(expression: Expression, scope: Scope, limits: Limits): unknown {
  if (expression.kind === "literal") return expression.value;
  limits.work.spend(1);
  try {
    const value = expression.kind === "path"
      ? evaluatePath(expression.path, scope, limits.work)
      : expression.kind === "call"
      ? callFunction(expression, scope, limits)
      : foundEntity(queryOf(expression, scope, limits), expression.field, scope);
    limits.charge(value);
    return value;
  } catch (error) {
    throw positioned(error, expression.position);
  }
}

/** The innermost expression that failed is the one that is pointed at; the sum of the work is no fault of one. */
function positioned(error: unknown, position: number): unknown {
  if (!(error instanceof AppError) || error instanceof WorkSpent || "position" in error.details) return error;
  return new AppError(error.code, error.message, { details: { ...error.details, position }, cause: error });
}

/** The paths that the expression holds. */
export function* pathsOf(expression: Expression): Generator<Path> {
  if (expression.kind === "path") yield expression.path;
  if (expression.kind === "call" || expression.kind === "lookup") {
    for (const arg of expression.args) yield* pathsOf(arg);
  }
}

/** What a function may make of an argument: a list element by element, a text in portions. */
function stepsOf(value: unknown): number {
  if (Array.isArray(value)) return 2 * value.length;
  return typeof value === "string" ? value.length >> 6 : 0;
}

function callFunction(
  { name, call, args }: Extract<Expression, { kind: "call" }>,
  scope: Scope,
  limits: Limits,
): unknown {
  limits.work.spend(call.steps ?? STEPS_PER_CALL);
  try {
    if (call.lazy) return call.lazy(args.map((arg) => () => evaluateExpression(arg, scope, limits)));
    const values = args.map((arg) => evaluateExpression(arg, scope, limits));
    for (const value of values) limits.work.spend(stepsOf(value));
    return call.apply!(values, { timeZone: timeZoneOf(scope) });
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new AppError("EXPRESSION_FAILED", `${name}() ${error.message}`);
  }
}

/** A call, a constant, or a path written without "$.". */
function scanWord(
  text: string,
  { word, position, nesting }: { word: string; position: number; nesting: number },
): { expression: Expression; end: number } {
  const after = position + word.length;
  if (word === "cache" && text[after] === ".") return scanLookup(text, { position, nesting });
  if (text[skipSpace(text, after)] === "(") return scanCall(text, { word, position, nesting });
  const constant = CONSTANTS.get(word);
  if (constant !== undefined) return { expression: { kind: "literal", value: constant }, end: after };
  const { path, end } = scanPath(text, position, { bare: true });
  return { expression: { kind: "path", path: rooted(withoutActions(path), position), position }, end };
}

const LOOKUP_FORM = 'write it as cache.tag("urgent").id or cache.tags.urgent.id';

/** `cache.tag("urgent").id`, and as a path `cache.tags.urgent.id`. */
function scanLookup(
  text: string,
  { position, nesting }: { position: number; nesting: number },
): { expression: Expression; end: number } {
  const word = match(WORD, text, position + "cache.".length) ?? "";
  const open = skipSpace(text, position + "cache.".length + word.length);
  if (text[open] !== "(") {
    const { path, end } = scanPath(text, position, { bare: true });
    return { expression: pathExpression(path, position), end };
  }
  const type = typeNamed(word, position);
  const { args, end } = scanArguments(text, { start: open + 1, position, nesting });
  if (args.length < 1 || args.length > 2) {
    throw invalid(`cache.${word}() takes a name or an id: ${LOOKUP_FORM}`, position);
  }
  // They are looked up together, before the template is filled.
  const inner = args.some((arg) => !lookupsOf(arg).next().done);
  if (inner) throw invalid("a look-up cannot be part of another one", position);
  const name = text[end] === "." ? match(WORD, text, end + 1) ?? "" : undefined;
  const field = name === undefined ? undefined : fieldNamed(name, position);
  return {
    expression: { kind: "lookup", type, args, field, position },
    end: name === undefined ? end : end + 1 + name.length,
  };
}

function noLookup({ segments: [, type, ...rest], text }: Path, position: number): AppError {
  const isUnknown = type?.kind === "name" && rest.length === 0 && !lookupType(type.name);
  if (isUnknown) return unknownIn(type.name, LOOKUP_TYPES, position);
  return invalid(`"${cut(text)}" is no look-up: ${LOOKUP_FORM}`, position);
}

function unknownIn(name: string, known: readonly string[], position: number): AppError {
  return new AppError("EXPRESSION_INVALID", `Cannot read the look-up: ${unknownName(name, known)}`, {
    details: { position },
  });
}

function typeNamed(name: string, position: number): LookupType {
  const type = lookupType(name);
  if (type) return type;
  throw unknownIn(name, LOOKUP_TYPES, position);
}

function fieldNamed(name: string, position: number): EntityField {
  const field = ENTITY_FIELDS.find((one) => one === name);
  if (field) return field;
  throw unknownIn(name, ENTITY_FIELDS, position);
}

function scanCall(
  text: string,
  { word, position, nesting }: { word: string; position: number; nesting: number },
): { expression: Expression; end: number } {
  const call = FUNCTIONS.get(word);
  if (!call) {
    throw new AppError("EXPRESSION_INVALID", `Cannot read the function: ${unknownName(word, [...FUNCTIONS.keys()])}`, {
      details: { position },
    });
  }
  const start = skipSpace(text, position + word.length) + 1;
  const { args, end } = scanArguments(text, { start, position, nesting });
  if (args.length < call.min || args.length > call.max) {
    throw invalid(
      `${word}() has ${args.length} ${args.length === 1 ? "argument" : "arguments"}: ${call.doc}`,
      position,
    );
  }
  args.forEach((arg, index) => {
    const wrong = arg.kind === "literal" ? call.checks?.[index]?.(arg.value) : undefined;
    if (wrong) throw invalid(`${word}() ${wrong}`, position);
  });
  return { expression: { kind: "call", name: word, call, args, position }, end };
}

/** What stands between the parentheses of a call, of which the first one is before `start`. */
function scanArguments(
  text: string,
  { start, position, nesting }: { start: number; position: number; nesting: number },
): { args: Expression[]; end: number } {
  const args: Expression[] = [];
  let end = skipSpace(text, start);
  if (text[end] === ")") return { args, end: end + 1 };
  while (true) {
    const arg = scanExpression(text, end, nesting + 1);
    args.push(arg.expression);
    end = arg.end + 1;
    if (end - position > MAX_TEXT) throw invalid(`it is longer than ${MAX_TEXT} characters`, position);
    if (text[arg.end] === ")") return { args, end };
    if (text[arg.end] !== ",") throw invalid(`expected "," or ")"`, arg.end);
  }
}

function scanText(text: string, position: number): { expression: Expression; end: number } {
  const quote = text[position];
  let value = "";
  for (let i = position + 1; i < text.length; i++) {
    if (text[i] === quote) return { expression: { kind: "literal", value }, end: i + 1 };
    if (text[i] !== "\\") value += text[i];
    else {
      i++;
      value += { n: "\n", t: "\t" }[text[i] ?? ""] ?? text[i] ?? "";
    }
    if (i - position > MAX_TEXT) throw invalid(`it is longer than ${MAX_TEXT} characters`, position);
  }
  throw invalid("a text in quotes has no end", position);
}

/** `actions[0].result.id`, the earlier service's spelling, as `action_1_result.id`. */
function withoutActions(path: Path): Path {
  const [root, index, result, ...rest] = path.segments;
  const old = root?.kind === "name" && root.name === "actions" && index?.kind === "index" && index.index >= 0 &&
    result?.kind === "name" && result.name === "result";
  if (!old) return path;
  const name: Segment = { kind: "name", name: `action_${index.index + 1}_result` };
  return pathOf([name, ...rest], path.text);
}

function match(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

function skipSpace(text: string, position: number): number {
  return position + match(SPACE, text, position)!.length;
}

function invalid(reason: string, position: number): AppError {
  return new AppError("EXPRESSION_INVALID", `Cannot read the expression: ${reason}`, { details: { position } });
}
