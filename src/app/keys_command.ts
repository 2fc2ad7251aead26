/** `deno task keys:rotate` and `keys:status`: the encryption keys of every configured database. */

import type { Config } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { createKeyring, type Keyring } from "../secrets/encryption.ts";
import { localEncryptionKey } from "../secrets/local_secrets.ts";
import { rotateKeys } from "../secrets/rotate_keys.ts";
import { type KeyUse, readKeyUse } from "../secrets/sealed_columns.ts";
import { openDatabase } from "./services.ts";

/**
 * Runs the command and prints what it did. Exit code 0; 1 when values are left under another key than the first (rotate) or
 * under one that is not configured (both); 2 for an unknown command.
 */
export async function keys(config: Config, command: string): Promise<number> {
  if (!["rotate", "status"].includes(command)) {
    console.error(`Unknown command "keys ${command}": rotate and status are known`);
    return 2;
  }
  let keyring: Keyring | undefined;
  const uses: KeyUse[] = [];
  for (const url of databaseUrlsOf(config)) {
    const db = await openDatabase(url, config);
    try {
      console.log(`Database ${db.place}`);
      // After the database: the folder that may hold the key is there now, and locked.
      keyring ??= await createKeyring(config.encryptionKeys ?? await localEncryptionKey(config.database.dataDir));
      uses.push(...await inDatabase(db, keyring, command));
    } finally {
      await db.stop();
    }
  }
  const { primaryKeyId, keyIds } = keyring!;
  sayWhatIsNeeded(uses, { primaryKeyId, keyIds });
  const failed = uses.some(({ keyId }) => command === "rotate" ? keyId !== primaryKeyId : !keyIds.includes(keyId));
  return failed ? 1 : 0;
}

async function inDatabase(db: Database, keyring: Keyring, command: string): Promise<KeyUse[]> {
  const [schema] = await db.sql<{ there: boolean }[]>`select to_regclass('timewire_migration') is not null as there`;
  if (!schema?.there) {
    console.log("  nothing is stored yet");
    return [];
  }
  await db.bind();
  if (command === "rotate") {
    for (const { place, rewrapped, unopened } of await rotateKeys({ db, keyring })) {
      const failures = Object.entries(unopened).map(([code, count]) => `, ${count} not opened (${code})`).join("");
      console.log(`  ${place}: ${rewrapped} rewrapped${failures}`);
    }
    return await readKeyUse(db);
  }
  const uses = await readKeyUse(db);
  for (const { place, keyId, values } of uses) console.log(`  ${place}: ${values} under "${keyId}"`);
  return uses;
}

/** The first key, then for each other one whether it may be removed: over all databases, since they share the keys. */
function sayWhatIsNeeded(uses: KeyUse[], { primaryKeyId, keyIds }: Pick<Keyring, "primaryKeyId" | "keyIds">) {
  console.log(`Key "${primaryKeyId}" seals`);
  const ids = new Set([...keyIds, ...uses.map(({ keyId }) => keyId)]);
  ids.delete(primaryKeyId);
  for (const id of ids) {
    const values = uses.filter(({ keyId }) => keyId === id).reduce((sum, use) => sum + use.values, 0);
    if (!keyIds.includes(id)) console.log(`Key "${id}" is missing: ${values} values need it; put it back`);
    else if (values > 0) console.log(`Key "${id}" is still needed by ${values} values: run keys:rotate`);
    else console.log(`Key "${id}" is needed by no value: it may be removed from ENCRYPTION_KEYS`);
  }
}
