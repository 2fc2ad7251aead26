/** Which dead letters are meant: those of failed runs, of events that were given up, and of background work. */

import type { Fragment, Query } from "../db/db.ts";
import { eventMatches, type EventRowFilter } from "../events/store.ts";
import { deadLetters } from "../queue/ended_jobs.ts";
import { causeOf, kindOf, type LetterKind } from "./letter_cause.ts";

export interface LetterFilter {
  kind?: LetterKind;
  /** Of runs of this flow. */
  flowId?: number;
  /** Of runs that failed with this code. */
  code?: string;
  /** Bounds of its end: not before `from`, before `to`. */
  from?: Date;
  to?: Date;
  /** In its reason, in any case. */
  text?: string;
  /** Of these runs alone. */
  runIds?: readonly string[];
  /** Given up for this cause, as causeOf() names it. */
  cause?: string;
  /** Of runs of this event, and of runs that began not before the first, before the second. */
  eventId?: number;
  runFrom?: Date;
  runTo?: Date;
  /** Of these events alone, and of their runs. */
  events?: EventRowFilter;
}

/** False for a filter that chooses all there is of a kind, or of all kinds. */
export function isNarrow({ kind: _, ...rest }: LetterFilter): boolean {
  return says(rest);
}

/** An object of which no member says anything says nothing either. */
function says(value: unknown): boolean {
  const isOfMembers = typeof value === "object" && value !== null && !(value instanceof Date) && !Array.isArray(value);
  return isOfMembers ? Object.values(value).some(says) : value !== undefined;
}

/**
 * SQL text behind `select ... from`: dead letters as `letter`, each with the row of its run, event and flow, where there is one.
 * `part` follows the select of the letters of the installation, as a condition on its columns, an order and a limit.
 */
export function lettersWithRuns(sql: Query, installationId: number, part: Fragment): Fragment {
  return sql`
    (${deadLetters(sql, installationId)} ${part}) letter
    left join run on run.installation_id = ${installationId} and run.id = letter.run_id
    left join event on event.installation_id = ${installationId} and event.id = coalesce(letter.event_id, run.event_id)
    left join flow on flow.installation_id = ${installationId} and flow.id = run.flow_id`;
}

/** Bounds of the filter that an index knows, for `part` of lettersWithRuns(). */
export function endedWithin(sql: Query, { from, to }: LetterFilter): Fragment {
  return sql`
    ${from === undefined ? sql`` : sql`and finished_at >= ${from}`}
    ${to === undefined ? sql`` : sql`and finished_at < ${to}`}`;
}

/**
 * SQL condition: the letter still stands for what it did, and the filter chooses it, whose bounds endedWithin() has. One that was
 * sent again is none any more.
 */
export function fitsFilter(
  sql: Query,
  { kind, flowId, code, text, runIds, cause, eventId, runFrom, runTo, events }: Omit<LetterFilter, "from" | "to">,
): Fragment {
  return sql`
    case letter.kind when 'run' then coalesce(run.state = 'failed', false)
      when 'event' then coalesce(event.outcome = 'dead', false) else true end
    ${kind === undefined ? sql`` : sql`and ${kindOf(sql)} = ${kind}`}
    ${flowId === undefined ? sql`` : sql`and run.flow_id = ${flowId}`}
    ${code === undefined ? sql`` : sql`and run.error_code = ${code}`}
    ${text === undefined ? sql`` : sql`and position(lower(${text}) in lower(letter.reason)) > 0`}
    ${
    runIds === undefined ? sql`` : sql`and run.id in (
      select id from json_to_recordset(${JSON.stringify(runIds.map((id) => ({ id })))}::text::json) as one(id uuid))`
  }
    ${eventId === undefined ? sql`` : sql`and run.event_id = ${eventId}`}
    ${runFrom === undefined ? sql`` : sql`and run.created_at >= ${runFrom}`}
    ${runTo === undefined ? sql`` : sql`and run.created_at < ${runTo}`}
    ${events === undefined ? sql`` : sql`and ${isOfEvents(sql, events)}`}
    ${cause === undefined ? sql`` : sql`and ${causeOf(sql)} = ${cause}`}`;
}

function isOfEvents(sql: Query, filter: EventRowFilter): Fragment {
  return sql`exists (
    select from event look where look.installation_id = event.installation_id and look.id = event.id
      and ${eventMatches(sql, filter)})`;
}
