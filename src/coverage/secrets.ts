/** The API key that a workspace's admin gave us, sealed at rest; it registers webhooks and is never shown again. */

import type { Database, TransactionSql } from "../db/db.ts";
import { installationSecretContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";

/** Name of the API key among the secrets of an installation. */
export const API_KEY = "clockify_api_key";

export interface ApiKeys {
  /** Takes the place of an earlier one. False when the add-on is not installed any more. */
  set(installationId: number, apiKey: string): Promise<boolean>;
  /** When the current one was stored. */
  configuredAt(installationId: number): Promise<Date | undefined>;
  /** The current one; with `alsoOver`, one that is kept only to remove what it registered. */
  open(installationId: number, options?: { alsoOver?: boolean }): Promise<string | undefined>;
  /** Deletes one that is no longer current. */
  forgetOver(installationId: number): Promise<void>;
}

export function createApiKeys({ db, keyring }: { db: Database; keyring: Keyring }): ApiKeys {
  return {
    set: async (installationId, apiKey) => {
      const sealed = await keyring.seal(apiKey, installationSecretContext(installationId, API_KEY));
      const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql`
          insert into installation_secret (installation_id, name, sealed, generation)
          select id, ${API_KEY}, ${sealed}, generation from installation
          where id = ${installationId} and status <> 'uninstalled'
          on conflict (installation_id, name) do update set
            sealed = excluded.sealed, generation = excluded.generation, set_at = now()
          returning 1`);
      return rows.length > 0;
    },
    configuredAt: async (installationId) => {
      const [row] = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<{ set_at: Date }[]>`
          select set_at from installation_secret secret
          where installation_id = ${installationId} and name = ${API_KEY} and ${isCurrent(sql)}`);
      return row?.set_at;
    },
    open: async (installationId, { alsoOver = false } = {}) => {
      const [row] = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<{ sealed: string }[]>`
          select sealed from installation_secret secret
          where installation_id = ${installationId} and name = ${API_KEY} and (${alsoOver} or ${isCurrent(sql)})`);
      return row && await keyring.open(row.sealed, installationSecretContext(installationId, API_KEY));
    },
    forgetOver: async (installationId) => {
      await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql`
          delete from installation_secret secret
          where installation_id = ${installationId} and name = ${API_KEY} and not ${isCurrent(sql)}`);
    },
  };
}

/** True for a row "secret" that was given to the installation as it is now. */
function isCurrent(sql: TransactionSql) {
  return sql`exists (select 1 from installation
    where installation.id = secret.installation_id and installation.generation = secret.generation
      and installation.status <> 'uninstalled')`;
}
