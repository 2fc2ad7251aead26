/** Work under way in an installation, written straight into the tables: events that wait, and runs in every state. */

import type { Database } from "../../src/db/db.ts";

export const RUN_STATES = ["pending", "running", "waiting", "completed"] as const;

/** An event that waits and a run in each state, with a job for what is open; a settings job, and a dead letter. */
export async function addWork(
  { sql }: Pick<Database, "sql">,
  { installationId, generation = null }: { installationId: number; generation?: number | null },
): Promise<void> {
  await sql`
    with event as (
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
      values (${installationId}, nextval('event_id_seq'), 'w', 'NEW_TAG', 'tag:1', 'request-1', '{}', '{}') returning id
    )
    insert into job (kind, installation_id, generation, payload)
    select 'event', ${installationId}, ${generation}::int, jsonb_build_object('event_id', id) from event`;
  await sql`
    with plan as (
      insert into plan (installation_id, body)
      values (${installationId}, '{"schema": 1, "root": {"kind": "sequence", "id": "root", "steps": []}}') returning id
    ),
    event as (
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
      select ${installationId}, nextval('event_id_seq'), 'w', 'NEW_TAG', 'tag:' || state, 'request-1', '{}', '{}', 'dispatched'
      from unnest(array['pending', 'running', 'waiting', 'completed']) as state returning id, entity_key
    ),
    run as (
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
      select gen_random_uuid(), ${installationId}, 'w', 1, 1, plan.id, event.id, substr(entity_key, 5) from event, plan
      returning id, state
    )
    insert into job (kind, installation_id, generation, payload, state)
    select 'run', ${installationId}, ${generation}::int, jsonb_build_object('run_id', id),
      case when state = 'running' then 'executing' else 'available' end
    from run where state <> 'completed'`;
  await sql`
    insert into job (kind, installation_id, payload, state, finished_at)
    values ('settings', ${installationId}, '{}', 'available', null), ('run', ${installationId}, '{}', 'discarded', now())`;
}

/** What the tables say of it: runs and events by their state, jobs by kind, each in a fixed order. */
export async function readWork({ sql }: Pick<Database, "sql">, installationId: number) {
  const runs = await sql<{ state: string; error_message: string | null }[]>`
    select state, error_message from run where installation_id = ${installationId} order by state, id`;
  const events = await sql<{ outcome: string | null; reason: string | null }[]>`
    select outcome, reason from event where installation_id = ${installationId} order by outcome, reason`;
  const jobs = await sql<{ kind: string; state: string }[]>`
    select kind, state from job where installation_id = ${installationId} and kind not in ('cleanup', 'coverage', 'poll', 'bootstrap')
    order by kind, state`;
  return {
    runs: runs.map((row) => ({ ...row })),
    events: events.map((row) => ({ ...row })),
    jobs: jobs.map(({ kind, state }) => `${kind} ${state}`),
  };
}
