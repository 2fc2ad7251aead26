/**
 * References to results of earlier actions in templates of later ones: which can never be there (faults), and which may
 * be missing (warnings).
 */

import { answerFields } from "../clockify/answer_fields.ts";
import { findOrCreateOf } from "../clockify/find_or_create.ts";
import type { Catalogue, Operation } from "../clockify/operations.ts";
import type { Expression } from "../engine/expression.ts";
import { type Fault, unknownName } from "../engine/faults.ts";
import type { CompiledTemplate } from "../engine/mapping.ts";
import type { Path, Segment } from "../engine/path.ts";
import { actionNumber } from "../engine/scope.ts";
import type { FlowAction } from "./definition.ts";

/** What the result of an action is. */
export interface ResultShape {
  /** As a flow names it. */
  operation: string;
  /** "none": the answer has no body. */
  kind: "object" | "list" | "none";
  /** Fields of the object or of each item; empty where they are not known. */
  fields: readonly string[];
}

/** Functions that take care of a value that is missing. */
const GUARDS = ["required", "default", "if", "not", "equals", "boolean"];

/** Undefined where nothing is known of the result. */
export function resultOf(catalogue: Catalogue, action: FlowAction): ResultShape | undefined {
  if (action.type !== "clockify") return undefined;
  const operation = operationOf(catalogue, action.operation_id);
  if (!operation) return undefined;
  const kind = { object: "object", array: "list", none: "none", binary: undefined, text: undefined } as const;
  const shape = kind[operation.answer];
  return shape && {
    operation: operation.operationId,
    kind: shape,
    fields: answerFields(operation).map(({ name }) => name),
  };
}

/** The operation that a flow names, of Clockify's or ours; undefined when there is none or it stands for several. */
export function operationOf(catalogue: Catalogue, name: string): Operation | undefined {
  try {
    return findOrCreateOf(name)?.operation ?? catalogue.find(name);
  } catch {
    return undefined;
  }
}

export interface ResultPlace {
  /** Ids of all actions, in their order. */
  ids: readonly string[];
  shapes: readonly (ResultShape | undefined)[];
}

/** What is wrong with the template's paths into results, and what may be missing when it runs. */
export function resultFaults(template: CompiledTemplate, place: ResultPlace): { faults: Fault[]; warnings: Fault[] } {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  for (const { at, path, isGuarded } of pathsIn(template)) {
    const found = judge(path, place);
    if (found === undefined) continue;
    if (found.never) faults.push({ path: at, message: found.message });
    else if (!isGuarded) warnings.push({ path: at, message: found.message });
  }
  return { faults, warnings };
}

function judge(
  { segments, text }: Path,
  { ids, shapes }: ResultPlace,
): { never: boolean; message: string } | undefined {
  const { position, rest } = resultAt(segments, ids);
  const shape = position === undefined ? undefined : shapes[position];
  const [first, second] = rest;
  if (!shape || !first || first.kind === "descendant") return undefined;
  const { operation, kind, fields } = shape;
  if (kind === "none") {
    return { never: true, message: `${text} is never there: ${operation} answers with nothing` };
  }
  if (kind === "list" && first.kind === "name") {
    const instead = text.replace(/(_result|output)(?=[.[])/, "$1[0]");
    return {
      never: true,
      message: `${text} is never there: ${operation} answers with a list; its first is ${instead}`,
    };
  }
  if (kind === "object" && first.kind === "index") {
    return { never: true, message: `${text} is never there: ${operation} answers with one object, not a list` };
  }
  const field = kind === "object" ? first : second;
  if (field?.kind === "name" && fields.length > 0 && !fields.includes(field.name)) {
    return { never: false, message: `${text} may be missing: ${unknownName(field.name, fields)} of ${operation}` };
  }
  if (kind === "list" && first.kind === "index") {
    return {
      never: false,
      message: `${text} is missing when ${operation} finds nothing; required(${text}) fails the step then`,
    };
  }
  return undefined;
}

/** The position of the action whose result the path begins with, and what follows. */
function resultAt(segments: readonly Segment[], ids: readonly string[]): { position?: number; rest: Segment[] } {
  const [root, step, output, ...rest] = segments;
  if (root?.kind !== "name") return { rest: [] };
  const number = actionNumber(root.name);
  if (number !== undefined) return { position: number - 1, rest: segments.slice(1) };
  if (root.name !== "steps" || step?.kind !== "name" || output?.kind !== "name") return { rest: [] };
  return { position: ids.indexOf(step.name), rest };
}

interface FoundPath {
  at: string;
  path: Path;
  isGuarded: boolean;
}

function pathsIn(template: CompiledTemplate): FoundPath[] {
  switch (template.kind) {
    case "constant":
      return [];
    case "value":
      return [...inExpression(template.expression, false)].map((found) => ({ ...found, at: template.at }));
    case "text":
      return template.parts.flatMap((part) =>
        typeof part === "string" ? [] : [...inExpression(part, false)].map((found) => ({ ...found, at: template.at }))
      );
    case "list":
      return template.items.flatMap(pathsIn);
    case "object":
      return template.entries.flatMap(([, entry]) => pathsIn(entry));
  }
}

function* inExpression(expression: Expression, isGuarded: boolean): Generator<Omit<FoundPath, "at">> {
  if (expression.kind === "path") yield { path: expression.path, isGuarded };
  if (expression.kind !== "call") return;
  // append() fails by itself when its item is missing.
  for (const arg of expression.args) {
    yield* inExpression(arg, isGuarded || [...GUARDS, "append"].includes(expression.name));
  }
}
