/**
 * References to results of earlier steps in templates of later ones: which can never be there (faults), and which may
 * be missing (warnings).
 */

import { answerFields } from "../../clockify/answer_fields.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import type { Catalogue, Operation } from "../../clockify/operations.ts";
import type { Expression } from "../../engine/expression.ts";
import { type Fault, unknownName } from "../../engine/faults.ts";
import type { CompiledTemplate } from "../../engine/mapping.ts";
import type { Path, Segment } from "../../engine/path.ts";
import { actionNumber } from "../../engine/scope.ts";
import type { FlowAction } from "../shape/definition.ts";
import type { Seen } from "./seen.ts";
import type { StepKind } from "../shape/steps.ts";

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
  if (action.type !== "clockify") return ownResult(action);
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

function ownResult(action: Exclude<FlowAction, { type: "clockify" }>): ResultShape | undefined {
  switch (action.type) {
    case "variables":
      return { operation: "variables", kind: "object", fields: Object.keys(action.set) };
    case "emit_event":
      return { operation: "emit_event", kind: "object", fields: ["event_id"] };
    case "run_flow":
      return { operation: "run_flow", kind: "object", fields: ["run_id", "state", "output"] };
    default:
      return undefined;
  }
}

/** Outputs of steps that hold others or wait; `end` has none. */
const CONTROL_RESULTS: Partial<Record<StepKind, readonly string[]>> = {
  branch: ["taken", "name"],
  parallel: ["completed", "failed", "outputs"],
  loop: ["total", "completed", "failed", "outputs", "errors"],
  wait: ["ended", "event"],
  approval: ["decision", "by", "by_name", "note", "at"],
  try: ["failed", "error"],
};

/** What the result of a step of this kind is; undefined for actions. */
export function controlResult(kind: StepKind | undefined): ResultShape | undefined {
  const fields = kind && CONTROL_RESULTS[kind];
  return fields && { operation: `a ${kind}`, kind: "object", fields };
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
  seen: Seen;
  /** Of the step, where it is known. */
  shapeOf(id: string): ResultShape | undefined;
}

/** What is wrong with the template's paths into results, and what may be missing when it is filled. */
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

interface Verdict {
  never: boolean;
  message: string;
}

function judge({ segments, text }: Path, { seen, shapeOf }: ResultPlace): Verdict | undefined {
  const { id, rest } = resultAt(segments, seen);
  const shape = id === undefined ? undefined : shapeOf(id);
  return (shape && judgeShape(rest, { shape, text })) ?? mayBeMissing(segments, { text, seen });
}

function judgeShape(
  [first, second]: readonly Segment[],
  { shape: { operation, kind, fields }, text }: { shape: ResultShape; text: string },
): Verdict | undefined {
  if (!first || first.kind === "descendant") return undefined;
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

/** Not every way through the flow leads by what it names. */
function mayBeMissing(
  [root, name]: readonly Segment[],
  { text, seen }: { text: string; seen: Seen },
): Verdict | undefined {
  if (root?.kind !== "name" || name?.kind !== "name") return undefined;
  const message = root.name === "steps" && seen.steps.get(name.name) === "possible"
    ? `${text} may be missing: step "${name.name}" is not walked in every case; default(${text}, ...) gives a value then`
    : root.name === "vars" && seen.vars.get(name.name) === "possible"
    ? `${text} may be missing: it is not set in every case; default(${text}, ...) gives a value then`
    : undefined;
  return message === undefined ? undefined : { never: false, message };
}

/** The step whose result the path begins with, and what follows. */
function resultAt(segments: readonly Segment[], { numbered, steps }: Seen): { id?: string; rest: readonly Segment[] } {
  const [root, step, output, ...rest] = segments;
  if (root?.kind !== "name") return { rest: [] };
  const number = actionNumber(root.name);
  if (number !== undefined) return { id: numbered?.[number - 1]?.id, rest: segments.slice(1) };
  if (root.name !== "steps" || step?.kind !== "name" || output?.kind !== "name") return { rest: [] };
  return { ...(steps.has(step.name) && { id: step.name }), rest };
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
