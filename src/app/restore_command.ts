/** `deno task restore`: a backup into empty databases, whose program can then start and continue. */

import { beginLoad, type Load, requireEmpty, rowsThere } from "../backup/load.ts";
import { refused } from "../backup/faults.ts";
import { openBackup, readRecords } from "../backup/read.ts";
import type { BackupHead } from "../backup/records.ts";
import { releaseClaims } from "../backup/release.ts";
import { openTarget } from "../backup/open_target.ts";
import type { Config } from "../config/config.ts";
import { usesOfDatabases } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { createKeyring, type Keyring } from "../secrets/encryption.ts";
import { type BackupCommand, findBackup, keysOf } from "./backup_parts.ts";
import { openDatabase } from "./open_database.ts";

/** Throws CONFLICT and ENCRYPTED_VALUE_INVALID with each database as it was, or restored whole. */
export async function restore(
  { config, clock, say }: BackupCommand,
  { name: wanted, force }: { name?: string; force: boolean },
): Promise<void> {
  const keys = keysOf(config);
  const target = await openTarget(config.backup, clock);
  const name = await findBackup(target, wanted);
  if (force) {
    // What is there goes only for a backup that is whole.
    await readRecords(openBackup(await target.read(name), keys), NOTHING);
  }
  let head: BackupHead | undefined;
  let urls: (string | undefined)[] = [];
  let open: { db: Database; load: Load; keyring: Keyring } | undefined;
  try {
    await readRecords(openBackup(await target.read(name), keys), {
      backup: async (found) => {
        head = found;
        say(`Backup ${name} of version ${found.program}, made ${found.madeAt}`);
        urls = urlsFor(config, found);
        // None is written before it is known that all may be.
        if (urls.length > 1 && !force) { for (const url of urls) await requireNoRows(config, url); }
      },
      database: async (database) => {
        const url = urls.shift();
        const db = await openDatabase(url, config, { applicationName: "timewire-restore" });
        try {
          const keyring = await createKeyring(config.encryptionKeys ?? await localKey(config, head!));
          if (force) {
            const there = await rowsThere(db);
            if (there !== "") say(`${db.place}: ${there} are replaced`);
          }
          open = { db, keyring, load: await beginLoad(db, database, { keyring, clock, say, force }) };
        } catch (error) {
          await db.stop();
          throw error;
        }
      },
      rows: (table, rows) => open!.load.rows(table, rows),
      databaseEnd: async (end, counts) => {
        const { db, load, keyring } = open!;
        const { migrations } = await load.end(end, counts);
        await releaseClaims(db, { clock, keyring });
        say(`${db.place}: ${end.tables} tables, ${end.rows.toLocaleString("en")} rows, all counts as in the backup`);
        if (migrations.length > 0) say(`  applied migrations ${migrations.join(", ")}`);
        open = undefined;
        await db.stop();
      },
    });
  } finally {
    await open?.load.abandon();
    await open?.db.stop();
  }
  say("Restored: all secrets open. Runs that were in progress continue when the program starts; a step whose outcome");
  say("was recorded after the backup is sent again, with the same Idempotency-Key");
}

const NOTHING = {
  database: () => Promise.resolve(),
  rows: () => Promise.resolve(),
  databaseEnd: () => Promise.resolve(),
};

/** For each dumped database the configured one that serves the same. */
function urlsFor(config: Config, { databases }: BackupHead): (string | undefined)[] {
  const urls = databases.map((uses) => {
    const [first, ...others] = [...usesOfDatabases(config)].filter(([, ours]) =>
      ours.some((use) => uses.includes(use))
    );
    if (first === undefined) {
      throw refused(
        `Cannot restore: the backup has a database of ${uses.join(", ")}, and no configured one serves any of it`,
      );
    }
    if (others.length > 0) {
      throw refused(
        `Cannot restore: ${uses.join(", ")} were in one database, and the configuration names several for them; ` +
          "name the same databases for the same add-ons as where the backup was made",
      );
    }
    return first[0];
  });
  if (new Set(urls).size < urls.length) {
    throw refused(
      `Cannot restore: the backup has ${urls.length} databases, and the configuration names fewer; ` +
        "name the same databases for the same add-ons as where the backup was made",
    );
  }
  return urls;
}

async function requireNoRows(config: Config, url: string | undefined): Promise<void> {
  const db = await openDatabase(url, config, { applicationName: "timewire-restore" });
  try {
    await requireEmpty(db, false);
  } finally {
    await db.stop();
  }
}

/**
 * The key of the embedded database, as the program made it in its data folder: the one that is there, or that of the backup,
 * which is put there.
 */
async function localKey({ database }: Config, { encryptionKey }: BackupHead): Promise<string> {
  const path = `${database.dataDir}/encryption.key`;
  const there = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (there !== undefined) {
    if (encryptionKey !== undefined && there.trim() !== encryptionKey) {
      throw refused(
        `Cannot restore: ${path} is another key than that of the backup, which brings its own; move it away`,
      );
    }
    return there.trim();
  }
  if (encryptionKey === undefined) {
    throw refused("Cannot restore: set ENCRYPTION_KEYS to those of the program that the backup was made of");
  }
  await Deno.writeTextFile(path, `${encryptionKey}\n`, { createNew: true, mode: 0o600 });
  return encryptionKey;
}
