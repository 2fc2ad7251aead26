/** Tests of the second wall between workspaces, row-level security; what scoped() does for every adapter is in contract.ts. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { DATABASE_KIND, stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

Deno.test("every table that names an installation or a workspace has a policy that binds its owner too", () =>
  withDatabase(async ({ sql }) => {
    const rows = await sql<{ name: string; forced: boolean; policies: number }[]>`
      select distinct c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
        (select count(*)::int from pg_policy where polrelid = c.oid) as policies
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        and a.attname in ('installation_id', 'workspace_id') and not a.attisdropped
      order by 1`;
    assert(rows.length >= 12, `only ${rows.length} tables`);
    assertEquals(rows.filter(({ forced, policies }) => !forced || policies === 0).map(({ name }) => name), []);
  }));

Deno.test({
  // The embedded database has one user, a superuser.
  name: "scoped() binds a plain owner without a role of its own",
  ignore: DATABASE_KIND === "embedded",
  fn: () =>
    withDatabase(async (db) => {
      await db.sql.unsafe(`
        do $$ begin create role timewire_plain login; exception when duplicate_object or unique_violation then null; end $$;
        grant all on schema public to timewire_plain;
        create table tenant_row (installation_id bigint not null);
        alter table tenant_row owner to timewire_plain;
        select timewire_protect('tenant_row');
        insert into tenant_row values (1), (2)`);
      const seen = await db.transaction(async (sql) => {
        await sql`set local role timewire_plain`;
        const before = await sql`select installation_id from tenant_row`;
        await sql`select set_config('timewire.installations', '1', true)`;
        return [before.length, (await sql`select installation_id from tenant_row`).length];
      });
      assertEquals(seen, [0, 1]);
    }),
});

Deno.test("rooms reach the database through scoped() only", async () => {
  /** Where there is no tenant yet: the schema, health, the doctor, the start, and the commands of operators. */
  const outside =
    /^src\/(db\/|backup\/(dump|load)\.ts|http\/server\/health\.ts|secrets\/key_check\.ts|doctor\/(database_checks|clock_check)\.ts|app\/(open_database|services|migrate_command|keys_command)\.ts)/;
  const found: string[] = [];
  for await (const path of files("src")) {
    if (outside.test(path)) continue;
    const text = await Deno.readTextFile(path);
    if (/\bdb\.(sql\b|transaction\b)|\{ sql \}: (Pick<)?Database/.test(text)) found.push(path);
  }
  assertEquals(found, []);
});

async function* files(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`../../${folder}`, import.meta.url))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* files(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}
