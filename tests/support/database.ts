/** A database for tests: the embedded one in memory, or a fresh database on the server that DATABASE_URL names. */

import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import config from "../../deno.json" with { type: "json" };
import type { Database } from "../../src/db/db.ts";
import { openEmbedded } from "../../src/db/embedded.ts";
import { listMigrations, migrateUp } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { isKept } from "./together.ts";

export const SERVER_URL = Deno.env.get("DATABASE_URL");

/** What the tests run on, for their names and reasons. */
export const DATABASE_KIND = SERVER_URL ? "postgres" : "embedded";

/** For `ignore`: CI runs on both databases, and on the server alone what no statement decides and many requests ask. */
export const ON_SERVER_ALONE = Deno.env.get("CI") !== undefined && SERVER_URL === undefined;

/**
 * A migrated database without rows, kept from one run to the next for as long as no migration changes: making one takes
 * 2.4 s embedded, reading it 0.6 s.
 */
const TEMPLATE = join(
  tmpdir(),
  `timewire-test-${config.imports["@electric-sql/pglite"].replaceAll(/[^\w.]+/g, "-")}-${await migrationsHash()}`,
);

async function migrationsHash(): Promise<string> {
  const all = createHash("sha256");
  for (const { number, up } of await listMigrations()) all.update(`${number}\n`).update(await Deno.readFile(up));
  return all.digest("hex").slice(0, 16);
}

export interface TestDatabase {
  db: Database;
  /** Set on a server only: more processes may open it. */
  url?: string;
  stop(): Promise<void>;
}

/** Its name. */
let serverTemplate: Promise<string> | undefined;
let shared: Promise<Shared> | undefined;

interface Shared {
  db: Database;
  shape: string;
  /** When it had that shape. */
  mark: string;
}

/**
 * An empty, migrated database. The embedded one takes seconds to open, so the files of an isolate open it once and get it
 * emptied; a server gives each call a database of its own.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const made = await migratedOnServer();
  if (made) {
    await made.db.bind();
    return made;
  }
  shared ??= openShared();
  const one = await shared;
  await empty(one);
  return { db: one.db, stop: () => Promise.resolve() };
}

async function openShared(): Promise<Shared> {
  const template = `${TEMPLATE}.tar`;
  if (!await isThere(template)) await writeTemplate(template);
  const db = await openEmbedded({ template });
  await db.bind();
  return { db, shape: await shapeOf(db), mark: await markOf(db) };
}

/**
 * Puts the migrated database into a data folder that a program will open, so that its first start need not make one; nothing
 * where the tests run on a server.
 */
export async function fillDataFolder(dataDir: string): Promise<void> {
  if (SERVER_URL) return;
  if (!await isThere(`${TEMPLATE}.tar`)) await writeTemplate(`${TEMPLATE}.tar`);
  const { code, stderr } = await new Deno.Command("cp", { args: ["-r", `${TEMPLATE}-folder`, `${dataDir}/postgres`] })
    .output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}

