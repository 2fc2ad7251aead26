/** Rows of every age for the tests of retention, and a retention over them whose time stands still. */

import { systemClock } from "../../src/base/clock.ts";
import { createUuid7 } from "../../src/base/uuid7.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Database } from "../../src/db/db.ts";
import type { RunState } from "../../src/engine/journal.ts";
import { OUTPUT_ROW_BYTES } from "../../src/events/stored_size.ts";
import { createRetention, type RetentionOptions } from "../../src/retention/sweep.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation, type InstallationFields } from "../db/rows.ts";

export const SLOT = 500_000;

export interface OldRow {
  installationId: number;
  /** Age of the row; of its end where it has one. */
  daysOld: number;
}

/** Retention as the program builds it, its clock at the beginning of SLOT and without rests. */
export function retentionOver(
  db: Database,
  options: { env?: Record<string, string> } & Partial<RetentionOptions> = {},
) {
  const { env, ...rest } = options;
  const loaded = loadConfig(env ?? {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  const clock = createFakeClock(SLOT * 3_600_000);
  const deletions: [table: string, rows: number][] = [];
  const retention = createRetention({
    db,
    clock: { ...clock, sleep: () => Promise.resolve() },
    defaults: config.workspaceDefaults,
    ...config.retention,
    owner: "test",
    log: createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} }),
    onDeleted: (table, rows) => void deletions.push([table, rows]),
    ...rest,
  });
  return { retention, deletions };
}

/** An installation with these manifest settings; `uninstalledDays` ago uninstalled. */
export async function addTenant(
  db: Database,
  { settings = {}, uninstalledDays, ...fields }: InstallationFields & {
    settings?: Record<string, number>;
    uninstalledDays?: number;
  } = {},
): Promise<number> {
  const status = uninstalledDays === undefined ? "active" : "uninstalled";
  const id = await addInstallation(db, { addon: "universal_webhook", status, ...fields });
  await db.sql`
    update installation set settings = ${JSON.stringify(settings)}::text::jsonb,
      uninstalled_at = now() - ${uninstalledDays ?? null}::int * interval '1 day' where id = ${id}`;
  return id;
}

/** Events with their heads, final unless `open`; returns the ids. */
export async function addEvents(
  { sql }: Database,
  { installationId, daysOld, count = 1, open = false }: OldRow & { count?: number; open?: boolean },
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    with added as (
      insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body,
        outcome, finished_at)
      select ${installationId}, nextval('event_id_seq'), 'w', 'NEW_TAG', 'tag:' || gen_random_uuid(),
        now() - ${daysOld}::float8 * interval '1 day', 'r', '{}', '\\x7b7d', ${open ? null : "skipped"},
        ${open ? null : new Date()}
      from generate_series(1, ${count}::int) returning installation_id, id, entity_key, event_type, received_at
    ), heads as (
      insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at)
      select installation_id, entity_key || ' ' || event_type, event_type, '\\x00', id, received_at from added
    )
    select id from added order by id`;
  return rows.map(({ id }) => id);
}

/** A flow with its plan; returns both ids. */
export async function addFlow(
  { sql }: Database,
  { installationId, deletedDays }: { installationId: number; deletedDays?: number },
): Promise<{ flowId: number; planId: number }> {
  const [row] = await sql<{ id: number; plan_id: number }[]>`
    with added as (insert into plan (installation_id, body) values (${installationId}, '{}') returning id)
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, deleted_at)
    select ${installationId}, 'w', 'a flow', true, '{}', id, now() - ${deletedDays ?? null}::int * interval '1 day'
    from added returning id, plan_id`;
  return { flowId: row!.id, planId: row!.plan_id };
}

/** A run with one step of one attempt, a wait, an approval, and a signal that no step took; returns its id. */
export async function addRun(
  { sql }: Database,
  { installationId, daysOld, state = "completed", eventId = 0, flowId = 1, planId = 1, createdDays = daysOld }:
    & OldRow
    & {
      state?: RunState;
      eventId?: number;
      flowId?: number;
      planId?: number;
      createdDays?: number;
    },
): Promise<string> {
  const id = crypto.randomUUID();
  const final = ["completed", "failed", "cancelled"].includes(state);
  await sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state, created_at,
      finished_at)
    values (${id}, ${installationId}, 'w', ${flowId}, 1, ${planId}, ${eventId},
      (select count(*)::int from run where event_id = ${eventId}), ${state},
      now() - ${createdDays}::float8 * interval '1 day',
      case when ${final} then now() - ${daysOld}::float8 * interval '1 day' end)`;
  await sql`
    insert into step (installation_id, run_id, path, action, state) values (${installationId}, ${id}, 'a', 'noop', 'completed')`;
  await sql`
    insert into attempt (installation_id, run_id, path, number, state)
    values (${installationId}, ${id}, 'a', 1, 'succeeded')`;
  await sql`
    insert into wait (installation_id, run_id, path, match_type, match_key) values (${installationId}, ${id}, 'a', 't', 'k')`;
  await sql`
    insert into approval (id, installation_id, run_id, path, people, roles)
    values (gen_random_uuid(), ${installationId}, ${id}, 'a', '{u}', '{}')`;
  await sql`
    insert into signal (installation_id, run_id, match_type, match_key, value)
    values (${installationId}, ${id}, 't', 'k', '{}')`;
  return id;
}

/** A kept output of so many bytes, of the run's step, which counts in the quota of its installation. */
export async function addOutput(
  { sql }: Database,
  { installationId, runId, bytes }: { installationId: number; runId: string; bytes: number },
): Promise<void> {
  await sql`
    insert into output (installation_id, run_id, id, bytes, body) values (${installationId}, ${runId}, 'a@1', ${bytes}, '1')`;
  await sql`update step set output_ref = 'a@1', output_bytes = ${bytes} where run_id = ${runId}`;
  await sql`
    insert into stored_bytes (installation_id, bytes) values (${installationId}, ${bytes + OUTPUT_ROW_BYTES})
    on conflict (installation_id) do update set bytes = stored_bytes.bytes + excluded.bytes`;
}

/** A dead letter that names an event. */
export async function addDeadLetter(
  { sql }: Database,
  { installationId, daysOld, eventId }: OldRow & { eventId: number },
): Promise<void> {
  await sql`
    insert into job (kind, installation_id, state, payload, finished_at)
    values ('event', ${installationId}, 'discarded', jsonb_build_object('event_id', ${eventId}::bigint),
      now() - ${daysOld}::float8 * interval '1 day')`;
}

/** Rows of one installation in a table. */
export async function countOf({ sql }: Database, table: string, installationId: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from ${sql(table)} where installation_id = ${installationId}`;
  return row!.count;
}

/** Counts of several tables at once, by name. */
export async function countsOf(
  db: Database,
  tables: string[],
  installationId: number,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) counts[table] = await countOf(db, table, installationId);
  return counts;
}

/** Records of requests to Clockify, sent so many days ago. */
export async function addCalls(
  db: Database,
  { installationId, daysOld, count }: OldRow & { count: number },
): Promise<void> {
  const uuid7 = createUuid7();
  const atMs = Date.now() - daysOld * 86_400_000;
  const rows = Array.from({ length: count }, () => ({ id: uuid7(atMs), at: new Date(atMs) }));
  await db.sql`
    insert into clockify_call (id, installation_id, at, origin, operation, method, path, status, outcome, attempt, duration_ms,
      request_bytes, answer_bytes)
    select id, ${installationId}, at, 'poll', 'getTags', 'GET', '/v1', 200, 'succeeded', 1, 2, 0, 3
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as t(id uuid, at timestamptz)`;
}
