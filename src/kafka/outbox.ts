/** The outbox: what is to be published, written with what it is about and claimed by one instance at a time. */

import type { Database, TransactionSql } from "../db/db.ts";
import type { KafkaFault } from "./faults.ts";
import type { TopicKind } from "./settings.ts";

/** What is published of a run. */
export interface Outgoing {
  id: number;
  /** The number of its claim. */
  claims: number;
  kind: TopicKind;
  runId: string;
  createdAt: Date;
  workflowId: string;
  workflowName: string;
  version: number;
  input: unknown;
  cancelledBy: string | null;
  reason: string | null;
}

export interface Outbox {
  /** Oldest first: so many rows that no other instance has, for `leaseMs`. What is no longer needed is dropped. */
  claim(installationId: number, options: { limit: number; leaseMs: number }): Promise<Claimed[]>;
  /** The first of these with up to `maxBytes` of inputs, at least one. Rows that are gone are left out. */
  load(installationId: number, claimed: readonly Claimed[], maxBytes: number): Promise<Outgoing[]>;
  /** They are published. */
  remove(installationId: number, claimed: readonly Claimed[]): Promise<void>;
  /** They are not, and any instance may claim them. */
  release(installationId: number, claimed: readonly Claimed[]): Promise<void>;
  /** Says of the runs that wait, the oldest 5,000, why they are not published: their lists show it while they do. */
  noteFault(installationId: number, fault: KafkaFault): Promise<void>;
  /** Drops what is no longer needed, and gives how much is left: exactly up to 10,000. */
  tidy(installationId: number): Promise<{ rows: number; oldestSeconds: number }>;
}

export type Claimed = Pick<Outgoing, "id" | "claims">;

/** A cancellation that could not be published for so long has been applied and is of no use to anyone. */
const CANCELLATION_HOURS = 1;
/** A run that has not come by then does not come. */
const EARLY_HOURS = 24;
/** The oldest, which begin first: while brokers are away there may be as many as there are runs. */
const MAX_TIDIED = 5_000;
const MAX_COUNTED = 10_000;

export async function addToOutbox(
  sql: TransactionSql,
  { installationId, runId, kind, by, reason }: {
    installationId: number;
    runId: string;
    kind: TopicKind;
    by?: string;
    reason?: string | null;
  },
): Promise<void> {
  await sql`
    insert into kafka_outbox (installation_id, run_id, kind, cancelled_by, reason)
    values (${installationId}, ${runId}, ${kind}, ${by ?? null}, ${reason ?? null})`;
}

export function createOutbox(db: Pick<Database, "scoped">): Outbox {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);
  const keysOf = (claimed: readonly Claimed[]) => JSON.stringify(claimed.map(({ id, claims }) => ({ id, claims })));

  return {
    claim: (installationId, { limit, leaseMs }) =>
      within(installationId, async (sql) =>
        await sql<Claimed[]>`
          with free as (
            select id from kafka_outbox
            where installation_id = ${installationId} and (claimed_until is null or claimed_until < now())
            order by id limit ${limit} for update skip locked
          )
          update kafka_outbox set claims = claims + 1,
            claimed_until = now() + ${leaseMs}::int * interval '1 millisecond'
          from free where kafka_outbox.id = free.id
          returning kafka_outbox.id, claims`),

    load: (installationId, claimed, maxBytes) =>
      within(installationId, async (sql) =>
        await sql<Outgoing[]>`
          with wanted as materialized (
            select outbox.*, sum(octet_length(coalesce(run.input::text, ''))) over (order by outbox.id) as bytes,
              row_number() over (order by outbox.id) as place, run.input
            from json_to_recordset(${keysOf(claimed)}::text::json) as claim(id bigint, claims int)
            join kafka_outbox outbox on outbox.id = claim.id and outbox.claims = claim.claims
              and outbox.installation_id = ${installationId}
            join run on run.installation_id = ${installationId} and run.id = outbox.run_id
          )
          select wanted.id, claims, kind, wanted.run_id as "runId", wanted.created_at as "createdAt",
            workflow.id as "workflowId", workflow.name as "workflowName", workflow_run.version,
            case when kind = 'execution' then input end as input, cancelled_by as "cancelledBy", reason
          from wanted
          join workflow_run on workflow_run.installation_id = ${installationId} and workflow_run.run_id = wanted.run_id
          join workflow on workflow.installation_id = ${installationId} and workflow.id = workflow_run.workflow_id
          where place = 1 or bytes <= ${maxBytes}::int
          order by wanted.id`),

    remove: (installationId, claimed) =>
      within(installationId, async (sql) => {
        await sql`
          delete from kafka_outbox using json_to_recordset(${
          keysOf(claimed)
        }::text::json) as claim(id bigint, claims int)
          where installation_id = ${installationId} and kafka_outbox.id = claim.id and kafka_outbox.claims = claim.claims`;
      }),

    release: (installationId, claimed) =>
      within(installationId, async (sql) => {
        await sql`
          update kafka_outbox set claimed_until = null
          from json_to_recordset(${keysOf(claimed)}::text::json) as claim(id bigint, claims int)
          where installation_id = ${installationId} and kafka_outbox.id = claim.id and kafka_outbox.claims = claim.claims`;
      }),

    noteFault: (installationId, fault) =>
      within(installationId, async (sql) => {
        const note = `Its message is not published yet: ${fault}`;
        await sql`
          update workflow_run set note = ${note}
          where installation_id = ${installationId} and note is distinct from ${note} and run_id = any (array(
            select run_id from kafka_outbox where installation_id = ${installationId} and kind = 'execution'
            order by id limit ${MAX_TIDIED}))`;
      }),

    tidy: (installationId) =>
      within(installationId, async (sql) => {
        await sql`
          delete from kafka_outbox where id in (
            select id from kafka_outbox where installation_id = ${installationId} and id = any (array(
              select oldest.id from (
                select id, run_id, kind, created_at from kafka_outbox
                where installation_id = ${installationId} order by id limit ${MAX_TIDIED}
              ) oldest
              join run on run.installation_id = ${installationId} and run.id = oldest.run_id
              -- A run that has begun without its message needs none.
              where case kind when 'execution' then run.state <> 'pending'
                else oldest.created_at < now() - ${CANCELLATION_HOURS}::int * interval '1 hour' end))
              and (claimed_until is null or claimed_until < now())
            order by id for update skip locked)`;
        await sql`
          delete from kafka_early_cancel where installation_id = ${installationId}
            and created_at < now() - ${EARLY_HOURS}::int * interval '1 hour'`;
        const [left] = await sql<{ rows: number; seconds: number | null }[]>`
          select count(*)::int as rows, extract(epoch from now() - min(created_at))::float8 as seconds from (
            select created_at from kafka_outbox where installation_id = ${installationId} order by id limit ${MAX_COUNTED}
          ) counted`;
        return { rows: left!.rows, oldestSeconds: Math.max(0, left!.seconds ?? 0) };
      }),
  };
}
