/** Which rows of the journal are creates whose answer was lost. */

import { objectWriteNamed } from "../clockify/object_writes.ts";
import type { ChangeState } from "./change_rows.ts";

/** Whether what a call of this `METHOD /path` made can be looked for: it makes one object, whose id its answer says. */
export function isLookedFor(key: string): boolean {
  const row = objectWriteNamed(key);
  return key.startsWith("POST ") && row.id === "answer" && !row.items;
}

/** Its answer was lost, and what it made can be looked for. */
export function isLost(
  { operationKey, state, entityId }: { operationKey: string; state: ChangeState; entityId: string | null },
): boolean {
  return (state === "uncertain" || state === "failed") && entityId === null && isLookedFor(operationKey);
}
