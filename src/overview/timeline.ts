/** Everything that is known to have happened to one entity, newest first: its events, what reads saw, our writes, and runs. */

import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import { EVENTS } from "../clockify/events.ts";
import type { Database, Fragment, TransactionSql } from "../db/db.ts";

/** Of one instant in this order. */
const KINDS = ["write", "run", "event", "seen"] as const;
type Kind = (typeof KINDS)[number];

export type TimelineItem =
  & { at: Date; id: string }
  & (
    /** A webhook that is about the entity. */
    | { kind: "event"; eventType: string; outcome: string | null; reconciled: boolean }
    /** What a read of its list saw otherwise than before. */
    | { kind: "seen"; change: "created" | "updated" | "deleted"; before: unknown; after: unknown }
    /** Of the journal. */
    | {
      kind: "write";
      operationId: string;
      state: string;
      origin: string;
      person: string | null;
      runId: string | null;
      flowId: number | null;
      flowName: string | null;
      fields: string[];
    }
    /** Of an event that is about it. */
    | { kind: "run"; flowId: number; flowName: string | null; state: string; eventId: number; replay: number }
  );

export interface TimelineEntity {
  id: string;
  operationId: string;
  fetchedAt: Date;
  deletedAt: Date | null;
  body: unknown;
}

/** Behind this item of the page before. */
export interface TimelineCursor {
  /** Microseconds since 1970: the database's own resolution. */
  micros: number;
  kind: Kind;
  id: string;
}

export interface Timeline {
  /** Undefined when the entity is not known, or not any more. */
  entity: TimelineEntity | undefined;
  items: TimelineItem[];
  next: TimelineCursor | null;
}

export interface TimelineStore {
  /** `entityType` as entities/bootstrap/lists.ts has it. */
  read(
    installationId: number,
    of: { entityType: string; entityId: string },
    page: { limit: number; after?: TimelineCursor },
  ): Promise<Timeline>;
}

/** Words of events (clockify/events.ts) for entity types that are called otherwise. */
const RESOURCES: Readonly<Record<string, string>> = { running_time_entry: "timeEntry" };
const KNOWN_RESOURCES: ReadonlySet<string> = new Set([...EVENTS.values()].map(({ resource }) => resource));
/** Newest events of the entity whose runs are listed: 3 ms for so many. */
const MAX_RUN_EVENTS = 1_000;

/** Each part by an index: at most so many rows of it are read as the page has, and one. */
export function createTimelineStore(db: Pick<Database, "scoped">): TimelineStore {
  return {
    read: (installationId, { entityType, entityId }, { limit, after }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [entity] = await sql<EntityRow[]>`
          select entity_id, operation_id, fetched_at, deleted_at, body from entity_cache
          where installation_id = ${installationId} and entity_type = ${entityType} and entity_id = ${entityId}`;
        const parts = partsOf(sql, { installationId, entityType, entityId, limit: limit + 1, after });
        const rows = await sql<ItemRow[]>`
          select kind, (extract(epoch from at) * 1000000)::float8 as micros, at, id, data from (
            (${parts.event}) union all (${parts.seen}) union all (${parts.write}) union all (${parts.run})
          ) item`;
        const sorted = rows.sort(newestFirst);
        const last = sorted.length > limit ? sorted[limit - 1]! : undefined;
        return {
          entity: entity && toEntity(entity),
          items: sorted.slice(0, limit).map(({ kind, at, id, data }) => ({ kind, at, id, ...data }) as TimelineItem),
          next: last ? { micros: last.micros, kind: last.kind, id: last.id } : null,
        };
      }),
  };
}

interface Asked {
  installationId: number;
  entityType: string;
  entityId: string;
  limit: number;
  after: TimelineCursor | undefined;
}

