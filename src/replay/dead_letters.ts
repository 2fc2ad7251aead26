/** Dead letters as people look for them: what was given up, newest first, with the reason. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { kindOf, type LetterKind } from "./letter_cause.ts";
import { endedWithin, fitsFilter, type LetterFilter, lettersWithRuns } from "./letter_filter.ts";

export interface DeadLetter {
  id: number;
  kind: LetterKind;
  /** Of the queue: event, run, settings and so on. */
  job: string;
  createdAt: Date;
  finishedAt: Date;
  reason: string | null;
  /** Of a run. */
  code: string | null;
  runId: string | null;
  /** Null: deleted, or none of a run. */
  flow: { id: number; name: string } | null;
  /** Null: no event, or retention took it. */
  event: { id: number; eventType: string; receivedAt: Date } | null;
}

/** Where a letter stands in the list. */
export interface LetterPlace {
  /** Of its end, microseconds since 1970. */
  micros: number;
  id: number;
}

export interface DeadLetterPage {
  letters: DeadLetter[];
  /** Where the next page begins; a page may be short, even empty, and have one. Null: there are no more. */
  next: LetterPlace | null;
}

export interface DeadLetterList {
  list(
    installationId: number,
    filter: LetterFilter,
    page: { limit: number; after?: LetterPlace },
  ): Promise<DeadLetterPage>;
  /** One page, the newest first, with the true total. */
  page(
    installationId: number,
    filter: LetterFilter,
    page: { limit: number; offset: number },
  ): Promise<{ letters: DeadLetter[]; total: number }>;
  /** How many the filter chooses among the newest MAX_COUNTED; `isCut`: there are older ones. */
  count(installationId: number, filter: LetterFilter): Promise<{ letters: number; isCut: boolean }>;
  /** Throws NOT_FOUND, also for one of another workspace, and for one that was sent again. */
  find(installationId: number, id: number): Promise<DeadLetter>;
}

/** Letters that one request looks through: a rare one is found over several requests. */
const MAX_LOOKED_THROUGH = 2_000;
export const MAX_COUNTED = 10_000;

interface Row {
  id: number;
  kind: LetterKind;
  job: string;
  created_at: Date;
  finished_at: Date;
  reason: string | null;
  code: string | null;
  run_id: string | null;
  flow_id: number | null;
  flow_name: string | null;
  event_id: number | null;
  event_type: string | null;
  received_at: Date | null;
}

export function createDeadLetterList(db: Pick<Database, "scoped">): DeadLetterList {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId, filter, { limit, after }) =>
      within(installationId, async (sql) => {
        const places = await sql<(LetterPlace & { fits: boolean })[]>`
          select letter.id, (extract(epoch from letter.finished_at) * 1000000)::bigint as micros,
            ${fitsFilter(sql, filter)} as fits
          from ${
          lettersWithRuns(
            sql,
            installationId,
            sql`${endedWithin(sql, filter)} ${behind(sql, after)} ${newest(sql, MAX_LOOKED_THROUGH)}`,
          )
        }
          order by letter.finished_at desc, letter.id desc`;
        const fitting = places.filter(({ fits }) => fits);
        const shown = fitting.slice(0, limit);
        const last = fitting.length > limit
          ? shown.at(-1)!
          : places.length < MAX_LOOKED_THROUGH
          ? null
          : places.at(-1)!;
        return {
          letters: await readLetters(sql, installationId, shown.map(({ id }) => id)),
          next: last && { micros: last.micros, id: last.id },
        };
      }),

    page: (installationId, filter, { limit, offset }) =>
      within(installationId, async (sql) => {
        const from = lettersWithRuns(sql, installationId, endedWithin(sql, filter));
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from ${from} where ${fitsFilter(sql, filter)}`;
        const rows = await sql<{ id: number }[]>`
          select letter.id from ${from} where ${fitsFilter(sql, filter)}
          order by letter.finished_at desc, letter.id desc limit ${limit} offset ${offset}`;
        return { letters: await readLetters(sql, installationId, rows.map(({ id }) => id)), total: count!.total };
      }),

    count: (installationId, filter) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ all: number; letters: number }[]>`
          select count(*)::int as all, count(*) filter (where ${fitsFilter(sql, filter)})::int as letters
          from ${
          lettersWithRuns(sql, installationId, sql`${endedWithin(sql, filter)} ${newest(sql, MAX_COUNTED + 1)}`)
        }`;
        return { letters: row!.letters, isCut: row!.all > MAX_COUNTED };
      }),

    find: (installationId, id) =>
      within(installationId, async (sql) => {
        const [letter] = await readLetters(sql, installationId, [id]);
        if (!letter) throw new AppError("NOT_FOUND", `Cannot find dead letter ${id}: there is none of this id`);
        return letter;
      }),
  };
}

function newest(sql: Query, limit: number) {
  return sql`order by finished_at desc, id desc limit ${limit}`;
}

function behind(sql: Query, after: LetterPlace | undefined) {
  if (!after) return sql``;
  const time = sql`(timestamptz 'epoch' + ${after.micros}::float8 * interval '1 microsecond')`;
  return sql`and finished_at <= ${time} and (finished_at, id) < (${time}, ${after.id}::bigint)`;
}

async function readLetters(sql: Query, installationId: number, ids: readonly number[]): Promise<DeadLetter[]> {
  const wanted = JSON.stringify(ids.map((id) => ({ id })));
  const rows = await sql<Row[]>`
    select letter.id, ${kindOf(sql)} as kind, letter.kind as job, letter.created_at, letter.finished_at, letter.reason,
      run.error_code as code, run.id as run_id, flow.id as flow_id, flow.name as flow_name, event.id as event_id,
      event.event_type, event.received_at
    from ${
    lettersWithRuns(
      sql,
      installationId,
      sql`and id in (select id from json_to_recordset(${wanted}::text::json) as wanted(id bigint))`,
    )
  }
    where ${fitsFilter(sql, {})}
    order by letter.finished_at desc, letter.id desc`;
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    job: row.job,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    reason: row.reason,
    code: row.code,
    runId: row.run_id,
    flow: row.flow_id === null ? null : { id: row.flow_id, name: row.flow_name! },
    event: row.event_id === null
      ? null
      : { id: row.event_id, eventType: row.event_type!, receivedAt: row.received_at! },
  }));
}
