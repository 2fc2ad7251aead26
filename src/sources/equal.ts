/** Comparing secrets: in the same time wherever they differ. */

import { hash, timingSafeEqual } from "node:crypto";

/** True when `given` is `secret`; takes the same time wherever they differ, and says nothing of lengths. */
export function secretEqual(secret: string, given: string): boolean {
  return timingSafeEqual(hash("sha256", secret, "buffer"), hash("sha256", given, "buffer"));
}

/** True when any of `given` is any of `due`. All pairs are compared, so that the time does not reveal which one fits. */
export function anyEqual(due: readonly string[], given: readonly string[]): boolean {
  let equal = false;
  for (const secret of due) for (const one of given) equal = secretEqual(secret, one) || equal;
  return equal;
}
