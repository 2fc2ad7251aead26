/** Reads the journal: pages of changes, one of them, and which of them an undo in bulk is about. */

import { AppError } from "../base/errors.ts";
import type { Fields } from "../clockify/object_write.ts";
import type { Database, Query } from "../db/db.ts";
import { type BeforeState, type ChangeState, type ORIGINS, SENDING_LEASE_SECONDS } from "./change_rows.ts";
import type { ChangeCursor } from "./cursor.ts";

export interface ChangeRow {
  id: number;
  at: Date;
  finishedAt: Date | null;
  state: ChangeState;
  operation: string;
  /** `METHOD /path`. */
  operationKey: string;
  entityType: string;
  entityId: string | null;
  /** What the object is called: its name, description or number; null where it has none, or is too large to be looked through. */
  name: string | null;
  origin: (typeof ORIGINS)[number];
  person: string | null;
  via: string | null;
  runId: string | null;
  flowId: number | null;
  /** Null: deleted for good, or none. */
  flowName: string | null;
  flowVersion: number | null;
  stepPath: string | null;
  asUser: string | null;
  beforeState: BeforeState;
  note: string | null;
  /** Names of the fields that it changed. */
  fields: string[];
  /** That there is an undo, and it was not undone. */
  undoable: boolean;
  httpStatus: number | null;
  errorCode: string | null;
  undoOf: number | null;
  undoneBy: number | null;
}

/** A change with its objects, as they are kept. */
export interface Change extends ChangeRow {
  params: { path: Fields; query: Fields };
  before: Fields | null;
  sent: unknown;
  after: Fields | null;
}

export interface ChangeFilter {
  entityType?: string;
  entityId?: string;
  operation?: string;
  person?: string;
  runId?: string;
  flowId?: number;
  from?: Date;
  to?: Date;
  undoable?: boolean;
}

/** Which changes are undone together. */
export type BulkFilter = { runId: string } | { flowId: number; from: Date; to: Date };

export interface ChangeStore {
  list(
    installationId: number,
    filter: ChangeFilter,
    page: { limit: number; after?: ChangeCursor },
  ): Promise<{ changes: ChangeRow[]; next: ChangeCursor | null }>;
  find(installationId: number, id: number): Promise<Change | undefined>;
  /** The same with their objects, newest first: for an export. */
  whole(installationId: number, ids: readonly number[]): Promise<Map<number, Change>>;
}

interface StoredRow {
  id: number;
  created_at: Date;
  micros: number;
  finished_at: Date | null;
  state: ChangeState;
  operation: string;
  operation_key: string;
  entity_type: string;
  entity_id: string | null;
  name: string | null;
  origin: ChangeRow["origin"];
  person: string | null;
  via: string | null;
  run_id: string | null;
  flow_id: number | null;
  flow_name: string | null;
  flow_version: number | null;
  step_path: string | null;
  as_user: string | null;
  before_state: BeforeState;
  note: string | null;
  fields: string[];
  undoable: boolean;
  http_status: number | null;
  error_code: string | null;
  undo_of: number | null;
  undone_by: number | null;
}

interface StoredChange extends StoredRow {
  params: Change["params"];
  before: string | null;
  sent: string | null;
  after: string | null;
}

