/** What holds a run of a flow back, with the keys that its templates come to. Pure. */

import { hash } from "node:crypto";
import { readDuration } from "../../engine/duration.ts";
import { resolve } from "../../engine/mapping.ts";
import type { Scope } from "../../engine/scope.ts";
import type { FlowGates } from "../shape/gates_shape.ts";

/** A key that is longer is known by its hash. */
const MAX_KEY_CHARS = 200;

export interface Gate {
  flow: { id: number; name: string };
  concurrency?: { key: string; atOnce: number; whenFull: "queue" | "skip" | "cancel_oldest" };
  debounce?: { key: string; waitMs: number; maxWaitMs: number };
  throttle?: { key: string; atMost: number; perMs: number; queues: boolean };
}

/** Of events alone: what a person, a program or a schedule asks for does not wait for what comes after it. */
export type GateOf = "event" | "other";

/** Undefined for a flow that holds nothing back. */
export function gateOf(
  flow: Gate["flow"],
  { concurrency, debounce, throttle }: FlowGates,
  { scope, of }: { scope: () => Scope; of: GateOf },
): Gate | undefined {
  const debounces = debounce && of === "event";
  if (!concurrency && !debounces && !throttle) return undefined;
  const seen = scope();
  return {
    flow: { id: flow.id, name: flow.name },
    ...(concurrency && {
      concurrency: {
        key: keyOf(concurrency.key, seen),
        atOnce: concurrency.at_once,
        whenFull: concurrency.when_full,
      },
    }),
    ...(debounces && {
      debounce: {
        key: keyOf(debounce.key, seen),
        waitMs: readDuration(debounce.wait)!,
        maxWaitMs: debounce.max_wait === undefined ? Infinity : readDuration(debounce.max_wait)!,
      },
    }),
    ...(throttle && {
      throttle: {
        key: keyOf(throttle.key, seen),
        atMost: throttle.at_most,
        perMs: readDuration(throttle.per)!,
        queues: throttle.when_over === "queue",
      },
    }),
  };
}

/** What the template comes to, as text; '' without one, and where it comes to nothing or fails: those share a key. */
export function keyOf(template: string | undefined, scope: Scope): string {
  if (template === undefined) return "";
  let value: unknown;
  try {
    value = resolve(template, scope);
  } catch {
    return "";
  }
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  const isPlain = text.length <= MAX_KEY_CHARS && /^[\x20-\x7e]*$/.test(text);
  return isPlain ? text : `sha256:${hash("sha256", text, "hex")}`;
}

/** When a run may begin, in milliseconds, that is one of `atMost` within `perMs`; `times`: of the last ones, in order. */
export function throttledUntil(
  times: readonly number[],
  { nowMs, atMost, perMs }: { nowMs: number; atMost: number; perMs: number },
): number {
  const oldest = times.at(-atMost);
  return oldest === undefined ? nowMs : Math.max(nowMs, oldest + perMs);
}
