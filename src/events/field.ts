/** A search filter by a field of the payload: a path, and the text that must be there. */

import { evaluatePath } from "../engine/follow_path.ts";
import { parsePath, type Path } from "../engine/path.ts";
import { AppError, toAppError } from "../base/errors.ts";
import { redactText } from "../telemetry/redact.ts";

export interface FieldFilter {
  path: Path;
  /** As it is written: "true", "12", "Homepage". */
  value: string;
}

const MAX_VALUE = 500;

/** The filter for a path such as `project.name` or `tags[*].name`. Throws REQUEST_INVALID. */
export function fieldFilter({ field, value }: { field: string; value: string }): FieldFilter {
  if (value.length > MAX_VALUE) {
    throw new AppError("REQUEST_INVALID", `Cannot read value: expected at most ${MAX_VALUE} characters`);
  }
  try {
    return { path: parsePath(field.startsWith("$") ? field : `$.${field}`), value };
  } catch (error) {
    throw new AppError("REQUEST_INVALID", `Cannot read field: ${toAppError(error).message}`, { cause: error });
  }
}

/** True when one of the values at the path is the text that is looked for. `redacted`: `value` is without hidden fields. */
export function hasField(payload: unknown, { path, value }: FieldFilter, redacted: boolean): boolean {
  // A text that would be shown redacted is not looked for; any other one stands in the payload as it is shown.
  if (redacted && redactText(value) !== value) return false;
  try {
    const found = evaluatePath(path, payload);
    return (path.definite ? [found] : found as unknown[]).some((one) => isText(one) && String(one) === value);
  } catch {
    // A path with wildcards over more than it may look at.
    return false;
  }
}

function isText(value: unknown): boolean {
  return value !== undefined && (typeof value !== "object" || value === null);
}
