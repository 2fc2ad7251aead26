/**
 * Records each request to Clockify: gathered in memory, written in batches about once a second, and never waited for.
 *
 * What it promises is less than what the journal of runs does, so that no call and no step is slower for it: a killed process
 * loses the requests of its last second, and where the database is away or slow the oldest are dropped, and counted.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createUuid7 } from "../base/uuid7.ts";
import type { SentCall } from "../clockify/client.ts";
import { type Database, isUnavailable } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";
import { rowOf } from "./call_row.ts";
import { type CallLine, lineOf, writeCalls } from "./write.ts";

/** Why records were not written: full, the database did not keep pace; unwritable, it refused this one. */
export type DropCause = "full" | "unwritable";

export interface CallRecorder {
  /** Takes note of a request that ended just now, and returns at once. */
  record(call: SentCall): void;
  /** Records that are not written yet. */
  waiting(): number;
  /** Writes what waits now; what cannot be written stays for the next time. Never rejects. */
  flush(): Promise<void>;
  /** Writes the rest; what the database does not take within 2 s is dropped. */
  stop(): Promise<void>;
}

export interface CallRecorderOptions {
  db: Database;
  clock: Clock;
  log: Logger;
  onDropped(count: number, cause: DropCause): void;
}

const FLUSH_MS = 1_000;
/** After a batch that was not written, doubled each time up to the second one. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const MAX_BATCH = 500;
/** 20,000 are what 200 requests a second make in 100 s, and some 8 MB. */
const MAX_LINES = 20_000;
const MAX_BYTES = 16_000_000;
/** Of one batch: the server cancels it then. */
const WRITE_MS = 5_000;
const STOP_MS = 2_000;

export function createCallRecorder({ db, clock, log, onDropped }: CallRecorderOptions): CallRecorder {
  const uuid7 = createUuid7();
  let lines: CallLine[] = [];
  let bytes = 0;
  let writing: CallLine[] = [];
  let failures = 0;
  let dropped = 0;
  let timer: Promise<void> | undefined;
  let flushing: Promise<void> | undefined;
  const stopping = new AbortController();

  function record(call: SentCall) {
    const { installationId } = call;
    // No request of the program is without one; one of a caller that does not know it belongs to no list.
    if (installationId === undefined) return drop(1, "unwritable");
    const atMs = Math.round(clock.now() - call.durationMs);
    const line = lineOf(installationId, rowOf(call, { id: uuid7(atMs), atMs }));
    lines.push(line);
    bytes += line.json.length;
    if (lines.length + writing.length > MAX_LINES || bytes > MAX_BYTES) trim();
    timer ??= arm();
  }

  /** Drops the oldest: a sixteenth at once, since each drop moves the rest. */
  function trim() {
    const gone = lines.splice(0, Math.max(1, Math.ceil(lines.length / 16)));
    for (const { json } of gone) bytes -= json.length;
    drop(gone.length, "full");
  }

  function drop(count: number, cause: DropCause) {
    dropped += count;
    onDropped(count, cause);
  }

  async function arm() {
    const pauseMs = failures === 0 ? FLUSH_MS : Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(failures, 10));
    await clock.sleep(pauseMs, stopping.signal).catch(() => {});
    await flush();
    timer = undefined;
    if (lines.length > 0 && !stopping.signal.aborted) timer = arm();
  }

  function flush(): Promise<void> {
    return flushing ??= writeAll().finally(() => void (flushing = undefined));
  }

  /** Batch after batch, until none waits or one was not written. */
  async function writeAll() {
    while (lines.length > 0) {
      writing = lines.splice(0, MAX_BATCH);
      try {
        await writeOrHalve(writing);
        for (const { json } of writing) bytes -= json.length;
        writing = [];
        failures = 0;
      } catch (error) {
        lines = [...writing, ...lines];
        writing = [];
        failures++;
        while (lines.length > MAX_LINES || (lines.length > 0 && bytes > MAX_BYTES)) trim();
        // One line for an outage, not one for each attempt.
        if (failures === 1) log.warn("calls.not_written", { waiting: lines.length, error });
        return;
      }
    }
    if (dropped === 0) return;
    log.warn("calls.dropped", { calls: dropped });
    dropped = 0;
  }

  /** Throws where the database is away. A record that it refuses must not take those of other workspaces with it. */
  async function writeOrHalve(batch: readonly CallLine[]): Promise<void> {
    try {
      await writeCalls(db.within(WRITE_MS), batch);
    } catch (error) {
      if (isUnavailable(error) || error instanceof AppError) throw error;
      if (batch.length === 1) {
        log.warn("calls.unwritable", { installation_id: batch[0]!.installationId, error });
        return drop(1, "unwritable");
      }
      const half = Math.ceil(batch.length / 2);
      await writeOrHalve(batch.slice(0, half));
      await writeOrHalve(batch.slice(half));
    }
  }

  return {
    record,
    waiting: () => lines.length + writing.length,
    flush,
    stop: async () => {
      stopping.abort();
      const over = new AbortController();
      const rest = (async () => {
        await flushing;
        await flush();
      })();
      await Promise.race([rest, clock.sleep(STOP_MS, over.signal).catch(() => {})]);
      over.abort();
      const left = lines.length + writing.length;
      if (left === 0) return;
      drop(left, "full");
      log.warn("calls.dropped", { calls: dropped });
    },
  };
}
