/**
 * The end of an installation: one small commit after which none of its work may begin, and the check that all work
 * makes.
 */

import type { Query, TransactionSql } from "../db/db.ts";
import { enqueueOnce } from "../queue/enqueue.ts";

/** The clean-up goes before all other jobs of the installation, however long they wait. */
const FIRST_MS = -86_400_000;

/**
 * Ends the installation: status, generation and tokens, and the jobs that do the rest. Nothing here waits for a worker: the
 * rows that runs and deliveries hold are left to the clean-up (cleanup.ts). Changes nothing when it has ended already.
 */
export async function endInstallation(sql: TransactionSql, installationId: number): Promise<void> {
  await sql`
    update installation set status = 'uninstalled', ended_generation = generation, generation = generation + 1,
      token_sealed = null, token_sha256 = null, uninstalled_at = coalesce(uninstalled_at, now()), updated_at = now()
    where id = ${installationId} and status <> 'uninstalled'`;
  await sql`delete from installation_webhook where installation_id = ${installationId}`;
  await enqueueOnce(sql, { kind: "cleanup", installationId, delayMs: FIRST_MS });
  // Webhooks that were registered beside the manifest are removed with the workspace's own API key.
  await enqueueOnce(sql, { kind: "coverage", installationId, payload: { remove: true } });
}

/**
 * SQL condition beside a row of `installation`: work that was asked for under `generation` (a column) is over, because the
 * add-on was uninstalled since; a reinstall does not revive it. Work of an unknown generation (null) counts as the present
 * one's. Never null.
 */
export function workIsOver(sql: Query, generation: string) {
  return sql`(installation.status = 'uninstalled'
    or coalesce(${sql(generation)} <= installation.ended_generation, false))`;
}
