/** Refuses to start with encryption keys that do not open what the database holds. */

import type { Database } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { createKeyCheck, type Keyring, verifyKeyCheck } from "./encryption.ts";
import { readKeyUse } from "./sealed_columns.ts";

const KEY = "encryption_check";

/**
 * Compares the keyring with the check value in the database, which the first start stores, and with the key ids that sealed
 * values name. Throws START_FAILED, naming a key that is missing.
 */
export async function requireFittingKeys(db: Database, keyring: Keyring): Promise<void> {
  const value = await db.scoped("all", async (sql) => {
    await sql`
      insert into meta (key, value) values (${KEY}, ${await createKeyCheck(keyring)}) on conflict (key) do nothing`;
    const [row] = await sql<{ value: string }[]>`select value from meta where key = ${KEY}`;
    return row!.value;
  });
  await requireKnownIds(db, keyring);
  try {
    await verifyKeyCheck(keyring, value);
  } catch (error) {
    throw new AppError(
      "START_FAILED",
      `Cannot open what the database at ${db.place} holds: it was encrypted with another key; ` +
        "start with the ENCRYPTION_KEYS it was first started with (or restore encryption.key in the data folder)",
      { cause: error },
    );
  }
}

/** A key that was removed before its last value was rewrapped. */
async function requireKnownIds(db: Database, keyring: Keyring): Promise<void> {
  const missing = (await readKeyUse(db)).filter(({ keyId }) => !keyring.keyIds.includes(keyId));
  if (missing.length === 0) return;
  const ids = [...new Set(missing.map(({ keyId }) => keyId))];
  const values = missing.reduce((sum, use) => sum + use.values, 0);
  throw new AppError(
    "START_FAILED",
    `Cannot open what the database at ${db.place} holds: ENCRYPTION_KEYS has no key ${
      ids.map((id) => `"${id}"`).join(", ")
    }, which ${values} ${values === 1 ? "value needs" : "values need"} (${
      missing.map(({ place }) => place).join(", ")
    }); put it back behind the first one and run "deno task keys:rotate" before removing it again`,
    { details: { keyIds: ids } },
  );
}
