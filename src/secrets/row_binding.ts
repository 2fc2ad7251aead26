/** When a database's values begin to be bound to their rows, where the version before did not bind them. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { BOUND_LATER } from "./contexts.ts";
import type { Keyring } from "./encryption.ts";

/** It sets an instant a week later in `meta`, for a database that was in use; in another one nothing is there. */
const MIGRATION = 82;
const KEY = "rows_bound_from";

/**
 * The keyring for one database. Until the instant that the database names it seals the values of BOUND_LATER without their
 * rows, as the version before does: its instances, which serve meanwhile or come back in a rollback, open no others. What is
 * bound opens at any time, in its row alone; so does what is not, in each row of its installation and column.
 */
export async function bindToRows(
  db: Pick<Database, "scoped">,
  { keyring, clock }: { keyring: Keyring; clock: Pick<Clock, "now"> },
): Promise<Keyring> {
  const [found] = await db.scoped("all", (sql) =>
    sql<{ value: string | null; migrated: boolean }[]>`
      select (select value from meta where key = ${KEY}) as value,
        exists (select from timewire_migration where number = ${MIGRATION}) as migrated`);
  const { value, migrated } = found!;
  // On an older schema only instances of the version before serve, beside a command of this one.
  const fromMs = !migrated ? Infinity : value === null ? 0 : Date.parse(value);
  return {
    ...keyring,
    seal: (plaintext, context) => {
      const isBound = !BOUND_LATER.has(context.column) || clock.now() >= fromMs;
      return keyring.seal(plaintext, isBound ? context : { ...context, row: undefined });
    },
  };
}
