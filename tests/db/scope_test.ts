/** Tests of the second wall between workspaces: row-level security under scoped transactions. */

import assert from "node:assert/strict";
import type { Database } from "../../src/db/db.ts";
import { alsoSee } from "../../src/db/scope.ts";
import { DATABASE_KIND, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addInstallation } from "./rows.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);

Deno.test("every table that names an installation or a workspace has a policy that binds its owner too", () =>
  withDatabase(async ({ sql }) => {
    const rows = await sql<{ name: string; forced: boolean; policies: number }[]>`
      select distinct c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
        (select count(*)::int from pg_policy where polrelid = c.oid) as policies
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        and a.attname in ('installation_id', 'workspace_id') and not a.attisdropped
      order by 1`;
    assert.ok(rows.length >= 12, `only ${rows.length} tables`);
    assert.deepEqual(rows.filter(({ forced, policies }) => !forced || policies === 0).map(({ name }) => name), []);
  }));

Deno.test("scoped() sees the rows of its installations only, of its workspace's installations, or all", () =>
  withDatabase(async (db) => {
    const one = await addInstallation(db, { workspaceId: "w1" });
    const two = await addInstallation(db, { workspaceId: "w2" });
    for (const id of [one, two]) {
      await db.sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
    }
    const jobs = (scope: Parameters<Database["scoped"]>[0]) =>
      db.scoped(
        scope,
        async (sql) =>
          (await sql<{ id: number }[]>`select installation_id as id from job order by 1`).map(({ id }) => id),
      );
    const installations = (scope: Parameters<Database["scoped"]>[0]) =>
      db.scoped(scope, async (sql) => idsOf(await sql<{ id: number }[]>`select id from installation order by 1`));

    assert.deepEqual(await jobs({}), []);
    assert.deepEqual(await jobs({ installationIds: [one] }), [one]);
    assert.deepEqual(await jobs({ installationIds: [one, two] }), [one, two]);
    assert.deepEqual(await jobs("all"), [one, two]);
    assert.deepEqual(await jobs({ workspaceId: "w1" }), [], "a workspace alone opens its installation, not its data");
    assert.deepEqual(await installations({ workspaceId: "w1" }), [one]);
    assert.deepEqual(await installations({}), []);
    assert.deepEqual(await installations({ workspaceId: "" }), []);
  }));

Deno.test("scoped() can neither write rows of another installation nor move its own there", () =>
  withDatabase(async (db) => {
    const one = await addInstallation(db);
    const two = await addInstallation(db);
    const scope = { installationIds: [one] };
    const insert = (id: number) =>
      db.scoped(scope, (sql) => sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`);
    await insert(one);
    await assert.rejects(insert(two), { code: "42501" });
    await assert.rejects(db.scoped(scope, (sql) => sql`update job set installation_id = ${two}`), { code: "42501" });
    await db.sql`insert into job (kind, installation_id, payload) values ('run', ${two}, '{}')`;
    const gone = await db.scoped(scope, (sql) => sql`delete from job returning installation_id`);
    assert.deepEqual([...gone], [{ installation_id: one }]);
  }));

Deno.test("scoped() leaves nothing behind on its connection, after success, failure and a caught fault", () =>
  withDatabase(async (db) => {
    const id = await addInstallation(db);
    for (let i = 0; i < 20; i++) {
      await db.scoped({ installationIds: [id] }, (sql) => sql`select 1`);
      await db.scoped("all", (sql) => sql`select 1 / 0`).catch(() => {});
      await db.scoped({ workspaceId: "w" }, () => Promise.reject(new Error("given up"))).catch(() => {});
    }
    const states = await Promise.all(Array.from({ length: 10 }, () =>
      db.sql<{ user: string; seen: string | null }[]>`
        select current_user as user, current_setting('timewire.installations', true) as seen`));
    for (const [state] of states) assert.ok(!state!.seen, `left ${state!.seen}`);
    assert.equal(new Set(states.map(([state]) => state!.user)).size, 1);
    assert.notEqual(states[0]![0]!.user, "timewire_app");
  }));

Deno.test("scoped() takes a role that is neither superuser nor owner nor above row-level security", () =>
  withDatabase(async (db) => {
    const [role] = await db.scoped({}, (sql) =>
      sql<{ rolsuper: boolean; rolbypassrls: boolean; owns: number }[]>`
        select rolsuper, rolbypassrls, (select count(*)::int from pg_tables where tableowner = current_user) as owns
        from pg_roles where rolname = current_user`);
    assert.deepEqual({ ...role }, { rolsuper: false, rolbypassrls: false, owns: 0 });
    await assert.rejects(db.scoped("all", (sql) => sql`drop table job`), { code: "42501" });
    await assert.rejects(db.scoped("all", (sql) => sql`delete from timewire_migration`), { code: "42501" });
  }));

Deno.test("alsoSee() adds an installation to a transaction that began with its workspace", () =>
  withDatabase(async (db) => {
    const id = await addInstallation(db, { workspaceId: "w1" });
    await db.scoped({ workspaceId: "w1" }, async (sql) => {
      await alsoSee(sql, id);
      await sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
      assert.equal((await sql`select 1 from installation where workspace_id = 'w1'`).length, 1);
    });
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
      assert.deepEqual(seen, [0, 1]);
    }),
});

Deno.test("rooms reach the database through scoped() only", async () => {
  /** Where there is no tenant yet: the schema, health, the start, and the commands of operators. */
  const outside =
    /^src\/(db\/|http\/server\/health\.ts|secrets\/key_check\.ts|app\/(services|migrate_command|keys_command)\.ts)/;
  const found: string[] = [];
  for await (const path of files("src")) {
    if (outside.test(path)) continue;
    const text = await Deno.readTextFile(path);
    if (/\bdb\.(sql\b|transaction\b)|\{ sql \}: (Pick<)?Database/.test(text)) found.push(path);
  }
  assert.deepEqual(found, []);
});

async function* files(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`../../${folder}`, import.meta.url))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* files(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}
