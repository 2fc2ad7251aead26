/** Names of the entities that were read: what pages show in place of ids. */

import type { Database, TransactionSql } from "../db/db.ts";
import { LOOKUP_TYPES } from "../engine/entity_lookup.ts";

export interface EntityName {
  id: string;
  /** As entities/bootstrap/lists.ts calls it: "tag", "user". */
  type: string;
  name: string;
  archived: boolean;
  /** Clockify said so: it is still named where something of before speaks of it, and found by no search. */
  deleted: boolean;
}

/** What a page may want of a workspace and a person beside their names. */
export interface KnownFacts {
  workspaceName: string | null;
  userName: string | null;
  /** IANA name, as Clockify has it in the person's settings. */
  timeZone: string | null;
}

export interface EntityNames {
  /** Those that are known, by id. */
  find(installationId: number, ids: readonly string[]): Promise<Map<string, EntityName>>;
  /**
   * Names that begin with `q` first, then those that hold it, in any case; each group by name, and the archived last. Without `withAddresses`
   * names that hold a mail address are not looked through: what members may not read they could find letter by letter.
   */
  search(
    installationId: number,
    query: { q: string; type?: EntityType; limit: number; withAddresses: boolean },
  ): Promise<EntityName[]>;
  /** The first that is called exactly so and is in use, for each type and name; by `type name`. */
  named(installationId: number, wanted: readonly { type: string; name: string }[]): Promise<Map<string, EntityName>>;
  facts(installationId: number, of: { workspaceId: string; userId?: string }): Promise<KnownFacts>;
}

/** Entity types that have names. Others, such as time entries, may be very many and are never looked through. */
export const ENTITY_TYPES = [...LOOKUP_TYPES, "shared_report", "workspace"] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

const archived = (sql: TransactionSql) => sql`coalesce(body->>'archived' = 'true', false)`;

export function createEntityNames(db: Pick<Database, "scoped">): EntityNames {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    find: (installationId, ids) =>
      within(installationId, async (sql) => {
        const keys = ENTITY_TYPES.flatMap((type) => ids.map((id) => ({ type, id })));
        const rows = await sql<EntityName[]>`
          select entity_id as id, entity_type as type, body->>'name' as name, ${archived(sql)} as archived,
            deleted_at is not null as deleted
          from json_to_recordset(${JSON.stringify(keys)}::text::json) as key(type text, id text)
          join entity_cache on installation_id = ${installationId} and entity_type = key.type and entity_id = key.id
          where coalesce(body->>'name', '') <> ''`;
        return new Map(rows.map((row) => [row.id, { ...row }]));
      }),

    search: (installationId, { q, type, limit, withAddresses }) =>
      within(installationId, async (sql) => {
        const types = type === undefined ? [...ENTITY_TYPES] : [type];
        // Materialized: each name is read out of its body once.
        const rows = await sql<EntityName[]>`
          with named as materialized (
            select entity_id as id, entity_type as type, body->>'name' as name, ${archived(sql)} as archived
            from entity_cache where installation_id = ${installationId} and entity_type in ${sql(types)}
              and deleted_at is null
          ), placed as materialized (
            select id, type, name, archived, position(lower(${q}) in lower(name)) as place from named
          )
          select id, type, name, archived, false as deleted from placed where place > 0 and name <> ''
            and (${withAddresses}::boolean or name !~ '[A-Za-z0-9._%+-]@[A-Za-z0-9.-]+[.][A-Za-z]{2}')
          order by archived, place > 1, lower(name), type, id limit ${limit}`;
        return rows.map((row) => ({ ...row }));
      }),

    named: (installationId, wanted) =>
      within(installationId, async (sql) => {
        const rows = await sql<EntityName[]>`
          select distinct on (entity_type, body->>'name') entity_id as id, entity_type as type, body->>'name' as name,
            false as archived, false as deleted
          from entity_cache
          where installation_id = ${installationId} and deleted_at is null and not ${archived(sql)}
            and (entity_type, body->>'name') in (
              select type, name from json_to_recordset(${
          JSON.stringify(wanted)
        }::text::json) as w(type text, name text))
          order by entity_type, body->>'name', entity_id`;
        return new Map(rows.map((row) => [`${row.type} ${row.name}`, { ...row }]));
      }),

    facts: (installationId, { workspaceId, userId }) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ workspace: string | null; name: string | null; time_zone: string | null }[]>`
          select
            (select nullif(body->>'name', '') from entity_cache
              where installation_id = ${installationId} and entity_type = 'workspace' and entity_id = ${workspaceId})
              as workspace,
            person.name, person.time_zone
          from (select 1) one left join (
            select nullif(body->>'name', '') as name, nullif(body->'settings'->>'timeZone', '') as time_zone
            from entity_cache
            where installation_id = ${installationId} and entity_type = 'user' and entity_id = ${userId ?? ""}
          ) person on true`;
        const { workspace, name, time_zone } = row!;
        return { workspaceName: workspace, userName: name, timeZone: time_zone };
      }),
  };
}
