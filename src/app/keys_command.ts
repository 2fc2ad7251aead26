/** `timewire keys rotate|status`: the encryption keys of every configured database. */

import { systemClock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import type { Database } from "../db/db.ts";
import { createKeyring, type Keyring } from "../secrets/encryption.ts";
import { localEncryptionKey } from "../secrets/local_secrets.ts";
import { rotateKeys } from "../secrets/rotate_keys.ts";
import { bindToRows } from "../secrets/row_binding.ts";
import { type KeyUse, readKeyUse } from "../secrets/sealed_columns.ts";
import { openDatabase } from "./open_database.ts";

export type KeysAction = "rotate" | "status";

/** What was found, or done, in each database, and of each key over all of them. */
export interface KeysReport {
  databases: {
    /** Without user and password. */
    database: string;
    /** Values by column and key, as they are now. */
    uses: { place: string; key: string; values: number }[];
    /** Of `rotate`: by column. `unopened`: values that were not opened, by error code. */
    rotated?: { place: string; rewrapped: number; unopened: Readonly<Record<string, number>> }[];
  }[];
  /** The first one seals; another one that no value needs may be removed from ENCRYPTION_KEYS. */
  keys: { id: string; first: boolean; configured: boolean; values: number }[];
  /** No value is left under another key than the first (rotate), or under one that is not configured (both). */
  ok: boolean;
}

/** Throws what openDatabase() and createKeyring() throw. */
export async function keys(config: Config, action: KeysAction): Promise<KeysReport> {
  let keyring: Keyring | undefined;
  const databases: KeysReport["databases"] = [];
  for (const url of databaseUrlsOf(config)) {
    const db = await openDatabase(url, config);
    try {
      // After the database: the folder that may hold the key is there now, and locked.
      keyring ??= await createKeyring(config.encryptionKeys ?? await localEncryptionKey(config.database.dataDir));
      databases.push({ database: db.place, ...await inDatabase(db, keyring, action) });
    } finally {
      await db.stop();
    }
  }
  const { primaryKeyId, keyIds } = keyring!;
  const uses = databases.flatMap((one) => one.uses);
  const ids = new Set([primaryKeyId, ...keyIds, ...uses.map(({ key }) => key)]);
  return {
    databases,
    // Over all databases, since they share the keys.
    keys: [...ids].map((id) => ({
      id,
      first: id === primaryKeyId,
      configured: keyIds.includes(id),
      values: uses.filter(({ key }) => key === id).reduce((sum, use) => sum + use.values, 0),
    })),
    ok: uses.every(({ key }) => action === "rotate" ? key === primaryKeyId : keyIds.includes(key)),
  };
}

async function inDatabase(db: Database, keyring: Keyring, action: KeysAction) {
  const [schema] = await db.sql<{ there: boolean }[]>`select to_regclass('timewire_migration') is not null as there`;
  if (!schema?.there) return { uses: [] };
  await db.bind();
  const rotated = action === "rotate"
    ? await rotateKeys({ db, keyring: await bindToRows(db, { keyring, clock: systemClock }) })
    : undefined;
  return { uses: (await readKeyUse(db)).map(useJson), ...(rotated && { rotated }) };
}

function useJson({ place, keyId, values }: KeyUse) {
  return { place, key: keyId, values };
}
