/**
 * What a transaction may see: row-level security (migrations/0002_tenancy.sql) holds every row against it, so that a
 * statement that forgot its installation finds nothing, instead of another workspace's rows.
 */

import type { Database, Deadline, Scope, Sql, TransactionSql } from "./db.ts";
import type { RenewingPool } from "./renewing_pool.ts";
import { isCancelled, tooLong, untilDeadline } from "./within.ts";

/** Superusers, and roles that bypass it, are not bound by row-level security: their transactions take this role. */
const APP_ROLE = "timewire_app";

/** What inScope() narrows a transaction to. */
export interface InScope {
  /** The rows that it sees. */
  scope: Scope;
  /** Taken for the transaction where one is needed. */
  role: string | undefined;
  /** Past it the transaction is rolled back; absent: none. */
  deadline?: Deadline;
  /** Whether the server can cancel a statement by itself. */
  cancels: boolean;
}

/**
 * Runs `work` in a transaction that sees `scope` only. The settings and the first statement of `work` travel together, so
 * the wall costs one round trip less than it has statements; so does the time limit of its statements.
 */
export function inScope<T>(
  sql: Sql,
  { scope, role, deadline, cancels }: InScope,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const run = sql.begin((tx) => {
    // Read once: a limit of 0 would be none.
    const leftMs = deadline?.leftMs();
    if (deadline && leftMs! <= 0) throw tooLong(deadline);
    // Not awaited: when it fails the transaction does.
    narrow(tx, scope, { role, timeoutMs: cancels ? leftMs : undefined }).execute().catch(() => {});
    return work(deadline ? untilDeadline(tx, deadline) : tx);
  }) as Promise<T>;
  if (!deadline) return run;
  return run.catch((error) => {
    throw isCancelled(error) ? tooLong(deadline, error) : error;
  });
}

/**
 * The scoped ways over a driver pool. `openAs` makes a pool for single statements, whose sessions have a role from their
 * start where one is needed. The embedded database has one session for all and cannot: there scopedStatement() has only the
 * first wall, the installation that the statement itself names, since the four trips of a transaction would cost it a third
 * of its speed.
 */
export function createScoping(
  sql: Sql,
  openAs?: (role: string | undefined) => RenewingPool,
): Pick<Database, "scoped" | "scopedStatement" | "bind"> & { stop(): Promise<void> } {
  let bound: RenewingPool | undefined;
  let role: Promise<string | undefined> | undefined;
  const prepare = () => {
    const prepared = prepareRole(sql);
    role = prepared;
    prepared.catch(() => {
      if (role === prepared) role = undefined;
    });
    return prepared;
  };
  // The embedded database has no timers: a statement timeout would be set there and never come.
  const cancels = openAs !== undefined;
  const scoped: Database["scoped"] = async (scope, work, { deadline } = {}) =>
    await inScope(sql, { scope, role: await (role ?? prepare()), deadline, cancels }, work);
  return {
    bind: async () => void (await prepare()),
    scoped,
    scopedStatement: async (scope, statement) => {
      const installations = installationsOf(scope);
      const name = await (role ?? prepare());
      if (!openAs) return await statement(sql, installations);
      bound ??= openAs(name);
      return await statement(bound.sql, installations);
    },
    stop: async () => await bound?.stop(),
  };
}

/** `scope` as the setting timewire.installations has it. */
function installationsOf(scope: Scope): string {
  return scope === "all" ? "all" : [...new Set(scope.installationIds ?? [])].join();
}

/** Adds installations to what a running transaction sees: for one that found or made them by their workspace. */
export async function alsoSee(tx: TransactionSql, ...installationIds: number[]): Promise<void> {
  await tx`select set_config('timewire.installations', ${installationIds.join()}, true)`;
}

function narrow(
  tx: TransactionSql,
  scope: Scope,
  { role, timeoutMs }: { role: string | undefined; timeoutMs: number | undefined },
) {
  const installations = installationsOf(scope);
  const workspace = scope === "all" ? "" : scope.workspaceId ?? "";
  return tx`select set_config('timewire.installations', ${installations}, true), set_config('timewire.workspace', ${workspace}, true)
    ${role === undefined ? tx`` : tx`, set_config('role', ${role}, true)`}
    ${timeoutMs === undefined ? tx`` : tx`, set_config('statement_timeout', ${String(timeoutMs)}, true)`}`;
}

/**
 * The role that scoped transactions must take, or undefined where the connection's own user is bound already (it neither is
 * a superuser nor bypasses row-level security). Makes the role and its grants; to be called after migrations.
 */
async function prepareRole(sql: Sql): Promise<string | undefined> {
  const [user] = await sql<{ unbound: boolean }[]>`
    select rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user`;
  if (!user?.unbound) return undefined;
  await sql.begin(async (tx) => {
    // Two instances that grant at once would fail on the same catalogue rows.
    await tx`select pg_advisory_xact_lock(84639474)`;
    await tx.unsafe(`
      -- Roles belong to the server: another database's first start may be making it now.
      do $$ begin create role ${APP_ROLE} nologin; exception when duplicate_object or unique_violation then null; end $$;
      grant usage on schema public to ${APP_ROLE};
      grant select, insert, update, delete on all tables in schema public to ${APP_ROLE};
      grant usage on all sequences in schema public to ${APP_ROLE};
      revoke insert, update, delete on timewire_migration from ${APP_ROLE}`);
  });
  return APP_ROLE;
}
