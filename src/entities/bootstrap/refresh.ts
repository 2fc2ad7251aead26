/** When a workspace is read again without a request: before its cache gets old, and at a visit that finds nothing. */

import { createReminders } from "../../base/bounded_cache.ts";
import type { Clock } from "../../base/clock.ts";
import type { Database } from "../../db/db.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { enqueueOnce } from "../../queue/enqueue.ts";
import type { BootstrapStore } from "./store.ts";
import { hasOpenJob } from "../../queue/open_jobs.ts";

export interface Refresh {
  /** For a standing job to call: asks for a read when the last one is older than half of cache_ttl_days. */
  ifDue(installation: { id: number; addon: string }): Promise<void>;
  /**
   * For an admin's visit: asks for a read when none was made, the last one failed or was skipped, or nothing is left of it.
   * Never rejects, and is not to be waited for.
   */
  atVisit(installation: { id: number; workspaceId: string }): Promise<void>;
}

/** Where cached entities are kept for ever. */
const KEPT_DAYS = 14;
/** After a read that failed or lacks a list, at most. */
const RETRY_DAYS = 1;
/** A visit looks at the state once in this time. */
const VISIT_MS = 600_000;
const MAX_VISITS = 10_000;

export function createRefresh({ db, store, settings, clock, wake }: {
  db: Pick<Database, "scoped">;
  store: Pick<BootstrapStore, "trigger">;
  settings: Pick<SettingsSource, "of">;
  clock: Clock;
  wake(): void;
}): Refresh {
  const visits = createReminders<number>({ max: MAX_VISITS, clock });

  async function lookFor({ id, workspaceId }: { id: number; workspaceId: string }) {
    const [row] = await db.scoped({ installationIds: [id] }, (sql) =>
      sql`
      select 1 from installation left join bootstrap_state state on state.installation_id = installation.id
      where installation.id = ${id} and installation.status = 'active'
        and not ${hasOpenJob(sql, { installationId: id, kind: "bootstrap" })}
        and case state.status
          when 'FAILED' then state.finished_at < now() - ${VISIT_MS}::float8 * interval '1 millisecond'
          when 'COMPLETE' then not exists (select 1 from entity_cache where installation_id = ${id})
          else true end`);
    if (!row) return;
    await store.trigger({ id, workspaceId });
    wake();
  }

  return {
    ifDue: async (installation) => {
      const { id } = installation;
      const { cacheTtlDays } = await settings.of(installation);
      // Spread over a fifth of it: many workspaces may have been read in the same hour.
      const days = (cacheTtlDays || KEPT_DAYS) / 2 * (1 - id % 100 / 500);
      const due = await db.scoped({ installationIds: [id] }, async (sql) => {
        const [row] = await sql`
          select 1 from bootstrap_state where installation_id = ${id} and status <> 'DISABLED'
            and coalesce(finished_at, updated_at) < now() - interval '1 day' * case when status = 'COMPLETE' and last_error is null
              then ${days}::float8 else least(${days}::float8, ${RETRY_DAYS}::float8) end
            and not ${hasOpenJob(sql, { installationId: id, kind: "bootstrap" })}`;
        if (row) await enqueueOnce(sql, { kind: "bootstrap", installationId: id, payload: { reason: "refresh" } });
        return row !== undefined;
      });
      if (due) wake();
    },

    atVisit: async (installation) => {
      if (visits.has(installation.id)) return;
      visits.add(installation.id, VISIT_MS);
      try {
        await lookFor(installation);
      } catch {
        // The next visit looks again.
        visits.delete(installation.id);
      }
    },
  };
}
