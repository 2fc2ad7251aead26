/**
 * The secret that signs an installation's outgoing requests: made here, shown once to the person who rotates it, sealed
 * at rest.
 */

import { randomBytes } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { installationSecretContext } from "../secrets/contexts.ts";

const NAME = "signing";
/** For so long a replaced secret signs beside the new one. */
const OVERLAP_MS = 24 * 3_600_000;

/** What is sealed. */
interface Signing {
  secret: string;
  previous?: { secret: string; untilMs: number };
}

export interface SigningSecrets {
  /** Those in use, newest first; none while none was made. */
  open(installationId: number): Promise<readonly string[]>;
  /** The same, with one made where there is none: what is said to be signed never goes out without. */
  openOrMake(installationId: number): Promise<readonly string[]>;
  /** When the newest one was made. */
  configuredAt(installationId: number): Promise<Date | undefined>;
  /** A new one; the present one stays valid beside it for 24 hours. */
  rotate(installationId: number, options?: { atEnd?: AtEnd<RotatedSecret> }): Promise<RotatedSecret>;
}

export interface RotatedSecret {
  secret: string;
  /** Until when the one before signs too; null where there was none. */
  previousUntil: Date | null;
}

/** A fresh secret, in the form of Standard Webhooks 1.0: `whsec_` and the base64 of 32 random bytes. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** Makes the first secret where there is none; of two at once the first one stays. */
export async function ensureSigningSecret(
  sql: TransactionSql,
  { installationId, keyring }: { installationId: number; keyring: Keyring },
): Promise<void> {
  const signing: Signing = { secret: newSigningSecret() };
  const sealed = await keyring.seal(JSON.stringify(signing), installationSecretContext(installationId, NAME));
  await sql`
    insert into installation_secret (installation_id, name, sealed, generation)
    select id, ${NAME}::text, ${sealed}::text, generation from installation where id = ${installationId}
    on conflict (installation_id, name) do nothing`;
}

export function createSigningSecrets(
  { db, keyring, clock }: { db: Pick<Database, "scoped">; keyring: Keyring; clock: Clock },
): SigningSecrets {
  const scoped = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  async function read(sql: TransactionSql, installationId: number): Promise<Signing | undefined> {
    const [row] = await sql<{ sealed: string }[]>`
      select sealed from installation_secret where installation_id = ${installationId} and name = ${NAME}`;
    return row && JSON.parse(await keyring.open(row.sealed, installationSecretContext(installationId, NAME)));
  }

  function inUse(signing: Signing | undefined): readonly string[] {
    if (!signing) return [];
    const { secret, previous } = signing;
    return previous && previous.untilMs > clock.now() ? [secret, previous.secret] : [secret];
  }

  return {
    open: async (installationId) => inUse(await scoped(installationId, (sql) => read(sql, installationId))),
    openOrMake: async (installationId) =>
      inUse(
        await scoped(installationId, async (sql) => {
          const present = await read(sql, installationId);
          if (present) return present;
          await ensureSigningSecret(sql, { installationId, keyring });
          return await read(sql, installationId);
        }),
      ),
    configuredAt: async (installationId) => {
      const [row] = await scoped(installationId, (sql) =>
        sql<{ set_at: Date }[]>`
          select set_at from installation_secret where installation_id = ${installationId} and name = ${NAME}`);
      return row?.set_at;
    },
    rotate: (installationId, { atEnd } = {}) =>
      scoped(installationId, async (sql) => {
        // One rotation at a time: of two at once the later one keeps what the earlier one gave.
        const [installation] = await sql<{ generation: number }[]>`
          select generation from installation where id = ${installationId} for no key update`;
        const present = await read(sql, installationId);
        const untilMs = clock.now() + OVERLAP_MS;
        const next: Signing = {
          secret: newSigningSecret(),
          ...(present && { previous: { secret: present.secret, untilMs } }),
        };
        const sealed = await keyring.seal(JSON.stringify(next), installationSecretContext(installationId, NAME));
        await sql`
          insert into installation_secret (installation_id, name, sealed, generation)
          values (${installationId}, ${NAME}, ${sealed}, ${installation!.generation})
          on conflict (installation_id, name) do update set
            sealed = excluded.sealed, generation = excluded.generation, set_at = now()`;
        const rotated = { secret: next.secret, previousUntil: present ? new Date(untilMs) : null };
        await atEnd?.(sql, rotated);
        return rotated;
      }),
  };
}
