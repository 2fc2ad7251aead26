/** Entities by name or id, for look-ups of flows (engine/entity_lookup.ts): what was read or learnt of the workspace, in one or two reads. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { jsonText } from "../base/json_text.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { type EntityAnswer, type EntityQuery, type FindEntities, queryText } from "../engine/entity_lookup.ts";

/** An entity that was found is not read again for so long: a busy flow looks the same ones up. */
const KEPT_MS = 10_000;
const MAX_KEPT = 5_000;

interface Row {
  n: number;
  id: string;
  name: string;
  archived: boolean;
  /** With this name, and of those the ones that are not archived. */
  every: number;
  active: number;
}

/** Of the installation alone. By id also what is archived; by name that only where nothing else has the name. */
export function createEntityFinder(
  { db, clock }: { db: Pick<Database, "scoped">; clock: Pick<Clock, "monotonicMs"> },
): FindEntities {
  const kept = createBoundedCache<string, { answer: EntityAnswer; untilMs: number }>({ max: MAX_KEPT });

  return async function findEntities(installationId, queries) {
    const nowMs = clock.monotonicMs();
    const keys = queries.map((query) => `${installationId} ${queryText(query)}`);
    const answers: (EntityAnswer | undefined)[] = keys.map((key) => {
      const known = kept.get(key);
      return known && known.untilMs > nowMs ? known.answer : undefined;
    });
    const open = () => queries.flatMap((query, n) => answers[n] ? [] : [{ n, ...query }]);
    if (open().length > 0) {
      await db.scoped({ installationIds: [installationId] }, async (sql) => {
        for (const row of await byId(sql, installationId, open())) answers[row.n] = answerOf(row);
        if (open().length === 0) return;
        for (const row of await byName(sql, installationId, open())) answers[row.n] = answerOf(row);
      });
    }
    return answers.map((answer = { matches: 0 }, n) => {
      // What is not there may come: it is asked for again.
      if ("entity" in answer) kept.set(keys[n]!, { answer, untilMs: nowMs + KEPT_MS });
      return answer;
    });
  };
}

type Open = EntityQuery & { n: number };

function byId(sql: TransactionSql, installationId: number, queries: readonly Open[]) {
  return sql<Row[]>`
    select n, entity_id as id, coalesce(body->>'name', '') as name,
      coalesce(body->>'archived' = 'true', false) as archived, 1 as every, 1 as active
    from json_to_recordset(${jsonText(queries)}::text::json) as query(n int, type text, key text, parent text)
    join entity_cache on installation_id = ${installationId} and entity_type = query.type and entity_id = query.key
    where deleted_at is null and (query.parent is null or parent_id = query.parent)`;
}

/** By the index of names; of what was written before there was one, by a walk over that until it is named (name_backfill.ts). */
function byName(sql: TransactionSql, installationId: number, queries: readonly Open[]) {
  return sql<Row[]>`
    with query as materialized (
      select *, md5(key) as name_key
      from json_to_recordset(${jsonText(queries)}::text::json) as t(n int, type text, key text, parent text)
    ), named as (
      select query.n, entity_id, body->>'name' as name, coalesce(body->>'archived' = 'true', false) as archived
      from query cross join lateral (
        select entity_id, parent_id, body from entity_cache
        where installation_id = ${installationId} and entity_type = query.type and entity_cache.name_key = query.name_key
          and entity_cache.name_key <> '' and deleted_at is null
        union all
        select entity_id, parent_id, body from entity_cache
        where installation_id = ${installationId} and entity_type = query.type and entity_cache.name_key is null
          and deleted_at is null
      ) entity
      where body->>'name' = query.key and (query.parent is null or parent_id = query.parent)
    ), found as (
      select n, entity_id as id, name, archived, count(*) over same as every,
        count(*) filter (where not archived) over same as active,
        row_number() over (partition by n order by archived, entity_id) as place
      from named
      window same as (partition by n)
    )
    select n, id, name, archived, every::int, active::int from found where place = 1`;
}

function answerOf({ id, name, archived, every, active }: Row): EntityAnswer {
  const matches = active > 0 ? active : every;
  return matches === 1 ? { entity: { id, name, archived } } : { matches };
}
