/** Keys: whether those that are configured open what is stored, a value of each column and key. */

import type { Database, Query } from "../db/db.ts";
import { toAppError } from "../base/errors.ts";
import type { Keyring } from "../secrets/encryption.ts";
import {
  onlyRows,
  presentColumns,
  readKeyUse,
  type SealedColumn,
  textsUnderOthers,
} from "../secrets/sealed_columns.ts";
import { type Check, lookAt } from "./check.ts";

export interface KeyFacts {
  db: Database;
  keyring: Keyring;
}

/** Of one database. No value and no key is in what it gives. Never rejects. */
export async function checkKeys({ db, keyring }: KeyFacts): Promise<Check[]> {
  return await lookAt({ area: "keys", about: db.place }, async () => {
    const uses = await readKeyUse(db);
    const missing = [...new Set(uses.map(({ keyId }) => keyId))].filter((id) => !keyring.keyIds.includes(id));
    const samples = await openSamples(db, keyring);
    const failed = samples.filter(({ code }) => code !== undefined);
    const place = { area: "keys", about: db.place } as const;
    const checks: Check[] = missing.map((id) => ({
      ...place,
      state: "fault",
      detail: `Key "${id}" is missing: ${
        uses.filter(({ keyId }) => keyId === id).reduce((sum, { values }) => sum + values, 0)
      } values need it`,
      remedy: "put it back into ENCRYPTION_KEYS, behind the first one",
    }));
    for (const { place: column, keyId, code } of failed) {
      checks.push({
        ...place,
        state: "fault",
        detail: `A value of ${column} is not opened by key "${keyId}" (${code})`,
        remedy: "restore the ENCRYPTION_KEYS (or encryption.key) that it was stored under",
      });
    }
    const late = uses.filter(({ keyId }) => keyId !== keyring.primaryKeyId && keyring.keyIds.includes(keyId));
    if (late.length > 0) {
      const values = late.reduce((sum, use) => sum + use.values, 0);
      checks.push({
        ...place,
        state: "warning",
        detail: `${values} values are under another key than the first`,
        remedy: "run: timewire keys rotate",
      });
    }
    if (checks.some(({ state }) => state === "fault")) return checks;
    const opened = `${samples.length} samples of ${
      uses.reduce((sum, { values }) => sum + values, 0)
    } sealed values open`;
    return [{ ...place, state: "ok", detail: opened }, ...checks];
  });
}

interface Sample {
  /** table.column */
  place: string;
  keyId: string;
  /** Why it does not open. */
  code?: string;
}

/** A value of each column and each configured key. */
async function openSamples(db: Database, keyring: Keyring): Promise<Sample[]> {
  const found = await db.scoped("all", async (sql) => {
    const rows: { sealed: SealedColumn; row: Record<string, unknown>; text: string; keyId: string }[] = [];
    for (const sealed of await presentColumns(sql)) {
      for (const keyId of keyring.keyIds) {
        const row = await readSample(sql, sealed, keyId);
        const text = row && textsUnderOthers(sealed, row.sealed, "").find((one) => one.split(".")[1] === keyId);
        if (text) rows.push({ sealed, row, text, keyId });
      }
    }
    return rows;
  });
  return await Promise.all(found.map(async ({ sealed, row, text, keyId }): Promise<Sample> => {
    const place = `${sealed.table}.${sealed.column}`;
    try {
      await keyring.open(text, sealed.context(row));
      return { place, keyId };
    } catch (error) {
      return { place, keyId, code: toAppError(error).code };
    }
  }));
}

type SampleRow = Record<string, unknown> & { sealed: string };

/** A row that names the key; of columns that hold many values in JSON, one of the last. */
async function readSample(sql: Query, sealed: SealedColumn, keyId: string): Promise<SampleRow | undefined> {
  const { table, column, keys, also = [], within } = sealed;
  const names = within
    ? sql`${sql(column)}::text like ${`%"v1.${likeText(keyId)}.%`}`
    : sql`${sql(column)} like ${`v1.${likeText(keyId)}.%`}`;
  const [row] = await sql<SampleRow[]>`
    select ${sql([...keys, ...also])}, ${sql(column)}::text as sealed from ${sql(table)}
    where ${names} ${onlyRows(sql, sealed)} limit 1`;
  return row;
}

function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, (one) => `\\${one}`);
}
