/** Slots of a schedule as rows, an hour each: claimed by one instance, kept by a heartbeat, taken over when it stops. Times are the database's. */

import type { Database, Query } from "../db/db.ts";
import { AppError } from "../base/errors.ts";

export const SCHEDULE = "retention";
export const SLOT_MS = 3_600_000;
/** How often it is looked whether a slot waits: one that a killed instance left behind is gone on with soon. Written out in cron.ts. */
export const TICK_MS = 600_000;
/** Rows of older slots go: a week is enough to see that it works. */
export const KEPT_SLOTS = 168;

/** The hour that `nowMs` is in, counted since 1970. */
export function slotAt(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS);
}

export interface Claim {
  slot: number;
  fence: number;
  /** The last installation that an earlier owner finished; 0 at first. */
  position: number;
}

export type SlotEnd = "completed" | "failed" | "interrupted";

/** Rows by table. */
export type Counts = Record<string, number>;

export interface SlotStore {
  /** The slot, unless another instance has or had it, or still works on an earlier one. */
  claim(slot: number): Promise<Claim | undefined>;
  /**
   * Adds to the counts of the slot, and of the installation where one is given, in the batch's own transaction; renews the
   * heartbeat. Throws LEASE_LOST when another instance took the slot over.
   */
  record(sql: Query, claim: Claim, batch: { installationId?: number; deleted: Counts }): Promise<void>;
  /** Renews the heartbeat and notes where a take-over would continue. Throws LEASE_LOST. */
  beat(claim: Claim, position: number): Promise<void>;
  finish(claim: Claim, end: { state: SlotEnd; errors: Record<string, string> }): Promise<void>;
  /** Deletes the rows of old slots. */
  forget(beforeSlot: number): Promise<void>;
  /** Seconds since a slot was last finished by anyone; undefined when none was. */
  secondsSinceFinish(): Promise<number | undefined>;
}

/** `schedule` names the work that is done once in a slot. */
export function createSlots(db: Database, { schedule, owner }: { schedule: string; owner: string }): SlotStore {
  return {
    claim: (slot) =>
      db.scoped("all", async (sql) => {
        const [row] = await sql<Claim[]>`
          insert into retention_run (schedule, slot, owner)
          select ${schedule}, ${slot}::bigint, ${owner}
          where not exists (
            select 1 from retention_run
            where schedule = ${schedule} and slot <> ${slot}::bigint and state = 'running'
              and heartbeat_at > now() - interval '2 minutes')
          on conflict (schedule, slot) do update set state = 'running', owner = excluded.owner,
            fence = retention_run.fence + 1, heartbeat_at = now()
          where retention_run.state = 'interrupted'
            or (retention_run.state = 'running' and retention_run.heartbeat_at <= now() - interval '2 minutes')
          returning slot, fence, position`;
        if (row) {
          // What no instance continued is swept by this slot.
          await sql`
            update retention_run set state = 'interrupted'
            where schedule = ${schedule} and slot < ${slot}::bigint and state = 'running'`;
        }
        return row;
      }),
    record: async (sql, claim, { installationId, deleted }) => {
      const counts = JSON.stringify(deleted);
      const kept = await sql`
        with kept as (
          update retention_run set heartbeat_at = now(), deleted = deleted || coalesce((
            select jsonb_object_agg(key, value::bigint + coalesce((deleted->>key)::bigint, 0))
            from jsonb_each_text(${counts}::text::jsonb)), '{}')
          where schedule = ${schedule} and slot = ${claim.slot} and fence = ${claim.fence} and state = 'running'
          returning slot
        ),
        counted as (
          insert into retention_count as c (installation_id, slot, table_name, rows)
          select ${installationId ?? null}::bigint, kept.slot, key, value::bigint
          from kept, jsonb_each_text(${counts}::text::jsonb) where ${installationId ?? null}::bigint is not null
          on conflict (installation_id, slot, table_name) do update set rows = c.rows + excluded.rows
        )
        select slot from kept`;
      if (kept.length === 0) throw slotLost(claim);
    },
    beat: async (claim, position) => {
      const kept = await db.scoped("all", (sql) =>
        sql`
          update retention_run set heartbeat_at = now(), position = ${position}
          where schedule = ${schedule} and slot = ${claim.slot} and fence = ${claim.fence} and state = 'running'
          returning slot`);
      if (kept.length === 0) throw slotLost(claim);
    },
    finish: (claim, { state, errors }) =>
      db.scoped("all", async (sql) => {
        await sql`
          update retention_run set state = ${state}, errors = ${JSON.stringify(errors)}::text::jsonb,
            finished_at = case when ${state} <> 'interrupted' then now() end
          where schedule = ${schedule} and slot = ${claim.slot} and fence = ${claim.fence} and state = 'running'`;
      }),
    forget: (beforeSlot) =>
      db.scoped("all", async (sql) => {
        await sql`delete from retention_run where schedule = ${schedule} and slot < ${beforeSlot}::bigint`;
      }),
    secondsSinceFinish: async () => {
      const [row] = await db.scoped("all", (sql) =>
        sql<{ seconds: number | null }[]>`
          select extract(epoch from now() - max(finished_at))::float8 as seconds
          from retention_run where schedule = ${schedule}`);
      return row?.seconds ?? undefined;
    },
  };
}

function slotLost({ slot }: Claim): AppError {
  return new AppError("LEASE_LOST", `Cannot continue slot ${slot}: another instance took it over`);
}
