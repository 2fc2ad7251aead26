/** The SQL of what retention deletes, a page at a time; each statement decides by itself that nothing alive needs the row. */

import type { TransactionSql } from "../db/db.ts";
import { EVENT_ROW_BYTES, OUTPUT_ROW_BYTES } from "../events/stored_size.ts";
import { eventsNamedByJobs } from "../queue/ended_jobs.ts";
import { deleteWaits } from "../signals/wait_records.ts";
import type { Counts } from "./slots.ts";

export interface PageRequest {
  installationId: number;
  /** At least 1. Ages are measured by the database's clock, which also stamped the rows. */
  days: number;
  /** Rows to look at, not rows to delete. */
  limit: number;
  /** Where the page before ended. */
  cursor?: Cursor;
}

/** Place in the walk over a table, as the page function of its kind understands it. */
export type Cursor = readonly (string | number)[];

export interface Page {
  /** Rows that went, by table. */
  deleted: Counts;
  /** Undefined: nothing old is left. */
  next?: Cursor;
}

/**
 * Final events of which no run lives and which no job names, with their heads (once they no longer decide about duplicates:
 * forgottenHeads() takes the rest). Walks by id, which grows with time, so a page that holds a young event is the last one.
 */
export async function eventPage(sql: TransactionSql, request: PageRequest): Promise<Page> {
  const { installationId, days, limit, cursor: [after = 0] = [] } = request;
  const cutoff = sql`now() - ${days}::int * interval '1 day'`;
  const [page] = await sql<{ old: number; last: number | null }[]>`
    select (count(*) filter (where received_at < ${cutoff}))::int as old,
      max(id) filter (where received_at < ${cutoff}) as last
    from (select id, received_at from event
          where installation_id = ${installationId} and id > ${after}::bigint order by id limit ${limit}) page`;
  const { old, last } = page!;
  if (last === null) return { deleted: {} };
  // Locked before it is asked who needs them: who starts a run of an old event locks it too, and is seen or waits.
  const locked = await sql<{ id: number }[]>`
    select id from event
    where installation_id = ${installationId} and id > ${after}::bigint and id <= ${last}
      and received_at < ${cutoff} and outcome is not null
    order by id for update skip locked`;
  const ids = `{${locked.map(({ id }) => id).join()}}`;
  const [gone] = await sql<{ event: number; entity_head: number }[]>`
    with named as materialized (
      ${eventsNamedByJobs(sql, installationId, sql`${ids}::text::bigint[]`)}
    ),
    gone as (
      delete from event
      where installation_id = ${installationId} and id = any (${ids}::text::bigint[])
        and not exists (
          select 1 from run where run.installation_id = event.installation_id and run.event_id = event.id
            and run.state in ('pending', 'running', 'waiting'))
        and not exists (select 1 from named where named.event_id = event.id::text)
      returning id, entity_key, event_type, octet_length(body) + ${EVENT_ROW_BYTES} as bytes
    ),
    given_back as (
      update stored_bytes set bytes = greatest(0, bytes - (
        select coalesce(sum(gone.bytes), 0) from gone where gone.id >= stored_bytes.counted_from))
      where installation_id = ${installationId} and exists (select 1 from gone)
    ),
    -- In the order in which ingest takes them, so that the two never wait for each other crosswise.
    heads as materialized (
      select head.entity_key
      from gone
      -- Without the type in versions before migration 14.
      cross join lateral (values (gone.entity_key || ' ' || gone.event_type), (gone.entity_key)) keys (key)
      join entity_head head on head.entity_key = keys.key and head.event_id = gone.id
      where head.installation_id = ${installationId} and ${isForgotten(sql)}
      order by head.entity_key for update of head
    ),
    headless as (
      delete from entity_head using heads
      where entity_head.installation_id = ${installationId} and entity_head.entity_key = heads.entity_key returning 1
    )
    select (select count(*)::int from gone) as event, (select count(*)::int from headless) as entity_head`;
  return { deleted: { ...gone! }, next: old === limit ? [last] : undefined };
}

/** A head that decides about no duplicate any more. */
function isForgotten(sql: TransactionSql) {
  return sql`head.received_at < now() - greatest(head.memory_seconds, 86400) * interval '1 second'`;
}

