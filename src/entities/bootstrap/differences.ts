/** What a read saw otherwise than the cache held it: kept for the timeline of each entity. */

import type { TransactionSql } from "../../db/db.ts";
import { sortedJson } from "../../base/sorted_json.ts";
import { jsonText } from "../../base/json_text.ts";
import { isGone, type Place, type Running } from "./pages.ts";
import type { Entity } from "./read_list.ts";

type Body = Record<string, unknown>;

/** The fields that differ, as they were and as they are. */
export interface Difference {
  before: Body;
  after: Body;
}

/** Fields of one difference, and characters of one value: a longer one is named, and not kept. */
const MAX_FIELDS = 30;
const MAX_VALUE_CHARS = 1_000;
/** Fields that move by themselves: time that is tracked on a project, and where a person last was. */
const MOVING: Readonly<Record<string, readonly string[]>> = {
  project: ["duration"],
  user: ["activeWorkspace"],
};

/**
 * Undefined where nothing differs but what moves by itself. Fields that one of the two lacks say nothing: what an event or an
 * answer to a write brought has fewer of them than the list, or others; Clockify shows a field without a value as null.
 */
export function differenceOf(entityType: string, before: Body, after: Body): Difference | undefined {
  const moving = MOVING[entityType] ?? [];
  const names = Object.keys(before).filter((name) =>
    Object.hasOwn(after, name) && !moving.includes(name) &&
    sortedJson(before[name] ?? null) !== sortedJson(after[name] ?? null)
  ).sort().slice(0, MAX_FIELDS);
  if (names.length === 0) return undefined;
  const kept = (body: Body) => Object.fromEntries(names.map((name) => [name, keptValue(body[name])]));
  return { before: kept(before), after: kept(after) };
}

function keptValue(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  return text.length > MAX_VALUE_CHARS ? `(${text.length} characters)` : value ?? null;
}

/** Notes what a page showed: `held` is what the cache had of the entities that differ in their text, `created` are new to it. */
export async function noteDifferences(
  sql: TransactionSql,
  { running: { installationId, readNumber }, place: { entityType }, page }: {
    running: Running;
    place: Place;
    page: readonly Entity[];
  },
  { held, created }: { held: readonly Entity[]; created: readonly string[] },
): Promise<void> {
  const now = new Map(page.map(({ id, body }) => [id, body]));
  const rows = [
    ...held.flatMap(({ id, body }) => {
      const difference = differenceOf(entityType, body, now.get(id)!);
      return difference ? [{ id, kind: "updated", ...difference }] : [];
    }),
    ...created.map((id) => ({ id, kind: "created", before: null, after: nameOf(now.get(id)!) })),
  ];
  if (rows.length === 0) return;
  await sql`
    insert into entity_change (installation_id, entity_type, entity_id, kind, read_number, before, after)
    select ${installationId}, ${entityType}, id, kind, ${readNumber}, before, after
    from json_to_recordset(${jsonText(rows)}::text::json) as t(id text, kind text, before json, after json)`;
}

function nameOf({ name }: Body): Body {
  return typeof name === "string" ? { name: keptValue(name) } : {};
}

/** Deletes what two passes of whole lists missed, and notes it; those of `unnoted` types leave their lists without being deleted. */
export async function deleteGone(
  sql: TransactionSql,
  { unnoted, ...gone }: {
    installationId: number;
    readNumber: number;
    types: readonly string[];
    unnoted: readonly string[];
  },
): Promise<void> {
  await sql`
    with gone as (
      delete from entity_cache entity where ${isGone(sql, gone)}
      returning entity_type, entity_id, deleted_at, body->>'name' as name
    )
    insert into entity_change (installation_id, entity_type, entity_id, kind, read_number, before)
    select ${gone.installationId}, entity_type, entity_id, 'deleted', ${gone.readNumber},
      json_strip_nulls(json_build_object('name', left(name, ${MAX_VALUE_CHARS})))
    from gone where deleted_at is null
      and entity_type not in (select json_array_elements_text(${jsonText(unnoted)}::text::json))`;
}
