/**
 * Query parameters as schemas for the contracts of routes, each read within its bounds; a wrong one is refused with
 * REQUEST_INVALID, which names both.
 */

import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Fault } from "../../engine/faults.ts";
import { MAX_FAULTS, unknownField } from "./unknown_field.ts";

const TIME = "a time such as 2026-11-21T08:00:00Z";

function timeOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d(T[\d:.]{5,12}(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `wanted` completes "expected ...", as in "a whole number from 1 to 100". */
function refused(name: string, wanted: string): AppError {
  return new AppError("REQUEST_INVALID", `Cannot read ${name}: expected ${wanted}`, {
    details: { faults: [{ path: name, message: `expected ${wanted}` }] },
  });
}

/** The parameters that a contract names, as its handler gets them; others are left out. Throws REQUEST_INVALID for the first wrong one. */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: Record<string, string>): z.output<Schema> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw refused(path.join("."), message);
}

/**
 * A name that none of these is, or that stands there twice, is refused with REQUEST_INVALID: what was meant as a filter would be
 * read as none.
 */
export function requireKnownNames(query: Readonly<Record<string, readonly string[]>>, known: readonly string[]): void {
  const faults = Object.entries(query).flatMap(([name, values]): Fault[] => {
    if (!known.includes(name)) return [unknownField(name, { path: "", known })];
    return values.length > 1 ? [{ path: name, message: "is given more than once" }] : [];
  });
  const [first] = faults;
  if (!first) return;
  const place = known.includes(first.path) ? `${first.path} ` : "";
  throw new AppError("REQUEST_INVALID", `Cannot read the query: ${place}${first.message}`, {
    details: { faults: faults.slice(0, MAX_FAULTS) },
  });
}

/** A whole number; `fallback` when absent. */
export function wholeNumber<Fallback extends number | undefined>(
  about: string,
  { fallback, min, max }: { fallback: Fallback; min: number; max: number },
) {
  return z.string().optional().transform((text, ctx): number | Fallback => {
    if (text === undefined) return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    ctx.addIssue(`a whole number from ${min} to ${max}`);
    return z.NEVER;
  }).meta({
    description: about,
    type: "integer",
    minimum: min,
    maximum: max,
    ...(fallback !== undefined && { default: fallback }),
  });
}

/** A time, as in 2026-11-21T08:00:00Z. */
export function time(about: string) {
  return z.string().optional().transform((text, ctx): Date | undefined => {
    if (text === undefined) return undefined;
    const time = timeOf(text);
    if (time !== undefined) return time;
    ctx.addIssue(TIME);
    return z.NEVER;
  }).meta({ description: about, type: "string", example: "2026-11-21T08:00:00Z" });
}

/** One of a closed list, in any case. */
export function oneOf<const T extends string>(about: string, values: readonly T[]) {
  return z.string().optional().transform((text, ctx): T | undefined => {
    const found = values.find((value) => value.toLowerCase() === text?.toLowerCase());
    if (text === undefined || found !== undefined) return found;
    ctx.addIssue(`one of ${values.join(", ")}`);
    return z.NEVER;
  }).meta({ description: about, type: "string", enum: [...values] });
}

/** The form of 1 to `max` printable characters: they become SQL text, which refuses NUL and lone surrogates. */
export function printable(max: number): RegExp {
  return new RegExp(`^[^\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]{1,${max}}$`, "u");
}

/** Printable, at most `max` characters. */
export function text(about: string, max = 200) {
  return z.string().regex(printable(max), `1 to ${max} printable characters`).optional().meta({ description: about });
}
