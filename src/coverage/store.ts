/** Rows of coverage: the facts that a check starts from, its findings, and the counts for the gauges. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { HostClaims } from "../clockify/hosts.ts";
import type { Job } from "../queue/queue.ts";
import type { Pulse } from "./heartbeat.ts";
import type { DeliveryPath } from "./plan.ts";
import { isClaimedJob } from "../queue/open_jobs.ts";

/** silent: nothing came although data moved. unknown: Clockify does not show it to us. */
export const COVERAGE_STATES = [
  "ok",
  "disabled",
  "delivery_disabled",
  "plan_disabled",
  "missing",
  "silent",
  "unknown",
] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

/** How one event type reaches an installation. */
export interface CoverageRow {
  eventType: string;
  way: DeliveryPath;
  state: CoverageState;
  reason: string;
  nextStep?: string;
  /** Clockify's id of a webhook that we registered. */
  remoteId?: string;
  lastEventAt?: Date;
  /** The check that first found it in this state, as far as it is kept. */
  stateSince?: Date;
}

export interface Facts {
  id: number;
  /** Profile key. */
  addon: string;
  workspaceId: string;
  addonId: string;
  status: "active" | "inactive" | "uninstalled";
  hosts: HostClaims;
  asUser?: string;
  installedAt: Date;
  /** The database's. */
  now: Date;
  /** Event types that came with INSTALLED. */
  installed: ReadonlySet<string>;
  /** The latest event per type, as far as it is still to be seen. */
  lastEvents: ReadonlyMap<string, Date>;
  previous?: Pulse;
}

export interface CoverageStore {
  /** Undefined when the installation's row is gone. */
  facts(installationId: number): Promise<Facts | undefined>;
  /** Takes the place of the last check's rows; the latest known event of a type stays. */
  save(installationId: number, found: { rows: CoverageRow[]; pulse: Pulse }): Promise<void>;
  read(installationId: number): Promise<{ checkedAt?: Date; rows: CoverageRow[] }>;
  /** A reinstall begins again. */
  clear(installationId: number): Promise<void>;
  /** True when this check may continue: no other one of the installation that took its turn is executing. */
  takeTurn(job: Job): Promise<boolean>;
  /** Counts over all installations that are not uninstalled. */
  counts(): Promise<{ addon: string; way: DeliveryPath; state: CoverageState; count: number }[]>;
}

export function createCoverageStore(db: Database): CoverageStore {
  return {
    facts: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [row] = await sql<FactsRow[]>`
          select addon, workspace_id, addon_id, status, hosts, as_user, installed_at, now() as now,
            checked_at, seen_sha256, unheard_since
          from installation
          left join coverage_check on installation_id = id and checked_at >= installed_at
          where id = ${installationId}`;
        return row && { id: installationId, ...toFacts(row), ...await eventsOf(sql, installationId) };
      }),
    save: (installationId, { rows, pulse }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const input = jsonText(rows.map((row) => ({ ...row, lastEventAt: row.lastEventAt?.toISOString() })));
        await sql`
          insert into coverage as old
            (installation_id, event_type, way, state, reason, next_step, remote_id, last_event_at, state_since)
          select ${installationId}, "eventType", way, state, reason, "nextStep", "remoteId", "lastEventAt",
            ${pulse.checkedAt}::timestamptz
          from json_to_recordset(${input}::text::json) as t("eventType" text, way text, state text, reason text,
            "nextStep" text, "remoteId" text, "lastEventAt" timestamptz)
          on conflict (installation_id, event_type) do update set way = excluded.way, state = excluded.state,
            reason = excluded.reason, next_step = excluded.next_step, remote_id = excluded.remote_id,
            last_event_at = greatest(old.last_event_at, excluded.last_event_at),
            state_since = case when old.state = excluded.state then old.state_since else excluded.state_since end`;
        await sql`
          delete from coverage where installation_id = ${installationId} and event_type not in
            (select "eventType" from json_to_recordset(${input}::text::json) as t("eventType" text))`;
        await sql`
          insert into coverage_check (installation_id, checked_at, seen_sha256, unheard_since)
          values (${installationId}, ${pulse.checkedAt}, ${pulse.seenSha256 ?? null}, ${pulse.unheardSince ?? null})
          on conflict (installation_id) do update set checked_at = excluded.checked_at,
            seen_sha256 = excluded.seen_sha256, unheard_since = excluded.unheard_since`;
      }),
    read: (installationId) =>
      db.scoped({ installationIds: [installationId] }, (sql) => readCoverage(sql, installationId)),
    clear: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        await sql`delete from coverage where installation_id = ${installationId}`;
        await sql`delete from coverage_check where installation_id = ${installationId}`;
      }),
    takeTurn: (job) =>
      db.scoped({ installationIds: [job.installationId] }, async (sql) => {
        // The row is locked meanwhile: of two checks that begin together, one continues.
        const taken = await sql`
          insert into coverage_turn as turn (installation_id, job_id) values (${job.installationId}, ${job.id})
          on conflict (installation_id) do update set job_id = excluded.job_id
          where turn.job_id = excluded.job_id
            or not ${isClaimedJob(sql, { installationId: job.installationId, id: sql`turn.job_id` })}
          returning job_id`;
        return taken.length > 0;
      }),
    counts: async () => [
      ...await db.scoped(
        "all",
        (sql) =>
          sql<{ addon: string; way: DeliveryPath; state: CoverageState; count: number }[]>`
          select addon, way, state, count(*)::int as count
          from coverage join installation on id = installation_id
          where status <> 'uninstalled' group by addon, way, state`,
      ),
    ],
  };
}

