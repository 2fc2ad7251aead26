/** What flows did so far for past events: the newest run of each flow. */

import type { Query } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";

/** The newest run of one event and flow. */
export interface EarlierRun {
  flowId: number;
  /** The newest. */
  runId: string;
  state: RunState;
  /** One of them began a step, or may be about to: what it does may be done already. */
  begun: boolean;
}

/** By event. */
export async function newestRuns(
  sql: Query,
  installationId: number,
  eventIds: readonly number[],
): Promise<Map<number, EarlierRun[]>> {
  const rows = await sql<(EarlierRun & { eventId: number })[]>`
    select run.event_id as "eventId", run.flow_id as "flowId",
      (array_agg(run.id order by run.replay desc))[1] as "runId",
      (array_agg(run.state order by run.replay desc))[1] as state,
      bool_or(run.state in ('pending', 'running', 'waiting') or exists (
        select 1 from step where step.installation_id = run.installation_id and step.run_id = run.id)) as begun
    from json_to_recordset(${idsJson(eventIds)}::text::json) as wanted(id bigint)
    join run on run.event_id = wanted.id and run.installation_id = ${installationId}
    group by run.event_id, run.flow_id order by run.event_id, run.flow_id`;
  return Map.groupBy(rows, ({ eventId }) => eventId);
}

/** As JSON that a record set reads: row-level security keeps a comparison with a cast of text away from the index. */
function idsJson(ids: readonly number[]): string {
  return JSON.stringify(ids.map((id) => ({ id })));
}
