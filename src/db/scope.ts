/**
 * What a transaction may see: row-level security (migrations/0002_tenancy.sql) holds every row against it, so that a
 * statement that forgot its installation finds nothing, instead of another workspace's rows.
 */

import { AppError } from "../base/errors.ts";
import type { Database, Deadline, Scope, Sql, TransactionSql } from "./db.ts";
import type { RenewingPool } from "./renewing_pool.ts";
import { IDLE_IN_TRANSACTION_MS } from "./sessions.ts";
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
  /** Limit of each statement where there is no deadline. */
  statementMs?: number;
  /** Whether the session keeps nothing, so that the transaction brings the limit of its own idleness. */
  pooled?: boolean;
}

/**
 * Runs `work` in a transaction that sees `scope` only. The settings and the first statement of `work` travel together, so
 * the wall costs one round trip less than it has statements; so does the time limit of its statements.
 */
export function inScope<T>(
  sql: Sql,
  { scope, role, deadline, cancels, statementMs, pooled }: InScope,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const run = sql.begin((tx) => {
    // Read once: a limit of 0 would be none.
    const leftMs = deadline?.leftMs();
    if (deadline && leftMs! <= 0) throw tooLong(deadline);
    // Not awaited: when it fails the transaction does.
    narrow(tx, scope, { role, pooled, timeoutMs: cancels ? leftMs ?? statementMs : undefined }).execute().catch(
      () => {},
    );
    return work(deadline ? untilDeadline(tx, deadline) : tx);
  }) as Promise<T>;
  if (!deadline) return run;
  return run.catch((error) => {
    throw isCancelled(error) ? tooLong(deadline, error) : error;
  });
}

/** What a server adds to scoping. */
export interface ServerScoping {
  /** A pool for single statements, whose sessions have a role from their start where one is needed. */
  openAs(role: string | undefined): RenewingPool;
  /** Limit of a statement of scopedStatement(). */
  statementMs: number;
  /** A pooler is between: a session has no role from its start, and a statement cannot take one for itself. */
  pooled: boolean;
}

/**
 * The scoped ways over a driver pool. The embedded database has one session for all: there scopedStatement() has only the
 * first wall, the installation that the statement itself names, since the four trips of a transaction would cost it a third
 * of its speed. Behind a pooler it is a transaction of two trips.
 */
export function createScoping(
  sql: Sql,
  server?: ServerScoping,
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
  const cancels = server !== undefined;
  const pooled = server?.pooled;
  const scoped: Database["scoped"] = async (scope, work, { deadline } = {}) =>
    await inScope(sql, { scope, role: await (role ?? prepare()), deadline, cancels, pooled }, work);
  return {
    bind: async () => void (await prepare()),
    scoped,
    scopedStatement: async (scope, statement) => {
      const installations = installationsOf(scope);
      const name = await (role ?? prepare());
      if (!server) return await statement(sql, installations);
      bound ??= server.openAs(name);
      if (!pooled) return await statement(bound.sql, installations);
      const { statementMs } = server;
      return await inScope(
        bound.sql,
        { scope, role: name, cancels, statementMs, pooled },
        (tx) => statement(tx, installations),
      );
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
  { role, timeoutMs, pooled }: { role: string | undefined; timeoutMs: number | undefined; pooled?: boolean },
) {
  const installations = installationsOf(scope);
  const workspace = scope === "all" ? "" : scope.workspaceId ?? "";
  return tx`select set_config('timewire.installations', ${installations}, true), set_config('timewire.workspace', ${workspace}, true)
    ${role === undefined ? tx`` : tx`, set_config('role', ${role}, true)`}
    ${pooled ? tx`, set_config('idle_in_transaction_session_timeout', ${String(IDLE_IN_TRANSACTION_MS)}, true)` : tx``}
    ${timeoutMs === undefined ? tx`` : tx`, set_config('statement_timeout', ${String(timeoutMs)}, true)`}`;
}

/**
 * The role that scoped transactions must take, or undefined where the connection's own user is bound already (it neither is
 * a superuser nor bypasses row-level security). Makes the role and its grants; to be called after migrations. Throws
 * START_FAILED where the login may neither make the role nor take it.
 */
async function prepareRole(sql: Sql): Promise<string | undefined> {
  const [user] = await sql<{ name: string; unbound: boolean }[]>`
    select rolname as name, rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user`;
  if (!user?.unbound) return undefined;
  try {
    await sql.begin((tx) => grantRole(tx));
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "42501") throw cause;
    const login = `"${user.name.replaceAll('"', '""')}"`;
    throw new AppError(
      "START_FAILED",
      `Cannot bind the database to installations: the login ${login} bypasses row-level security, and may not take the role ` +
        `${APP_ROLE} instead; as an administrator run: alter role ${login} nobypassrls, or: create role ${APP_ROLE}; ` +
        `grant ${APP_ROLE} to ${login}`,
      { cause },
    );
  }
  return APP_ROLE;
}

async function grantRole(tx: TransactionSql): Promise<void> {
  // Two instances that grant at once would fail on the same catalogue rows.
  await tx`select pg_advisory_xact_lock(84639474)`;
  await tx.unsafe(`
    -- Roles belong to the server: another database's first start may be making it now, and another login may have made it.
    do $$ begin
      if to_regrole('${APP_ROLE}') is null then create role ${APP_ROLE} nologin; end if;
    exception when duplicate_object or unique_violation then null; end $$;
    -- A login that is no superuser takes only a role that was granted to it; who made the role may grant it.
    do $$ declare before text := current_setting('role'); begin
      perform set_config('role', '${APP_ROLE}', true);
      perform set_config('role', before, true);
    exception when insufficient_privilege then
      execute format('grant ${APP_ROLE} to %I', current_user);
      perform set_config('role', '${APP_ROLE}', true);
      perform set_config('role', before, true);
    end $$;
    grant usage on schema public to ${APP_ROLE};
    grant select, insert, update, delete on all tables in schema public to ${APP_ROLE};
    grant usage on all sequences in schema public to ${APP_ROLE};
    revoke insert, update, delete on timewire_migration from ${APP_ROLE}`);
}
