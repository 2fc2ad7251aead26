/** A database for tests: the embedded one in memory, or a fresh database on the server that DATABASE_URL names. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";

export const SERVER_URL = Deno.env.get("DATABASE_URL");

/** What the tests run on, for their names and reasons. */
export const DATABASE_KIND = SERVER_URL ? "postgres" : "embedded";

/** An empty database as PGlite makes it, kept from one run to the next: making it takes 2.4 s, reading it 0.6 s. */
const TEMPLATE = join(
  tmpdir(),
  `timewire-test-${config.imports["@electric-sql/pglite"].replaceAll(/[^\w.]+/g, "-")}.tar`,
);

export interface TestDatabase {
  db: Database;
  /** Set on a server only: more processes may open it. */
  url?: string;
  stop(): Promise<void>;
}

let shared: Promise<Database> | undefined;

/**
 * An empty, migrated database. The embedded one takes seconds to open, so a test file opens it once and gets it emptied;
 * a server gives each call a database of its own.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const made = SERVER_URL ? await createServerDatabase(SERVER_URL) : await emptyEmbedded();
  await migrateUp(made.db);
  return made;
}

async function emptyEmbedded(): Promise<TestDatabase> {
  shared ??= openEmbedded({ template: TEMPLATE });
  const db = await shared;
  await db.sql.unsafe("drop schema public cascade; create schema public");
  return { db, stop: () => Promise.resolve() };
}

/** Ends the shared embedded database; every file that used testDatabase() calls it in its last test. */
export async function stopSharedDatabase(): Promise<void> {
  await (await shared)?.stop();
  shared = undefined;
}

/** A new database on the server, dropped at stop. */
export async function createServerDatabase(serverUrl: string): Promise<TestDatabase & { url: string }> {
  const name = `timewire_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
  const admin = openPostgres({ url: serverUrl, poolSize: 1, applicationName: "timewire-tests" });
  await admin.sql.unsafe(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const db = openPostgres({ url: url.href, poolSize: 10, applicationName: "timewire-tests" });
  return {
    db,
    url: url.href,
    stop: async () => {
      await db.stop();
      await admin.sql.unsafe(`drop database if exists ${name} with (force)`);
      await admin.stop();
    },
  };
}
