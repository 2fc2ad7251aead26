/** `deno task audit:verify`: whether the audit of the Workflow Management API is as it was written. */

import { findHome } from "../access/home.ts";
import { verifyAudit } from "../access/audit_store.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/db.ts";
import { migrationStatus } from "../db/migrate.ts";
import { openDatabase } from "./services.ts";

/** The migration that made its table. */
const MADE_BY = 54;

/** Prints what it found. Exit code 0: no row is altered or taken out; 1: one is, which is named; 2 for an unknown command. */
export async function audit(config: Config, command: string): Promise<number> {
  if (command !== "verify") {
    console.error(`Unknown command "audit ${command}": verify is known`);
    return 2;
  }
  const db = await openDatabase(config.api.databaseUrl, config);
  try {
    console.log(`Database ${db.place}`);
    return await verifyIn(db);
  } finally {
    await db.stop();
  }
}

/** The same for an open database. */
export async function verifyIn(db: Database): Promise<number> {
  const isMade = (await migrationStatus(db)).some(({ number, appliedAt }) => number === MADE_BY && appliedAt !== null);
  if (isMade) await db.bind();
  const home = isMade ? await findHome(db) : undefined;
  if (!home) {
    console.log("  nothing is stored yet");
    return 0;
  }
  const proof = await verifyAudit(db, home.installationId);
  if (!proof.ok) {
    console.error(`  broken at row ${proof.number}: ${proof.problem}`);
    return 1;
  }
  const { rows, first, last } = proof;
  console.log(`  ${rows} rows, unbroken${rows === 0 ? "" : `: ${first} to ${last}`}`);
  return 0;
}
