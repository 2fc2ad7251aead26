/** Why runs failed and events were given up: dead letters that still stand, by cause. */

import type { Query } from "../db/db.ts";
import { causeOf, kindOf, type LetterKind } from "../replay/letter_cause.ts";
import { fitsFilter, lettersWithRuns } from "../replay/letter_filter.ts";
import { type Cause, type Causes, MAX_CAUSES, NAMED } from "./issue.ts";

/** Dead letters that are looked through, the newest: their causes are some 30 ms of PostgreSQL. */
export const MAX_LOOKED_THROUGH = 2_000;

interface Row {
  /** Null: of none that were looked through. */
  id: string | null;
  kind: LetterKind;
  total: number;
  fresh: number;
  first_at: Date;
  fresh_first_at: Date | null;
  last_at: Date;
  letter_ids: number[];
  looked: number;
}

/** The one that came last first. */
export async function readLetterCauses(
  sql: Query,
  installationId: number,
  kinds: readonly LetterKind[],
): Promise<Causes> {
  const newest = sql`order by finished_at desc, id desc limit ${MAX_LOOKED_THROUGH}`;
  const wanted = JSON.stringify(kinds);
  const rows = await sql<Row[]>`
    with looked as materialized (
      select letter.id, letter.finished_at, ${kindOf(sql)} as kind, case when ${fitsFilter(sql, {})} then ${
    causeOf(sql)
  } end as cause
      from ${lettersWithRuns(sql, installationId, newest)}
    ),
    causes as (
      select cause as id, kind, count(*)::int as total,
        count(*) filter (where finished_at >= since)::int as fresh,
        min(finished_at) as first_at, min(finished_at) filter (where finished_at >= since) as fresh_first_at,
        max(finished_at) as last_at, to_json((array_agg(id order by finished_at desc, id desc))[1:${NAMED}::int]) as letter_ids
      from (
        select looked.*, coalesce(mark.resolved_at, '-infinity') as since from looked
        left join issue_mark mark on mark.installation_id = ${installationId} and mark.issue = looked.cause
        where cause is not null and kind in (select value from json_array_elements_text(${wanted}::text::json))
      ) standing
      group by cause, kind order by max(finished_at) desc, cause limit ${MAX_CAUSES}
    )
    -- One row at least: all that were looked through may be of other kinds.
    select causes.*, looked.count as looked
    from (select count(*)::int as count from looked) looked left join causes on true
    order by last_at desc, id`;
  return {
    causes: rows.flatMap(({ id, ...row }): Cause[] =>
      id === null ? [] : [{
        id,
        kind: row.kind,
        total: row.total,
        fresh: row.fresh,
        firstAt: row.first_at,
        freshFirstAt: row.fresh_first_at,
        lastAt: row.last_at,
        letterIds: row.letter_ids,
      }]
    ),
    isCut: rows.length === MAX_CAUSES || rows[0]!.looked === MAX_LOOKED_THROUGH,
  };
}

export interface Example {
  id: number;
  at: Date;
  job: string;
  words: string | null;
  run_id: string | null;
  event_id: number | null;
  event_type: string | null;
}

/** By id of the letter. */
export async function readExamples(
  sql: Query,
  installationId: number,
  letterIds: readonly number[],
): Promise<Map<number, Example>> {
  const wanted = JSON.stringify(letterIds.map((id) => ({ id })));
  const of = sql`and id in (select id from json_to_recordset(${wanted}::text::json) as wanted(id bigint))`;
  const rows = await sql<Example[]>`
    select letter.id, letter.finished_at as at, letter.kind as job, coalesce(run.error_message, letter.reason) as words,
      run.id as run_id, event.id as event_id, event.event_type
    from ${lettersWithRuns(sql, installationId, of)}`;
  return new Map(rows.map((row) => [row.id, row]));
}
