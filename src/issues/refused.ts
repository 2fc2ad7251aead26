/** Why sources refused deliveries: one cause for a source and a reason, as long as its refusals are kept. */

import type { Query } from "../db/db.ts";
import { refusalIssue } from "../sources/refusals.ts";
import { type Cause, type Causes, MAX_CAUSES } from "./issue.ts";

interface Row {
  id: string;
  source_id: number;
  source: string;
  reason: string;
  accepted_at: Date | null;
  total: number;
  fresh: number;
  first_at: Date;
  fresh_first_at: Date | null;
  last_at: Date;
}

/** The one that came last first. */
export async function readRefusedCauses(sql: Query, installationId: number): Promise<Causes> {
  const rows = await sql<Row[]>`
    with refused as (
      select ${
    refusalIssue(sql)
  } as issue, source_refusal.* from source_refusal where installation_id = ${installationId}
    )
    select refused.issue as id, source.id as source_id, source.name as source, refused.reason,
      source.last_event_at as accepted_at, sum(count)::int as total,
      coalesce(sum(count) filter (where ${isFresh(sql)}), 0)::int as fresh,
      min(first_at) as first_at, min(first_at) filter (where ${isFresh(sql)}) as fresh_first_at, max(last_at) as last_at
    from refused
    join custom_source source on source.installation_id = ${installationId} and source.id = refused.source_id
      and source.deleted_at is null
    left join issue_mark mark on mark.installation_id = ${installationId} and mark.issue = refused.issue
    group by refused.issue, source.id, source.name, refused.reason, source.last_event_at
    order by max(last_at) desc, refused.issue limit ${MAX_CAUSES}`;
  return {
    causes: rows.map((row): Cause => ({
      id: row.id,
      kind: "refused",
      total: row.total,
      fresh: row.fresh,
      firstAt: row.first_at,
      freshFirstAt: row.fresh_first_at,
      lastAt: row.last_at,
      refused: { sourceId: row.source_id, source: row.source, reason: row.reason, acceptedAt: row.accepted_at },
    })),
    isCut: rows.length === MAX_CAUSES,
  };
}

function isFresh(sql: Query) {
  return sql`mark.resolved_at is null or last_at >= mark.resolved_at`;
}