export function createChangeStore(db: Pick<Database, "scoped">): ChangeStore {
  const within = <T>(installationId: number, work: (sql: Query) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  const whole = (installationId: number, ids: readonly number[]) =>
    within(installationId, async (sql) => {
      const rows = await sql<StoredChange[]>`
        select ${columns(sql)}, change.params, change.before, change.sent, change.after ${from(sql)}
        where change.installation_id = ${installationId} and change.id = any (${`{${ids.join()}}`}::text::bigint[])
        order by change.id desc`;
      return new Map(rows.map((row) => [row.id, toChange(row)]));
    });
  return {
    list: (installationId, filter, { limit, after }) =>
      within(installationId, async (sql) => {
        const rows = await sql<StoredRow[]>`
          select ${columns(sql)} ${from(sql)}
          where change.installation_id = ${installationId} ${conditions(sql, filter)}
            ${
          after === undefined ? sql`` : sql`and (change.created_at, change.id) <
              (to_timestamp(0) + ${after.micros}::bigint * interval '1 microsecond', ${after.id}::bigint)`
        }
          order by change.created_at desc, change.id desc limit ${limit + 1}`;
        const last = rows[limit - 1];
        return {
          changes: rows.slice(0, limit).map(toRow),
          next: rows.length > limit && last ? { micros: last.micros, id: last.id } : null,
        };
      }),
    find: async (installationId, id) => (await whole(installationId, [id])).get(id),
    whole,
  };
}

/** One whose lease is over is shown as what it will become. */
function stateNow(sql: Query) {
  return sql`case when change.state = 'sending'
    and change.created_at < now() - ${SENDING_LEASE_SECONDS}::int * interval '1 second' then 'uncertain' else change.state end`;
}

/** SQL condition on a row of change: there is an undo for it, and it was not undone. */
export function isUndoable(sql: Query) {
  return sql`(change.undoable and change.undone_by is null and change.state in ('done', 'failed', 'uncertain'))`;
}

/** Characters of a name: descriptions may be long. */
const MAX_NAME = 120;
/** A page of larger objects would take a second to be parsed. */
const MAX_NAMED_BYTES = 20_000;
/** Escapes of what no text of the database holds, NUL and halves of a pair: JSON with one can be kept, not looked into. */
const UNREADABLE = String.raw`\\u(0000|d[89a-f])`;

function nameOf(sql: Query) {
  return sql`(select left(coalesce(nullif(object->>'name', ''), nullif(object->>'description', ''), object->>'number'),
      ${MAX_NAME}::int)
    from (select coalesce(change.after, change.before, change.sent) as text) as kept
    cross join lateral (
      select case when octet_length(kept.text) <= ${MAX_NAMED_BYTES}::int and kept.text !~* ${UNREADABLE}::text
        then kept.text::json end
    ) as parsed(object))`;
}

function columns(sql: Query) {
  return sql`change.id, change.created_at, (extract(epoch from change.created_at) * 1000000)::bigint as micros,
    change.finished_at, ${stateNow(sql)} as state, change.operation, change.operation_key, change.entity_type,
    change.entity_id, ${
    nameOf(sql)
  } as name, change.origin, change.person, change.via, change.run_id, change.flow_id, flow.name as flow_name,
    change.flow_version, change.step_path, change.as_user, change.before_state, change.note, to_json(change.fields) as fields,
    ${isUndoable(sql)} as undoable, change.http_status, change.error_code, change.undo_of, change.undone_by`;
}

function from(sql: Query) {
  return sql`from change left join flow on flow.id = change.flow_id and flow.installation_id = change.installation_id`;
}

function conditions(sql: Query, filter: ChangeFilter) {
  const { entityType, entityId, operation, person, runId, flowId, from, to, undoable } = filter;
  return sql`
    ${entityType === undefined ? sql`` : sql`and change.entity_type = ${entityType}`}
    ${entityId === undefined ? sql`` : sql`and change.entity_id = ${entityId}`}
    ${operation === undefined ? sql`` : sql`and change.operation = ${operation}`}
    ${person === undefined ? sql`` : sql`and change.person = ${person}`}
    ${runId === undefined ? sql`` : sql`and change.run_id = ${runId}`}
    ${flowId === undefined ? sql`` : sql`and change.flow_id = ${flowId}`}
    ${from === undefined ? sql`` : sql`and change.created_at >= ${from}`}
    ${to === undefined ? sql`` : sql`and change.created_at < ${to}`}
    ${undoable === undefined ? sql`` : undoable ? sql`and ${isUndoable(sql)}` : sql`and not ${isUndoable(sql)}`}`;
}

/** SQL condition on a row of change: it is one of those that are undone together. */
export function inBulk(sql: Query, filter: BulkFilter) {
  if ("runId" in filter) return sql`change.run_id = ${filter.runId}`;
  return sql`change.flow_id = ${filter.flowId} and change.created_at >= ${filter.from} and change.created_at < ${filter.to}`;
}

export function changeUnknown(id: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find change ${id}: the journal has none of this id`);
}

function toRow(row: StoredRow): ChangeRow {
  return {
    id: row.id,
    at: row.created_at,
    finishedAt: row.finished_at,
    state: row.state,
    operation: row.operation,
    operationKey: row.operation_key,
    entityType: row.entity_type,
    entityId: row.entity_id,
    name: row.name,
    origin: row.origin,
    person: row.person,
    via: row.via,
    runId: row.run_id,
    flowId: row.flow_id,
    flowName: row.flow_name,
    flowVersion: row.flow_version,
    stepPath: row.step_path,
    asUser: row.as_user,
    beforeState: row.before_state,
    note: row.note,
    fields: row.fields,
    undoable: row.undoable,
    httpStatus: row.http_status,
    errorCode: row.error_code,
    undoOf: row.undo_of,
    undoneBy: row.undone_by,
  };
}

function toChange(row: StoredChange): Change {
  const parse = (text: string | null) => text === null ? null : JSON.parse(text);
  return {
    ...toRow(row),
    params: row.params,
    before: parse(row.before),
    sent: parse(row.sent),
    after: parse(row.after),
  };
}
