/**
 * The search for events by what is in their bodies: in slices, so that other requests come between, and to a limit per
 * request.
 */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { ThreadTurns } from "../limits/thread_turns.ts";
import { type BodySearch, holdsAll, type SearchedEvent } from "./body_terms.ts";
import { MAX_SHOWN_BYTES } from "./payload.ts";
import { idsJson } from "./rows.ts";

/**
 * Ids that match so far, newest first, and where the search continues behind them; null: there is nothing behind them.
 */
export interface Candidates {
  ids: number[];
  next: number | null;
}

export interface BodySearchParts {
  db: Pick<Database, "scoped">;
  clock: Clock;
  thread: ThreadTurns;
}

/** Bodies that one request looks into. */
export const MAX_SEARCHED_BODIES = 2_000;
/** Bytes of bodies that one request looks into. */
const MAX_SEARCHED_BYTES = 16_000_000;
/** What one request may take; it ends with the body in whose midst that is over, and looks into one at least. */
const MAX_SEARCH_MS = 1_000;
/**
 * Of one statement: it holds one connection that long, and on the embedded database, where none can be cancelled,
 * everybody else.
 */
const PART_BODIES = 200;
const PART_BYTES = 500_000;

/** The events of `candidates` that the search finds, one more than `limit` where there are so many. */
export async function searchBodies(
  { db, clock, thread }: BodySearchParts,
  installationId: number,
  { candidates: { ids, next }, search, limit, startedMs }: {
    candidates: Candidates;
    search: BodySearch;
    limit: number;
    /** When the request began, by the clock's monotonicMs(). */
    startedMs: number;
  },
): Promise<Candidates> {
  const pace = thread.pace(String(installationId));
  const found: number[] = [];
  let bytes = 0;
  for (let at = 0; at < ids.length;) {
    // A transaction for each part: between them, others have the connection.
    const part = await db.scoped(
      { installationIds: [installationId] },
      (sql) => readPart(sql, installationId, ids.slice(at, at + PART_BODIES)),
    );
    for (const event of part) {
      await pace();
      bytes += event.body?.byteLength ?? 0;
      if (holdsAll(event, search)) found.push(event.id);
      if (found.length > limit) return { ids: found, next };
      if (bytes >= MAX_SEARCHED_BYTES || clock.monotonicMs() - startedMs >= MAX_SEARCH_MS) {
        return { ids: found, next: event.id };
      }
    }
    const last = part.at(-1);
    at = last ? ids.indexOf(last.id, at) + 1 : at + PART_BODIES;
  }
  return { ids: found, next };
}

/**
 * The first of these events, newest first, with bodies of PART_BYTES together, or one larger body; null for one that has no
 * fields to look into, as it is not shown by fields either.
 */
async function readPart(sql: TransactionSql, installationId: number, ids: readonly number[]): Promise<SearchedEvent[]> {
  return await sql<SearchedEvent[]>`
    select id, case when size <= ${MAX_SHOWN_BYTES} then body end as body, event_type, custom_type, custom_source,
      content_type, entity_key
    from (
      select event.id, body, event_type, custom_type, custom_source, entity_key, headers->>'content-type' as content_type, octet_length(body) as size,
        sum(case when octet_length(body) <= ${MAX_SHOWN_BYTES} then octet_length(body) else 0 end)
          over (order by event.id desc) as bytes
      from json_to_recordset(${idsJson(ids)}::text::json) as wanted(id bigint)
      join event on event.installation_id = ${installationId} and event.id = wanted.id
    ) part
    where bytes <= ${PART_BYTES} or bytes = size order by id desc`;
}
