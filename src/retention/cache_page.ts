/** Cached entities go when they are old, unless the last whole read of their list still saw them. */

import type { TransactionSql } from "../db/db.ts";
import type { Page, PageRequest } from "./kinds.ts";

/**
 * Deletes the oldest of an installation. Lists are read again before that (entities/bootstrap/refresh.ts); where that was not
 * possible, for an add-on that is switched off say, what was seen last stays until a read says that it is gone. A list that
 * is read no more protects nothing (bootstrap_state.whole).
 */
export async function cachePage(sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> {
  const [row] = await sql<{ gone: number }[]>`
    with gone as (
      delete from entity_cache where ctid = any (array(
        select entity.ctid from entity_cache entity
        left join bootstrap_state state on state.installation_id = ${installationId}
        where entity.installation_id = ${installationId} and fetched_at < now() - ${days}::int * interval '1 day'
          and (deleted_at is not null or coalesce((state.whole->>entity_type)::int > entity.read_number, true))
        order by fetched_at limit ${limit}
      )) and installation_id = ${installationId} returning 1
    )
    select count(*)::int as gone from gone`;
  const { gone } = row!;
  return { deleted: { entity_cache: gone }, next: gone === limit ? [] : undefined };
}
