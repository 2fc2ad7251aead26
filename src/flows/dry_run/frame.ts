/** What a dry run knows of the steps before one: their outputs, where they are at hand, and what is around it. */

import type { Path } from "../../engine/path.ts";
import { actionNumber, type Scope, setOwn } from "../../engine/scope.ts";
import { eventScope } from "../triggers/pending_event.ts";
import type { TriedEvent } from "./tried_event.ts";

/** A value that may not be at hand: a step that would have given it has not run. */
export type Known = { known: true; value: unknown } | { known: false };

export interface TriedFrame {
  /** In the order of the walk. */
  results: { id: string; output: Known }[];
  vars: Map<string, Known>;
  /** `$.loop` of its items, `$.error` and `$.approval`. */
  loop?: Known;
  error?: Known;
  approval?: Known;
  /** Looked up for what is not found here. */
  parent?: TriedFrame;
}

export const UNKNOWN: Known = { known: false };

export function createFrame(parts: Partial<TriedFrame> = {}): TriedFrame {
  return { results: [], vars: new Map(), ...parts };
}

/** The scope of a step in the frame, with what is at hand. */
export function frameScope(event: TriedEvent, frame: TriedFrame): Scope {
  const frames = [...framesOf(frame)].reverse();
  const results = frames.flatMap((one) => one.results)
    .map(({ id, output }) => ({ id, output: output.known ? output.value : undefined }));
  const scope = eventScope(event, results);
  const vars: Record<string, unknown> = Object.create(null);
  for (const one of frames) {
    for (const [name, value] of one.vars) if (value.known) setOwn(vars, name, value.value);
  }
  scope.vars = vars;
  for (const key of ["loop", "error", "approval"] as const) {
    const value = nearest(frame, key);
    if (value?.known) scope[key] = value.value;
  }
  return scope;
}

/** What `path` needs that is not at hand: as `action_1_result` in a flow of actions alone, else as `steps.find_tag`. */
export function missingIn(
  frame: TriedFrame,
  { segments: [root, name] }: Path,
  { isFlat }: { isFlat: boolean },
): string | undefined {
  if (root?.kind !== "name") return undefined;
  const number = actionNumber(root.name);
  if (number !== undefined) {
    const result = isFlat ? frame.results[number - 1] : undefined;
    return result && !result.output.known ? `action_${number}_result` : undefined;
  }
  switch (root.name) {
    case "steps": {
      const unknown = missingResult(frame, name?.kind === "name" ? name.name : undefined);
      if (unknown === undefined) return undefined;
      const place = frame.results.findIndex(({ id }) => id === unknown);
      return isFlat ? `action_${place + 1}_result` : `steps.${unknown}`;
    }
    case "vars": {
      if (name?.kind !== "name") return undefined;
      const value = variable(frame, name.name);
      return value && !value.known ? `vars.${name.name}` : undefined;
    }
    case "loop":
    case "error":
    case "approval": {
      const value = nearest(frame, root.name);
      return value && !value.known ? root.name : undefined;
    }
    default:
      return undefined;
  }
}

/** The steps in the frame and around it whose results the path names. */
export function namedIn(
  frame: TriedFrame,
  { segments: [root, name] }: Path,
  { isFlat }: { isFlat: boolean },
): string[] {
  if (root?.kind !== "name") return [];
  const number = actionNumber(root.name);
  if (number !== undefined) return isFlat ? frame.results.slice(number - 1, number).map(({ id }) => id) : [];
  if (root.name !== "steps") return [];
  return name?.kind === "name"
    ? [name.name]
    : [...framesOf(frame)].flatMap(({ results }) => results.map(({ id }) => id));
}

/** The step whose output is not at hand; without `id` any of them. */
function missingResult(frame: TriedFrame, id: string | undefined): string | undefined {
  for (const { results } of framesOf(frame)) {
    if (id === undefined) {
      const unknown = results.find(({ output }) => !output.known);
      if (unknown) return unknown.id;
      continue;
    }
    const result = results.findLast((one) => one.id === id);
    if (result) return result.output.known ? undefined : id;
  }
  return undefined;
}

function variable(frame: TriedFrame, name: string): Known | undefined {
  for (const { vars } of framesOf(frame)) {
    const value = vars.get(name);
    if (value) return value;
  }
  return undefined;
}

export function nearest(frame: TriedFrame, key: "loop" | "error" | "approval"): Known | undefined {
  for (const one of framesOf(frame)) if (one[key]) return one[key];
  return undefined;
}

/** From the nearest one outwards. */
function* framesOf(frame: TriedFrame): Generator<TriedFrame> {
  for (let one: TriedFrame | undefined = frame; one; one = one.parent) yield one;
}
