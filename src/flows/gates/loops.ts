/** How often the loop guard has stopped flows: counted with the events that it did so for, and shown among a flow's warnings. */

import type { Fragment, Query } from "../../db/db.ts";

/** Since the flow was changed last. */
export interface StoppedLoop {
  times: number;
  firstAt: Date;
  lastAt: Date;
  /** For which it was stopped last. */
  eventId: number;
}

/** A part of the statement that closes events: of each flow that was stopped for one of them how often, from its last change on. */
export function insertLoops(sql: Query): Fragment {
  return sql`
      loops as (
        insert into flow_loop as known (installation_id, flow_id, times, event_id)
        select owned.installation_id, flow.id, count(*), max(owned.event_id)
        from owned, json_array_elements_text(owned.looping) as one(id)
        join flow on flow.id = one.id::bigint
        where flow.installation_id = owned.installation_id and flow.deleted_at is null
        group by owned.installation_id, flow.id
        on conflict (installation_id, flow_id) do update set last_at = now(), event_id = excluded.event_id,
          times = excluded.times + case when ${isOld(sql)} then 0 else known.times end,
          first_at = case when ${isOld(sql)} then now() else known.first_at end
      ),`;
}

/** It was stopped before a person changed it. */
function isOld(sql: Query): Fragment {
  return sql`known.last_at < (select updated_at from flow
            where flow.id = known.flow_id and flow.installation_id = known.installation_id)`;
}

/** SQL text, of a row of flow: {times, first_at, last_at, event_id} of what the loop guard stopped since its last change, else null. */
export function stoppedLoop(sql: Query): Fragment {
  return sql`(
    select json_build_object('times', times, 'first_at', first_at, 'last_at', last_at, 'event_id', event_id)
    from flow_loop where flow_loop.installation_id = flow.installation_id and flow_loop.flow_id = flow.id
      and flow_loop.last_at >= flow.updated_at)`;
}

export interface StoppedLoopRow {
  times: number;
  first_at: string;
  last_at: string;
  event_id: number;
}

export function toStoppedLoop(row: StoppedLoopRow): StoppedLoop {
  return {
    times: row.times,
    firstAt: new Date(row.first_at),
    lastAt: new Date(row.last_at),
    eventId: row.event_id,
  };
}

/** What people read of it. */
export function loopWarning({ times, lastAt, eventId }: StoppedLoop): string {
  const often = times === 1 ? "once" : `${times.toLocaleString("en")} times`;
  return `the flow goes round on changes that flows make: it was stopped ${often} since its last change, last at ` +
    `${lastAt.toISOString()} for event ${eventId}; give it a condition that is false once it has written`;
}
