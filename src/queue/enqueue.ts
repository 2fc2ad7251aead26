/** Background work of an installation, put into the queue inside the caller's transaction. */

import type { Query } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { JobKind } from "./queue.ts";

export interface Work {
  kind: JobKind;
  installationId: number;
  /** Part of what makes two jobs the same; default {}. */
  payload?: Record<string, unknown>;
  /** Default 0: at once. */
  delayMs?: number;
}

/**
 * Adds the job unless an equal one waits already; one that is being worked on does not count, since it may have read what
 * changed before. Two callers at the same moment may add two, which costs a repeat of work that is idempotent anyway.
 * After the commit the caller wakes the queue.
 */
export async function enqueueOnce(
  sql: Query,
  { kind, installationId, payload = {}, delayMs = 0 }: Work,
): Promise<void> {
  const json = jsonText(payload);
  const moved = await sql`
    update job set due_at = least(due_at, now() + ${delayMs}::float8 * interval '1 millisecond')
    where installation_id = ${installationId} and kind = ${kind} and payload = ${json}::text::jsonb
      and finished_at is null and state <> 'executing' returning id`;
  if (moved.length > 0) return;
  await sql`
    insert into job (kind, installation_id, payload, due_at)
    values (${kind}, ${installationId}, ${json}::text::jsonb, now() + ${delayMs}::float8 * interval '1 millisecond')`;
}
