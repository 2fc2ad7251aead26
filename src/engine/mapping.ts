/** Templates: JSON whose strings may hold paths and expressions; parsed once, then filled from a scope. Pure. */

import { AppError } from "../base/errors.ts";
import {
  evaluateExpression,
  type Expression,
  type Limits,
  type Lookup,
  lookupsOf,
  pathExpression,
  pathsOf,
  queryOf,
  scanExpression,
} from "./expression.ts";
import { type EntityQuery, MAX_LOOKUPS, queryText } from "./entity_lookup.ts";
import { excerptAt } from "./excerpt.ts";
import { at, cut, type Fault, faultOf, isUnderSecret } from "./faults.ts";
import { anyText } from "./functions.ts";
import { parsePath, type Path } from "./path.ts";
import { type Scope, setOwn } from "./scope.ts";
import { createWorkBudget, WORK, type WorkBudget, WorkSpent } from "./work_budget.ts";

/**
 * A template ready to fill.
 *
 * | Written | Gives |
 * |---|---|
 * | `"$.webhook.id"` | the value at the path, of its own type |
 * | `"{{ default($.webhook.description, \"none\") }}"` | the value of the expression, of its own type |
 * | `"Entry {{$.webhook.id}} of {{webhook.user.name}}"` | text; missing and null write nothing, lists and objects JSON |
 * | `"$$.x"`, `"\\{{"` | the text `$.x`, the text `{{`; each `$` or backslash more stands for one |
 * | anything else | itself, lists and objects with their parts filled |
 *
 * A part that is a missing path (absent, not null) is left out of the object or list around it. Results share their parts
 * with the template and the scope: read, do not change.
 */
export type CompiledTemplate =
  /** `asWritten` is false for a text with an escape: the text around it must be rebuilt. */
  | { kind: "constant"; value: unknown; asWritten: boolean }
  | TemplatePlace
  | { kind: "list"; items: CompiledTemplate[] }
  | { kind: "object"; entries: [string, CompiledTemplate][] };

/** A text of a template that holds expressions: `at` is where it stands, `written` what it says. */
export type TemplatePlace =
  & { at: string; written: string }
  & ({ kind: "value"; expression: Expression } | { kind: "text"; parts: (string | Expression)[] });

/** A path that a template holds; `at` is where, as in `actions[1].body.name`. */
export interface TemplateReference {
  at: string;
  path: Path;
}

const MAX_DEPTH = 32;
const MAX_NODES = 10_000;
/** Size of what one template may give, in characters of JSON, roughly; intermediate values count too. */
const MAX_OUTPUT = 5_000_000;
/** A step of work for so many characters that are given: 5,000,000 are 156,250. */
const CHARS_PER_STEP = 32;
/** Data nested deeper is refused: turning it into JSON would exhaust the stack. */
const MAX_DATA_DEPTH = 500;

const compiled = new WeakMap<object, CompiledTemplate>();

/** The template, or everything that is wrong with it; `atPath` is where it stands, as in "actions[0].body". Never throws. */
export function parseTemplate(
  value: unknown,
  atPath: string,
): { template: CompiledTemplate; faults?: undefined } | { template?: undefined; faults: Fault[] } {
  const parsing = { faults: [], nodes: 0 };
  const template = parseNode(value, { path: atPath, depth: 0 }, parsing);
  return parsing.faults.length === 0 ? { template } : { faults: parsing.faults };
}

/**
 * What the template gives. Throws EXPRESSION_FAILED, `details.path` being the part of the template, when a function gets
 * a wrong argument, or the result or the work for it is too large; the message ends in two lines that point at the character.
 */
export function resolveTemplate(template: CompiledTemplate, scope: Scope, work = stepBudget()): unknown {
  const limits: Limits = { charge: outputBudget({ work }), work };
  return fillTemplate(template, (place) => evaluatePlace(place, scope, limits));
}

/**
 * Counts what expressions give, and throws EXPRESSION_FAILED once it is over `limit` characters of JSON, roughly. Counting
 * them, and writing them later on, is work too, which is charged to `work`.
 */
export function outputBudget(
  { limit = MAX_OUTPUT, work }: { limit?: number; work?: WorkBudget },
): Limits["charge"] {
  let left = limit;
  return (value) => {
    const size = sizeOf(value, left);
    left -= size;
    if (left < 0) throw new AppError("EXPRESSION_FAILED", `its result is over ${limit} characters`);
    work?.spend(Math.ceil(size / CHARS_PER_STEP));
  };
}

/** What the template gives when each place gives what `give` says; undefined leaves it out of what is around it. */
export function fillTemplate(template: CompiledTemplate, give: (place: TemplatePlace) => unknown): unknown {
  switch (template.kind) {
    case "constant":
      return template.value;
    case "value":
    case "text":
      return give(template);
    case "list":
      return template.items.map((item) => fillTemplate(item, give)).filter((item) => item !== undefined);
    case "object": {
      const filled: Record<string, unknown> = {};
      for (const [key, entry] of template.entries) {
        const value = fillTemplate(entry, give);
        if (value !== undefined) setOwn(filled, key, value);
      }
      return filled;
    }
  }
}

