/** Tries the keyring on every sealed value that passes in the rows of a backup. */

import type { Keyring } from "../secrets/encryption.ts";
import { SEALED_COLUMNS, type SealedColumn, textsUnderOthers } from "../secrets/sealed_columns.ts";
import type { Row } from "./copy_text.ts";
import type { Table } from "./schema.ts";

export interface SealedValues {
  /** Looks at rows of a table. Never rejects. */
  tryRows(table: Table, rows: readonly Row[]): Promise<void>;
  /** How many values opened and did not, for each place that has any. */
  found(): { place: string; opened: number; failed: number }[];
}

export function createSealedValues(keyring: Pick<Keyring, "open">): SealedValues {
  const counts = new Map<string, { opened: number; failed: number }>();

  async function tryColumn(sealed: SealedColumn, { columns }: Table, rows: readonly Row[]): Promise<void> {
    const places = new Map(columns.map(({ name }, index) => [name, index]));
    const at = places.get(sealed.column);
    // A column that a later version added.
    if (at === undefined) return;
    const place = `${sealed.table}.${sealed.column}`;
    for (const row of rows) {
      if (sealed.only !== undefined && row[places.get(sealed.keys[0]!)!] !== sealed.only) continue;
      const text = row[at];
      if (!text || (!sealed.within && !text.startsWith("v1."))) continue;
      const named = [...sealed.keys, ...sealed.also ?? []].map((name) => [name, row[places.get(name)!]]);
      const context = sealed.context(Object.fromEntries(named));
      // No key has an empty id: all of them are meant.
      for (const value of textsUnderOthers(sealed, text, "")) {
        const count = counts.get(place) ?? { opened: 0, failed: 0 };
        counts.set(place, count);
        const isOpen = await keyring.open(value, context).then(() => true, () => false);
        count[isOpen ? "opened" : "failed"]++;
      }
    }
  }

  return {
    tryRows: async (table, rows) => {
      for (const sealed of SEALED_COLUMNS) if (sealed.table === table.name) await tryColumn(sealed, table, rows);
    },
    found: () => [...counts].map(([place, count]) => ({ place, ...count })),
  };
}

/** "3 of 12 values of installation.token_sealed"; empty where all opened. */
export function unopened(found: ReturnType<SealedValues["found"]>): string {
  return found.filter(({ failed }) => failed > 0)
    .map(({ place, opened, failed }) => `${failed} of ${opened + failed} values of ${place}`).join(", ");
}