/** The same on a server: a database that a program will open; undefined where the tests are embedded. */
export async function migratedOnServer(): Promise<(TestDatabase & { url: string }) | undefined> {
  if (SERVER_URL === undefined) return undefined;
  return await createServerDatabase(SERVER_URL, {
    template: await (serverTemplate ??= makeServerTemplate(SERVER_URL)),
  });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function writeTemplate(path: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-template-" });
  const made = await openEmbedded({ dataDir: folder });
  await migrateUp(made);
  await made.stop();
  const closed = await PGlite.create({ dataDir: `${folder}/postgres` });
  await dropTemplates(closed);
  const written = `${path}.${crypto.randomUUID()}`;
  await Deno.writeFile(written, new Uint8Array(await (await closed.dumpDataDir("none")).arrayBuffer()));
  await closed.close();
  // The folder first: who finds the file finds both.
  await Deno.rename(`${folder}/postgres`, `${TEMPLATE}-folder`).catch((error) => {
    // Another run was faster.
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  await Deno.rename(written, path);
  await Deno.remove(folder, { recursive: true });
}

/** Two of three databases of a new folder, which nothing opens: 600 of its 1,450 files, and each copy makes all its files again. */
async function dropTemplates(made: PGlite): Promise<void> {
  for (const name of ["template0", "template1"]) {
    await made.query(`update pg_database set datistemplate = false where datname = '${name}'`);
    await made.query(`drop database ${name}`);
  }
}

/** Of a table: deleting its rows takes a fifth of the time of a new file for it and each of its indexes, and leaves them as they are. */
const MOST_DELETED_BYTES = 131_072;

/** Takes the rows away, or, where a test changed the schema, the schema with them. */
async function empty(shared: Shared): Promise<void> {
  const { db, shape } = shared;
  const mark = await markOf(db);
  if (mark !== shared.mark) {
    if (await shapeOf(db) !== shape) {
      await db.sql.unsafe("drop schema public cascade; create schema public");
      await migrateUp(db);
      shared.mark = await markOf(db);
      return;
    }
    shared.mark = mark;
  }
  await db.sql.unsafe(`
    do $$
    declare
      name text;
      bytes bigint;
      large text[] := '{}';
    begin
      -- No row is left whose key could be missed.
      set local session_replication_role = replica;
      for name, bytes in select oid::regclass::text, pg_relation_size(oid) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'timewire_migration' loop
        if bytes > ${MOST_DELETED_BYTES} then
          large := large || name;
        elsif bytes > 0 then
          execute 'delete from ' || name;
        end if;
      end loop;
      if large <> '{}' then execute 'truncate ' || array_to_string(large, ', ') || ' cascade'; end if;
      for name in select seqrelid::regclass::text from pg_sequence where pg_sequence_last_value(seqrelid) is not null loop
        execute 'alter sequence ' || name || ' restart';
      end loop;
    end $$`);
}

/** What another shape has otherwise, in a tenth of the time: the rows of the catalogue that emptied tables keep. */
async function markOf({ sql }: Database): Promise<string> {
  const rows = (catalogue: string) => `(select concat(count(*), ' ', max(xmin::text::bigint)) from ${catalogue})`;
  const [row] = await sql.unsafe(`
    select concat_ws(', ', ${
    ["attribute", "constraint", "proc", "trigger", "policy"].map((name) => rows(`pg_${name}`))
  },
      (select md5(string_agg(concat_ws(' ', relname, relkind, relrowsecurity, relforcerowsecurity, reloptions, relacl), ';'
        order by relname)) from pg_class where relnamespace = 'public'::regnamespace),
      (select max(number) from timewire_migration)) as mark`).catch((error) => {
    if (error.code === "42P01") return [{ mark: "none" }];
    throw error;
  });
  return row!.mark;
}

/** Everything that a test could have changed but the rows. */
async function shapeOf({ sql }: Database): Promise<string> {
  const [table] = await sql`select to_regclass('timewire_migration') as found`;
  if (table!.found === null) return "none";
  const [row] = await sql<{ shape: string }[]>`
    select md5(concat(
      (select string_agg(concat_ws(' ', c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl,
          a.attname, a.atttypid, a.attnotnull, a.atthasdef), ';' order by c.relname, a.attnum)
        from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
        where c.relnamespace = 'public'::regnamespace),
      (select string_agg(conname || pg_get_constraintdef(oid), ';' order by conrelid, conname) from pg_constraint
        where connamespace = 'public'::regnamespace),
      (select string_agg(proname || prosrc, ';' order by proname, oid) from pg_proc
        where pronamespace = 'public'::regnamespace),
      (select string_agg(concat_ws(' ', tgname, tgrelid::regclass, tgenabled), ';' order by tgname, tgrelid) from pg_trigger
        where not tgisinternal),
      (select string_agg(policyname || tablename || coalesce(qual, ''), ';' order by tablename, policyname) from pg_policies),
      (select string_agg(number || name, ';' order by number) from timewire_migration)
    )) as shape`;
  return row!.shape;
}

/** Ends the shared embedded database; every file that used testDatabase() calls it after its last test. */
export async function stopSharedDatabase(): Promise<void> {
  if (!isKept(stopShared)) await stopShared();
}

async function stopShared(): Promise<void> {
  await (await shared)?.db.stop();
  shared = undefined;
}

/** A database of the test's own without any table, as before the first migration. */
export async function blankDatabase(): Promise<TestDatabase> {
  if (SERVER_URL) return await createServerDatabase(SERVER_URL);
  const database = await testDatabase();
  await database.db.sql.unsafe("drop schema public cascade; create schema public");
  return database;
}

/** A new database on the server, blank unless it begins from a template, dropped at stop. */
export async function createServerDatabase(
  serverUrl: string,
  { template = "template1" } = {},
): Promise<TestDatabase & { url: string }> {
  const name = `timewire_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
  const admin = openPostgres({ url: serverUrl, poolSize: 1, applicationName: "timewire-tests" });
  await admin.sql.unsafe(`create database ${name} template ${template}${await strategyOn(admin)}`);
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

/** What is copied as files and not page by page through the log costs half, where two checkpoints await no disk; new in PostgreSQL 15. */
async function strategyOn({ sql }: Database): Promise<string> {
  const [row] = await sql`
    select current_setting('fsync') = 'off' and current_setting('server_version_num')::int >= 150000 as copies`;
  return row!.copies ? " strategy file_copy" : "";
}

/** The migrated database that others begin from; the first process on a server makes it. */
async function makeServerTemplate(serverUrl: string): Promise<string> {
  const name = `timewire_template_${await migrationsHash()}`;
  const admin = openPostgres({ url: serverUrl, poolSize: 1, applicationName: "timewire-tests" });
  try {
    const found = await admin.sql`select 1 from pg_database where datname = ${name}`;
    if (found.length > 0) return name;
    // Under another name until it is whole: nobody else may be connected to a template that is copied.
    const making = await createServerDatabase(serverUrl);
    await migrateUp(making.db);
    await making.db.stop();
    const made = new URL(making.url).pathname.slice(1);
    await admin.sql.unsafe(`alter database ${made} rename to ${name}`).catch((error) => {
      if (error.code !== "42P04") throw error;
    });
    await making.stop();
    return name;
  } finally {
    await admin.stop();
  }
}
