/** What an uninstall would end at once in an installation, and delete after the grace period: counted, nothing is changed. */

import type { Database, Fragment, TransactionSql } from "../db/db.ts";
import { everyJob, openJobsOf } from "../queue/open_jobs.ts";
import { tenantTables } from "../retention/uninstalled.ts";
import { storedBytes } from "./overview.ts";

/** Rows of a table that are counted at most: with four tables above it all takes some 0.4 s on a server, 0.6 s to 1.2 s embedded. */
export const MAX_COUNTED = 20_000;

/** What ends with the uninstall itself, in the order in which people are shown it. */
export const STOPPED = [
  "runs",
  "waits",
  "approvals",
  "events",
  "schedules",
  "jobs",
  "sources",
  "webhooks",
  "own_webhooks",
] as const;
export type Stopped = (typeof STOPPED)[number];

/** Tables by what people call their rows; those of no kind are "other". */
const TABLES_OF = {
  flows: [
    "flow",
    "flow_version",
    "new_flow_draft",
    "flow_trigger",
    "flow_gate",
    "flow_loop",
    "flow_history",
    "flow_history_match",
    "plan",
  ],
  events: ["event", "event_tally", "entity_head"],
  runs: ["run", "step", "attempt", "output", "wait", "signal", "approval", "run_again", "breaker", "issue_mark"],
  journal: ["change", "undo_job", "undo_item"],
  calls: ["clockify_call", "explorer_call"],
  saved_calls: ["explorer_saved", "event_view"],
  sources: ["custom_source", "custom_source_secret", "source_refusal"],
  entities: [
    "entity_cache",
    "entity_change",
    "polled_entity",
    "polled_family",
    "polled_parent",
    "bootstrap_read",
    "bootstrap_state",
    "reconcile_place",
  ],
  guard: ["guard_policy", "guard_request", "confirm_token"],
  secrets: ["installation_secret", "installation_webhook", "user_webhook", "token_seen"],
  audit: ["audit"],
} as const satisfies Record<string, readonly string[]>;

export const DELETED_KINDS = [...Object.keys(TABLES_OF) as (keyof typeof TABLES_OF)[], "other"] as const;
export type DeletedKind = (typeof DELETED_KINDS)[number];

const KIND_OF = new Map<string, DeletedKind>(
  Object.entries(TABLES_OF).flatMap(([kind, tables]) => tables.map((table) => [table, kind as DeletedKind] as const)),
);

/** `isPart`: there are more than so many. */
export interface Count {
  count: number;
  isPart: boolean;
}

export interface Deleted {
  kind: DeletedKind;
  /** Those with rows, in the order of their names. */
  tables: (Count & { table: string })[];
}

export interface UninstallPreview {
  stops: Record<Stopped, Count>;
  /** Kinds with rows. */
  deletes: Deleted[];
  /** Of events and large outputs, as the quota counts them. */
  storedBytes: number;
}

export function createUninstallPreview(
  db: Database,
  { maxCounted = MAX_COUNTED }: { maxCounted?: number } = {},
): (installationId: number) => Promise<UninstallPreview> {
  return async (installationId) => {
    const byKind = Map.groupBy(await tenantTables(db), (table) => KIND_OF.get(table) ?? "other");
    const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
      db.scoped({ installationIds: [installationId] }, work);
    const count = (rows: number): Count => ({ count: Math.min(rows, maxCounted), isPart: rows > maxCounted });
    const stopped = await within((sql) => countAll(sql, stoppedRows(sql, installationId), maxCounted));
    const deletes: Deleted[] = [];
    // A transaction for each kind: between two of them others have the connection.
    for (const kind of DELETED_KINDS) {
      const names = byKind.get(kind)?.toSorted() ?? [];
      if (names.length === 0) continue;
      const rows = await within((sql) =>
        countAll(sql, names.map((table) => [table, rowsOf(sql, { table, installationId })]), maxCounted)
      );
      const tables = names.flatMap((table) => rows.get(table) ? [{ table, ...count(rows.get(table)!) }] : []);
      if (tables.length > 0) deletes.push({ kind, tables });
    }
    return {
      stops: Object.fromEntries(STOPPED.map((kind) => [kind, count(stopped.get(kind)!)])) as Record<Stopped, Count>,
      deletes,
      storedBytes: await within((sql) => storedBytes(sql, installationId)),
    };
  };
}

/** Rows of each selection by its name, of each at most one more than `max`. */
async function countAll(
  sql: TransactionSql,
  selections: readonly (readonly [name: string, rows: Fragment])[],
  max: number,
): Promise<Map<string, number>> {
  const counts = selections
    .map(([name, rows]) =>
      sql`select ${name}::text as name, count(*)::int as rows from (select 1 from (${rows}) every limit ${
        max + 1
      }) counted`
    )
    .reduce((before, next) => sql`${before} union all ${next}`);
  const found = await sql<{ name: string; rows: number }[]>`${counts}`;
  return new Map(found.map(({ name, rows }) => [name, rows]));
}

function stoppedRows(sql: TransactionSql, installationId: number): [Stopped, Fragment][] {
  return [
    ["runs", openJobsOf(sql, { installationId, kind: "run" })],
    ["waits", sql`select 1 from wait where installation_id = ${installationId}`],
    ["approvals", sql`select 1 from approval where installation_id = ${installationId} and state = 'open'`],
    ["events", openJobsOf(sql, { installationId, kind: "event" })],
    [
      "schedules",
      sql`select 1 from schedule where installation_id = ${installationId} and flow_id is not null and enabled`,
    ],
    [
      "jobs",
      sql`select 1 from bulk_job where installation_id = ${installationId} and finished_at is null
        union all select 1 from undo_job where installation_id = ${installationId} and finished_at is null
        union all select 1 from flow_history where installation_id = ${installationId} and finished_at is null`,
    ],
    [
      "sources",
      sql`select 1 from custom_source where installation_id = ${installationId} and deleted_at is null and enabled`,
    ],
    ["webhooks", sql`select 1 from installation_webhook where installation_id = ${installationId}`],
    ["own_webhooks", sql`select 1 from user_webhook where installation_id = ${installationId}`],
  ];
}

/** Gone with their run or flow, and without an index by installation: read by way of it. */
const OWNERS: Readonly<Record<string, "run" | "flow">> = {
  step: "run",
  attempt: "run",
  output: "run",
  signal: "run",
  flow_version: "flow",
};

function rowsOf(sql: TransactionSql, { table, installationId }: { table: string; installationId: number }): Fragment {
  if (table === "job") return everyJob(sql, installationId);
  const owner = OWNERS[table];
  if (owner === undefined) return sql`select 1 from ${sql(table)} where installation_id = ${installationId}`;
  // The offset keeps the planner from reading the whole table for a join.
  return sql`
    select 1 from ${sql(owner)} owner cross join lateral (
      select 1 from ${sql(table)} part
      where part.installation_id = ${installationId} and part.${sql(`${owner}_id`)} = owner.id offset 0) part
    where owner.installation_id = ${installationId}`;
}