interface FactsRow {
  addon: string;
  workspace_id: string;
  addon_id: string;
  status: Facts["status"];
  hosts: HostClaims;
  as_user: string | null;
  installed_at: Date;
  now: Date;
  checked_at: Date | null;
  seen_sha256: string | null;
  unheard_since: Date | null;
}

function toFacts(row: FactsRow) {
  return {
    addon: row.addon,
    workspaceId: row.workspace_id,
    addonId: row.addon_id,
    status: row.status,
    hosts: row.hosts,
    asUser: row.as_user ?? undefined,
    installedAt: row.installed_at,
    now: row.now,
    previous: row.checked_at
      ? {
        checkedAt: row.checked_at,
        seenSha256: row.seen_sha256 ?? undefined,
        unheardSince: row.unheard_since ?? undefined,
      }
      : undefined,
  };
}

async function eventsOf(sql: TransactionSql, installationId: number) {
  const installed = await sql<{ event_type: string }[]>`
    select event_type from installation_webhook where installation_id = ${installationId}`;
  const last = await sql<{ event_type: string; at: Date }[]>`
    select event_type, max(received_at) as at from entity_head
    where installation_id = ${installationId} group by event_type`;
  return {
    installed: new Set(installed.map((row) => row.event_type)),
    lastEvents: new Map(last.map((row) => [row.event_type, row.at])),
  };
}

/** What the last check found. */
export async function readCoverage(
  sql: Query,
  installationId: number,
): Promise<{ checkedAt?: Date; rows: CoverageRow[] }> {
  const [check] = await sql<{ checked_at: Date }[]>`
    select checked_at from coverage_check where installation_id = ${installationId}`;
  const rows = await sql<StoredRow[]>`
    select event_type, way, state, reason, next_step, remote_id, last_event_at, state_since
    from coverage where installation_id = ${installationId}`;
  return { checkedAt: check?.checked_at, rows: rows.map(toRow) };
}

interface StoredRow {
  event_type: string;
  way: DeliveryPath;
  state: CoverageState;
  reason: string;
  next_step: string | null;
  remote_id: string | null;
  last_event_at: Date | null;
  state_since: Date | null;
}

function toRow(row: StoredRow): CoverageRow {
  return {
    eventType: row.event_type,
    way: row.way,
    state: row.state,
    reason: row.reason,
    nextStep: row.next_step ?? undefined,
    remoteId: row.remote_id ?? undefined,
    lastEventAt: row.last_event_at ?? undefined,
    stateSince: row.state_since ?? undefined,
  };
}
