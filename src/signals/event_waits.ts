/**
 * Waits for events, as SQL: whether there are any for an event, a page of them, and what ends those that the event fits. A wait
 * names the event type, and of another system's events maybe one of the sender's types, as in `custom:github/push`.
 */

import type { Fragment, Query } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { wakeJobsOfRuns } from "../queue/withdraw.ts";

/** Of a wait for an event, as in WaitKey (engine/journal.ts). */
export const EVENT_WAIT = "event";

/** Waits that are looked at for an event at once, and what their conditions may have together, in bytes. */
export const MAX_PAGE = 1_000;
const MAX_PAGE_BYTES = 2_000_000;

/** SQL condition: some step of the installation waits for such an event. One look at an index, which is empty where no flow waits. */
export function isAwaited(
  sql: Query,
  { installationId, eventType, customType }: Record<"installationId" | "eventType" | "customType", Fragment>,
): Fragment {
  return sql`exists (
        select from wait where wait.installation_id = ${installationId} and wait.match_type = ${EVENT_WAIT}
          and wait.match_key in (${eventType}, ${eventType} || '/' || ${customType}))`;
}

/** SQL query: the event types that steps of the installation wait for. */
export function awaitedTypes(sql: Query, installationId: number): Fragment {
  return sql`select distinct match_key from wait where installation_id = ${installationId} and match_type = ${EVENT_WAIT}`;
}

/** The keys of the waits that an event may end. */
export function keysOf({ eventType, customType }: { eventType: string; customType: string | null }): string[] {
  return customType === null ? [eventType] : [eventType, `${eventType}/${customType}`];
}

/** Where a page of waits for one key ended. */
export interface WaitCursor {
  /** Place in keysOf(). */
  key: number;
  /** Of the last that was looked at; absent: none of this key was. */
  after?: { at: string; runId: string; path: string };
}

export interface EventWait {
  runId: string;
  path: string;
  key: string;
  /** When it began, as text of the database. */
  at: string;
  condition: unknown;
}

/**
 * Waits for the key, oldest first, that had begun by then and were not answered. Times go as text: as a time the driver would cut
 * their microseconds. `isWhole`: there are no more behind them.
 */
export async function readEventWaits(
  sql: Query,
  { installationId, key, begunBy, after, limit = MAX_PAGE }: {
    installationId: number;
    key: string;
    begunBy: string;
    after?: WaitCursor["after"];
    limit?: number;
  },
): Promise<{ waits: EventWait[]; isWhole: boolean }> {
  const rows = await sql<(EventWait & { before: number })[]>`
    select run_id as "runId", path, match_key as key, created_at::text as at, condition,
      (sum(octet_length(condition::text)) over (order by created_at, run_id, path rows unbounded preceding)
        - octet_length(condition::text))::float8 as before
    from (
      select * from wait
      where installation_id = ${installationId} and match_type = ${EVENT_WAIT} and match_key = ${key}
        and created_at <= ${begunBy}::text::timestamptz
        ${
    after
      ? sql`and (created_at, run_id, path) > (${after.at}::text::timestamptz, ${after.runId}::text::uuid, ${after.path}::text)`
      : sql``
  }
        and coalesce(expires_at > now(), true) and not exists (
          select from signal where signal.installation_id = wait.installation_id and signal.run_id = wait.run_id
            and signal.path = wait.path)
      order by created_at, run_id, path limit ${limit}
    ) page
    order by created_at, run_id, path`;
  const waits = rows.filter(({ before }, place) => place === 0 || before < MAX_PAGE_BYTES)
    .map(({ before: _, ...wait }) => wait);
  return { waits, isWhole: waits.length === rows.length && rows.length < limit };
}

/**
 * Ends these waits with the event, and has their runs go on; gives how many runs. The caller has locked their jobs. A wait that
 * is over by now, or was answered before, is passed over: the first answer counts.
 */
export async function answerWithEvent(
  sql: Query,
  { installationId, begunBy, value, waits }: {
    installationId: number;
    begunBy: string;
    /** JSON: the event, as the step has it. */
    value: unknown;
    waits: readonly Pick<EventWait, "runId" | "path" | "key">[];
  },
): Promise<number> {
  const input = jsonText(waits.map(({ runId, path, key }) => ({ run_id: runId, path, key })));
  const woken = await sql`
    with input as materialized (
      select * from json_to_recordset(${input}::text::json) as t(run_id uuid, path text, key text)
    ),
    woken as (
      insert into signal (installation_id, run_id, path, match_type, match_key, value)
      select wait.installation_id, wait.run_id, wait.path, wait.match_type, wait.match_key, ${
    jsonText(value)
  }::text::jsonb
      from input join wait on wait.installation_id = ${installationId} and wait.run_id = input.run_id
        and wait.path = input.path and wait.match_type = ${EVENT_WAIT} and wait.match_key = input.key
      where wait.created_at <= ${begunBy}::text::timestamptz and coalesce(wait.expires_at > clock_timestamp(), true)
        and not exists (
          select from signal where signal.installation_id = ${installationId} and signal.run_id = wait.run_id
            and signal.path = wait.path)
      on conflict do nothing
      returning installation_id, run_id
    )
    ${wakeJobsOfRuns(sql)} returning 1`;
  return woken.length;
}
