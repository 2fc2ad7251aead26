/** The sealer of the Workflow Management API's audit, for the database that has it. */

import { type AuditSealer, createAuditSealer } from "../access/audit_seal.ts";
import type { Database } from "../db/db.ts";
import type { Shared } from "./shared.ts";

/** Undefined for other databases. */
export function openAuditSealer(
  { databaseUrl, db }: { databaseUrl: string | undefined; db: Database },
  { config, clock, log, metrics, stops }: Shared,
): AuditSealer | undefined {
  if (config.api.databaseUrl !== databaseUrl) return undefined;
  const sealer = createAuditSealer({
    db,
    clock,
    log: log.child({ logger: "audit" }),
    onLooked: ({ oldestSeconds }) => metrics.set("api_audit_unsealed_seconds", [], oldestSeconds),
  });
  stops.add("audit sealer", () => sealer.stop());
  return sealer;
}
