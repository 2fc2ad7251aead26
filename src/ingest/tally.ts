/** Counts of what was received, per installation, hour and event type: what overviews read instead of counting events. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";

export interface Received {
  installationId: number;
  eventType: string;
  outcome: "stored" | "duplicate";
}

export interface Tally {
  /** Counts one acknowledged delivery. In memory only: it is called for every delivery. */
  add(fact: Received): void;
  /** Writes what was counted since the last time. A failure is logged, and the counts are written 2 s later. */
  flush(): Promise<void>;
  /** Writes the rest. */
  stop(): Promise<void>;
}

interface Count {
  installationId: number;
  eventType: string;
  hourMs: number;
  stored: number;
  duplicates: number;
  lastMs: number;
}

const HOUR_MS = 3_600_000;
const FLUSH_MS = 2_000;

/**
 * A tally over the table event_tally, written at most every 2 s. A killed process loses what it counted since: the tally is
 * an estimate, the events are the truth.
 */
export function createTally({ db, clock, log }: { db: Database; clock: Clock; log: Logger }): Tally {
  let counts = new Map<number, Map<string, Count>>();
  /** Counts of hours that ended, or that could not be written. */
  let closed: Count[] = [];
  let hourMs = 0;
  let flushing: Promise<void> | undefined;
  const stopped = new AbortController();

  function add({ installationId, eventType, outcome }: Received) {
    const nowMs = clock.now();
    if (nowMs >= hourMs + HOUR_MS) {
      closed.push(...take());
      hourMs = nowMs - nowMs % HOUR_MS;
    }
    let types = counts.get(installationId);
    if (types === undefined) counts.set(installationId, types = new Map());
    let count = types.get(eventType);
    if (count === undefined) {
      count = { installationId, eventType, hourMs, stored: 0, duplicates: 0, lastMs: 0 };
      types.set(eventType, count);
    }
    if (outcome === "stored") count.stored++;
    else count.duplicates++;
    count.lastMs = nowMs;
    flushLater();
  }

  function flushLater() {
    flushing ??= clock.sleep(FLUSH_MS, stopped.signal).catch(() => {}).then(flush);
  }

  function take(): Count[] {
    const taken = [...counts.values()].flatMap((types) => [...types.values()]);
    counts = new Map();
    return taken;
  }

  async function flush() {
    const batch = [...closed, ...take()];
    closed = [];
    try {
      if (batch.length > 0) await write(db, batch);
    } catch (error) {
      closed.push(...batch);
      log.warn("tally.failed", { error });
    } finally {
      flushing = undefined;
      // What came while it was written, or could not be written, waits for no further delivery.
      if (counts.size + closed.length > 0 && !stopped.signal.aborted) flushLater();
    }
  }

  return {
    add,
    flush,
    stop: async () => {
      stopped.abort();
      await flushing;
      await flush();
    },
  };
}

/** Adds the counts in the order of their keys, so that two instances never wait for each other crosswise. */
function write(db: Database, batch: readonly Count[]): Promise<unknown> {
  const rows = batch.map((count) => ({
    i: count.installationId,
    t: count.eventType,
    h: new Date(count.hourMs).toISOString(),
    s: count.stored,
    d: count.duplicates,
    l: new Date(count.lastMs).toISOString(),
  }));
  return db.scoped({ installationIds: batch.map(({ installationId }) => installationId) }, (sql) =>
    sql`
      insert into event_tally as tally (installation_id, hour, event_type, stored, duplicates, last_at)
      select i, h, t, sum(s), sum(d), max(l)
      from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as t(i bigint, t text, h timestamptz, s int, d int, l timestamptz)
      join installation on installation.id = i
      group by i, h, t order by i, h, t
      on conflict (installation_id, hour, event_type) do update set stored = tally.stored + excluded.stored,
        duplicates = tally.duplicates + excluded.duplicates, last_at = greatest(tally.last_at, excluded.last_at)`);
}
