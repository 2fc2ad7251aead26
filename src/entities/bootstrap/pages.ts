/**
 * The SQL of reading one list: saving a page, deciding whether another pass is needed, and marking what a complete read
 * no longer has.
 */

import type { TransactionSql } from "../../db/db.ts";
import { jsonText } from "../../base/json_text.ts";
import { AppError } from "../../base/errors.ts";
import type { Entity } from "./read_list.ts";

export interface Window {
  from: Date;
  to: Date;
}

/** A read in progress. */
export interface Running {
  installationId: number;
  workspaceId: string;
  readNumber: number;
  /** Entity types of its lists. */
  lists: string[];
  window?: Window;
}

/** The place of one list, or of the part below one parent. */
export interface Place {
  entityType: string;
  /** "" where the list has no parent. */
  parentId: string;
  page: number;
  tries: number;
  /** From 1: a list is read again until two passes agree. */
  pass: number;
}

export interface PageToSave {
  operationId: string;
  entities: Entity[];
  /** Undefined: it is the last, when nothing in it is new to this pass. */
  last?: boolean;
  maxPages: number;
  /** Entity types of the lists that hang on this one's entities. */
  below: string[];
  /** Since the request was made: what was learnt in that time is newer than the page. */
  ageMs: number;
  /** Entities leave the list without being deleted: one that is missing asks for no second pass. */
  volatile: boolean;
}

/** Most passes over one list: one that still changes then is not complete, and nothing of it counts as deleted. */
export const MAX_PASSES = 5;
/**
 * What the last pass of a whole list did not see, in a statement where the row is called `entity`: two passes in a row
 * missed it, as isSettled() sees to. What was learnt since the read began may be younger than the look at its place.
 */
export function isGone(
  sql: TransactionSql,
  { installationId, readNumber, types }: { installationId: number; readNumber: number; types: readonly string[] },
) {
  return sql`entity.installation_id = ${installationId}
    and entity.entity_type in (select json_array_elements_text(${jsonText(types)}::text::json))
    and coalesce(entity.learnt_at < (select started_at from bootstrap_state where installation_id = ${installationId}), true)
    and (entity.deleted_at is not null or entity.read_number < ${readNumber} or entity.pass < (
      select pass from bootstrap_read place where place.installation_id = ${installationId}
        and place.entity_type = entity.entity_type and place.parent_id = entity.parent_id
        and place.read_number = ${readNumber}))`;
}

/**
 * True when the pass that is at its end needs no other. Pages are counted from the first entity, so one that is deleted on
 * a page already read moves another past the reader. What a pass sees in one page is one moment's truth; a list of several
 * is whole when all that the pass before saw is still there: then nothing was deleted meanwhile. And what was known before
 * is only gone when a second pass misses it too.
 */
export async function isSettled(
  sql: TransactionSql,
  { running: { installationId, readNumber }, place, volatile }: { running: Running; place: Place; volatile: boolean },
): Promise<boolean> {
  const { entityType, parentId, pass, page } = place;
  if (pass === 1 && page > 1) return false;
  if (pass === 1 && volatile) return true;
  const [row] = pass === 1
    ? await sql<{ missing: boolean }[]>`
      select exists (select 1 from entity_cache where installation_id = ${installationId}
        and entity_type = ${entityType} and parent_id = ${parentId} and deleted_at is null and read_number < ${readNumber}
      ) as missing`
    : await sql<{ missing: boolean }[]>`
      select exists (select 1 from entity_cache where installation_id = ${installationId}
        and entity_type = ${entityType} and parent_id = ${parentId} and read_number = ${readNumber} and pass = ${
      pass - 1
    }
      ) as missing`;
  return !row!.missing;
}

/** What of a page was otherwise before. */
export interface SavedEntities {
  /** Entities that this pass had not seen yet. */
  fresh: number;
  /** As the cache had them, of those whose text differs. */
  held: Entity[];
  /** Ids of those that it did not have, of a list that was whole before. */
  created: string[];
}

