/** A change of who may use the API, as its audit and its stores have it. */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { appendAudit, type Audit, type AuditEntry } from "./audit.ts";

/** Who changes. */
export type By = Pick<AuditEntry, "actor" | "requestId">;

/** What the stores of keys and users have in common. */
export interface AccessStore {
  within<T>(installationId: number, body: (sql: TransactionSql) => Promise<T>): Promise<T>;
  /** The last thing of a change. */
  audit(sql: TransactionSql, installationId: number, entry: Omit<AuditEntry, "entityType">): Promise<void>;
}

export function accessStore(
  { db, clock, entityType, audit = appendAudit }: {
    db: Pick<Database, "scoped">;
    clock: Clock;
    entityType: "key" | "user";
    audit?: Audit;
  },
): AccessStore {
  return {
    within: (installationId, body) => db.scoped({ installationIds: [installationId] }, body),
    audit: (sql, installationId, entry) => audit(sql, { installationId, at: clock.now() }, { ...entry, entityType }),
  };
}
