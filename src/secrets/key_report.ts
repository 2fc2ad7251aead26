/** Which keys and secrets an installation has: ids, counts and ages, never a value. */

import type { Database } from "../db/db.ts";
import type { Keyring } from "./encryption.ts";
import { readKeyUse } from "./sealed_columns.ts";

export interface KeyReport {
  /** For each configured key, and each other one that a value needs: how many values of the installation it seals. */
  encryption: { id: string; first: boolean; configured: boolean; values: number }[];
  /** Undefined when none is stored. */
  token: StoredToken | undefined;
}

export interface StoredToken {
  keyId: string;
  /** False when ENCRYPTION_KEYS does not have that key: the token cannot be opened. */
  keyConfigured: boolean;
  /** When the add-on was installed, or installed again. */
  receivedAt: Date;
}

export interface KeyReports {
  /** Reads every sealed value of the installation. */
  read(installationId: number): Promise<KeyReport>;
  token(installationId: number): Promise<StoredToken | undefined>;
}

export function createKeyReports(
  { db, keyring }: { db: Pick<Database, "scoped">; keyring: Pick<Keyring, "primaryKeyId" | "keyIds"> },
): KeyReports {
  const { primaryKeyId, keyIds } = keyring;

  async function token(installationId: number): Promise<StoredToken | undefined> {
    const [row] = await db.scoped(
      { installationIds: [installationId] },
      (sql) =>
        sql<{ key_id: string; installed_at: Date }[]>`
        select split_part(token_sealed, '.', 2) as key_id, installed_at from installation
        where id = ${installationId} and token_sealed is not null`,
    );
    return row && { keyId: row.key_id, keyConfigured: keyIds.includes(row.key_id), receivedAt: row.installed_at };
  }

  return {
    token,
    read: async (installationId) => {
      const [uses, stored] = await Promise.all([readKeyUse(db, installationId), token(installationId)]);
      const ids = new Set([primaryKeyId, ...keyIds, ...uses.map(({ keyId }) => keyId)]);
      return {
        encryption: [...ids].map((id) => ({
          id,
          first: id === primaryKeyId,
          configured: keyIds.includes(id),
          values: uses.reduce((sum, use) => use.keyId === id ? sum + use.values : sum, 0),
        })),
        token: stored,
      };
    },
  };
}
