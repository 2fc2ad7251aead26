/**
 * Deliveries of sources that were refused because nothing proved their sender, counted by source and reason: gathered in memory,
 * written about once a second, and never waited for. A killed process loses those of its last second.
 */

import type { Clock } from "../base/clock.ts";
import { type Database, type Fragment, type Query, retryRolledBack } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";
import type { SourceFault } from "./verdict.ts";

export interface RefusedDelivery {
  installationId: number;
  sourceId: number;
  reason: SourceFault;
}

export interface RefusalRecorder {
  /** Takes note of one, and returns at once. */
  note(refused: RefusedDelivery): void;
  /** Writes what waits; what cannot be written stays for the next time. Never rejects. */
  flush(): Promise<void>;
  /** Writes the rest. */
  stop(): Promise<void>;
}

const FLUSH_MS = 1_000;
const RETRY_MS = 10_000;
const WRITE_MS = 2_000;
/** Sources and reasons whose refusals wait to be written: beyond, those of others are not counted. */
const MAX_WAITING = 10_000;

interface Gathered extends RefusedDelivery {
  count: number;
  /** By the monotonic clock. */
  firstMs: number;
  lastMs: number;
}

export function createRefusalRecorder(
  { db, clock, log }: { db: Pick<Database, "within">; clock: Clock; log: Logger },
): RefusalRecorder {
  let waiting = new Map<string, Gathered>();
  let failed = false;
  let timer: Promise<void> | undefined;
  let flushing: Promise<void> | undefined;
  const stopping = new AbortController();

  function add(more: Gathered) {
    const key = `${more.sourceId} ${more.reason}`;
    const before = waiting.get(key);
    if (!before && waiting.size >= MAX_WAITING) return;
    if (!before) return void waiting.set(key, more);
    before.count += more.count;
    before.firstMs = Math.min(before.firstMs, more.firstMs);
    before.lastMs = Math.max(before.lastMs, more.lastMs);
  }

  async function arm() {
    await clock.sleep(failed ? RETRY_MS : FLUSH_MS, stopping.signal).catch(() => {});
    await flush();
    timer = undefined;
    if (waiting.size > 0 && !stopping.signal.aborted) timer = arm();
  }

  function flush(): Promise<void> {
    return flushing ??= write().finally(() => void (flushing = undefined));
  }

  async function write() {
    if (waiting.size === 0) return;
    const written = [...waiting.values()];
    waiting = new Map();
    try {
      const installationIds = [...new Set(written.map(({ installationId }) => installationId))];
      const nowMs = clock.monotonicMs();
      await retryRolledBack(() => db.within(WRITE_MS).scoped({ installationIds }, (sql) => keep(sql, written, nowMs)));
      failed = false;
    } catch (error) {
      written.forEach(add);
      // One line for an outage, not one for each attempt.
      if (!failed) log.warn("ingest.refusals_not_written", { sources: written.length, error });
      failed = true;
    }
  }

  return {
    note: (refused) => {
      const atMs = clock.monotonicMs();
      add({ ...refused, count: 1, firstMs: atMs, lastMs: atMs });
      timer ??= arm();
    },
    flush,
    stop: async () => {
      stopping.abort();
      await flushing;
      await flush();
    },
  };
}

/** Adds to the open row of a source and a reason; of those that came before its last one was closed, to that one. */
function keep(sql: Query, gathered: readonly Gathered[], nowMs: number): Promise<unknown> {
  const rows = gathered.map(({ installationId, sourceId, reason, count, firstMs, lastMs }) => ({
    i: installationId,
    s: sourceId,
    reason,
    count,
    first: nowMs - firstMs,
    last: nowMs - lastMs,
  }));
  return sql`
    with given as materialized (
      select source.installation_id, source.id as source_id, reason, count,
        now() - first * interval '1 millisecond' as first_at, now() - last * interval '1 millisecond' as last_at
      from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as given(i bigint, s bigint, reason text, count int, first float8, last float8)
      join custom_source source on source.installation_id = given.i and source.id = given.s and source.deleted_at is null
      order by source.id, reason
    ),
    seen as (
      update custom_source set last_refused_at = newest.last_at, last_refused_reason = newest.reason
      from (select distinct on (source_id) * from given order by source_id, last_at desc) newest
      where custom_source.installation_id = newest.installation_id and custom_source.id = newest.source_id
    ),
    late as (
      update source_refusal kept set count = kept.count + given.count, first_at = least(kept.first_at, given.first_at),
        last_at = greatest(kept.last_at, given.last_at)
      from given
      where kept.installation_id = given.installation_id and kept.id = (
        select id from source_refusal closed
        where closed.installation_id = given.installation_id and closed.source_id = given.source_id
          and closed.reason = given.reason and closed.closed_at >= given.last_at
        order by closed_at limit 1)
      returning given.source_id, given.reason
    )
    insert into source_refusal as kept (installation_id, source_id, reason, count, first_at, last_at)
    select installation_id, source_id, reason, count, first_at, last_at from given
    where (source_id, reason) not in (select source_id, reason from late)
    on conflict (source_id, reason) where closed_at is null do update set count = kept.count + excluded.count,
      first_at = least(kept.first_at, excluded.first_at), last_at = greatest(kept.last_at, excluded.last_at)`;
}

/** SQL text over source_refusal: the issue that its refusals are of. */
export function refusalIssue(sql: Query): Fragment {
  return sql`('refused-' || left(encode(sha256(convert_to(concat(source_id, chr(31), reason), 'UTF8')), 'hex'), 32))`;
}

/** What is refused from `at` on is counted in another row. */
export async function closeRefusals(
  sql: Query,
  { installationId, issue, at }: { installationId: number; issue: string; at: Date },
): Promise<void> {
  await sql`
    update source_refusal set closed_at = ${at}
    where installation_id = ${installationId} and closed_at is null and ${refusalIssue(sql)} = ${issue}`;
}