function partsOf(sql: TransactionSql, asked: Asked): Record<Kind, Fragment> {
  const { installationId, entityId, limit } = asked;
  const key = `${resourceOf(asked.entityType)}:${entityId}`;
  const written = asked.entityType === "running_time_entry" ? "time_entry" : asked.entityType;
  return {
    event: sql`
      select 'event' as kind, received_at as at, id::text as id, json_build_object('eventType', event_type,
        'outcome', outcome, 'reconciled', found_by is not null) as data
      from event where installation_id = ${installationId} and entity_key = ${key}
        and ${behind(sql, asked.after, { kind: "event", at: sql`received_at`, id: sql`event.id`, cast: "bigint" })}
      order by received_at desc, event.id desc limit ${limit}`,
    seen: sql`
      select 'seen' as kind, seen_at as at, id::text as id,
        json_build_object('change', kind, 'before', before, 'after', after) as data
      from entity_change where installation_id = ${installationId} and entity_type = ${asked.entityType}
        and entity_id = ${entityId}
        and ${behind(sql, asked.after, { kind: "seen", at: sql`seen_at`, id: sql`entity_change.id`, cast: "bigint" })}
      order by seen_at desc, entity_change.id desc limit ${limit}`,
    write: sql`
      select 'write' as kind, change.created_at as at, change.id::text as id, json_build_object('operationId', operation,
        'state', state, 'origin', origin, 'person', person, 'runId', run_id, 'flowId', flow_id, 'flowName', flow.name,
        'fields', fields) as data
      from change left join flow on flow.id = change.flow_id and flow.installation_id = ${installationId}
      where change.installation_id = ${installationId} and entity_type = ${written} and entity_id = ${entityId}
        and ${
      behind(sql, asked.after, { kind: "write", at: sql`change.created_at`, id: sql`change.id`, cast: "bigint" })
    }
      order by change.created_at desc, change.id desc limit ${limit}`,
    run: sql`
      select 'run' as kind, run.created_at as at, run.id::text as id, json_build_object('flowId', run.flow_id,
        'flowName', flow.name, 'state', run.state, 'eventId', run.event_id, 'replay', run.replay) as data
      from (select id from event where installation_id = ${installationId} and entity_key = ${key}
          ${asked.after ? sql`and received_at <= ${instantOf(sql, asked.after)}` : sql``}
        order by received_at desc, id desc limit ${MAX_RUN_EVENTS}) about
      join run on run.event_id = about.id and run.installation_id = ${installationId}
      left join flow on flow.id = run.flow_id and flow.installation_id = ${installationId}
      where ${behind(sql, asked.after, { kind: "run", at: sql`run.created_at`, id: sql`run.id`, cast: "uuid" })}
      order by run.created_at desc, run.id desc limit ${limit}`,
  };
}

/** SQL condition: the row stands behind the cursor. */
function behind(
  sql: TransactionSql,
  after: TimelineCursor | undefined,
  { kind, at, id, cast }: { kind: Kind; at: Fragment; id: Fragment; cast: "bigint" | "uuid" },
): Fragment {
  if (!after) return sql`true`;
  const instant = instantOf(sql, after);
  const order = KINDS.indexOf(kind) - KINDS.indexOf(after.kind);
  if (order !== 0) return order > 0 ? sql`${at} <= ${instant}` : sql`${at} < ${instant}`;
  return cast === "bigint"
    ? sql`(${at}, ${id}) < (${instant}, ${after.id}::text::bigint)`
    : sql`(${at}, ${id}) < (${instant}, ${after.id}::text::uuid)`;
}

function instantOf(sql: TransactionSql, { micros }: TimelineCursor): Fragment {
  return sql`(timestamptz 'epoch' + ${micros}::float8 * interval '1 microsecond')`;
}

/** `time_entry` is `timeEntry` in the keys of events. */
function resourceOf(entityType: string): string {
  const camel = RESOURCES[entityType] ??
    entityType.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return KNOWN_RESOURCES.has(camel) ? camel : "none";
}

/** Ids of one kind have one length or are numbers: longer is larger. */
function newestFirst(a: ItemRow, b: ItemRow): number {
  return b.micros - a.micros || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.id.length - a.id.length ||
    (a.id < b.id ? 1 : -1);
}

interface ItemRow {
  kind: Kind;
  micros: number;
  at: Date;
  id: string;
  data: Record<string, unknown>;
}

interface EntityRow {
  entity_id: string;
  operation_id: string;
  fetched_at: Date;
  deleted_at: Date | null;
  body: unknown;
}

function toEntity(row: EntityRow): TimelineEntity {
  return {
    id: row.entity_id,
    operationId: row.operation_id,
    fetchedAt: row.fetched_at,
    deletedAt: row.deleted_at,
    body: row.body,
  };
}

const FORM = /^(\d{1,16})\.([a-z]+)\.([0-9a-f-]{1,36})$/;
const ID_FORMS: Readonly<Record<Kind, RegExp>> = {
  write: /^\d{1,15}$/,
  event: /^\d{1,15}$/,
  seen: /^\d{1,15}$/,
  run: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

export function encodeTimelineCursor({ micros, kind, id }: TimelineCursor): string {
  return Buffer.from(`${micros}.${kind}.${id}`).toString("base64url");
}

/** Throws REQUEST_INVALID for any other text. */
export function decodeTimelineCursor(text: string): TimelineCursor {
  const [, micros, name, id = ""] = FORM.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  const kind = KINDS.find((one) => one === name);
  const cursor = kind && { micros: Number(micros), kind, id };
  if (
    cursor && Number.isSafeInteger(cursor.micros) && ID_FORMS[cursor.kind].test(id) &&
    encodeTimelineCursor(cursor) === text
  ) return cursor;
  throw new AppError("REQUEST_INVALID", "Cannot read cursor: expected the next_cursor of the page before");
}
