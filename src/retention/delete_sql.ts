/** Tables whose rows simply go when they are old enough. */

import type { TransactionSql } from "../db/db.ts";
import type { Page, PageRequest } from "./kinds.ts";

/**
 * Deletes the oldest rows of an installation: those of the first `limit` by `order`, a column that grows with `age`, that
 * are old enough. Rows without an age (an open job) stay.
 */
export function agedPage({ table, age, order }: { table: string; age: string; order: string }) {
  return async (sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> => {
    const [row] = await sql<{ gone: number; old: number }[]>`
      with page as materialized (
        select ctid as place, ${sql(age)} < now() - ${days}::int * interval '1 day' as old from ${sql(table)}
        where installation_id = ${installationId} and ${sql(age)} is not null order by ${sql(order)} limit ${limit}
      ),
      gone as (
        delete from ${sql(table)} where ctid = any (array(select place from page where old))
          and installation_id = ${installationId} returning 1
      )
      select (select count(*)::int from gone) as gone, (select count(*)::int from page where old) as old`;
    const { gone, old } = row!;
    return { deleted: { [table]: gone }, next: old === limit && gone > 0 ? [] : undefined };
  };
}
