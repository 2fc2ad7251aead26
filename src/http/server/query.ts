/** Query parameters of lists, each read within its bounds; a wrong one is refused with REQUEST_INVALID, which names both. */

import type { Context } from "hono";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "./app_env.ts";

type Ctx = Context<AppEnv>;

/** A whole number; `fallback` when absent. */
export function queryNumber<Fallback extends number | undefined>(
  c: Ctx,
  name: string,
  { fallback, min, max }: { fallback: Fallback; min: number; max: number },
): number | Fallback {
  const text = c.req.query(name);
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw refused(name, `a whole number from ${min} to ${max}`);
}

/** A time, as in 2026-11-21T08:00:00Z. */
export function queryTime(c: Ctx, name: string): Date | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]{5,12}(Z|[+-]\d\d:\d\d))?$/.test(text) ? new Date(text) : new Date(NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw refused(name, "a time such as 2026-11-21T08:00:00Z");
}

/** One of a closed list, in any case. */
export function queryOneOf<const T extends string>(c: Ctx, name: string, values: readonly T[]): T | undefined {
  const text = c.req.query(name)?.toLowerCase();
  if (text === undefined) return undefined;
  const found = values.find((value) => value.toLowerCase() === text);
  if (found !== undefined) return found;
  throw refused(name, `one of ${values.join(", ")}`);
}

/** Printable ASCII of at most 200 characters: it becomes SQL text, which refuses NUL and lone surrogates. */
export function queryText(c: Ctx, name: string): string | undefined {
  const text = c.req.query(name);
  if (text === undefined || /^[\x20-\x7e]{1,200}$/.test(text)) return text;
  throw refused(name, "1 to 200 printable characters");
}

function refused(name: string, due: string): AppError {
  return new AppError("REQUEST_INVALID", `Cannot read ${name}: ${due} is due`);
}
