/**
 * The search for events by a field of their bodies: in slices, so that other requests come between, and to a limit per
 * request.
 */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { ThreadTurns } from "../limits/thread_turns.ts";
import { type FieldFilter, hasField } from "./field.ts";
import { MAX_SHOWN_BYTES } from "./payload.ts";
import { idsJson } from "./rows.ts";

/**
 * Ids that match so far, newest first, and where the search continues behind them; null: there is nothing behind them.
 */
export interface Candidates {
  ids: number[];
  next: number | null;
}

export interface FieldSearch {
  db: Pick<Database, "scoped">;
  clock: Clock;
  thread: ThreadTurns;
}

/** Bodies that one request looks into for a field. */
export const MAX_FIELD_BODIES = 2_000;
/** Bytes of bodies that one request looks into. */
const MAX_FIELD_BYTES = 16_000_000;
/** What one request may take; it ends with the body in whose midst that is over, and looks into one at least. */
const MAX_SEARCH_MS = 1_000;
/**
 * Of one statement: it holds one connection that long, and on the embedded database, where none can be cancelled,
 * everybody else.
 */
const PART_BODIES = 200;
const PART_BYTES = 500_000;

interface Body {
  id: number;
  body: Uint8Array | null;
  custom_source: string | null;
  content_type: string | null;
}

/** The events of `candidates` whose body has the field, one more than `limit` where there are so many. */
export async function searchField(
  { db, clock, thread }: FieldSearch,
  installationId: number,
  { candidates: { ids, next }, field, limit, startedMs }: {
    candidates: Candidates;
    field: FieldFilter;
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
    for (const { id, body, custom_source: customSource, content_type: contentType } of part) {
      if (!body) continue;
      await pace();
      bytes += body.byteLength;
      if (hasField({ body, customSource, contentType }, field)) found.push(id);
      if (found.length > limit) return { ids: found, next };
      if (bytes >= MAX_FIELD_BYTES || clock.monotonicMs() - startedMs >= MAX_SEARCH_MS) return { ids: found, next: id };
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
async function readPart(sql: TransactionSql, installationId: number, ids: readonly number[]): Promise<Body[]> {
  return await sql<Body[]>`
    select id, case when size <= ${MAX_SHOWN_BYTES} then body end as body, custom_source, content_type
    from (
      select event.id, body, custom_source, headers->>'content-type' as content_type, octet_length(body) as size,
        sum(case when octet_length(body) <= ${MAX_SHOWN_BYTES} then octet_length(body) else 0 end)
          over (order by event.id desc) as bytes
      from json_to_recordset(${idsJson(ids)}::text::json) as wanted(id bigint)
      join event on event.installation_id = ${installationId} and event.id = wanted.id
    ) part
    where bytes <= ${PART_BYTES} or bytes = size order by id desc`;
}
