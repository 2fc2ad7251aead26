/** The database behind PgBouncer, in both of its modes and by three kinds of login: scopes hold, and nothing stays broken. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { openDatabase } from "../../src/app/open_database.ts";
import type { Database, Query } from "../../src/db/db.ts";
import { checkDatabase } from "../../src/doctor/database_checks.ts";
import { migratedOnServer, SERVER_URL } from "../support/database.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { serveOneEvent } from "../support/one_event.ts";
import { PGBOUNCER_MISSING, startPgBouncer } from "../support/pgbouncer.ts";
import { eventually } from "../support/world.ts";

const CONFIG = { database: { dataDir: "", poolSize: 8, prepare: true, echo: false } };
const ignore = SERVER_URL === undefined || PGBOUNCER_MISSING !== undefined;
const why = PGBOUNCER_MISSING ? ` (${PGBOUNCER_MISSING})` : "";

/** Roles belong to the server: each run has its own. */
const SUFFIX = crypto.randomUUID().slice(0, 8);

interface Pooled {
  db: Database;
  /** As a superuser, without the pooler. */
  admin: Database;
  login: string;
  open(): Promise<Database>;
}

/** A migrated database that belongs to a new login with these attributes, by way of a pooler that has three sessions for it. */
async function withPooler(
  { mode, attributes }: { mode: "session" | "transaction"; attributes: string },
  work: (pooled: Pooled) => Promise<void>,
) {
  const database = (await migratedOnServer())!;
  const login = `pooled_${attributes.split(" ")[0]}_${mode}_${SUFFIX}`;
  const name = new URL(database.url).pathname.slice(1);
  await database.db.sql.unsafe(`
    create role ${login} login ${attributes};
    alter database ${name} owner to ${login};
    do $$ declare one text; begin
      for one in select format('alter %s %s owner to ${login}', case relkind when 'S' then 'sequence' else 'table' end, oid::regclass)
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')
          and not exists (select from pg_depend where objid = pg_class.oid and deptype in ('a', 'i')) loop
        execute one;
      end loop;
    end $$`);
  // Roles belong to the server: another test may have made it. From PostgreSQL 16 on only who made a role may grant it.
  await database.db.bind();
  await database.db.sql.unsafe(`
    do $$ begin
      if current_setting('server_version_num')::int >= 160000 then
        execute 'grant timewire_app to ${login} with admin true, set false, inherit false';
      end if;
    end $$`);
  const pooler = await startPgBouncer({ server: database.url, mode, logins: [login] });
  const open = () => openDatabase(pooler.urlFor(login), CONFIG);
  let db: Database | undefined;
  try {
    db = await open();
    assertEquals(db.pooled, true);
    await db.bind();
    await work({ db, admin: database.db, login, open });
  } finally {
    await db?.stop();
    await pooler.stop();
    await database.db.sql.unsafe(`reassign owned by ${login} to current_user; drop owned by ${login}`);
    await database.stop();
  }
}

const addons = async (sql: Query) =>
  (await sql<{ id: number }[]>`select id from installation order by id`).map(({ id }) => id);

/** Again while a busy machine takes longer than such a statement may (57014): it left nothing behind. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== "57014") throw error;
    }
  }
}

/** Statements and transactions of two scopes, many more at once than the pooler has sessions, some of which fail. */
async function assertScopesHold(db: Database) {
  await db.scoped("all", (sql) =>
    sql`
      insert into installation (addon, workspace_id, addon_id, status, hosts, settings, verified)
      select 'clockify_addon', 'w' || n, 'a' || n, 'active', '{}', '{}', true from generate_series(1, 2) n`);
  const [first, second] = await db.scoped("all", addons);
  await Promise.all(Array.from({ length: 40 }, async (_, index) => {
    const id = index % 2 === 0 ? first! : second!;
    const scope = { installationIds: [id] };
    if (index % 5 === 4) {
      await assertRejectsLike(db.scoped(scope, (sql) => sql`select 1 / ${0}::int`), { code: "22012" });
    } else if (index % 3 === 0) assertEquals(await db.scoped(scope, addons), [id]);
    else {
      const [row] = await patiently(() =>
        db.scopedStatement(scope, (sql, installations) =>
          sql<{ ids: string }[]>`
          with scope as materialized (select set_config('timewire.installations', ${installations}, true) as set)
          select (select string_agg(id::text, ',') from installation where scope.set is not null) as ids from scope`)
      );
      assertEquals(row!.ids, String(id));
    }
  }));
  assertEquals(await db.scoped({ installationIds: [] }, addons), []);
  await db.scoped("all", (sql) => sql`delete from installation`);
}

Deno.test({
  name: `PgBouncer in transaction mode serves a login above row-level security that is no superuser${why}`,
  ignore,
  fn: async () => {
    await withPooler(
      { mode: "transaction", attributes: "bypassrls createrole" },
      async ({ db, admin, login, open }) => {
        await assertScopesHold(db);
        await assertRejectsLike(
          db.scopedStatement("all", (sql) => sql`select pg_sleep(60)`),
          { code: "57014" },
        );
        await serveOneEvent(db);
        await admin.sql.unsafe(`alter role ${login} set bytea_output = 'escape'`);
        await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${login}`;
        // The pooler may hand out a session that has ended before it knows.
        const message = await eventually(async () => {
          const refusal = await open().then((again) => again.stop(), (error: Error) => error.message);
          return refusal?.includes("alter role") && refusal;
        });
        assertMatch(message, new RegExp(`run: alter role "${login}" set bytea_output = 'hex'; and let`));
      },
    );
  },
});

Deno.test({
  name: `PgBouncer in session mode serves a superuser and a plain owner${why}`,
  ignore,
  fn: async () => {
    await withPooler({ mode: "session", attributes: "superuser" }, async ({ db }) => {
      await serveOneEvent(db);
      await assertScopesHold(db);
      const found = (await checkDatabase({ db, poolSize: 8 })).map(({ detail }) => detail);
      assert(found.includes("A pooler in session mode is between"), found.join("\n"));
    });
    await withPooler({ mode: "session", attributes: "nosuperuser" }, async ({ db }) => {
      await assertScopesHold(db);
      assert(
        !(await db.scoped("all", (sql) => sql`select current_user as role`)).some(({ role }) =>
          role === "timewire_app"
        ),
      );
    });
  },
});
