/** `deno task backup`, `backup list` and `backup:verify`: what databases hold, into files and out of them. */

import { askForSnapshot, askToStore } from "../backup/ask.ts";
import { dumpDatabase } from "../backup/dump.ts";
import { refused } from "../backup/faults.ts";
import { backupName, backupTime, keptBackups } from "../backup/keep.ts";
import { type LastBackup, storeLastBackup } from "../backup/last.ts";
import { openBackup, readRecords } from "../backup/read.ts";
import type { WriteRecord } from "../backup/records.ts";
import { createSealedValues, unopened } from "../backup/sealed_values.ts";
import { openTarget } from "../backup/open_target.ts";
import type { BackupTarget } from "../backup/target.ts";
import { backupBytes, recordsOf } from "../backup/write.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { usesOfDatabases } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { createKeyring } from "../secrets/encryption.ts";
import type { BackupVerb } from "./backup_args.ts";
import { type BackupCommand, findBackup, keysOf } from "./backup_parts.ts";
import { move } from "./move_command.ts";
import { restore } from "./restore_command.ts";
import { openDatabase } from "./services.ts";
import { VERSION } from "./version.ts";

/** Does what was asked and says so, line by line; exit code 0, or 1 with the reason on standard error. */
export async function runBackup(command: BackupCommand, asked: BackupVerb): Promise<number> {
  try {
    await DO[asked.verb](command, asked as never);
    return 0;
  } catch (error) {
    const { code, message } = toAppError(error);
    console.error(code === "INTERNAL" ? `Cannot finish: ${message}` : message);
    return 1;
  }
}

const DO = {
  backup,
  list,
  verify: (command: BackupCommand, { name }: { name?: string }) => verify(command, name),
  restore,
  move,
};

async function backup({ config, clock, say }: BackupCommand): Promise<void> {
  const keys = keysOf(config);
  const target = await openTarget(config.backup, clock);
  const begunAt = clock.monotonicMs();
  const madeAt = new Date(clock.now());
  const sources: Source[] = [];
  try {
    for (const [url, uses] of usesOfDatabases(config)) sources.push(await openSource(config, url, uses));
    const name = backupName(madeAt);
    const records = recordsOf((write) => writeAll({ config, sources, madeAt, say }, write));
    const bytes = await target.write(name, backupBytes(records, keys));
    const seconds = (clock.monotonicMs() - begunAt) / 1_000;
    say(`Backup ${name} in ${target.place}: ${bytes.toLocaleString("en")} bytes in ${seconds.toFixed(1)} s`);
    const last = { madeAt: Math.floor(madeAt.getTime() / 1_000), bytes, seconds };
    for (const source of sources) await source.stored(last);
  } finally {
    for (const source of sources) await source.stop();
  }
  await removeOld({ config, target, say });
}

/** A database that is read. */
interface Source {
  db: Database;
  uses: string[];
  /** Where it is, for people. */
  place: string;
  stored(last: LastBackup): Promise<void>;
  stop(): Promise<void>;
}

async function openSource(config: Config, url: string | undefined, uses: string[]): Promise<Source> {
  const { dataDir, poolSize } = config.database;
  try {
    const db = await openDatabase(url, config, { applicationName: "timewire-backup" });
    const { place } = db;
    return { db, uses, place, stored: (last) => storeLastBackup(db, last), stop: () => db.stop() };
  } catch (error) {
    // The program serves from it: it makes a copy, and this process reads that.
    if (!(error instanceof AppError) || error.code !== "DATA_FOLDER_LOCKED") throw error;
  }
  const folder = await askForSnapshot(dataDir);
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const db = await openDatabase(undefined, { database: { dataDir: folder, poolSize, echo: false } });
    const stop = async () => {
      await db.stop();
      await remove();
    };
    return { db, uses, place: dataDir, stored: (last) => askToStore(dataDir, last), stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeAll(
  { config, sources, madeAt, say }: { config: Config; sources: Source[]; madeAt: Date; say(line: string): void },
  write: WriteRecord,
): Promise<void> {
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
  const sums = { databases: sources.length, tables: 0, rows: 0 };
  for (const { db, uses, place } of sources) {
    const { tables, rows } = await dumpDatabase(db, uses, write);
    say(`Database ${place}: ${tables} tables, ${rows.toLocaleString("en")} rows`);
    sums.tables += tables;
    sums.rows += rows;
  }
  await write({ record: "end", ...sums });
}

/** After a backup that succeeded, so that the last good one is never among them. */
async function removeOld(
  { config, target, say }: { config: Config; target: BackupTarget; say(line: string): void },
): Promise<void> {
  const names = (await target.list()).map(({ name }) => name);
  const kept = keptBackups(names, config.backup.keep);
  const old = names.filter((name) => !kept.has(name)).sort();
  for (const name of old) await target.remove(name);
  say(`Backups kept: ${kept.size}${old.length === 0 ? "" : `, removed ${old.join(", ")}`}`);
}

async function list({ config, clock, say }: BackupCommand): Promise<void> {
  const target = await openTarget(config.backup, clock);
  const found = (await target.list()).sort((one, other) => one.name < other.name ? -1 : 1);
  if (found.length === 0) say(`${target.place} has no backups`);
  for (const { name, bytes } of found) {
    say(`${name}  ${backupTime(name)!.toISOString()}  ${bytes.toLocaleString("en")} bytes`);
  }
}

/** Reads all of it, without a database. */
async function verify({ config, clock, say }: BackupCommand, wanted: string | undefined): Promise<void> {
  const keys = keysOf(config);
  const target = await openTarget(config.backup, clock);
  const name = await findBackup(target, wanted);
  let encryptionKeys = config.encryptionKeys;
  let sealed: ReturnType<typeof createSealedValues> | undefined;
  const totals = await readRecords(openBackup(await target.read(name), keys), {
    backup: async (head) => {
      say(`Backup ${name} of version ${head.program}, made ${head.madeAt}`);
      encryptionKeys ??= head.encryptionKey;
      if (encryptionKeys !== undefined) sealed = createSealedValues(await createKeyring(encryptionKeys));
    },
    database: ({ uses, migrations }) => {
      say(`  a database of ${uses.join(", ")}, at migration ${migrations.at(-1)?.number}`);
      return Promise.resolve();
    },
    rows: async (table, rows) => await sealed?.tryRows(table, rows),
    databaseEnd: ({ tables, rows }) => {
      say(`  ${tables} tables, ${rows.toLocaleString("en")} rows, each table with its count and its hash`);
      return Promise.resolve();
    },
  });
  if (sealed === undefined) {
    say("  secrets were not tried: set ENCRYPTION_KEYS to those of the program");
    return;
  }
  const failed = unopened(sealed.found());
  if (failed !== "") throw refused(`Backup ${name} is whole, but ENCRYPTION_KEYS do not open all of it: ${failed}`);
  const opened = sealed.found().reduce((sum, { opened }) => sum + opened, 0);
  say(
    `  ${opened.toLocaleString("en")} secrets open; ${
      totals.rows.toLocaleString("en")
    } rows in all are as they were written`,
  );
}
