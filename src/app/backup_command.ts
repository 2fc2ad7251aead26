/** `deno task backup`, `backup list` and `backup:verify`: what databases hold, into files and out of them. */

import { refused } from "../backup/faults.ts";
import { backupTime } from "../backup/keep.ts";
import { openBackup, readRecords } from "../backup/read.ts";
import type { BackupHead, DatabaseHead } from "../backup/records.ts";
import { createSealedValues, unopened } from "../backup/sealed_values.ts";
import { openTarget } from "../backup/open_target.ts";
import { createKeyring } from "../secrets/encryption.ts";
import { type BackupCommand, findBackup, keysOf } from "./backup_parts.ts";
import { type MadeBackup, makeBackup } from "./make_backup.ts";
import { move } from "./move_command.ts";
import { restore } from "./restore_command.ts";

export type BackupVerb =
  | { verb: "backup" }
  | { verb: "list" }
  /** `name` undefined: the newest. */
  | { verb: "verify"; name?: string }
  | { verb: "restore"; name?: string; force: boolean }
  | { verb: "move" };

/**
 * Does what was asked and says so, line by line; what backup, list and verify found is given too, as it is printed as JSON. Throws
 * CONFLICT, NOT_FOUND, ENCRYPTED_VALUE_INVALID, and what makeBackup() throws.
 */
export async function runBackup(command: BackupCommand, asked: BackupVerb): Promise<BackupReport | void> {
  return await DO[asked.verb](command, asked as never);
}

/** Times in ISO 8601; `place` is where backups are kept, or the database. */
type BackupReport = MadeBackup | ListedBackups | VerifiedBackup;

interface ListedBackups {
  place: string;
  backups: { name: string; made_at: string; bytes: number }[];
}

interface VerifiedBackup {
  name: string;
  /** Of the program that made it. */
  version: string;
  made_at: string;
  databases: { uses: string[]; migration: number | null; tables: number; rows: number }[];
  /** Null: not tried, for lack of ENCRYPTION_KEYS. */
  secrets_opened: number | null;
}

const DO = {
  backup,
  list,
  verify: (command: BackupCommand, { name }: { name?: string }) => verify(command, name),
  restore,
  move,
};

async function backup({ config, clock, say }: BackupCommand): Promise<MadeBackup> {
  const made = await makeBackup({ config, clock });
  const { name, place, bytes, seconds, databases, kept, removed } = made;
  for (const { place, tables, rows } of databases) {
    say(`Database ${place}: ${tables} tables, ${rows.toLocaleString("en")} rows`);
  }
  say(`Backup ${name} in ${place}: ${bytes.toLocaleString("en")} bytes in ${seconds.toFixed(1)} s`);
  say(`Backups kept: ${kept}${removed.length === 0 ? "" : `, removed ${removed.join(", ")}`}`);
  return made;
}

async function list({ config, clock, say }: BackupCommand): Promise<ListedBackups> {
  const target = await openTarget(config.backup, clock);
  const found = (await target.list()).sort((one, other) => one.name < other.name ? -1 : 1);
  const backups = found.map(({ name, bytes }) => ({ name, made_at: backupTime(name)!.toISOString(), bytes }));
  if (backups.length === 0) say(`${target.place} has no backups`);
  for (const { name, made_at, bytes } of backups) say(`${name}  ${made_at}  ${bytes.toLocaleString("en")} bytes`);
  return { place: target.place, backups };
}

/** Reads all of it, without a database. */
async function verify({ config, clock, say }: BackupCommand, wanted: string | undefined): Promise<VerifiedBackup> {
  const keys = keysOf(config);
  const target = await openTarget(config.backup, clock);
  const name = await findBackup(target, wanted);
  let encryptionKeys = config.encryptionKeys;
  let sealed: ReturnType<typeof createSealedValues> | undefined;
  let head: BackupHead;
  let begun: DatabaseHead;
  const databases: VerifiedBackup["databases"] = [];
  const totals = await readRecords(openBackup(await target.read(name), keys), {
    backup: async (found) => {
      head = found;
      say(`Backup ${name} of version ${head.program}, made ${head.madeAt}`);
      encryptionKeys ??= head.encryptionKey;
      if (encryptionKeys !== undefined) sealed = createSealedValues(await createKeyring(encryptionKeys));
    },
    database: (database) => {
      begun = database;
      say(`  a database of ${begun.uses.join(", ")}, at migration ${begun.migrations.at(-1)?.number}`);
      return Promise.resolve();
    },
    rows: async (table, rows) => await sealed?.tryRows(table, rows),
    databaseEnd: ({ tables, rows }) => {
      const { uses, migrations } = begun;
      databases.push({ uses, migration: migrations.at(-1)?.number ?? null, tables, rows });
      say(`  ${tables} tables, ${rows.toLocaleString("en")} rows, each table with its count and its hash`);
      return Promise.resolve();
    },
  });
  const { program: version, madeAt: made_at } = head!;
  const report = { name, version, made_at, databases, secrets_opened: null };
  if (sealed === undefined) {
    say("  secrets were not tried: set ENCRYPTION_KEYS to those of the program");
    return report;
  }
  const failed = unopened(sealed.found());
  if (failed !== "") throw refused(`Backup ${name} is whole, but ENCRYPTION_KEYS do not open all of it: ${failed}`);
  const opened = sealed.found().reduce((sum, { opened }) => sum + opened, 0);
  say(
    `  ${opened.toLocaleString("en")} secrets open; ${
      totals.rows.toLocaleString("en")
    } rows in all are as they were written`,
  );
  return { ...report, secrets_opened: opened };
}
