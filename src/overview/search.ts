/** Finds what a workspace holds by a part of its name or by its id: entities, flows, sources, events and runs. */

import type { Database, TransactionSql } from "../db/db.ts";
import type { EntityNames } from "../entities/names.ts";

export const FOUND_KINDS = ["entity", "flow", "source", "event", "run"] as const;

export interface Found {
  kind: (typeof FOUND_KINDS)[number];
  id: string;
  /** Of an entity its type, of an event its type, of a run its state; else null. */
  type: string | null;
  /** Null where it has none, as an event. */
  name: string | null;
  /** Of a run and an event: when it began. */
  at: Date | null;
}

export interface SearchQuery {
  /** 1 to 100 printable characters. */
  q: string;
  /** Rows of each kind. */
  limit: number;
  /** False for members: names that hold a mail address are not looked through. */
  withAddresses: boolean;
}

export interface SearchStore {
  /** What has the text as its id first, then flows, sources and entities by name. */
  search(installationId: number, query: SearchQuery): Promise<Found[]>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids of our own tables. */
const NUMBER = /^[1-9]\d{0,14}$/;
/** Clockify's. */
const ENTITY = /^[0-9a-f]{24}$/i;
/** Flows and sources that are looked through by name: a workspace has some dozens. */
const MAX_NAMED = 5_000;

export function createSearchStore(
  { db, names }: { db: Pick<Database, "scoped">; names: Pick<EntityNames, "find" | "search"> },
): SearchStore {
  return {
    search: async (installationId, query) => {
      const { q } = query;
      const [own, byId, byName] = await Promise.all([
        db.scoped({ installationIds: [installationId] }, (sql) => ofRows(sql, installationId, query)),
        ENTITY.test(q) ? names.find(installationId, [q.toLowerCase()]) : new Map(),
        names.search(installationId, query),
      ]);
      const entities = [...byId.values(), ...byName]
        .map(({ id, type, name }): Found => ({ kind: "entity", id, type, name, at: null }));
      return [...own, ...entities];
    },
  };
}

async function ofRows(
  sql: TransactionSql,
  installationId: number,
  { q, limit }: SearchQuery,
): Promise<Found[]> {
  const number = NUMBER.test(q) ? Number(q) : null;
  const rows: Found[] = [];
  if (number !== null) {
    rows.push(
      ...await sql<Found[]>`
        select 'event' as kind, id::text as id, event_type as type, null as name, received_at as at from event
        where installation_id = ${installationId} and id = ${number}`,
    );
  }
  if (UUID.test(q)) {
    rows.push(
      ...await sql<Found[]>`
        select 'run' as kind, run.id::text as id, run.state as type, flow.name, run.created_at as at
        from run left join flow on flow.installation_id = ${installationId} and flow.id = run.flow_id
        where run.installation_id = ${installationId} and run.id = ${q}`,
    );
  }
  rows.push(
    ...await sql<Found[]>`
      with named as materialized (
        (select 'flow' as kind, id, name from flow
          where installation_id = ${installationId} and deleted_at is null and builtin is null
          order by id desc limit ${MAX_NAMED})
        union all
        (select 'source' as kind, id, name from custom_source
          where installation_id = ${installationId} and deleted_at is null order by id desc limit ${MAX_NAMED})
      ), placed as (
        select kind, id, name, position(lower(${q}) in lower(name)) as place,
          row_number() over (partition by kind order by coalesce(id = ${number}::bigint, false) desc,
            position(lower(${q}) in lower(name)) > 1, lower(name), id) as rank
        from named where position(lower(${q}) in lower(name)) > 0 or id = ${number}::bigint
      )
      select kind, id::text as id, null as type, name, null as at from placed where rank <= ${limit} order by kind, rank`,
  );
  return rows.map((row) => ({ ...row }));
}
