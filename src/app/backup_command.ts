/** `deno task backup`, `backup list` and `backup:verify`: what databases hold, into files and out of them. */

import { refused } from "../backup/faults.ts";
import { backupTime } from "../backup/keep.ts";
import { openBackup, readRecords } from "../backup/read.ts";
import { createSealedValues, unopened } from "../backup/sealed_values.ts";
import { openTarget } from "../backup/open_target.ts";
import { createKeyring } from "../secrets/encryption.ts";
import type { BackupVerb } from "./backup_args.ts";
import { type BackupCommand, findBackup, keysOf } from "./backup_parts.ts";
import { makeBackup } from "./make_backup.ts";
import { move } from "./move_command.ts";
import { restore } from "./restore_command.ts";

/** Does what was asked and says so, line by line. Throws CONFLICT, NOT_FOUND, ENCRYPTED_VALUE_INVALID, and what makeBackup() throws. */
export async function runBackup(command: BackupCommand, asked: BackupVerb): Promise<void> {
  await DO[asked.verb](command, asked as never);
}

const DO = {
  backup,
  list,
  verify: (command: BackupCommand, { name }: { name?: string }) => verify(command, name),
  restore,
  move,
};

async function backup({ config, clock, say }: BackupCommand): Promise<void> {
  const { name, place, bytes, seconds, databases, kept, removed } = await makeBackup({ config, clock });
  for (const { place, tables, rows } of databases) {
    say(`Database ${place}: ${tables} tables, ${rows.toLocaleString("en")} rows`);
  }
  say(`Backup ${name} in ${place}: ${bytes.toLocaleString("en")} bytes in ${seconds.toFixed(1)} s`);
  say(`Backups kept: ${kept}${removed.length === 0 ? "" : `, removed ${removed.join(", ")}`}`);
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
