/** `timewire audit verify`: whether the audit of the Workflow Management API is as it was written. */

import { findHome } from "../access/home.ts";
import { type AuditProof, verifyAudit } from "../access/audit_store.ts";
import { AppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/db.ts";
import { migrationStatus } from "../db/migrate.ts";
import { openDatabase } from "./open_database.ts";

/** The migrations that made its tables. */
const MADE_BY = 54;
const SEALED_BY = 67;

/** What was found, and where; `proof` undefined: nothing is stored yet. Throws what openDatabase() throws. */
export async function verifyStoredAudit(config: Config): Promise<{ database: string; proof: AuditProof | undefined }> {
  const db = await openDatabase(config.api.databaseUrl, config);
  try {
    return { database: db.place, proof: await verifyIn(db) };
  } finally {
    await db.stop();
  }
}

/** The same for an open database. */
export async function verifyIn(db: Database): Promise<AuditProof | undefined> {
  const migrations = await migrationStatus(db);
  const isApplied = (wanted: number) =>
    migrations.some(({ number, appliedAt }) => number === wanted && appliedAt !== null);
  if (isApplied(MADE_BY) && !isApplied(SEALED_BY)) {
    throw new AppError(
      "START_FAILED",
      `Cannot read the audit: migration ${SEALED_BY} is not applied; start this version of the program, or deno task migrate, first`,
    );
  }
  if (isApplied(MADE_BY)) await db.bind();
  const home = isApplied(MADE_BY) ? await findHome(db) : undefined;
  return home && await verifyAudit(db, home.installationId);
}