/** What one place gives; throws EXPRESSION_FAILED. */
export function evaluatePlace(place: TemplatePlace, scope: Scope, limits: Limits): unknown {
  return located(place, () => {
    if (place.kind === "value") return evaluateExpression(place.expression, scope, limits);
    let text = "";
    for (const part of place.parts) {
      text += typeof part === "string" ? part : anyText(evaluateExpression(part, scope, limits));
    }
    return text;
  });
}

/** As `resolveTemplate` on raw JSON; an object is read once and must not change afterwards. Throws EXPRESSION_INVALID too. */
export function resolve(value: unknown, scope: Scope, work = stepBudget()): unknown {
  return resolveTemplate(templateOf(value), scope, work);
}

/** The template of raw JSON; that of an object is kept. Throws EXPRESSION_INVALID. */
export function templateOf(value: unknown): CompiledTemplate {
  const isKey = typeof value === "object" && value !== null;
  let template = isKey ? compiled.get(value) : undefined;
  if (!template) {
    const parsed = parseTemplate(value, "");
    if (parsed.faults) {
      const [fault] = parsed.faults;
      throw new AppError("EXPRESSION_INVALID", `Cannot read the template at "${fault!.path}": ${fault!.message}`, {
        details: { faults: parsed.faults },
      });
    }
    template = parsed.template;
    if (isKey) compiled.set(value, template);
  }
  return template;
}

const lookups = new WeakMap<CompiledTemplate, readonly Lookup[]>();

/** The look-ups that the template holds: none for most. */
export function templateLookups(template: CompiledTemplate): readonly Lookup[] {
  let found = lookups.get(template);
  if (!found) lookups.set(template, found = expressionsOf(template).flatMap((one) => [...lookupsOf(one)]));
  return found;
}

/**
 * What the template looks up in the scope, each once. One whose name cannot be made is left out: it fails where it is
 * evaluated. Throws EXPRESSION_FAILED where there are more than 50, and WorkSpent.
 */
export function entityQueries(template: CompiledTemplate, scope: Scope, work = stepBudget()): EntityQuery[] {
  const queries = new Map<string, EntityQuery>();
  const limits: Limits = { charge: outputBudget({ work }), work };
  for (const lookup of templateLookups(template)) {
    try {
      const query = queryOf(lookup, scope, limits);
      queries.set(queryText(query), query);
    } catch (error) {
      if (!(error instanceof AppError) || error instanceof WorkSpent) throw error;
    }
  }
  if (queries.size > MAX_LOOKUPS) {
    const why = `it looks up ${queries.size} entities, at most ${MAX_LOOKUPS} are supported in a step`;
    throw new AppError("EXPRESSION_FAILED", `Cannot resolve the template: ${why}`);
  }
  return [...queries.values()];
}

function expressionsOf(template: CompiledTemplate): Expression[] {
  switch (template.kind) {
    case "constant":
      return [];
    case "value":
      return [template.expression];
    case "text":
      return template.parts.filter((part) => typeof part !== "string");
    case "list":
      return template.items.flatMap(expressionsOf);
    case "object":
      return template.entries.flatMap(([, entry]) => expressionsOf(entry));
  }
}

/** How many expressions the template holds. */
export function expressionCount(template: CompiledTemplate): number {
  switch (template.kind) {
    case "constant":
      return 0;
    case "value":
      return 1;
    case "text":
      return template.parts.filter((part) => typeof part !== "string").length;
    case "list":
      return template.items.reduce((sum, item) => sum + expressionCount(item), 0);
    case "object":
      return template.entries.reduce((sum, [, entry]) => sum + expressionCount(entry), 0);
  }
}

/** The paths that the template holds. */
export function templateReferences(template: CompiledTemplate): TemplateReference[] {
  switch (template.kind) {
    case "constant":
      return [];
    case "value":
      return [...pathsOf(template.expression)].map((path) => ({ at: template.at, path }));
    case "text":
      return template.parts.flatMap((part) =>
        typeof part === "string" ? [] : [...pathsOf(part)].map((path) => ({ at: template.at, path }))
      );
    case "list":
      return template.items.flatMap(templateReferences);
    case "object":
      return template.entries.flatMap(([, entry]) => templateReferences(entry));
  }
}

function stepBudget(): WorkBudget {
  return createWorkBudget(WORK.step, "one step");
}

interface Parsing {
  faults: Fault[];
  nodes: number;
}