/** Writes over what is there, unless that is newer. */
export async function saveEntities(
  sql: TransactionSql,
  { running: { installationId, workspaceId, readNumber }, place: { entityType, parentId, pass } }: {
    running: Running;
    place: Place;
  },
  { operationId, entities, ageMs, volatile }: Pick<PageToSave, "operationId" | "entities" | "ageMs" | "volatile">,
): Promise<SavedEntities> {
  if (entities.length === 0) return { fresh: 0, held: [], created: [] };
  const input = jsonText(entities);
  const newer = sql`coalesce(old.learnt_at > now() - ${ageMs}::float8 * interval '1 millisecond', false)`;
  const held = sql`entity_cache old on old.installation_id = ${installationId} and old.entity_type = ${entityType}
      and old.entity_id = input.id`;
  const [row] = await sql<{ fresh: number; held: Entity[]; created: string[] }[]>`
    with input as materialized (
      select id, body from json_to_recordset(${input}::text::json) as t(id text, body json) order by id
    ),
    saved as (
      insert into entity_cache as old (installation_id, workspace_id, entity_type, entity_id, parent_id, operation_id, body,
        read_number, pass)
      select ${installationId}, ${workspaceId}, ${entityType}, id, ${parentId}, ${operationId}, body, ${readNumber}, ${pass}
      from input
      on conflict (installation_id, entity_type, entity_id) do update set parent_id = excluded.parent_id,
        operation_id = case when ${newer} then old.operation_id else excluded.operation_id end,
        body = case when ${newer} then old.body else excluded.body end,
        deleted_at = case when ${newer} then old.deleted_at end,
        fetched_at = now(), read_number = excluded.read_number, pass = excluded.pass
    )
    -- All parts see the table as it was before.
    select count(*)::int as fresh,
      (select coalesce(json_agg(json_build_object('id', old.entity_id, 'body', old.body)), '[]')
        from input join ${held} where old.deleted_at is null and not ${newer} and old.body::text <> input.body::text) as held,
      -- What a first look shows is no news.
      (select coalesce(json_agg(input.id), '[]')
        from input left join ${held} where old.entity_id is null and not ${volatile} and exists (
          select 1 from bootstrap_state where installation_id = ${installationId} and whole ? ${entityType})) as created
    from input where not exists (
      select 1 from entity_cache where installation_id = ${installationId} and entity_type = ${entityType}
        and entity_id = input.id and read_number = ${readNumber} and pass = ${pass})`;
  return row!;
}

/** `read`: a page came with it. */
export async function movePlace(
  sql: TransactionSql,
  { installationId, readNumber }: Running,
  { entityType, parentId, page, pass, tries }: Place,
  { status, next, read = false, error }: { status: string; next: Place; read?: boolean; error?: string },
): Promise<void> {
  const moved = await sql`
    update bootstrap_read set status = ${status}, next_page = ${next.page}, pass = ${next.pass}, error = ${
    error ?? null
  },
      pages = pages + ${read ? 1 : 0}, tries = ${read ? 0 : tries}, updated_at = now()
    where installation_id = ${installationId} and entity_type = ${entityType} and parent_id = ${parentId}
      and read_number = ${readNumber} and next_page = ${page} and pass = ${pass} and status = 'pending' returning 1`;
  if (moved.length === 0) throw readLost(installationId);
}

/** The lists that hang on the entities of a list that is at its end: one place for each entity that was seen. */
export async function openBelow(
  sql: TransactionSql,
  { installationId, readNumber }: Running,
  { place: { entityType, pass }, below }: { place: Place; below: string[] },
): Promise<Place[]> {
  if (below.length === 0) return [];
  const rows = await sql<PlaceRow[]>`
    insert into bootstrap_read (installation_id, entity_type, parent_id, read_number)
    select ${installationId}, type, entity_id, ${readNumber}
    from entity_cache, json_array_elements_text(${jsonText(below)}::text::json) as type
    where installation_id = ${installationId} and entity_type = ${entityType} and read_number = ${readNumber}
      and pass = ${pass} and deleted_at is null
    returning entity_type, parent_id, next_page, tries, pass`;
  return rows.map(toPlace);
}

export function readLost(installationId: number): AppError {
  return new AppError("LEASE_LOST", `Cannot continue the read of installation "${installationId}": another job reads`);
}

export interface PlaceRow {
  entity_type: string;
  parent_id: string;
  next_page: number;
  tries: number;
  pass: number;
}

export function toPlace({ tries, pass, ...row }: PlaceRow): Place {
  return { entityType: row.entity_type, parentId: row.parent_id, page: row.next_page, tries, pass };
}