/** Heads that outlived their events: ids of other senders are remembered for longer than some events are kept. Walks by key. */
export async function forgottenHeads(sql: TransactionSql, request: PageRequest): Promise<Page> {
  const { installationId, limit, cursor: [after = ""] = [] } = request;
  const [row] = await sql<{ seen: number; last: string | null; entity_head: number }[]>`
    with page as materialized (
      select entity_key from entity_head
      where installation_id = ${installationId} and entity_key > ${after}::text order by entity_key limit ${limit}
    ),
    heads as materialized (
      select head.entity_key from page
      join entity_head head on head.installation_id = ${installationId} and head.entity_key = page.entity_key
      where ${isForgotten(sql)} and not exists (
        select 1 from event where event.installation_id = ${installationId} and event.id = head.event_id)
      order by head.entity_key for update of head
    ),
    gone as (
      delete from entity_head using heads
      where entity_head.installation_id = ${installationId} and entity_head.entity_key = heads.entity_key returning 1
    )
    select (select count(*)::int from page) as seen, (select max(entity_key) from page) as last,
      (select count(*)::int from gone) as entity_head`;
  const { seen, last, entity_head } = row!;
  return { deleted: { entity_head }, next: seen === limit ? [last!] : undefined };
}

/** Runs that ended long ago, with their steps, attempts and outputs: flow by flow, oldest first. Cursor: flow id, created_at, run id. */
export async function finishedRunPage(sql: TransactionSql, request: PageRequest): Promise<Page> {
  const { installationId, days, limit, cursor: [flowId = -1, createdAt, runId] = [] } = request;
  const cutoff = sql`now() - ${days}::int * interval '1 day'`;
  if (createdAt === undefined) {
    const [row] = await sql<{ flow_id: number | null }[]>`
      select min(flow_id) as flow_id from run where installation_id = ${installationId} and flow_id > ${flowId}::bigint`;
    return row?.flow_id == null ? { deleted: {} } : { deleted: {}, next: [row.flow_id, "-infinity", NIL] };
  }
  const [row] = await sql<
    { seen: number; created_at: string; id: string; run: number; step: number; attempt: number; output: number }[]
  >`
    with page as materialized (
      select id, created_at from run
      where installation_id = ${installationId} and flow_id = ${flowId}::bigint and created_at < ${cutoff}
        and created_at >= ${createdAt}::text::timestamptz
        and (created_at, id) > (${createdAt}::text::timestamptz, ${runId!}::text::uuid)
      order by created_at, id limit ${limit}
    ),
    gone as (
      delete from run using page
      where run.id = page.id and run.installation_id = ${installationId}
        and run.state in ('completed', 'failed', 'cancelled') and run.finished_at < ${cutoff} returning run.id
    ),
    steps as (
      delete from step using gone
      where step.run_id = gone.id and step.installation_id = ${installationId} returning 1
    ),
    attempts as (
      delete from attempt using gone
      where attempt.run_id = gone.id and attempt.installation_id = ${installationId} returning 1
    ),
    ${deleteWaits(sql, installationId)},
    ${deleteOutputs(sql, installationId)}
    select (select count(*)::int from page) as seen, last.created_at::text as created_at, last.id,
      (select count(*)::int from gone) as run, (select count(*)::int from steps) as step,
      (select count(*)::int from attempts) as attempt, (select count(*)::int from outputs) as output
    from (select 1) one left join (select * from page order by created_at desc, id desc limit 1) last on true`;
  const { seen, run, step, attempt, output, created_at, id } = row!;
  return { deleted: { run, step, attempt, output }, next: seen === limit ? [flowId, created_at, id] : [flowId] };
}

/** Parts of a statement that deletes runs as its part `gone`: their outputs go, and what they count in the quota is given back. */
export function deleteOutputs(sql: TransactionSql, installationId: number) {
  return sql`outputs as (
      delete from output using gone
      where output.run_id = gone.id and output.installation_id = ${installationId}
      returning bytes + ${OUTPUT_ROW_BYTES} as bytes
    ),
    outputs_given_back as (
      update stored_bytes set bytes = greatest(0, bytes - (select sum(outputs.bytes) from outputs))
      where installation_id = ${installationId} and exists (select 1 from outputs)
    )`;
}

