/** Makes one backup of every configured database: what the command `backup` does, and the schedule of the serving program. */

import { askForSnapshot, askToStore, askToStoreFailure } from "../backup/ask.ts";
import { dumpDatabase } from "../backup/dump.ts";
import { backupName, keptBackups } from "../backup/keep.ts";
import { type LastBackup, storeFailedBackup, storeLastBackup } from "../backup/last.ts";
import { openTarget } from "../backup/open_target.ts";
import type { WriteRecord } from "../backup/records.ts";
import type { BackupTarget } from "../backup/target.ts";
import { backupBytes, recordsOf } from "../backup/write.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { usesOfDatabases } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { keysOf } from "./backup_parts.ts";
import { openDatabase } from "./open_database.ts";
import { VERSION } from "./version.ts";

export interface MadeBackup {
  name: string;
  /** Where it is, for people. */
  place: string;
  bytes: number;
  seconds: number;
  databases: DumpedDatabase[];
  /** How many there are now, and the names of those that were too old. */
  kept: number;
  removed: string[];
}

interface DumpedDatabase {
  place: string;
  tables: number;
  rows: number;
}

/** Work of a backup between two rests, and the longest rest. */
const WORK_MS = 20;
const MOST_REST_MS = 200;

export interface BackupOptions {
  config: Config;
  clock: Clock;
  /** Ends it, with nothing written. */
  signal?: AbortSignal;
  /** Of a process that serves: it rests as long as it works, so that requests have half of the thread at least. */
  rests?: boolean;
}

/**
 * Writes it, records in each database that it was made, or that it failed, and removes what is too old. Throws
 * CONFIG_INVALID, CONFLICT, DATA_FOLDER_LOCKED and START_FAILED.
 */
export async function makeBackup({ config, clock, signal, rests = false }: BackupOptions): Promise<MadeBackup> {
  const keys = keysOf(config);
  const target = await openTarget(config.backup, clock);
  const begunAt = clock.monotonicMs();
  const madeAt = new Date(clock.now());
  const sources: Source[] = [];
  try {
    for (const [url, uses] of usesOfDatabases(config)) sources.push(await openSource(config, url, uses));
    const name = backupName(madeAt);
    const databases: DumpedDatabase[] = [];
    const records = recordsOf(async (write) => {
      let restedAt = clock.monotonicMs();
      const unlessEnded: WriteRecord = async (record) => {
        signal?.throwIfAborted();
        await write(record);
        const workedMs = clock.monotonicMs() - restedAt;
        if (!rests || workedMs < WORK_MS) return;
        await clock.sleep(Math.min(workedMs, MOST_REST_MS), signal);
        restedAt = clock.monotonicMs();
      };
      databases.push(...await writeAll({ config, sources, madeAt }, unlessEnded));
    });
    const bytes = await target.write(name, backupBytes(records, keys));
    const seconds = (clock.monotonicMs() - begunAt) / 1_000;
    const last = { madeAt: Math.floor(madeAt.getTime() / 1_000), bytes, seconds };
    for (const source of sources) await source.stored(last);
    return { name, place: target.place, bytes, seconds, databases, ...await removeOld(config, target) };
  } catch (error) {
    if (!signal?.aborted) {
      // One that cannot be written to either shows it by the age of its last backup.
      for (const source of sources) await source.failed(Math.floor(clock.now() / 1_000)).catch(() => {});
    }
    throw error;
  } finally {
    for (const source of sources) await source.stop();
  }
}

/** A database that is read. */
interface Source {
  db: Database;
  uses: string[];
  /** Where it is, for people. */
  place: string;
  stored(last: LastBackup): Promise<void>;
  failed(failedAt: number): Promise<void>;
  stop(): Promise<void>;
}

async function openSource(config: Config, url: string | undefined, uses: string[]): Promise<Source> {
  const { dataDir, poolSize } = config.database;
  try {
    const db = await openDatabase(url, config, { applicationName: "timewire-backup" });
    const { place } = db;
    return {
      db,
      uses,
      place,
      stored: (last) => storeLastBackup(db, last),
      failed: (failedAt) => storeFailedBackup(db, failedAt),
      stop: () => db.stop(),
    };
  } catch (error) {
    // The program serves from it: it makes a copy, and this process reads that.
    if (!(error instanceof AppError) || error.code !== "DATA_FOLDER_LOCKED") throw error;
  }
  const folder = await askForSnapshot(dataDir);
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const db = await openDatabase(undefined, { database: { dataDir: folder, poolSize, prepare: true, echo: false } });
    const stop = async () => {
      await db.stop();
      await remove();
    };
    return {
      db,
      uses,
      place: dataDir,
      stored: (last) => askToStore(dataDir, last),
      failed: (failedAt) => askToStoreFailure(dataDir, failedAt),
      stop,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeAll(
  { config, sources, madeAt }: { config: Config; sources: Source[]; madeAt: Date },
  write: WriteRecord,
): Promise<DumpedDatabase[]> {
  const isEmbedded = sources.some(({ db }) => db.kind === "embedded");
  const encryptionKey = isEmbedded && config.encryptionKeys === undefined
    ? (await Deno.readTextFile(`${config.database.dataDir}/encryption.key`).catch(() => undefined))?.trim()
    : undefined;
  await write({
    record: "backup",
    format: 1,
    program: VERSION,
    madeAt: madeAt.toISOString(),
    databases: sources.map(({ uses }) => uses),
    ...(encryptionKey !== undefined && { encryptionKey }),
  });
  const dumped: DumpedDatabase[] = [];
  for (const { db, uses, place } of sources) {
    const { tables, rows } = await dumpDatabase(db, uses, write);
    dumped.push({ place, tables, rows });
  }
  const sum = (count: "tables" | "rows") => dumped.reduce((total, one) => total + one[count], 0);
  await write({ record: "end", databases: dumped.length, tables: sum("tables"), rows: sum("rows") });
  return dumped;
}

/** After a backup that succeeded, so that the last good one is never among them. */
async function removeOld({ backup }: Config, target: BackupTarget): Promise<{ kept: number; removed: string[] }> {
  const names = (await target.list()).map(({ name }) => name);
  const kept = keptBackups(names, backup.keep);
  const removed = names.filter((name) => !kept.has(name)).sort();
  for (const name of removed) await target.remove(name);
  return { kept: kept.size, removed };
}