function parseNode(value: unknown, where: { path: string; depth: number }, parsing: Parsing): CompiledTemplate {
  const constant: CompiledTemplate = { kind: "constant", value, asWritten: true };
  const { path, depth } = where;
  if (++parsing.nodes > MAX_NODES) {
    if (parsing.nodes === MAX_NODES + 1) {
      parsing.faults.push({ path, message: `is one value too many: at most ${MAX_NODES} are supported` });
    }
    return constant;
  }
  if (typeof value === "string") {
    try {
      return parseText(value, path);
    } catch (error) {
      parsing.faults.push(faultOf(path, error, value));
      return constant;
    }
  }
  if (typeof value !== "object" || value === null) return constant;
  if (depth === MAX_DEPTH) {
    parsing.faults.push({ path, message: `is nested more than ${MAX_DEPTH} deep` });
    return constant;
  }
  const child = (key: string | number, part: unknown) =>
    parseNode(part, { path: at(path, key), depth: depth + 1 }, parsing);
  if (Array.isArray(value)) {
    if (value.length > MAX_NODES) {
      parsing.faults.push({ path, message: `has ${value.length} elements, at most ${MAX_NODES} are supported` });
      return constant;
    }
    const items = value.map((item, index) => child(index, item));
    return items.every(isAsWritten) ? constant : { kind: "list", items };
  }
  const entries = Object.entries(value).map(([key, part]): [string, CompiledTemplate] => [key, child(key, part)]);
  return entries.every(([, entry]) => isAsWritten(entry)) ? constant : { kind: "object", entries };
}

function isAsWritten(template: CompiledTemplate): boolean {
  return template.kind === "constant" && template.asWritten;
}

function parseText(text: string, path: string): CompiledTemplate {
  if (text.startsWith("$.")) {
    try {
      return { kind: "value", expression: pathExpression(parsePath(text), 0), at: path, written: text };
    } catch (error) {
      throw withHint(error, 'a text that begins with "$." is a path; write "$$." for the text itself');
    }
  }
  const start = /^\$\$+\./.test(text) ? 1 : 0;
  if (start === 0 && !text.includes("{{")) return { kind: "constant", value: text, asWritten: true };
  const parts = scanParts(text, start);
  if (parts.length === 1 && typeof parts[0] !== "string" && start === 0) {
    return { kind: "value", expression: parts[0]!, at: path, written: text };
  }
  if (parts.some((part) => typeof part !== "string")) return { kind: "text", parts, at: path, written: text };
  return { kind: "constant", value: parts.join(""), asWritten: false };
}

/** The text from `start` on, taken apart at each `{{ }}`; of the backslashes before `{{` each second one stays. */
function scanParts(text: string, start: number): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  const opening = /(\\*)\{\{/g;
  opening.lastIndex = start;
  let literal = "";
  let position = start;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const backslashes = found[1]!.length;
    literal += text.slice(position, found.index) + "\\".repeat(backslashes >> 1);
    position = opening.lastIndex;
    if (backslashes % 2 === 1) {
      literal += "{{";
      continue;
    }
    const { expression, end } = scanExpression(text, position);
    if (!text.startsWith("}}", end)) {
      throw new AppError(
        "EXPRESSION_INVALID",
        `Cannot read the expression at "${cut(text.slice(end), 20)}": expected "}}"`,
        {
          details: { position: end },
        },
      );
    }
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(expression);
    position = opening.lastIndex = end + 2;
  }
  literal += text.slice(position);
  return literal === "" && parts.length > 0 ? parts : [...parts, literal];
}

function located<Value>({ at: path, written }: TemplatePlace, evaluate: () => Value): Value {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const what = `Cannot resolve ${path === "" ? "the template" : path}`;
    if (error instanceof WorkSpent) throw error.at(what);
    const { position } = error.details;
    const points = typeof position === "number" && !isUnderSecret(path);
    const excerpt = points ? `\n${excerptAt(written, position, { hideTexts: true })}` : "";
    throw new AppError(error.code, `${what}: ${error.message}${excerpt}`, {
      details: { ...error.details, path },
      cause: error,
    });
  }
}

function withHint(error: unknown, hint: string): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(error.code, `${error.message} (${hint})`, { details: error.details, cause: error });
}

/** Size of the value as JSON, roughly; stops counting beyond `limit`. Throws EXPRESSION_FAILED for data nested too deep. */
function sizeOf(value: unknown, limit: number, depth = 0): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 8;
  if (depth === MAX_DATA_DEPTH) {
    throw new AppError("EXPRESSION_FAILED", `the data is nested more than ${MAX_DATA_DEPTH} deep`);
  }
  let size = 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (size > limit) break;
      size += sizeOf(item, limit - size, depth + 1);
    }
    return size;
  }
  for (const key of Object.keys(value)) {
    if (size > limit) break;
    size += key.length + 4 + sizeOf((value as Record<string, unknown>)[key], limit - size, depth + 1);
  }
  return size;
}
