/** `deno task move`: the embedded database to a PostgreSQL server. */

import { dumpDatabase } from "../backup/dump.ts";
import { refused } from "../backup/faults.ts";
import { beginLoad, type Load } from "../backup/load.ts";
import { readRecords } from "../backup/read.ts";
import { releaseClaims } from "../backup/release.ts";
import { recordsOf } from "../backup/write.ts";
import { usesOfDatabases } from "../config/databases.ts";
import { createKeyring } from "../secrets/encryption.ts";
import type { BackupCommand } from "./backup_parts.ts";
import { openDatabase } from "./open_database.ts";
import { VERSION } from "./version.ts";

/**
 * Reads the database in DATA_DIR, which no program may use meanwhile, and writes it into the one that the configuration
 * names, in one transaction: a failure leaves the target empty and the source as it was. Throws CONFLICT, DATA_FOLDER_LOCKED
 * and START_FAILED.
 */
export async function move({ config, clock, say }: BackupCommand): Promise<void> {
  const [[url, uses], ...others] = [...usesOfDatabases(config)] as [[string | undefined, string[]]];
  if (url === undefined) throw refused("Cannot move: set DATABASE_URL to the database that is to be used from now on");
  if (others.length > 0) {
    throw refused(
      "Cannot move: the configuration names several databases, and the embedded one is one; set DATABASE_URL alone",
    );
  }
  const keyring = await createKeyring(config.encryptionKeys!);
  const source = await openDatabase(undefined, config);
  try {
    const target = await openDatabase(url, config, { applicationName: "timewire-move" });
    let load: Load | undefined;
    try {
      const records = recordsOf(async (write) => {
        await write({
          record: "backup",
          format: 1,
          program: VERSION,
          madeAt: new Date(clock.now()).toISOString(),
          databases: [uses],
        });
        const { tables, rows } = await dumpDatabase(source, uses, write);
        await write({ record: "end", databases: 1, tables, rows });
      });
      const totals = await readRecords(records, {
        database: async (head) => {
          load = await beginLoad(target, head, { keyring, clock, say });
        },
        rows: (table, rows) => load!.rows(table, rows),
        databaseEnd: async (end, counts) => {
          const { migrations } = await load!.end(end, counts);
          load = undefined;
          if (migrations.length > 0) say(`  applied migrations ${migrations.join(", ")}`);
        },
      });
      await releaseClaims(target, { clock, keyring });
      say(
        `Moved ${source.place} to ${target.place}: ${totals.tables} tables, ${
          totals.rows.toLocaleString("en")
        } rows, ` +
          "all counts compared, all secrets open",
      );
      say(`Start the program with DATABASE_URL from now on; remove ${source.place} when it is backed up there`);
    } finally {
      await load?.abandon();
      await target.stop();
    }
  } finally {
    await source.stop();
  }
}
