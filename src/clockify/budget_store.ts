/** Hourly budgets and long pauses in the database, one row per installation, so that a restart continues with them. */

import type { Database, TransactionSql } from "../db/db.ts";
import { alsoSee } from "../db/scope.ts";
import type { PauseCause } from "./key_bucket.ts";
import type { MinuteCounts } from "./hourly_budget.ts";

/** What outlives the process of one rate budget. Instants are epoch milliseconds; 0 is long ago. */
export interface KeptBudget {
  limitPerHour: number | undefined;
  learntUntilMs: number;
  pausedUntilMs: number;
  cause?: PauseCause;
  calls: MinuteCounts;
}

/** Keys are those of the rate limiter: profile key, a colon, workspace. Rejects when the database is away. */
export interface BudgetStore {
  load(key: string): Promise<KeptBudget | undefined>;
  save(key: string, budget: KeptBudget): Promise<void>;
}

interface Row {
  limit_per_hour: number | null;
  learnt_until_ms: number | null;
  paused_until_ms: number | null;
  refused_at_ms: number | null;
  asked_ms: number | null;
  calls: MinuteCounts;
}

/** `databaseOf` gives the database of a profile; undefined for one that this process does not serve. */
export function createBudgetStore(databaseOf: (profileKey: string) => Database | undefined): BudgetStore {
  const parts = (key: string) => {
    const colon = key.indexOf(":");
    const addon = key.slice(0, colon);
    return { addon, workspaceId: key.slice(colon + 1), db: databaseOf(addon) };
  };
  return {
    load: async (key) => {
      const { addon, workspaceId, db } = parts(key);
      const [row] = await db?.scoped({ workspaceId }, async (sql) => {
        const id = await findInstallation(sql, { addon, workspaceId });
        return id === undefined ? [] : await sql<Row[]>`
          select limit_per_hour, calls, (extract(epoch from learnt_until) * 1000)::float8 as learnt_until_ms,
            (extract(epoch from paused_until) * 1000)::float8 as paused_until_ms,
            (extract(epoch from refused_at) * 1000)::float8 as refused_at_ms, asked_ms::float8 as asked_ms
          from upstream_budget where installation_id = ${id}`;
      }) ?? [];
      return row && {
        limitPerHour: row.limit_per_hour ?? undefined,
        learntUntilMs: row.learnt_until_ms ?? 0,
        pausedUntilMs: row.paused_until_ms ?? 0,
        cause: row.refused_at_ms === null ? undefined : { atMs: row.refused_at_ms, askedMs: row.asked_ms ?? undefined },
        calls: row.calls,
      };
    },
    save: async (key, { limitPerHour = null, learntUntilMs, pausedUntilMs, cause, calls }) => {
      const { addon, workspaceId, db } = parts(key);
      await db?.scoped({ workspaceId }, async (sql) => {
        const id = await findInstallation(sql, { addon, workspaceId });
        if (id === undefined) return;
        await sql`
          insert into upstream_budget (installation_id, limit_per_hour, learnt_until, paused_until, refused_at, asked_ms, calls)
          values (${id}, ${limitPerHour}, ${new Date(learntUntilMs)}, ${new Date(pausedUntilMs)},
            ${cause ? new Date(cause.atMs) : null}, ${cause?.askedMs ?? null}, ${JSON.stringify(calls)}::text::json)
          on conflict (installation_id) do update set limit_per_hour = excluded.limit_per_hour,
            learnt_until = excluded.learnt_until, paused_until = excluded.paused_until, refused_at = excluded.refused_at,
            asked_ms = excluded.asked_ms, calls = excluded.calls`;
      });
    },
  };
}

/** The installation's id, whose rows the transaction sees from then on. */
async function findInstallation(
  sql: TransactionSql,
  { addon, workspaceId }: { addon: string; workspaceId: string },
): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    select id from installation where addon = ${addon} and workspace_id = ${workspaceId}`;
  if (row) await alsoSee(sql, row.id);
  return row?.id;
}
