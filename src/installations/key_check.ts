/** Refuses to start with encryption keys that do not open what the database holds. */

import type { Database } from "../db/db.ts";
import { AppError } from "../errors.ts";
import { createKeyCheck, type Keyring, verifyKeyCheck } from "./encryption.ts";

const KEY = "encryption_check";

/** Compares the keyring with the check value in the database, which the first start stores. Throws START_FAILED. */
export async function requireFittingKeys(db: Database, keyring: Keyring): Promise<void> {
  await db.sql`
    insert into meta (key, value) values (${KEY}, ${await createKeyCheck(keyring)}) on conflict (key) do nothing`;
  const [row] = await db.sql<{ value: string }[]>`select value from meta where key = ${KEY}`;
  try {
    await verifyKeyCheck(keyring, row!.value);
  } catch (error) {
    throw new AppError(
      "START_FAILED",
      `Cannot open what the database at ${db.place} holds: it was encrypted with another key; ` +
        "start with the ENCRYPTION_KEYS it was first started with (or restore encryption.key in the data folder)",
      { cause: error },
    );
  }
}
