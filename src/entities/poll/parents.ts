/**
 * The SQL of lists below another list's entities (tasks of a project): which parents a round reads, and which entities
 * it then calls missing.
 */

import type { TransactionSql } from "../../db/db.ts";
import { jsonText } from "../../base/json_text.ts";

/** An entity that a list hangs on, with the hash of what it is like. */
export interface Parent {
  id: string;
  sha256: string;
}

/** Of a round, what decides below which parents it reads. */
interface RoundPlace {
  installationId: number;
  family: string;
  number: number;
}

/** As PollStore.dueParents. */
export async function listDueParents(
  sql: TransactionSql,
  { round: { installationId, family, number, confirming }, parents, unchanged }: {
    round: RoundPlace & { confirming: boolean };
    parents: readonly Parent[];
    unchanged: number;
  },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    with input as materialized (
      select id, decode(sha256, 'hex') as sha256
      from json_to_recordset(${jsonText(parents)}::text::json) as t(id text, sha256 text) order by id
    ),
    noted as (
      insert into polled_parent as old (installation_id, family, parent_id, seen)
      select ${installationId}, ${family}, id, ${number} from input
      on conflict (installation_id, family, parent_id) do update set seen = excluded.seen where old.seen < excluded.seen
    ),
    -- As it was before this statement: a parent that is new has no row yet.
    place as materialized (
      select id, read_at, coalesce(p.body_sha256 <> sha256, true) as changed,
        exists (select 1 from polled_entity e where e.installation_id = ${installationId} and e.family = ${family}
          and e.parent_id = id and missed > 0) as lacking
      from input left join polled_parent p on p.installation_id = ${installationId} and p.family = ${family}
        and p.parent_id = id
      where coalesce(p.round, 0) < ${number}
    ),
    rested as (
      select id from place where not changed and not ${confirming} order by read_at limit greatest(0, ${unchanged}::int
        - (select count(*) from polled_parent where installation_id = ${installationId} and family = ${family}
          and round = ${number}))
    )
    select id from place where case when ${confirming} then lacking else changed end
    union all select id from rested`;
  // By code unit, as the round compares them; the database's order depends on its collation.
  return rows.map(({ id }) => id).sort();
}

/**
 * What the round looked for and did not find, in a statement where the row is called `entity`: below a parent, only when
 * the round read there, or when the parent itself is missing from its list.
 */
export function isMissing(sql: TransactionSql, { installationId, family, number }: RoundPlace) {
  return sql`entity.seen < ${number} and not exists (
    select 1 from polled_parent p where p.installation_id = ${installationId} and p.family = ${family}
      and p.parent_id = entity.parent_id and p.round < ${number} and p.seen = ${number})`;
}
