/** The quota of a workspace: how many bytes of events and outputs an installation may have stored, kept as a count. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { Logger } from "../telemetry/log.ts";

export interface Quota {
  /** Throws STORAGE_FULL (retryable) where what the installation has stored fills its quota, as far as this process knows. */
  require(installationId: number): void;
  /** Counts what was stored. In memory only: it is called for every delivery. */
  add(installationId: number, bytes: number): void;
  /** Writes what was counted, and reads what all instances counted. A failure is logged, and the counts stay for the next time. */
  flush(): Promise<void>;
  /** Writes the rest. */
  stop(): Promise<void>;
}

export interface QuotaOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  /** 0: none; it is counted all the same. */
  limitBytes: number;
  /** Called once as an installation reaches 80 % of it, and once as it reaches the whole; over all instances. */
  onReached(fact: QuotaFact): void;
}

export interface QuotaFact {
  installationId: number;
  workspaceId: string;
  state: "nearly_full" | "full";
  bytes: number;
  limitBytes: number;
}

export const WARN_SHARE = 0.8;
/** A warning ends below this, so that one sweep of retention does not bring the next. */
const CALM_SHARE = 0.75;
const FLUSH_MS = 2_000;
const RETRY_MS = 60_000;

interface Known {
  /** Stored bytes by the count of all instances, as last written; 0 until then. */
  bytes: number;
  /** Bytes that this process stored since then. */
  pending: number;
  /** True when the installation was asked for or added to since then. */
  touched: boolean;
}

interface Row {
  installation_id: number;
  workspace_id: string;
  bytes: number;
  warns: boolean;
  fills: boolean;
}

/**
 * A count over the table stored_bytes, written every 2 s while something is stored. An installation that this process has
 * not seen lately counts as empty until the first write, so each instance may let in what WEBHOOK_RATE_LIMIT_BYTES
 * allows in 2 s and one burst beyond the quota: 40 MB by default. A killed process loses what it counted since the last
 * write, so the quota refuses later by as much; a connection lost at the commit may count 2 s twice.
 */
export function createQuota({ db, clock, log, limitBytes, onReached }: QuotaOptions): Quota {
  const known = new Map<number, Known>();
  let timer: Promise<void> | undefined;
  /** One write after another: two at once would count the same bytes twice. */
  let writing: Promise<void> = Promise.resolve();
  const stopped = new AbortController();

  function touch(installationId: number): Known {
    let entry = known.get(installationId);
    if (entry === undefined) known.set(installationId, entry = { bytes: 0, pending: 0, touched: true });
    entry.touched = true;
    timer ??= clock.sleep(FLUSH_MS, stopped.signal).catch(() => {}).then(() => {
      timer = undefined;
      return flush();
    });
    return entry;
  }

  function flush(): Promise<void> {
    return writing = writing.then(writePending);
  }

  async function writePending() {
    const batch: { installationId: number; entry: Known; pending: number }[] = [];
    for (const [installationId, entry] of known) {
      if (entry.touched) batch.push({ installationId, entry, pending: entry.pending });
      // Nothing came for it since the last time, and it is far from full: its count is in the database.
      else if (entry.bytes < limitBytes * CALM_SHARE) known.delete(installationId);
      entry.touched = false;
    }
    try {
      if (batch.length === 0) return;
      const rows = await write(db, batch, limitBytes);
      for (const { entry, pending } of batch) entry.pending -= pending;
      for (const { installation_id, workspace_id, bytes, warns, fills } of rows) {
        const entry = known.get(installation_id);
        if (entry) entry.bytes = bytes;
        const fact = { installationId: installation_id, workspaceId: workspace_id, bytes, limitBytes };
        if (fills) onReached({ ...fact, state: "full" });
        else if (warns) onReached({ ...fact, state: "nearly_full" });
      }
    } catch (error) {
      for (const { entry } of batch) entry.touched = true;
      log.warn("quota.failed", { error });
    }
  }

  return {
    require(installationId) {
      if (limitBytes === 0) return;
      const entry = known.get(installationId);
      if (entry === undefined || entry.bytes + entry.pending < limitBytes) return;
      // Asked again in 2 s: retention may have made room.
      touch(installationId);
      throw full(limitBytes);
    },
    add: (installationId, bytes) => void (touch(installationId).pending += bytes),
    flush,
    stop: async () => {
      stopped.abort();
      await timer;
      await flush();
    },
  };
}

function full(limitBytes: number): AppError {
  return new AppError(
    "STORAGE_FULL",
    `Cannot store the delivery: the workspace's events and outputs fill its quota of ${
      Math.round(limitBytes / 1_048_576)
    } MB; keep them for fewer days, or have STORED_MB_PER_WORKSPACE raised`,
    { retryable: true, details: { retryInMs: RETRY_MS } },
  );
}

/** Adds in the order of the keys, so that two instances never wait for each other crosswise. */
function write(
  db: Database,
  batch: readonly { installationId: number; pending: number }[],
  limitBytes: number,
): Promise<Row[]> {
  const rows = batch.map(({ installationId, pending }) => ({ i: installationId, b: pending }));
  const [warn, calm] = [Math.ceil(limitBytes * WARN_SHARE), Math.ceil(limitBytes * CALM_SHARE)];
  return db.scoped({ installationIds: batch.map(({ installationId }) => installationId) }, (sql) => {
    const limit = limitBytes === 0 ? sql`null::bigint` : sql`${limitBytes}::bigint`;
    return sql<Row[]>`
      with added as (
        insert into stored_bytes as s (installation_id, bytes, warned_at, full_at)
        select i, b, case when ${limit} is not null and b >= ${warn}::bigint then now() end, case when b >= ${limit} then now() end
        from json_to_recordset(${JSON.stringify(rows)}::text::json) as t(i bigint, b bigint)
        join installation on installation.id = i order by i
        on conflict (installation_id) do update set
          bytes = s.bytes + excluded.bytes,
          warned_at = case when ${limit} is null or s.bytes + excluded.bytes < ${calm}::bigint then null
            when s.bytes + excluded.bytes >= ${warn}::bigint then coalesce(s.warned_at, now()) else s.warned_at end,
          full_at = case when s.bytes + excluded.bytes >= ${limit} then coalesce(s.full_at, now()) end
        returning installation_id, bytes, warned_at, full_at
      )
      select installation_id, workspace_id, bytes, coalesce(warned_at = now(), false) as warns,
        coalesce(full_at = now(), false) as fills
      from added join installation on installation.id = installation_id`;
  });
}
