/** What a caller has done at the end of a transaction that it does not open itself. */

import type { TransactionSql } from "./db.ts";

/**
 * Called as the last thing of the transaction that made `made`, with the transaction's own `sql`, so that both are stored or
 * neither is; when it throws, all is rolled back. Like the transaction itself it may run twice, and does nothing but statements.
 */
export type AtEnd<Made> = (sql: TransactionSql, made: Made) => Promise<void>;
