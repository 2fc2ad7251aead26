/** Looks for a stored hash that share queries: however many guess at once, one query at a time finds those that are stored. */

import { hash } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import type { Fragment, Query, TransactionSql } from "../db/db.ts";
import type { AccessStore } from "./by.ts";

/** Waits less than a sender does; beyond it, and beyond MAX_WAITING, the answer is 503. */
const MAX_WAIT_MS = 2_000;
const MAX_WAITING = 10_000;
const MAX_ITEMS = 500;

interface Item {
  installationId: number;
  sha256: string;
}

/**
 * `read` gives the rows whose hash is `among` the looked for, each with its `found` (hex). Throws OVERLOADED and
 * DATABASE_UNAVAILABLE.
 */
export function createSharedLooks<Row extends { found: string }>(
  { purpose, clock, within, read }: {
    /** For error sentences, e.g. "read the key". */
    purpose: string;
    clock: Clock;
    within: AccessStore["within"];
    read(sql: TransactionSql, options: { installationId: number; among: Fragment }): Promise<Row[]>;
  },
): (installationId: number, secret: string) => Promise<Row | undefined> {
  const batcher = createBatcher<Item, Row | undefined>({
    purpose,
    clock,
    maxItems: MAX_ITEMS,
    maxInFlight: 1,
    maxWaiting: MAX_WAITING,
    maxWaitMs: MAX_WAIT_MS,
    maxAnswerMs: 2 * MAX_WAIT_MS,
    flush: async (items) => {
      const rows = new Map<string, Row>();
      for (const [installationId, ofOne] of Map.groupBy(items, (item) => item.installationId)) {
        const found = await within(
          installationId,
          (sql) => read(sql, { installationId, among: hashes(sql, ofOne.map(({ sha256 }) => sha256)) }),
        );
        for (const row of found) rows.set(`${installationId} ${row.found}`, row);
      }
      return items.map(({ installationId, sha256 }) => rows.get(`${installationId} ${sha256}`));
    },
  });
  return (installationId, secret) => batcher.submit({ installationId, sha256: hash("sha256", secret, "hex") });
}

function hashes(sql: Query, texts: readonly string[]): Fragment {
  return sql`(select decode(value, 'hex') from json_array_elements_text(${JSON.stringify(texts)}::text::json))`;
}
