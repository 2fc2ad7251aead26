/** What keeps a walk from going on and passes by itself: it is no fault of the step that it hits, and the run's job is done again. */

import { AppError } from "../base/errors.ts";
import { isRolledBackByPeer, isUnavailable } from "../db/db.ts";

/** The database is gone, too much waits for it, or another transaction went first. */
export function isPassing(error: unknown): boolean {
  return isUnavailable(error) || isRolledBackByPeer(error) ||
    (error instanceof AppError && error.code === "OVERLOADED");
}
