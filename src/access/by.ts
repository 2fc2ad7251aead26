/** Changes of the Workflow Management API, as its audit and its stores have them. */

import { AppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { Audit, AuditEntry } from "./audit.ts";

/** Who changes. */
export type By = Pick<AuditEntry, "actor" | "requestId">;

export interface AccessStoreOptions {
  db: Pick<Database, "scoped">;
  clock: Clock;
  /** What changes are recorded by. */
  audit: Audit;
}

/** What the stores of the API have in common. */
export interface AccessStore {
  within<T>(installationId: number, body: (sql: TransactionSql) => Promise<T>): Promise<T>;
  /** The last thing of a change. */
  audit(sql: TransactionSql, installationId: number, entry: Omit<AuditEntry, "entityType">): Promise<void>;
}

/** Throws PRECONDITION_FAILED where the caller knows another revision than the one that is stored. `what`: as in `agent "a"`. */
export function requireRevision({ revision }: { revision: number }, known: number | undefined, what: string): void {
  if (known === undefined || known === revision) return;
  throw new AppError("PRECONDITION_FAILED", `Cannot change ${what}: it was changed meanwhile; read it again`);
}

export function accessStore(
  { db, clock, audit, entityType }: AccessStoreOptions & {
    entityType: "key" | "user" | "session" | "agent" | "workflow" | "schedule" | "webhook";
  },
): AccessStore {
  return {
    within: (installationId, body) => db.scoped({ installationIds: [installationId] }, body),
    audit: (sql, installationId, entry) => audit(sql, { installationId, at: clock.now() }, { ...entry, entityType }),
  };
}
