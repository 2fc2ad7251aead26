/** Rows that tests of the storage rooms stand on: installations, listening flows and jobs, written straight into the tables. */

import type { Database } from "../../src/db/db.ts";
import type { JobKind } from "../../src/queue/queue.ts";
import type { InstallationStatus } from "../../src/installations/store.ts";

export interface InstallationFields {
  addon?: string;
  workspaceId?: string;
  addonId?: string;
  generation?: number;
  status?: InstallationStatus;
}

/** An installation in a workspace of its own; returns its id. */
export async function addInstallation({ sql }: Database, fields: InstallationFields = {}): Promise<number> {
  const { addon = "clockify_addon", workspaceId = crypto.randomUUID(), addonId = "addon-1" } = fields;
  const [row] = await sql<{ id: number }[]>`
    insert into installation (addon, workspace_id, addon_id, generation, status, hosts)
    values (${addon}, ${workspaceId}, ${addonId}, ${fields.generation ?? 1}, ${fields.status ?? "active"}, '{}')
    returning id`;
  return row!.id;
}

/** A flow of the installation that listens for `eventType`. */
export async function addListener(
  { sql }: Database,
  { installationId, eventType, ordered = false }: { installationId: number; eventType: string; ordered?: boolean },
): Promise<void> {
  await sql`
    with plan as (
      insert into plan (installation_id, body) values (${installationId}, '{}') returning id
    ), flow as (
      insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
      select ${installationId}, 'workspace', 'a flow', true, '{}', plan.id from plan returning id
    )
    insert into flow_trigger (installation_id, event_type, flow_id, ordered)
    select ${installationId}, ${eventType}, flow.id, ${ordered} from flow`;
}

export interface JobFields {
  installationId?: number;
  kind?: JobKind;
  orderKey?: string;
  count?: number;
  attempt?: number;
  rescues?: number;
  payload?: Record<string, unknown>;
  dueInMs?: number;
}

/** `count` jobs, equal but for the number in their payload; returns their ids, in order. */
export async function addJobs({ sql }: Database, fields: JobFields = {}): Promise<number[]> {
  const { installationId = 1, kind = "event", orderKey = null, count = 1, attempt = 0, dueInMs = 0 } = fields;
  const { rescues = 0, payload } = fields;
  const rows = await sql<{ id: number }[]>`
    insert into job (kind, installation_id, payload, order_key, attempt, rescues, due_at)
    select ${kind}, ${installationId},
      coalesce(${
    payload === undefined ? null : JSON.stringify(payload)
  }::text::jsonb, jsonb_build_object('number', number)),
      ${orderKey}, ${attempt}, ${rescues}::int,
      now() + ${dueInMs}::int * interval '1 millisecond'
    from generate_series(1, ${count}::int) number order by number returning id`;
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

export interface StoredJob {
  id: number;
  kind: string;
  installation_id: number;
  state: string;
  attempt: number;
  rescues: number;
  fence: number;
  leased_by: string | null;
  reason: string | null;
  finished: boolean;
  /** Milliseconds from the database's now until it may be claimed. */
  due_in_ms: number;
}

/** The jobs as they stand in the table, by id. */
export async function readJobs({ sql }: Database): Promise<StoredJob[]> {
  return [
    ...await sql<StoredJob[]>`
      select id, kind, installation_id, state, attempt, rescues, fence, leased_by, reason, finished_at is not null as finished,
        (extract(epoch from due_at - now()) * 1000)::float8 as due_in_ms
      from job order by id`,
  ];
}

/** As if the delays of all open jobs, or those of one kind, and of all steps had passed, and the leases. */
export async function passDelays({ sql }: Pick<Database, "sql">, kind: JobKind | null = null): Promise<void> {
  await sql`update step set due_at = null where due_at is not null`;
  await sql`update job set due_at = now() where finished_at is null and kind = coalesce(${kind}, kind)`;
}