const NIL = "00000000-0000-0000-0000-000000000000";

/** Flows that were deleted long ago and of which no run is left. */
export async function deletedFlows(sql: TransactionSql, request: PageRequest): Promise<Page> {
  const { installationId, days, limit } = request;
  const gone = await sql`
    delete from flow where installation_id = ${installationId} and id in (
      select id from flow
      where installation_id = ${installationId} and deleted_at < now() - ${days}::int * interval '1 day'
        and not exists (
          select 1 from run where run.installation_id = flow.installation_id and run.flow_id = flow.id)
      limit ${limit})
    returning 1`;
  return { deleted: { flow: gone.length }, next: gone.length === limit ? [] : undefined };
}

/** Plans that no flow and no run points to: marked by one sweep, deleted by one of the next day. Walks by id. */
export async function planPage(sql: TransactionSql, request: PageRequest): Promise<Page> {
  const { installationId, limit, cursor: [after = 0] = [] } = request;
  const [row] = await sql<{ seen: number; last: number | null; plan: number }[]>`
    with page as materialized (
      select id, unused_at from plan
      where installation_id = ${installationId} and id > ${after}::bigint order by id limit ${limit}
    ),
    unused as materialized (
      select * from page
      where not exists (select 1 from flow where flow.installation_id = ${installationId} and flow.plan_id = page.id)
        and not exists (select 1 from run where run.installation_id = ${installationId} and run.plan_id = page.id)
    ),
    gone as (
      delete from plan using unused
      where plan.id = unused.id and plan.installation_id = ${installationId}
        and unused.unused_at < now() - interval '1 day' returning 1
    ),
    marked as (
      update plan set unused_at = now() from unused
      where plan.id = unused.id and plan.installation_id = ${installationId} and unused.unused_at is null
    )
    select (select count(*)::int from page) as seen, (select max(id) from page) as last,
      (select count(*)::int from gone) as plan`;
  const { seen, last, plan } = row!;
  return { deleted: { plan }, next: seen === limit ? [last!] : undefined };
}

/**
 * Cached entities that are old, unless the last whole read of their list still saw them. Lists are read again before that
 * (entities/bootstrap/refresh.ts); where that was not possible, for an add-on that is switched off say, what was seen last
 * stays until a read says that it is gone. A list that is read no more protects nothing (bootstrap_state.whole).
 */
export async function cachePage(sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> {
  const [row] = await sql<{ gone: number }[]>`
    with gone as (
      delete from entity_cache where ctid = any (array(
        select entity.ctid from entity_cache entity
        left join bootstrap_state state on state.installation_id = ${installationId}
        where entity.installation_id = ${installationId} and fetched_at < now() - ${days}::int * interval '1 day'
          and (deleted_at is not null or coalesce((state.whole->>entity_type)::int > entity.read_number, true))
        order by fetched_at limit ${limit}
      )) and installation_id = ${installationId} returning 1
    )
    select count(*)::int as gone from gone`;
  const { gone } = row!;
  return { deleted: { entity_cache: gone }, next: gone === limit ? [] : undefined };
}

/**
 * For tables whose rows simply go when they are old enough: the first `limit` rows of an installation by `order`, a column
 * that grows with `age`, as far as they are old. Rows without an age (an open job) stay.
 */
export function agedPage({ table, age, order }: { table: string; age: string; order: string }) {
  return async (sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> => {
    const [row] = await sql<{ gone: number; old: number }[]>`
      with page as materialized (
        select ctid as place, ${sql(age)} < now() - ${days}::int * interval '1 day' as old from ${sql(table)}
        where installation_id = ${installationId} and ${sql(age)} is not null order by ${sql(order)} limit ${limit}
      ),
      gone as (
        delete from ${sql(table)} where ctid = any (array(select place from page where old))
          and installation_id = ${installationId} returning 1
      )
      select (select count(*)::int from gone) as gone, (select count(*)::int from page where old) as old`;
    const { gone, old } = row!;
    return { deleted: { [table]: gone }, next: old === limit && gone > 0 ? [] : undefined };
  };
}
