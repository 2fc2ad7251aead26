/** The rows of the journal as they are written: begun before the request leaves, and ended by its answer. */

import { jsonText } from "../base/json_text.ts";
import { type Database, databaseError, type TransactionSql } from "../db/db.ts";

/**
 * sending: stored, and no answer yet. refused: Clockify did nothing (4xx). failed: it answered 5xx, and may have done it.
 * uncertain: the answer was never seen.
 */
export const CHANGE_STATES = ["sending", "done", "refused", "failed", "uncertain"] as const;
export type ChangeState = (typeof CHANGE_STATES)[number];

/** Whether the object was read before: none was there, the read failed, it is too large to be kept, or there is no read. */
export const BEFORE_STATES = ["read", "none", "unreadable", "too_large", "no_read"] as const;
export type BeforeState = (typeof BEFORE_STATES)[number];

export const ORIGINS = ["flow", "person", "undo", "program"] as const;

export interface NewChange {
  /** See recorder.ts. */
  key?: string;
  callId?: string;
  operation: string;
  /** `METHOD /path`. */
  operationKey: string;
  params: { path: Record<string, unknown>; query: Record<string, unknown> };
  entityType: string;
  entityId?: string;
  origin: (typeof ORIGINS)[number];
  person?: string;
  via?: string;
  runId?: string;
  flowId?: number;
  flowVersion?: number;
  stepPath?: string;
  asUser?: string;
  beforeState: BeforeState;
  /** JSON, as `sent` is. */
  before?: string;
  sent?: string;
  note?: string;
  undoOf?: number;
  undoable: boolean;
}

export interface ChangeEnd {
  id: number;
  state: ChangeState;
  /** Absent: as before. */
  entityId?: string;
  /** JSON. */
  after?: string;
  note?: string;
  fields?: readonly string[];
  /** Absent: as before. */
  undoable?: boolean;
  httpStatus?: number;
  errorCode?: string;
  /** The change that is undone by it, once it is done. */
  undoes?: number;
}

export interface ChangeWriter {
  /**
   * Ids of the rows, in their order. A row of the same key is the same attempt: what was read before its first call stays,
   * since that is what it may have changed. Throws DATABASE_UNAVAILABLE.
   */
  begin(installationId: number, changes: readonly NewChange[]): Promise<number[]>;
  end(installationId: number, ends: readonly ChangeEnd[]): Promise<void>;
  /** Deletes rows whose request never left. */
  forget(installationId: number, ids: readonly number[]): Promise<void>;
}

/** A call is answered, or given up, well within this time: its wait for the budget and three tries of 30 s. */
export const SENDING_LEASE_SECONDS = 600;

