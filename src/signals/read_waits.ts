/** What is read of a run beside its steps once it has waited, was signalled, or has a parent: for few runs, so by a statement of its own. */

import type { Fragment, Query } from "../db/db.ts";
import type { RunRecord, SignalRecord, WaitRecord } from "../engine/journal.ts";

export type WaitFacts = Pick<RunRecord, "waits" | "signals" | "parent">;

interface WaitRow {
  id: string;
  parent_run_id: string | null;
  parent_path: string | null;
  /** until: in milliseconds since 1970. */
  waits: { path: string; type: string; key: string; condition: unknown; until: number | null }[] | null;
  signals: SignalRecord[] | null;
}

/** SQL condition beside a row of `run` and the signals that had come at the claim, which may be null: there may be such facts. */
export function mayHaveWaits(sql: Query, wakes: Fragment): Fragment {
  return sql`(run.started_at is not null or coalesce(${wakes}, 0) > 0 or run.parent_run_id is not null)`;
}

/** By run id; those that are absent have none. */
export async function readWaits(
  sql: Query,
  runs: readonly { installationId: number; runId: string }[],
): Promise<Map<string, WaitFacts>> {
  const input = JSON.stringify(runs.map(({ installationId, runId }) => ({ i: installationId, id: runId })));
  const rows = await sql<WaitRow[]>`
    select run.id, run.parent_run_id, run.parent_path,
      (select json_agg(json_build_object('path', wait.path, 'type', match_type, 'key', match_key, 'condition', condition,
          'until', extract(epoch from expires_at) * 1000))
        from wait where wait.installation_id = run.installation_id and wait.run_id = run.id) as waits,
      (select json_agg(json_build_object('id', signal.id, 'path', signal.path, 'type', match_type, 'key', match_key,
          'value', value) order by signal.id)
        from signal where signal.installation_id = run.installation_id and signal.run_id = run.id) as signals
    from json_to_recordset(${input}::text::json) as wanted(i bigint, id uuid)
    join run on run.id = wanted.id and run.installation_id = wanted.i`;
  return new Map(rows.map((row) => [row.id, {
    ...(row.parent_run_id !== null && { parent: { runId: row.parent_run_id, path: row.parent_path! } }),
    ...(row.waits && { waits: toWaits(row.waits) }),
    ...(row.signals && { signals: row.signals }),
  }]));
}

function toWaits(rows: NonNullable<WaitRow["waits"]>): WaitRecord[] {
  const byPath = Map.groupBy(rows, ({ path }) => path);
  return [...byPath].map(([path, on]) => ({
    path,
    on: on.map(({ type, key, condition }) => ({ type, key, ...(condition !== null && { condition }) })),
    ...(on[0]!.until !== null && { until: on[0]!.until }),
  }));
}
