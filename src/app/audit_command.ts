/** `deno task audit:verify`: whether the audit of the Workflow Management API is as it was written. */

import { findHome } from "../access/home.ts";
import { verifyAudit } from "../access/audit_store.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/db.ts";
import { migrationStatus } from "../db/migrate.ts";
import { openDatabase } from "./services.ts";

/** The migrations that made its tables. */
const MADE_BY = 54;
const SEALED_BY = 67;

/**
 * Prints what it found. Exit code 0: no row is altered or taken out; 1: one is, which is named; 2 for an unknown command, or the
 * database of a version before.
 */
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
  const migrations = await migrationStatus(db);
  const isApplied = (wanted: number) =>
    migrations.some(({ number, appliedAt }) => number === wanted && appliedAt !== null);
  if (isApplied(MADE_BY) && !isApplied(SEALED_BY)) {
    console.error(
      `  migration ${SEALED_BY} is not applied: start this version of the program, or deno task migrate, first`,
    );
    return 2;
  }
  if (isApplied(MADE_BY)) await db.bind();
  const home = isApplied(MADE_BY) ? await findHome(db) : undefined;
  if (!home) {
    console.log("  nothing is stored yet");
    return 0;
  }
  const proof = await verifyAudit(db, home.installationId);
  if (!proof.ok) {
    console.error(`  broken at ${proof.at}: ${proof.problem}`);
    return 1;
  }
  const { rows, first, last, unsealed, unsealedSince } = proof;
  console.log(`  ${rows} rows, unbroken${rows === 0 ? "" : `: ${first} to ${last}`}`);
  if (unsealedSince) console.log(`  not sealed yet: ${unsealed}, written from ${unsealedSince.toISOString()} on`);
  return 0;
}