export function createChangeWriter(db: Pick<Database, "scoped">): ChangeWriter {
  return {
    async begin(installationId, changes) {
      const rows = changes.map((change, ordinal) => ({
        ordinal,
        key: change.key ?? null,
        call_id: change.callId ?? null,
        operation: change.operation,
        operation_key: change.operationKey,
        params: change.params,
        entity_type: change.entityType,
        entity_id: change.entityId ?? null,
        origin: change.origin,
        person: change.person ?? null,
        via: change.via ?? null,
        run_id: change.runId ?? null,
        flow_id: change.flowId ?? null,
        flow_version: change.flowVersion ?? null,
        step_path: change.stepPath ?? null,
        as_user: change.asUser ?? null,
        before_state: change.beforeState,
        before: change.before ?? null,
        sent: change.sent ?? null,
        note: change.note ?? null,
        undo_of: change.undoOf ?? null,
        undoable: change.undoable,
      }));
      try {
        const stored = await db.scoped({ installationIds: [installationId] }, (sql) =>
          sql<{ id: number }[]>`
            insert into change as present (installation_id, state, key, call_id, operation, operation_key, params,
              entity_type, entity_id, origin, person, via, run_id, flow_id, flow_version, step_path, as_user, before_state,
              before, sent, note, undo_of, undoable)
            select ${installationId}, 'sending', key, call_id, operation, operation_key, params,
              entity_type, entity_id, origin, person, via, run_id, flow_id, flow_version, step_path, as_user, before_state,
              before, sent, note, undo_of, undoable
            from jsonb_to_recordset(${jsonText(rows)}::text::jsonb) as given (ordinal int, key text, call_id uuid,
              operation text, operation_key text, params jsonb, entity_type text, entity_id text, origin text, person text,
              via text, run_id uuid, flow_id bigint, flow_version int, step_path text, as_user text, before_state text,
              before text, sent text, note text, undo_of bigint, undoable boolean)
            order by ordinal
            on conflict (installation_id, key) where key is not null do update set state = 'sending', finished_at = null,
              sent = excluded.sent, params = excluded.params, as_user = excluded.as_user, error_code = null,
              (before_state, before, note) = (
                select case when present.before_state = 'read' then present.before_state else excluded.before_state end,
                  case when present.before_state = 'read' then present.before else excluded.before end,
                  case when present.before_state = 'read' then present.note else excluded.note end),
              undoable = present.undoable or excluded.undoable
            returning id`);
        return stored.map(({ id }) => id);
      } catch (error) {
        throw databaseError(error);
      }
    },

    async end(installationId, ends) {
      const rows = ends.map((end) => ({
        id: end.id,
        state: end.state,
        entity_id: end.entityId ?? null,
        after: end.after ?? null,
        note: end.note ?? null,
        fields: end.fields ?? [],
        undoable: end.undoable ?? null,
        http_status: end.httpStatus ?? null,
        error_code: end.errorCode ?? null,
      }));
      await db.scoped({ installationIds: [installationId] }, async (sql) => {
        await sql`
          update change set state = given.state, finished_at = now(), entity_id = coalesce(given.entity_id, change.entity_id),
            after = given.after, note = coalesce(given.note, change.note),
            fields = array(select jsonb_array_elements_text(given.fields)),
            undoable = given.state <> 'refused' and coalesce(given.undoable, change.undoable),
            http_status = given.http_status, error_code = given.error_code
          from jsonb_to_recordset(${
          jsonText(rows)
        }::text::jsonb) as given (id bigint, state text, entity_id text, after text,
            note text, fields jsonb, undoable boolean, http_status int, error_code text)
          where change.installation_id = ${installationId} and change.id = given.id
            and change.state in ('sending', 'uncertain')`;
        for (const { id, state, undoes } of ends) {
          if (state === "done" && undoes !== undefined) await markUndone(sql, { installationId, id, undoes });
        }
      });
    },

    async forget(installationId, ids) {
      await db.scoped({ installationIds: [installationId] }, async (sql) => {
        await sql`
          delete from change where installation_id = ${installationId} and id = any (${`{${ids.join()}}`}::text::bigint[])
            and state = 'sending'`;
      });
    },
  };
}

/**
 * Rows whose answer was not stored within their lease: the process that sent them ended between the two. Gives how many
 * became uncertain of each installation.
 */
export async function endForgottenChanges(
  db: Pick<Database, "scoped">,
  { leaseSeconds = SENDING_LEASE_SECONDS }: {
    /** 0 where no other process can be at work. */
    leaseSeconds?: number;
  } = {},
): Promise<{ installationId: number; changes: number }[]> {
  return await db.scoped("all", async (sql) => {
    const rows = await sql<{ installation_id: number; changes: number }[]>`
      with ended as (
        update change set state = 'uncertain', finished_at = now()
        where state = 'sending' and created_at <= now() - ${leaseSeconds}::int * interval '1 second'
        returning installation_id
      )
      select installation_id, count(*)::int as changes from ended group by 1`;
    return rows.map(({ installation_id: installationId, changes }) => ({ installationId, changes }));
  });
}

/** The change is undone from now on; where it was an undo itself, what that had undone is in effect once more. */
export async function markUndone(
  sql: TransactionSql,
  { installationId, id, undoes }: { installationId: number; id: number; undoes: number },
): Promise<void> {
  await sql`
    update change set undone_by = ${id}, undo_claim = null, undo_claimed_until = null
    where installation_id = ${installationId} and id = ${undoes}`;
  await sql`
    update change as earlier set undone_by = null from change undo
    where undo.installation_id = ${installationId} and undo.id = ${undoes} and undo.undo_of is not null
      and earlier.installation_id = ${installationId} and earlier.id = undo.undo_of and earlier.undone_by = undo.id`;
}
